#!/bin/sh
# Hands a task to a runtime by HTTP: POST <RUNTIME_URL>/runs with the payload as it comes.
#
#   RUNTIME_URL          where the runtime listens, without a slash at the end
#   RUNTIME_HEADER_FILE  optional: a file with one header a line, such as "Authorization: Bearer ..."
#
# The runtime answers 2xx only when it has the run for good, for instance in its own queue. It may see the same
# execution twice (the answer was lost, and curl tried again), so it has to know run_id and execution_id again.
#
# Needs curl 7.76 or newer. Secrets stay out of the arguments: the payload is read from standard input, the header from
# its file.
set -eu
: "${RUNTIME_URL:?RUNTIME_URL is not set}"

# Well within dispatch_timeout (60s), so that curl tells what was wrong before the worker kills it.
set -- --silent --show-error --fail-with-body --connect-timeout 5 --max-time 15 --retry 2 --retry-max-time 45
if [ -n "${RUNTIME_HEADER_FILE:-}" ]; then set -- "$@" --header "@$RUNTIME_HEADER_FILE"; fi

# A pipe could be read once; a retry has to read the payload again, and curl keeps what --data-binary read.
exec curl "$@" --header 'Content-Type: application/json' --data-binary @- "$RUNTIME_URL/runs"
