#!/bin/sh
# Ends a run of dispatch.sh: SIGTERM to its group, SIGKILL to what is left of it after five seconds. (The worker gives
# this script ten.) A run that has ended, or never began, is fine.
set -eu
runs=${OZ_RUNS_DIR:-$HOME/.local/state/oz-runs}
name=$(printf '%s\n%s' "$OZ_RUN_ID" "$OZ_EXECUTION_ID" | sha256sum | cut -c 1-32)
cd "$runs/$name" 2>/dev/null || exit 0
[ -e group ] || exit 0

# Somebody holds the lock as long as the run lives, so the number in `group` is still this run's.
over() { flock -n lock true; }

over && exit 0
kill -s TERM -- "-$(cat group)" 2>/dev/null || true
tries=0
while ! over; do
    tries=$((tries + 1))
    if [ "$tries" -eq 50 ]; then kill -s KILL -- "-$(cat group)" 2>/dev/null || true; fi
    [ "$tries" -lt 70 ] || { echo "the run does not end" >&2; exit 1; }
    sleep 0.1
done
