"""The command backend with real scripts: cancellations in every phase, and stops of the worker."""

import signal
import time

import pytest

import daemon
from handing import CANCEL, COUNT_CANCEL, SAVE_BEGIN, Runtime, wait_for_gate
from plane import cancellation

CANCELLED = {"message": "Task cancelled by user request.", "task_state": "CANCELLED"}
HAND_OVER = SAVE_BEGIN + "exit 0"


@pytest.fixture
def runtime(rig):
    return Runtime(rig)


# Cancellations, by the phase in which they arrive.


def test_claimed_and_not_started(runtime):
    """The second execution waits for the first; both are cancelled, and it never starts."""
    runtime.connected(wait_for_gate())
    runtime.send("run", execution="e-1")
    runtime.wait("run.ready")
    runtime.send("run", execution="e-2")
    runtime.plane.wait_for("task_claimed", "run", count=2)
    runtime.plane.send(cancellation("run"))
    finals = [runtime.plane.wait_final("run", count)["data"] for count in (1, 2)]
    assert sorted(data["execution_id"] for data in finals) == ["e-1", "e-2"]
    assert all(data["task_state"] == "CANCELLED" for data in finals)
    assert runtime.dispatches("run") == 1 and runtime.cancels("run") == ["e-1"]


@pytest.mark.parametrize("stubborn", [False, True])
def test_dispatching(runtime, stubborn):
    """What the runtime may have got already is taken back before the word goes out."""
    script = ("setsid sh -c 'echo $$ >> $NOTES/$OZ_RUN_ID.pids; exec sleep 300' & " + wait_for_gate())
    worker = runtime.connected(("trap '' TERM; " if stubborn else "") + script)
    runtime.send("run")
    runtime.wait("run.ready")
    daemon.wait_until("both to be up", lambda: len(runtime.pids("run")) == 2)
    seen = runtime.watch("run")
    began = time.monotonic()
    runtime.plane.send(cancellation("run"))
    data = runtime.plane.wait_final("run")["data"]
    took = time.monotonic() - began
    assert data == {"task_id": "run", "execution_id": "e-1", **CANCELLED}
    assert seen == [([], 1)]
    assert (9 < took < 13) if stubborn else took < 8
    assert not worker.events("task.dispatched")


