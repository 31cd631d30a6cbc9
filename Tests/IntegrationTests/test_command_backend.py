"""The command backend with real scripts: what a dispatch command gets, and what its end means."""

import hashlib
import json
import os
import signal
import time

import pytest

import daemon
from handing import CANCEL, SAVE_BEGIN, SAVE_PAYLOAD, Runtime, wait_for_gate
from plane import assignment

SECRETS = {"prompt": "canary-prompt-81aa", "variable": "canary-variable-a3cc", "task key": "wk-canary-task-b4dd",
           "argument": "canary-argument-d6ff", "mcp": "canary-mcp-c5ee", "configured": "canary-configured-e700",
           "flag": "canary-flag-f811", "api key": daemon.KEY}


@pytest.fixture
def runtime(rig):
    return Runtime(rig)


def environ(runtime, name):
    entries = [item.decode() for item in runtime.read(name).split(b"\0")[:-1]]
    assert len(entries) == len({entry.split("=")[0] for entry in entries}), "a variable that is there twice"
    return dict(entry.split("=", 1) for entry in entries)


def test_the_payload_is_exact(runtime):
    worker = runtime.connected(SAVE_PAYLOAD, None, "--idle-on-complete", "3m")
    task = {"id": "agent-task", "title": "T \u00e9", "task_definition": {"prompt": 'say "hi"\n', "more": [1.50, None]},
            "owner": {"Type": "TEAM", "Id": 12}, "nobody_knows_this": {"z": 1, "a": 1e400},
            "agent_config_snapshot": {"model_id": "m", "mcp_servers": {"b": {"k": "v"}, "a": {}}, "unknown": True}}
    text = json.dumps(task).replace("Infinity", "1e400").replace("1.5,", "1.50,")
    data = {"task_id": "run", "execution_id": "exec", "docker_image": "image:1", "sidecar_image": "agent:2",
            "env_vars": {"A": 'a "quoted" \u2028 value\t', "GIT_TERMINAL_PROMPT": "1"},
            "additional_sidecars": [{"image": "tool:3", "mount_path": "/mnt/tool", "read_write": True}],
            "additional_oz_args": ["--x", "y z"]}
    opening = '{"type":"task_assignment","data":' + json.dumps(data)[:-1]
    runtime.plane.send_raw(opening + ',"task":' + text + "}}")
    worker.wait_event("task.dispatched", task_id="run", execution_id="exec")
    raw = runtime.read("run.payload")
    assert raw.endswith(b"}\n") and raw.count(b"\n") == 1
    found = json.loads(raw)
    assert list(found) == ["version", "run_id", "execution_id", "server_root_url", "worker_id", "docker_image",
                           "base_args", "env", "sidecars", "task"]
    wanted_task = json.loads(text)
    assert found == {
        "version": 1, "run_id": "run", "execution_id": "exec", "server_root_url": "https://root.example",
        "worker_id": "rig", "docker_image": "image:1",
        "base_args": ["agent", "run", "--share", "team:edit", "--task-id", "agent-task", "--sandboxed",
                      "--server-root-url", "https://root.example", "--model", "m", "--mcp",
                      '{"a":{},"b":{"k":"v"}}', "--computer-use", "--x", "y z", "--idle-on-complete", "3m"],
        "env": {"TASK_ID": "agent-task", "GIT_TERMINAL_PROMPT": "1", "GH_PROMPT_DISABLED": "1",
                "WARP_SERVER_ROOT_URL": "https://root.example", "A": 'a "quoted" \u2028 value\t'},
        "sidecars": [{"image": "agent:2", "mount_path": "/agent", "read_write": False},
                     {"image": "tool:3", "mount_path": "/mnt/tool", "read_write": True}],
        "task": wanted_task}
    # Numbers and the order of members are as they were received, also in fields that nobody knows.
    assert b'"more":[1.50,null]' in raw and b'"nobody_knows_this":{"z":1,"a":1e400}' in raw


