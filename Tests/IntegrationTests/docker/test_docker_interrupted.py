"""Calls that are held, and connections that break: a cancellation at each step, and answers that nobody heard."""

import pytest

from daemon import wait_until
from plane import cancellation
from relay import Relay

CREATE, START, WAIT = r"POST \S*/containers/create", r"POST \S*/start", r"POST \S*/wait"
TOOL = [{"image": "tool", "mount_path": "/mnt/tool", "read_write": True}]


@pytest.fixture
def relay(yard):
    """Between the worker and the daemon."""
    made = Relay(yard.engine.socket)
    yard.rig.environment["DOCKER_HOST"] = made.url
    yield made
    made.close()


def final(yard, task, patience=60):
    return yard.plane.wait_final(task, patience=patience)


def tools(images):
    return [{**tool, "image": images[tool["image"]]} for tool in TOOL]


@pytest.mark.parametrize("call", [CREATE, START])
@pytest.mark.parametrize("side", ["request", "answer"])
def test_a_cancellation_while_the_container_is_made_or_started(yard, relay, call, side):
    worker = yard.connected()
    hold = relay.hold(call, side)
    yard.assign("t-1", "sleep")
    hold.wait()
    yard.plane.send(cancellation("t-1"))
    worker.wait_event("task.stopping")
    hold.release()
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    worker.signal()
    assert worker.wait_exit() == 0 and not worker.events("daemon.leak")


def keeps_alive(port):
    """Whether the kernel will ask the other end of the connection from that port whether it is still there."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        lines = [line.split() for line in file][1:]
    return any(line[1].endswith(f":{port:04X}") and line[5].startswith("02:") for line in lines)


def test_a_wait_on_a_line_that_dies_silently_is_noticed(yard, relay):
    yard.connected()
    yard.assign("t-1", "sleep")
    wait = wait_until("the wait", lambda: next((call for call in relay.calls if b"/wait" in call.line), None))
    wait_until("its line to be watched", lambda: keeps_alive(wait.near.getpeername()[1]))
    yard.plane.send(cancellation("t-1"))
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()


def test_a_stop_of_the_worker_while_the_container_is_made(yard, relay):
    worker = yard.connected()
    hold = relay.hold(CREATE)
    yard.assign("t-1", "sleep")
    hold.wait()
    worker.signal()
    worker.wait_event("task.stopping")
    hold.release()
    assert final(yard, "t-1")["data"]["failure_reason"] == "graceful_shutdown"
    assert worker.wait_exit(60) == 0
    yard.wait_nothing_left(1)


@pytest.mark.parametrize("call", [CREATE, START, r"POST \S*/volumes/create", r"PUT \S*/archive"])
def test_an_answer_that_is_lost_is_found_out_and_fails_no_task(yard, relay, images, call):
    worker = yard.connected()
    hold = relay.hold(call)
    yard.assign("t-1", "until /mnt/tool/marker", additional_sidecars=tools(images))
    hold.wait()
    assert relay.cut(call) == 1
    hold.release()
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    worker.signal()
    assert worker.wait_exit() == 0 and not worker.events("daemon.leak")


def test_a_wait_that_is_reset_is_taken_up_again(yard, relay, tmp_path):
    tmp_path.chmod(0o755)
    worker = yard.connected("-v", f"{tmp_path}:/gate")
    yard.assign("t-1", "until /gate/open")
    yard.wait_running("t-1")
    for count in (1, 2, 3):
        wait_until("the wait to stand", lambda: relay.cut(WAIT))
        worker.wait_event("task.wait_broken", count=count)
    (tmp_path / "open").touch()
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()


def test_what_is_followed_and_breaks_off_is_told_at_the_end(yard, relay, tmp_path):
    tmp_path.chmod(0o755)
    worker = yard.connected("-v", f"{tmp_path}:/gate", docker={"log_task_output": True})
    yard.assign("t-1", "until /gate/open")
    worker.wait_event("task.output", task_id="t-1", message="directory: /workspace")
    assert relay.cut(r"GET \S*/logs") == 1
    worker.wait_event("task.output_unread")
    (tmp_path / "open").touch()
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    assert len(worker.events("task.output", task_id="t-1", message="directory: /workspace")) == 2
