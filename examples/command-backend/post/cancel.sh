#!/bin/sh
# Cancels what dispatch.sh handed over: POST <RUNTIME_URL>/cancel with run_id and execution_id, as a form.
#
# The run may have ended, or the runtime may never have got it: both are fine, there is nothing left to cancel.
# Anything else but 2xx is a failure, and the worker tries again. It has ten seconds.
set -eu
: "${RUNTIME_URL:?RUNTIME_URL is not set}"

set -- --silent --show-error --output /dev/null --write-out '%{http_code}' --max-time 8
if [ -n "${RUNTIME_HEADER_FILE:-}" ]; then set -- "$@" --header "@$RUNTIME_HEADER_FILE"; fi

status=$(curl "$@" --data-urlencode "run_id=$OZ_RUN_ID" --data-urlencode "execution_id=$OZ_EXECUTION_ID" \
    "$RUNTIME_URL/cancel")
case $status in
    2?? | 404 | 410) ;;
    *)
        echo "the runtime answered $status" >&2
        exit 1
        ;;
esac