def test_without_execution_and_image(runtime):
    worker = runtime.connected(SAVE_PAYLOAD + 'env -0 > "$NOTES/run.env"', None)
    runtime.send("run", execution=None, snapshot={"environment_id": "env-1"})
    worker.wait_event("task.dispatched", task_id="run")
    found = runtime.payload("run")
    assert found["execution_id"] == "" and found["docker_image"] == "ubuntu:22.04" and found["sidecars"] == []
    variables = environ(runtime, "run.env")
    assert variables["OZ_EXECUTION_ID"] == "" and variables["OZ_DOCKER_IMAGE"] == "ubuntu:22.04"
    worker.wait_event("task.image_missing", task_id="run", image="ubuntu:22.04")


def test_the_environment_and_the_arguments_are_exact(runtime):
    look = ('cat /proc/$$/environ > "$NOTES/$OZ_RUN_ID.{0}.env"; cat /proc/$$/cmdline > "$NOTES/$OZ_RUN_ID.{0}.args"; '
            'pwd > "$NOTES/$OZ_RUN_ID.{0}.cwd"; touch "$NOTES/$OZ_RUN_ID.{0}"')
    dispatch, cancel = look.format("dispatch"), look.format("cancel")
    own = {"OZ_RUN_ID": "host", "OZ_DOCKER_IMAGE": "host", "WARP_API_KEY": "wk-other", "WARP_API_KEY_FILE": "/none",
           "KEPT": "host", "OVERRIDDEN": "host", "TAKEN": "from the host"}
    worker = runtime.connected(
        dispatch, cancel, "-e", "FLAG=f", "-e", "TAKEN", host=own,
        configured={"OVERRIDDEN": "configured", "FLAG": "file", "OZ_EXECUTION_ID": "configured",
                    "OZ_WORKER_BACKEND": "configured"})
    runtime.send("run", {"SECRET": SECRETS["variable"], "KEPT": "task"}, execution="exec", docker_image="image:1")
    worker.wait_event("task.dispatched", task_id="run")
    with open(f"/proc/{worker.pid}/cmdline", "rb") as file:
        assert b"oz-agent-worker" in file.read()
    base = {name: value for name, value in {**runtime.rig.environment, "NOTES": runtime.rig.notes, **own}.items()
            if not name.startswith("WARP_API_KEY")}
    common = {**base, "OVERRIDDEN": "configured", "FLAG": "f", "TAKEN": "from the host", "OZ_RUN_ID": "run",
              "OZ_EXECUTION_ID": "exec", "OZ_WORKER_BACKEND": "command"}
    last_two = {"OZ_SERVER_ROOT_URL": "https://root.example", "OZ_DOCKER_IMAGE": "image:1"}
    assert environ(runtime, "run.dispatch.env") == {**common, **last_two}
    runtime.plane.send({"type": "task_cancellation", "data": {"task_id": "run"}})
    runtime.wait("run.cancel")
    # What the worker itself was started with is still there; ours are not.
    assert environ(runtime, "run.cancel.env") == common
    for name, command in (("dispatch", dispatch), ("cancel", cancel)):
        assert runtime.read(f"run.{name}.args").split(b"\0")[:-1] == [b"/bin/sh", b"-c", command.encode()]
        assert runtime.read(f"run.{name}.cwd").decode().strip() == os.getcwd()


