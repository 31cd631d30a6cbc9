"""Cancellations: everything that the task started is gone, teardown ran, and CANCELLED is said after the death."""

import os
import time

import pytest

import daemon
from plane import assignment, cancellation

CANCELLED = {"message": "Task cancelled by user request.", "task_state": "CANCELLED"}


def watch_deaths(rig, task, pids):
    """Has the control plane look, at the moment a final word arrives, who of these is still alive."""
    seen = []

    def look(message):
        if message["type"] in ("task_completed", "task_failed") and message["data"]["task_id"] == task:
            seen.append([pid for pid in pids() if daemon.alive(pid)])

    rig.plane.on_message = look
    return seen


def test_the_whole_family_dies_before_the_word(rig):
    worker = rig.connected(direct={"teardown_command": f"touch {rig.notes}/torn-down"})
    rig.plane.send(assignment("t-1", rig.env("family"), execution="e-1"))
    rig.note("t-1", ".ready")
    pids = rig.pids("t-1")
    assert len(pids) == 4 and all(daemon.alive(pid) for pid in pids)
    alive_then = watch_deaths(rig, "t-1", lambda: pids)
    began = time.monotonic()
    rig.plane.send(cancellation("t-1"))
    final = rig.plane.wait_final("t-1")
    assert time.monotonic() - began < 13
    assert final["type"] == "task_completed"
    assert final["data"] == {"task_id": "t-1", "execution_id": "e-1", **CANCELLED}
    assert alive_then == [[]]
    rig.note("torn", "-down")
    daemon.wait_until("the workspace to go", lambda: os.listdir(rig.workspaces) == [])
    worker.wait_event("task.cancelled", task_id="t-1")


def test_an_agent_that_listens_ends_at_once(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env("term")))
    rig.note("t-1", ".ready")
    began = time.monotonic()
    rig.plane.send(cancellation("t-1"))
    assert rig.plane.wait_final("t-1")["data"]["task_state"] == "CANCELLED"
    assert time.monotonic() - began < 5
    rig.note("t-1", ".term")


def test_an_agent_that_runs_is_always_asked_before_it_is_killed(rig):
    """However soon the cancellation follows the agent's first instruction."""
    rig.connected()
    tasks = [f"t-{number}" for number in range(30)]
    for task in tasks:
        rig.plane.send(assignment(task, rig.env("term")))
        rig.note(task, ".ready")
        rig.plane.send(cancellation(task))
        rig.plane.wait_final(task)
    unasked = [task for task in tasks if not os.path.exists(os.path.join(rig.notes, task + ".term"))]
    assert not unasked, f"{len(unasked)} of {len(tasks)} running agents were killed without SIGTERM"


def test_an_agent_that_ignores_the_request_is_killed_after_ten_seconds(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env("ignore")))
    rig.note("t-1", ".ready")
    pids = rig.pids("t-1")
    alive_then = watch_deaths(rig, "t-1", lambda: pids)
    began = time.monotonic()
    rig.plane.send(cancellation("t-1"))
    assert rig.plane.wait_final("t-1")["data"]["task_state"] == "CANCELLED"
    assert 9 < time.monotonic() - began < 12
    assert alive_then == [[]]


@pytest.mark.parametrize("stubborn", [False, True])
def test_during_setup(rig, stubborn):
    trap = "trap '' TERM; " if stubborn else ""
    worker = rig.connected(direct={
        "setup_command": f"{trap}echo $$ > {rig.notes}/setup.pids; touch {rig.notes}/setup.ready; "
                         "while :; do sleep 0.1; done",
        "teardown_command": f"touch {rig.notes}/torn-down"})
    rig.plane.send(assignment("t-1", rig.env()))
    rig.note("setup", ".ready")
    pids = rig.pids("setup")
    alive_then = watch_deaths(rig, "t-1", lambda: pids)
    rig.plane.send(cancellation("t-1"))
    assert rig.plane.wait_final("t-1", patience=13)["data"]["task_state"] == "CANCELLED"
    assert alive_then == [[]] and rig.starts("t-1") == 0
    rig.note("torn", "-down")
    daemon.wait_until("the workspace to go", lambda: os.listdir(rig.workspaces) == [])
    assert worker.is_alive()


def test_a_cancellation_wins_over_the_failure_it_causes_and_comes_once(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env("sh trap 'exit 9' TERM; touch $STUB_DIR/$TASK_ID.ready; "
                                             "while :; do sleep 0.05; done")))
    rig.note("t-1", ".ready")
    for _ in range(3):
        rig.plane.send(cancellation("t-1"))
    assert rig.plane.wait_final("t-1")["data"]["task_state"] == "CANCELLED"
    rig.plane.send(assignment("after", rig.env()))
    rig.plane.wait_final("after")
    assert len(rig.plane.finals("t-1")) == 1


def test_after_the_final_word_it_changes_nothing(rig):
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env()))
    rig.plane.wait_final("t-1")
    rig.plane.send(cancellation("t-1"))
    worker.wait_event("task.cancellation_unknown")
    rig.plane.send(assignment("after", rig.env()))
    rig.plane.wait_final("after")
    assert len(rig.plane.finals("t-1")) == 1


def test_a_finished_agents_daemons_are_gone_too(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env("hold")))
    alive_then = watch_deaths(rig, "t-1", lambda: rig.pids("t-1"))
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    assert alive_then == [[]]


def test_one_task_is_cancelled_and_the_others_go_on(rig):
    rig.connected()
    gate = rig.path("gate")
    for task in ("t-1", "t-2"):
        rig.plane.send(assignment(task, rig.env(f"until {gate} 0")))
        rig.note(task, ".ready")
    rig.plane.send(cancellation("t-1"))
    assert rig.plane.wait_final("t-1")["data"]["task_state"] == "CANCELLED"
    rig.touch("gate")
    assert "task_state" not in rig.plane.wait_final("t-2")["data"]


def test_the_time_limit_ends_a_task(rig):
    rig.connected("--task-timeout", "300ms")
    rig.plane.send(assignment("t-1", rig.env("sleep")))
    data = rig.plane.wait_final("t-1")["data"]
    assert data["failure_reason"] == "task_timeout"
    rig.wait_no_notes_alive("t-1")
