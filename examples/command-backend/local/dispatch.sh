#!/bin/sh
# Runs the agent on this machine, detached: in a session of its own, which the worker neither sees nor ends.
#
#   OZ_RUNS_DIR  where each run gets a directory (default: ~/.local/state/oz-runs)
#
# Ends with 0 only when the run has begun, since from then on nobody but the run itself reports its end.
# Needs jq, flock and setsid (Debian: jq, util-linux), and the agent as `oz` on PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runs=${OZ_RUNS_DIR:-$HOME/.local/state/oz-runs}

# What would fail in the run fails here, where the worker still sees it.
for program in jq flock setsid oz; do
    command -v "$program" >/dev/null || { echo "$program is not on PATH" >&2; exit 1; }
done

# An id may hold anything, a slash too; its hash can be the name of a directory. The same execution has the same name.
name=$(printf '%s\n%s' "$OZ_RUN_ID" "$OZ_EXECUTION_ID" | sha256sum | cut -c 1-32)
umask 077
mkdir -p "$runs"
mkdir "$runs/$name" 2>/dev/null || { echo "this execution was started here before: $runs/$name" >&2; exit 1; }
cd "$runs/$name"
cat >payload.json
jq -e '.version == 1' payload.json >/dev/null || { echo "not a payload of version 1" >&2; exit 1; }

# A clean environment: the worker's own would reach the agent otherwise. All three descriptors are redirected: the
# worker closes its end of them, and holding the payload's would keep it in memory.
env -i HOME="$HOME" PATH="$PATH" TMPDIR="${TMPDIR:-/tmp}" setsid sh "$here/run.sh" </dev/null >log 2>&1 &

while [ ! -e begun ]; do
    kill -0 $! 2>/dev/null || { cat log >&2; exit 1; }
    sleep 0.05
done