def test_no_secret_outside_the_payload(runtime):
    """Not in the environment, not in the arguments, and not in the log, although the commands print all they have."""
    dispatch = (SAVE_PAYLOAD + 'tr "\\0" "\\n" < /proc/$$/environ > "$NOTES/run.seen"; '
                'tr "\\0" " " < /proc/$$/cmdline >> "$NOTES/run.seen"; cat "$NOTES/run.payload"; env; '
                'echo "printed $CONFIGURED"')
    worker = runtime.connected(
        dispatch, "env; " + CANCEL, "-e", "FLAG=" + SECRETS["flag"],
        configured={"CONFIGURED": SECRETS["configured"]})
    runtime.send("run", {"V": SECRETS["variable"], "WARP_API_KEY": SECRETS["task key"]}, prompt=SECRETS["prompt"],
                 additional_oz_args=["--x", SECRETS["argument"]],
                 snapshot={"mcp_servers": {"s": {"env": {"T": SECRETS["mcp"]}}}})
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send({"type": "task_cancellation", "data": {"task_id": "run"}})
    worker.wait_event("task.cancel_command_done", task_id="run")
    payload = runtime.read("run.payload").decode()
    seen = runtime.read("run.seen").decode()
    for what in ("prompt", "variable", "task key", "argument", "mcp"):
        assert SECRETS[what] in payload, f"the {what} is not in the payload"
        assert SECRETS[what] not in seen, f"the {what} is in the environment or the arguments"
    runtime.stop(worker)
    for what, canary in SECRETS.items():
        assert canary.encode() not in worker.raw, f"the {what} is in the log"
    printed = worker.events("task.output", task_id="run", role="dispatch")
    assert any(line["message"].startswith("printed ") for line in printed)
    worker.wait_event("task.output", task_id="run", role="cancel")


MUCH = 5 << 20


@pytest.mark.parametrize("reader", [
    "exit 0", "exec <&-; exit 0", "head -c 1 > /dev/null; exit 0", "exec < /dev/null; sleep 0.05; exit 0",
    SAVE_PAYLOAD])
