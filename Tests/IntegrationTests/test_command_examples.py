"""The scripts of examples/command-backend, run by a worker: against an HTTP runtime, and as local runs."""

import http.server
import json
import os
import threading
import urllib.parse

import pytest

import daemon
from plane import assignment, cancellation

EXAMPLES = os.path.join(daemon.ROOT, "examples", "command-backend")


def script(*names):
    return os.path.join(EXAMPLES, *names)


class HttpRuntime:
    """Takes runs and cancellations, and answers as it is told."""

    def __init__(self):
        self.requests = []
        self.changed = threading.Condition()
        self.answers = {"/runs": [200], "/cancel": [200]}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.changed:
                    outer.requests.append((self.path, dict(self.headers), body))
                    answers = outer.answers.get(self.path, [404])
                    status = answers.pop(0) if len(answers) > 1 else answers[0]
                    outer.changed.notify_all()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(f"answer {status}\n".encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, path):
        return [request for request in self.requests if request[0] == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def http_runtime():
    made = HttpRuntime()
    yield made
    made.close()


def posting(rig, runtime, header=None):
    variables = [{"name": "RUNTIME_URL", "value": runtime.url}]
    if header:
        path = rig.path("header")
        with open(path, "w", encoding="ascii") as file:
            file.write(header + "\n")
        variables.append({"name": "RUNTIME_HEADER_FILE", "value": path})
    return rig.connected(command={
        "dispatch_command": script("post", "dispatch.sh"), "cancel_command": script("post", "cancel.sh"),
        "environment": variables})


def test_a_post_and_its_cancellation(rig, http_runtime):
    worker = posting(rig, http_runtime, "Authorization: Bearer of-the-runtime")
    run = "run/1 ?&=\u00fc"
    rig.plane.send(assignment(run, {"TOKEN": "x" * 100_000}, execution="exec&1"))
    worker.wait_event("task.dispatched")
    _, headers, body = http_runtime.of("/runs")[0]
    assert headers["Authorization"] == "Bearer of-the-runtime" and headers["Content-Type"] == "application/json"
    payload = json.loads(body)
    assert payload["run_id"] == run and payload["env"]["TOKEN"] == "x" * 100_000
    rig.plane.send(cancellation(run))
    worker.wait_event("task.cancel_command_done")
    _, headers, body = http_runtime.of("/cancel")[0]
    assert headers["Authorization"] == "Bearer of-the-runtime"
    assert urllib.parse.parse_qs(body.decode()) == {"run_id": [run], "execution_id": ["exec&1"]}


def test_a_runtime_that_refuses(rig, http_runtime):
    http_runtime.answers["/runs"] = [422]
    worker = posting(rig, http_runtime)
    rig.plane.send(assignment("run", execution="e"))
    data = rig.plane.wait_final("run")["data"]
    assert data["failure_reason"] == "dispatch_command" and "exit code 22" in data["message"]
    printed = [line["message"] for line in worker.events("task.output", role="dispatch")]
    assert "answer 422" in printed and any("422" in line and line.startswith("curl:") for line in printed)
    assert http_runtime.of("/cancel") == []


def test_a_runtime_that_is_busy_for_a_moment(rig, http_runtime):
    http_runtime.answers["/runs"] = [503, 200]
    worker = posting(rig, http_runtime)
    rig.plane.send(assignment("run", execution="e"))
    worker.wait_event("task.dispatched")
    first, second = http_runtime.of("/runs")
    assert first[2] == second[2] and json.loads(second[2])["run_id"] == "run"


@pytest.mark.parametrize("answers, tries", [([404], 1), ([410], 1), ([500, 500, 204], 3)])
def test_cancelling_what_may_not_be_there(rig, http_runtime, answers, tries):
    http_runtime.answers["/cancel"] = answers
    worker = posting(rig, http_runtime)
    rig.plane.send(assignment("run", execution="e"))
    worker.wait_event("task.dispatched")
    rig.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done")
    assert len(http_runtime.of("/cancel")) == tries
    assert len(worker.events("cleanup.cancel_failed")) == tries - 1


# Local runs.

AGENT = """#!/bin/sh
if [ "$1" = harness-support ]; then
    printf '%s\\n' "$*" "$WARP_API_KEY" > "$FAKE_NOTES/$3.reported.part"
    mv "$FAKE_NOTES/$3.reported.part" "$FAKE_NOTES/$3.reported"
    exit 0
fi
env -0 > "$FAKE_NOTES/$TASK_ID.env"
printf '%s\\0' "$@" > "$FAKE_NOTES/$TASK_ID.args"
pwd > "$FAKE_NOTES/$TASK_ID.cwd"
case $FAKE_HOW in
    stubborn) trap '' TERM ;;
esac
echo $$ > "$FAKE_NOTES/$TASK_ID.pid"
touch "$FAKE_NOTES/$TASK_ID.ready"
while [ "$FAKE_HOW" != ends ] && [ ! -e "$FAKE_NOTES/$TASK_ID.gate" ]; do sleep 0.05; done
exit 5
"""


@pytest.fixture
def local(rig):
    """A worker for local runs, with an agent that is a script."""
    programs = rig.path("programs")
    os.mkdir(programs)
    agent = os.path.join(programs, "oz")
    with open(agent, "w", encoding="ascii") as file:
        file.write(AGENT)
    os.chmod(agent, 0o755)
    runs = rig.path("runs")
    worker = rig.connected(
        command={"dispatch_command": script("local", "dispatch.sh"), "cancel_command": script("local", "cancel.sh"),
                 "environment": [{"name": "OZ_RUNS_DIR", "value": runs}]},
        environment={"PATH": programs + ":" + rig.environment["PATH"], "WORKERS_OWN": "stays here"})
    return worker, runs


def variables(rig, how="waits", **more):
    return {"FAKE_NOTES": rig.notes, "FAKE_HOW": how, "WARP_API_KEY": "wk-of-the-task", **more}


def note(rig, name):
    path = os.path.join(rig.notes, name)
    daemon.wait_until(name, lambda: os.path.exists(path))
    with open(path, "rb") as file:
        return file.read().decode()


def test_a_local_run_reports_its_end_itself(rig, local):
    worker, runs = local
    odd = "it's \"odd\" $HOME `id`\n\\ \u00fc"
    rig.plane.send(assignment("run", variables(rig, "ends", ODD=odd, **{"no-name": "x"}), execution="e",
                              additional_oz_args=["--x", odd, ""]))
    worker.wait_event("task.dispatched")
    assert note(rig, "run.reported") == "harness-support --run-id run report-shutdown\nwk-of-the-task\n"
    seen = dict(entry.split("=", 1) for entry in note(rig, "run.env").split("\0")[:-1])
    assert seen["ODD"] == odd and seen["WARP_API_KEY"] == "wk-of-the-task"
    assert "WORKERS_OWN" not in seen and "no-name" not in seen and "OZ_RUN_ID" not in seen
    arguments = note(rig, "run.args").split("\0")[:-1]
    assert arguments[:2] == ["agent", "run"] and arguments[-4:] == ["--x", odd, "", "--idle-on-complete"]
    name, = os.listdir(runs)
    assert note(rig, "run.cwd").strip() == os.path.join(runs, name, "workspace")
    assert not os.path.exists(os.path.join(runs, name, "payload.json"))
    assert rig.plane.finals("run") == []


def test_a_local_run_outlives_the_worker(rig, local):
    worker, _ = local
    rig.plane.send(assignment("run", variables(rig), execution="e"))
    worker.wait_event("task.dispatched")
    pid = int(note(rig, "run.pid"))
    worker.signal()
    assert worker.wait_exit() == 0
    assert daemon.alive(pid)
    with open(os.path.join(rig.notes, "run.gate"), "w", encoding="ascii"):
        pass
    note(rig, "run.reported")
    daemon.wait_until("the agent to end", lambda: not daemon.alive(pid))


@pytest.mark.parametrize("how", ["waits", "stubborn"])
def test_a_local_run_is_cancelled(rig, local, how):
    worker, _ = local
    rig.plane.send(assignment("run", variables(rig, how), execution="e"))
    worker.wait_event("task.dispatched")
    note(rig, "run.ready")
    pid = int(note(rig, "run.pid"))
    rig.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done")
    assert not daemon.alive(pid) and not worker.events("cleanup.cancel_failed")
    if how == "waits":
        note(rig, "run.reported")
    # What has ended can be cancelled once more.
    rig.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done", count=2)


def test_a_local_run_that_cannot_begin_fails_the_task(rig, local):
    worker, runs = local
    rig.plane.send(assignment("run", variables(rig, "ends"), execution="e"))
    worker.wait_event("task.dispatched")
    note(rig, "run.reported")
    rig.plane.send(assignment("run", variables(rig, "ends"), execution="e-2"))
    worker.wait_event("task.dispatched", execution_id="e-2")
    assert len(os.listdir(runs)) == 2
    # Without an execution's id the same run may come again; its directory is taken.
    for count in (1, 2):
        rig.plane.send(assignment("bare", variables(rig, "ends")))
        if count == 1:
            worker.wait_event("task.dispatched", task_id="bare")
    assert rig.plane.wait_final("bare")["data"]["failure_reason"] == "dispatch_command"
    daemon.wait_until("the script's own words", lambda: any(
        "started here before" in line["message"] for line in worker.events("task.output", task_id="bare")))
