"""Signals to the worker: graceful, drained, hurried, at once."""

import signal
import time

import pytest

from plane import assignment


def running(rig, *tasks, how="term", **options):
    worker = rig.connected(*options.pop("arguments", ()), **options)
    for task in tasks:
        rig.plane.send(assignment(task, rig.env(how), execution=f"{task}-e"))
        rig.note(task, ".ready")
    return worker


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_idle_worker_says_goodbye(rig, number):
    worker = rig.connected()
    worker.signal(number)
    assert worker.wait_exit() == 0
    rig.plane.wait("the close", lambda: not rig.plane.connections[0]["open"])
    assert rig.plane.connections[0]["code"] == 1000
    rig.wait_nothing_left()


def test_a_stop_ends_tasks_and_reports_them(rig):
    worker = running(rig, "t-1", "t-2", direct={"teardown_command": f"touch {rig.notes}/$OZ_RUN_ID.down"})
    worker.signal()
    assert worker.wait_exit() == 0
    for task in ("t-1", "t-2"):
        rig.note(task, ".term", 1)
        rig.note(task, ".down", 1)
        final = rig.plane.finals(task)
        assert len(final) == 1 and final[0]["type"] == "task_failed"
        assert final[0]["data"]["failure_reason"] == "graceful_shutdown"
        assert final[0]["data"]["execution_id"] == f"{task}-e"
        assert worker.events("task.final_heard", task_id=task), "the worker did not wait until it was heard"
    assert rig.plane.connections[0]["code"] == 1000
    rig.wait_nothing_left()


def test_a_stop_kills_families_that_do_not_listen(rig):
    worker = running(rig, "t-1", how="family")
    pids = rig.pids("t-1")
    began = time.monotonic()
    worker.signal()
    assert worker.wait_exit() == 0
    assert time.monotonic() - began < 15
    assert rig.plane.finals("t-1")[0]["data"]["failure_reason"] == "graceful_shutdown"
    assert len(pids) == 4
    rig.wait_no_notes_alive("t-1", 1)
    rig.wait_nothing_left()


def test_draining_lets_tasks_finish_and_takes_no_new_ones(rig):
    gate = rig.path("gate")
    worker = running(rig, "t-1", how=f"until {gate} 0", arguments=("--drain-timeout", "60s"))
    worker.signal()
    worker.wait_event("worker.draining")
    rig.plane.send(assignment("late", rig.env()))
    assert rig.plane.wait_for("task_rejected", "late")["reason"] == "worker is shutting down"
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    rig.plane.wait_for("task_claimed", "t-1", count=2)
    assert worker.is_alive() and not rig.plane.finals()
    rig.touch("gate")
    assert worker.wait_exit() == 0
    assert rig.plane.finals("t-1")[0]["type"] == "task_completed"
    assert rig.plane.connections[0]["code"] == 1000
    rig.wait_nothing_left()


def test_draining_ends_with_its_time(rig):
    worker = running(rig, "t-1", arguments=("--drain-timeout", "300ms"))
    worker.signal()
    assert worker.wait_exit() == 0
    assert rig.plane.finals("t-1")[0]["data"]["failure_reason"] == "graceful_shutdown"


def test_a_second_signal_ends_the_draining(rig):
    worker = running(rig, "t-1", arguments=("--drain-timeout", "60s"))
    worker.signal()
    worker.wait_event("worker.draining")
    worker.signal()
    assert worker.wait_exit(15) in (0, 143)
    rig.note("t-1", ".term", 1)
    assert rig.plane.finals("t-1")[0]["data"]["failure_reason"] == "graceful_shutdown"
    rig.wait_nothing_left()


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_third_signal_exits_at_once(rig, number, code):
    worker = running(rig, "t-1", how="ignore", arguments=("--drain-timeout", "60s"))
    worker.signal(number)
    worker.wait_event("worker.draining")
    worker.signal(number)
    worker.wait_event("worker.stopping")
    began = time.monotonic()
    worker.signal(number)
    assert worker.wait_exit() == code
    assert time.monotonic() - began < 3
    assert not worker.events("daemon.leak"), "what the operator forced is not an error"
    left = worker.wait_event("worker.left_undone")
    assert left["level"] == "warn" and left["tasks"] == 1
    assert "ended before all was done: 1 task not reported" in left["message"]


def test_a_stop_while_disconnected_dials_once_more_to_be_heard(rig):
    worker = running(rig, "t-1")
    rig.plane.go_away()
    worker.wait_event("connection.lost")
    worker.wait_event("connection.dial_failed")
    rig.plane.come_back()
    worker.signal()
    assert worker.wait_exit(20) == 0
    assert [m["data"]["failure_reason"] for m in rig.plane.finals("t-1")] == ["graceful_shutdown"]
    rig.wait_nothing_left()


def test_a_stop_interrupts_the_wait_before_a_dial(rig):
    rig.plane.refuse_with = 503
    worker = rig.start()
    worker.wait_event("connection.dial_failed", count=2)
    began = time.monotonic()
    worker.signal()
    assert worker.wait_exit() == 0
    assert time.monotonic() - began < 3


def test_agents_do_not_outlive_a_killed_worker_without_a_state_directory(rig):
    rig.environment["STATE_DIRECTORY"] = rig.touch("a-file")
    worker = running(rig, "t-1", how="family")
    worker.signal(signal.SIGKILL)
    assert worker.wait_exit() == -signal.SIGKILL
    # Nobody would know of them, so the supervisors end what they keep.
    rig.wait_no_notes_alive("t-1", 20)