def test_a_large_payload_and_readers_of_all_kinds(runtime, reader):
    worker = runtime.connected(reader, None)
    big = "\u00fc" * (MUCH // 2)
    runtime.send("run", {"BIG": "b" * 1000}, prompt=big)
    worker.wait_event("task.dispatched", task_id="run")
    if reader == SAVE_PAYLOAD:
        prompt = runtime.payload("run")["task"]["task_definition"]["prompt"]
        assert hashlib.sha256(prompt.encode()).digest() == hashlib.sha256(big.encode()).digest()
    assert worker.is_alive() and not worker.events("internal.contract_broken")


def test_many_large_payloads_leave_no_descriptor_and_no_memory(runtime):
    worker = runtime.connected("exit 0", None)
    runtime.send("first", prompt="x" * MUCH)
    worker.wait_event("task.dispatched", task_id="first")
    descriptors = worker.descriptors()
    for number in range(12):
        runtime.send(f"run-{number}", prompt="x" * MUCH)
        worker.wait_event("task.dispatched", task_id=f"run-{number}")
    # Spare supervisors may have been in the making when the first count was taken; a leak is at least one a task.
    daemon.wait_until("the descriptors to be closed", lambda: worker.descriptors() <= descriptors + 8)
    # Twelve payloads are 60 MiB and more; they are not kept.
    assert worker.resident() < 120 << 10


def test_a_success_says_nothing_and_frees_the_slot(runtime):
    worker = runtime.connected(SAVE_BEGIN + "exit 0", CANCEL, "--max-concurrent-tasks", "1")
    for number in range(5):
        runtime.send(f"run-{number}")
        worker.wait_event("task.dispatched", task_id=f"run-{number}")
    runtime.nothing_more("run-0")
    assert [m["type"] for m in runtime.plane.messages] == ["task_claimed"] * 6


@pytest.mark.parametrize("holder", [
    "sleep 300 & echo $! >> $NOTES/$OZ_RUN_ID.pids; exit 0",
    "setsid sh -c 'echo $$ >> $NOTES/$OZ_RUN_ID.pids; touch $NOTES/$OZ_RUN_ID.up; exec sleep 300' & "
    "while [ ! -e $NOTES/$OZ_RUN_ID.up ]; do sleep 0.01; done; exit 0"])
def test_what_was_left_running_holds_nothing_up_and_lives_on(runtime, holder):
    """Also while it holds the output pipe, at the worker's stop, and at its death."""
    worker = runtime.connected(holder, CANCEL, "--max-concurrent-tasks", "1")
    began = time.monotonic()
    runtime.send("run-1")
    worker.wait_event("task.dispatched", task_id="run-1")
    runtime.send("run-2")
    worker.wait_event("task.dispatched", task_id="run-2")
    assert time.monotonic() - began < 20
    daemons = runtime.pids("run-1") + runtime.pids("run-2")
    assert len(daemons) == 2 and all(daemon.alive(pid) for pid in daemons)
    runtime.stop(worker)
    assert all(daemon.alive(pid) for pid in daemons) and runtime.cancels("run-1") == []
    second = runtime.connected(holder, CANCEL)
    runtime.send("run-3")
    second.wait_event("task.dispatched", task_id="run-3")
    second.signal(signal.SIGKILL)
    second.wait_exit()
    assert all(daemon.alive(pid) for pid in daemons + runtime.pids("run-3"))
    # Nobody of the worker's stays beside them, once they have ended.
    for pid in daemons + runtime.pids("run-3"):
        os.kill(pid, signal.SIGKILL)
    runtime.rig.wait_nothing_left()


def test_a_failure_takes_what_it_started_along(runtime):
    worker = runtime.connected("setsid sleep 300 & echo $! >> $NOTES/$OZ_RUN_ID.pids; echo no room >&2; exit 7")
    seen = runtime.watch("run")
    runtime.send("run")
    final = runtime.plane.wait_final("run")
    assert final["type"] == "task_failed"
    assert final["data"] == {
        "task_id": "run", "execution_id": "e-1", "failure_reason": "dispatch_command",
        "message": "Failed to execute task: the worker's dispatch command ended with exit code 7. "
                   "What it printed is in the worker's log."}
    # Its own word counts: nothing was handed over, so there is nothing to cancel.
    assert seen == [([], 0)]
    worker.wait_event("task.output", role="dispatch", message="no room")


def test_a_command_that_somebody_else_kills_is_taken_back(runtime):
    runtime.connected(SAVE_BEGIN + "kill -KILL $$")
    seen = runtime.watch("run")
    runtime.send("run")
    assert runtime.plane.wait_final("run")["data"]["failure_reason"] == "dispatch_command"
    assert seen == [([], 1)]


def test_a_lost_supervisor_ends_its_own_command_and_nothing_that_was_handed_over(runtime):
    """What has lost its supervisor comes to the worker, who kills it; what was let go of stays where it is."""
    worker = runtime.connected("case $OZ_RUN_ID in held) " + wait_for_gate() + ";; esac; "
                               "setsid sleep 300 & echo $! >> $NOTES/$OZ_RUN_ID.pids; exit 0")
    runtime.send("free")
    worker.wait_event("task.dispatched", task_id="free")
    runtime.send("held")
    runtime.wait("held.ready")
    pid, = runtime.pids("held")
    with open(f"/proc/{pid}/stat", "rb") as file:
        supervisor = int(file.read().rpartition(b")")[2].split()[1])
    seen = runtime.watch("held")
    os.kill(supervisor, signal.SIGKILL)
    data = runtime.plane.wait_final("held")["data"]
    assert data["failure_reason"] == "dispatch_command" and "was lost" in data["message"]
    assert seen == [([], 1)] and len(runtime.alive("free")) == 1
    runtime.stop(worker)
    assert len(runtime.alive("free")) == 1


def test_the_time_out_kills_all_and_a_late_success_counts_no_more(runtime):
    """The command ignores SIGTERM, and what it started would have succeeded a moment later."""
    worker = runtime.connected(
        "trap '' TERM; " + SAVE_BEGIN + "(setsid sh -c 'echo $$ >> $NOTES/$OZ_RUN_ID.pids; sleep 2; "
        "touch $NOTES/$OZ_RUN_ID.late' &); while [ ! -e $NOTES/$OZ_RUN_ID.gate ]; do sleep 0.02; done; exit 0",
        timeout="700ms")
    seen = runtime.watch("run")
    began = time.monotonic()
    runtime.send("run")
    data = runtime.plane.wait_final("run")["data"]
    took = time.monotonic() - began
    runtime.open("run.gate")
    assert data["failure_reason"] == "dispatch_timeout" and "exit_code" not in data
    assert "did not end within 700ms" in data["message"]
    assert 0.7 <= took < 8
    assert seen == [([], 1)], "something lived, or it was not taken back before the word"
    assert not runtime.has("run.late") and not worker.events("task.dispatched", task_id="run")


def test_at_the_edge_of_the_time_out_it_is_one_or_the_other(runtime):
    """Whoever wins the race: handed over and silent, or failed, dead and taken back."""
    script = (SAVE_BEGIN + "setsid sh -c 'echo $$ >> $NOTES/$OZ_RUN_ID.pids; exec sleep 300' & "
              "sleep 0.$OZ_EXECUTION_ID; exit 0")
    worker = runtime.connected(script, timeout="250ms")
    tasks = [f"run-{number}" for number in range(24)]
    for number, task in enumerate(tasks):
        runtime.send(task, execution=str(180 + 5 * number))
    for task in tasks:
        daemon.wait_until(f"an end of {task}", lambda task=task: (
            runtime.plane.finals(task) or worker.events("task.dispatched", task_id=task)))
    handed = [task for task in tasks if worker.events("task.dispatched", task_id=task)]
    failed = [task for task in tasks if runtime.plane.finals(task)]
    assert sorted(handed + failed) == sorted(tasks)
    for task in failed:
        assert runtime.plane.finals(task)[0]["data"]["failure_reason"] == "dispatch_timeout"
        assert runtime.alive(task) == [] and len(runtime.cancels(task)) == 1
    for task in handed:
        assert len(runtime.alive(task)) == 1 and runtime.cancels(task) == []


def test_the_same_execution_is_handed_over_once(runtime):
    worker = runtime.connected(wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    runtime.send("run")
    worker.wait_event("task.claim_repeated", task_id="run")
    runtime.open("run.gate")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.send("run")
    worker.wait_event("task.dispatched_already", task_id="run")
    runtime.plane.wait_for("task_claimed", "run", count=3)
    assert runtime.dispatches("run") == 1
    runtime.send("run", execution="e-2")
    worker.wait_event("task.dispatched", task_id="run", execution_id="e-2")
    assert runtime.dispatches("run") == 2 and runtime.plane.finals("run") == []


def test_a_follow_up_waits_for_the_dispatch_before_it(runtime):
    worker = runtime.connected(wait_for_gate("$OZ_EXECUTION_ID.gate"))
    runtime.send("run", execution="e-1")
    runtime.wait("run.ready")
    runtime.send("run", execution="e-2")
    worker.wait_event("task.waiting", task_id="run", execution_id="e-2")
    assert runtime.dispatches("run") == 1
    runtime.open("e-1.gate")
    worker.wait_event("task.dispatched", execution_id="e-1")
    daemon.wait_until("the second dispatch", lambda: runtime.dispatches("run") == 2)
    runtime.open("e-2.gate")
    worker.wait_event("task.dispatched", execution_id="e-2")


def test_a_lost_connection_does_not_touch_a_dispatch(runtime):
    worker = runtime.connected(wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    runtime.plane.drop()
    runtime.plane.wait_connected(beyond=1)
    runtime.open("run.gate")
    worker.wait_event("task.dispatched", task_id="run")
    assert runtime.dispatches("run") == 1 and runtime.plane.finals("run") == []


def test_the_task_time_out_ends_a_dispatch(runtime):
    runtime.connected(wait_for_gate(), CANCEL, "--task-timeout", "400ms")
    seen = runtime.watch("run")
    runtime.send("run")
    assert runtime.plane.wait_final("run")["data"]["failure_reason"] == "task_timeout"
    assert seen == [([], 1)]


def test_a_rejected_assignment_starts_nothing(runtime):
    runtime.connected(SAVE_BEGIN + "exit 0")
    runtime.plane.send({"type": "task_assignment", "data": {"task_id": "run", "execution_id": "e"}})
    assert "data.task is missing" in runtime.plane.wait_for("task_rejected", "run")["reason"]
    runtime.plane.send(assignment("other", execution="e", oz_lifecycle_hooks={"required": True}))
    runtime.plane.wait_for("task_rejected", "other")
    assert runtime.dispatches("run") == 0 and runtime.dispatches("other") == 0