def test_dispatching_and_a_success_after_the_request_to_end(runtime):
    """A success that comes after the cancellation is none, and what it left running does not stay."""
    runtime.connected("trap 'setsid sleep 300 & echo $! >> $NOTES/$OZ_RUN_ID.pids; exit 0' TERM; " + wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    seen = runtime.watch("run")
    runtime.plane.send(cancellation("run"))
    assert runtime.plane.wait_final("run")["data"]["task_state"] == "CANCELLED"
    assert len(runtime.pids("run")) == 2 and seen == [([], 1)]


def test_dispatching_without_a_cancel_command(runtime):
    runtime.connected(wait_for_gate(), None)
    runtime.send("run")
    runtime.wait("run.ready")
    seen = runtime.watch("run")
    runtime.plane.send(cancellation("run"))
    assert runtime.plane.wait_final("run")["data"] == {"task_id": "run", "execution_id": "e-1", **CANCELLED}
    assert seen == [([], 0)]


def test_dispatched(runtime):
    worker = runtime.connected(HAND_OVER)
    runtime.send("run", execution="e-1")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done", task_id="run", execution_id="e-1")
    assert runtime.cancels("run") == ["e-1"]
    runtime.nothing_more("run")


def test_dispatched_without_a_cancel_command(runtime):
    worker = runtime.connected(HAND_OVER, None)
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_missing", task_id="run")
    runtime.nothing_more("run")


def test_cancelling_already(runtime):
    worker = runtime.connected(HAND_OVER, COUNT_CANCEL + wait_for_gate("cancel.gate"))
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send(cancellation("run"))
    runtime.wait("run.ready")
    runtime.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_under_way", task_id="run")
    runtime.open("cancel.gate")
    worker.wait_event("task.cancel_command_done", task_id="run")
    assert runtime.cancels("run") == ["e-1"]


def test_a_follow_up_waits_until_the_cancel_command_is_done(runtime):
    worker = runtime.connected(HAND_OVER, COUNT_CANCEL + wait_for_gate("cancel.gate"))
    runtime.send("run", execution="e-1")
    worker.wait_event("task.dispatched", execution_id="e-1")
    runtime.plane.send(cancellation("run"))
    runtime.wait("run.ready")
    runtime.send("run", execution="e-2")
    worker.wait_event("task.waiting", execution_id="e-2")
    assert not worker.events("task.dispatched", execution_id="e-2")
    runtime.open("cancel.gate")
    worker.wait_event("task.dispatched", execution_id="e-2")
    assert runtime.cancels("run") == ["e-1"]


def test_after_it_was_cancelled_and_after_a_failure(runtime):
    worker = runtime.connected("case $OZ_RUN_ID in bad) exit 1;; esac; " + HAND_OVER)
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    for count in (1, 2):  # whoever asks again wants it again
        runtime.plane.send(cancellation("run"))
        worker.wait_event("task.cancel_command_done", count=count, task_id="run")
    runtime.send("bad")
    runtime.plane.wait_final("bad")
    runtime.plane.send(cancellation("bad"))
    worker.wait_event("task.cancellation_unknown", task_id="bad")
    assert runtime.cancels("run") == ["e-1", "e-1"] and runtime.cancels("bad") == []


def test_every_execution_of_the_task_is_reached(runtime):
    worker = runtime.connected(HAND_OVER)
    for execution in ("e-1", "e-2", "e-3"):
        runtime.send("run", execution=execution)
        worker.wait_event("task.dispatched", execution_id=execution)
    runtime.send("other")
    worker.wait_event("task.dispatched", task_id="other")
    runtime.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done", count=3)
    assert sorted(runtime.cancels("run")) == ["e-1", "e-2", "e-3"] and runtime.cancels("other") == []


# The cancel command itself.


def test_it_fails_twice_and_then_works(runtime):
    worker = runtime.connected(HAND_OVER, COUNT_CANCEL + "echo nobody there; "
                               "[ $(wc -l < $NOTES/$OZ_RUN_ID.cancels) -ge 3 ] || exit 4")
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done", task_id="run")
    failures = worker.events("cleanup.cancel_failed", task_id="run")
    assert [(line["reason"], line["attempt"], line["given_up"], line["exit_code"], line["level"])
            for line in failures] == [("cancel_command", 1, False, 4, "warn"), ("cancel_command", 2, False, 4, "warn")]
    worker.wait_event("task.output", role="cancel", message="nobody there")


def test_it_fails_for_good(runtime):
    worker = runtime.connected(HAND_OVER, COUNT_CANCEL + "exit 1")
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send(cancellation("run"))
    line = worker.wait_event("cleanup.cancel_failed", task_id="run", given_up=True)
    assert line["level"] == "error" and line["attempt"] == 3
    assert len(runtime.cancels("run")) == 3
    runtime.nothing_more("run")
    runtime.plane.send(cancellation("run"))  # it is still known
    worker.wait_event("cleanup.cancel_failed", count=2, task_id="run", given_up=True)


def test_it_fails_for_good_during_a_dispatch(runtime):
    """The word goes out all the same, and says that not everything is certain."""
    runtime.connected(wait_for_gate(), COUNT_CANCEL + "exit 1")
    runtime.send("run")
    runtime.wait("run.ready")
    runtime.plane.send(cancellation("run"))
    data = runtime.plane.wait_final("run")["data"]
    assert data["task_state"] == "CANCELLED" and "could not be confirmed" in data["message"]
    assert len(runtime.cancels("run")) == 3


def test_it_hangs_and_is_killed_with_all_that_it_started(runtime):
    worker = runtime.connected(
        HAND_OVER, COUNT_CANCEL + "[ -e $NOTES/tried ] && exit 0; touch $NOTES/tried; trap '' TERM; "
        "setsid sleep 300 & echo $! $$ > $NOTES/hung.pids; while :; do sleep 0.1; done")
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    began = time.monotonic()
    runtime.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done", task_id="run")
    assert 10 < time.monotonic() - began < 14
    hung = [int(word) for word in runtime.lines("hung.pids")]
    assert len(hung) == 2 and not any(daemon.alive(pid) for pid in hung)
    assert "did not end within 10s" in worker.events("cleanup.cancel_failed")[0]["message"]


# Stops of the worker.


def test_a_stop_waits_for_a_dispatch_that_succeeds(runtime):
    worker = runtime.connected(wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    worker.signal()
    worker.wait_event("task.dispatch_hurried", task_id="run", within_ms=10_000)
    runtime.open("run.gate")
    runtime.stop(worker, sent=True)
    assert worker.events("task.dispatched", task_id="run")
    assert runtime.plane.finals() == [] and runtime.cancels("run") == []
    assert runtime.plane.connections[0]["code"] == 1000
    runtime.rig.wait_nothing_left()


def test_a_stop_waits_ten_seconds_at_most(runtime):
    worker = runtime.connected(wait_for_gate(), timeout="10m")
    runtime.send("run")
    runtime.wait("run.ready")
    seen = runtime.watch("run")
    began = time.monotonic()
    runtime.stop(worker)
    assert 10 <= time.monotonic() - began < 16
    data = runtime.plane.finals("run")[0]["data"]
    assert data["failure_reason"] == "graceful_shutdown" and "may be retried" in data["message"]
    assert seen == [([], 1)]
    runtime.rig.wait_nothing_left()


def test_a_stop_leaves_no_more_than_the_rest_of_its_time(runtime):
    worker = runtime.connected(wait_for_gate(), timeout="2s")
    runtime.send("run")
    runtime.wait("run.ready")
    began = time.monotonic()
    runtime.stop(worker)
    assert time.monotonic() - began < 8
    assert runtime.plane.finals("run")[0]["data"]["failure_reason"] == "dispatch_timeout"


def test_a_stop_cancels_nothing_that_was_handed_over(runtime):
    worker = runtime.connected(HAND_OVER)
    for number in range(3):
        runtime.send(f"run-{number}")
        worker.wait_event("task.dispatched", task_id=f"run-{number}")
    began = time.monotonic()
    runtime.stop(worker)
    assert time.monotonic() - began < 8
    assert runtime.plane.finals() == [] and not any(runtime.cancels(f"run-{number}") for number in range(3))


def test_a_stop_waits_for_a_cancel_command(runtime):
    worker = runtime.connected(HAND_OVER, COUNT_CANCEL + wait_for_gate("cancel.gate"))
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send(cancellation("run"))
    runtime.wait("run.ready")
    worker.signal()
    worker.wait_event("worker.stopping")
    runtime.open("cancel.gate")
    runtime.stop(worker, sent=True)
    assert worker.events("task.cancel_command_done", task_id="run")


def test_a_forced_stop_ends_a_dispatch_at_once(runtime):
    worker = runtime.connected("trap '' TERM; " + wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    pids = runtime.pids("run")
    worker.signal()
    worker.wait_event("task.dispatch_hurried")
    worker.signal(signal.SIGINT)
    assert worker.wait_exit() == 130
    daemon.wait_until("the dispatch to be dead", lambda: not any(daemon.alive(pid) for pid in pids))
    runtime.rig.wait_nothing_left()


def test_without_a_state_directory_the_workers_death_ends_a_dispatch(runtime):
    runtime.rig.environment["STATE_DIRECTORY"] = runtime.rig.touch("a-file")
    worker = runtime.connected(wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    worker.signal(signal.SIGKILL)
    worker.wait_exit()
    daemon.wait_until("the dispatch to be dead", lambda: runtime.alive("run") == [])
    runtime.rig.wait_nothing_left()


def test_draining_lets_a_dispatch_finish(runtime):
    worker = runtime.connected(wait_for_gate(), CANCEL, "--drain-timeout", "60s")
    runtime.send("run")
    runtime.wait("run.ready")
    worker.signal()
    worker.wait_event("worker.draining")
    runtime.open("run.gate")
    runtime.stop(worker, sent=True)
    assert worker.events("task.dispatched", task_id="run") and not worker.events("task.dispatch_hurried")
