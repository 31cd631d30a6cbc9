#!/bin/sh
# One run, in its own session and in the directory that dispatch.sh made for it. Ends when the agent has ended, and
# reports that: the worker does not.
set -u

# Held for as long as anything of the run lives; cancel.sh asks for it to see whether there is somebody to end.
exec 9>lock
flock -n 9 || exit 1

# Variables and arguments out of the payload. @sh quotes for the shell; a name that is no name is left out.
run_id=$(jq -r .run_id payload.json) || exit 1
variables=$(jq -r '.env | to_entries[] | select(.key | test("^[A-Za-z_][A-Za-z0-9_]*$"))
    | "export \(.key)=\(.value | @sh)"' payload.json) || exit 1
arguments=$(jq -r '.base_args | @sh' payload.json) || exit 1
eval "$variables"
eval "set -- $arguments"
# It holds secrets and is not needed any more.
rm payload.json

# cancel.sh signals the whole group. The agent shall end of it; this shell shall stay to report.
trap : TERM
echo $$ >group
mkdir workspace
: >begun

(cd workspace && exec oz "$@")
echo "the agent ended with $?"

# Also after a failure and after a cancellation: without it, the control plane believes that the run goes on. It uses
# the task's own WARP_API_KEY, which is among the variables.
oz harness-support --run-id "$run_id" report-shutdown
