"""kill -9 the worker: its agents run on, and the next one takes them over, judges them and reports."""

import os
import signal

import pytest

import survivors
from daemon import alive, wait_until
from plane import assignment, cancellation
from survivors import next_life, over, started

SECRET = "canary-of-a-task-71c9"


def test_an_agent_runs_on_and_is_judged(rig, supervisors):
    gate = rig.path("gate")
    worker, agent = started(rig, how=f"until {gate} 7")
    survivors.kill(worker)
    assert alive(agent)
    worker = next_life(rig)
    assert alive(agent)
    rig.touch("gate")
    final = rig.plane.wait_final("t-1")
    assert final["type"] == "task_failed" and final["data"]["failure_reason"] == "agent_invocation"
    assert final["data"]["exit_code"] == 7 and final["data"]["execution_id"] == "t-1-e"
    assert rig.starts("t-1") == 1
    over(rig, worker, supervisors)
    assert len(rig.plane.finals("t-1")) == 1


def test_an_end_that_nobody_saw_is_reported(rig, supervisors):
    gate = rig.path("gate")
    down = rig.path("down")
    direct = {"teardown_command": f"echo $OZ_RUN_ID >> {down}"}
    worker, agent = started(rig, how=f"until {gate} 0", worker=rig.connected(direct=direct))
    survivors.kill(worker)
    rig.touch("gate")
    wait_until("the agent to end", lambda: not alive(agent))
    worker = next_life(rig, direct=direct)
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    over(rig, worker, supervisors)
    with open(down, encoding="ascii") as file:
        assert file.read() == "t-1\n"
    assert len(rig.plane.finals("t-1")) == 1


def test_several_lives_are_as_good_as_one(rig, supervisors):
    gate = rig.path("gate")
    worker, agent = started(rig, how=f"until {gate} 0")
    for _ in range(4):
        survivors.kill(worker)
        worker = next_life(rig)
    assert alive(agent) and rig.starts("t-1") == 1
    rig.touch("gate")
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    over(rig, worker, supervisors)


@pytest.mark.parametrize("how", ["term", "family"])
def test_a_cancellation_reaches_an_adopted_task(rig, supervisors, how):
    worker, agent = started(rig, how=how)
    survivors.kill(worker)
    worker = next_life(rig)
    rig.plane.send(cancellation("t-1"))
    final = rig.plane.wait_final("t-1")
    assert final["type"] == "task_completed" and final["data"]["task_state"] == "CANCELLED", final
    rig.wait_no_notes_alive("t-1", 1)
    over(rig, worker, supervisors)
    assert len(rig.plane.finals("t-1")) == 1


def test_a_stop_ends_adopted_tasks(rig, supervisors):
    worker, agent = started(rig, how="term")
    survivors.kill(worker)
    worker = next_life(rig)
    worker.signal()
    assert worker.wait_exit() == 0
    final, = rig.plane.finals("t-1")
    assert final["data"]["failure_reason"] == "graceful_shutdown"
    assert not alive(agent)
    wait_until("the supervisors to leave", lambda: not supervisors(), 10)
    rig.wait_nothing_left()


def test_a_forced_exit_leaves_nothing(rig, supervisors):
    worker, agent = started(rig, how="ignore")
    survivors.kill(worker)
    worker = next_life(rig)
    worker.signal()
    worker.wait_event("worker.stopping")
    worker.signal()
    assert worker.wait_exit() == 128 + signal.SIGTERM
    wait_until("the agent and its supervisor to go", lambda: not alive(agent) and not supervisors(), 20)


def test_output_goes_on_and_is_masked(rig, supervisors):
    go, done = rig.path("go"), rig.path("done")
    script = (f'echo "first $HIDDEN"; touch {rig.path("said")}; while [ ! -e {go} ]; do sleep 0.01; done; '
              f'echo "c9, while nobody was there: $HIDDEN"; touch {rig.path("alone")}; '
              f'while [ ! -e {done} ]; do sleep 0.01; done; echo "at last $HIDDEN"')
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(f"sh {script}", HIDDEN=SECRET), execution="t-1-e"))
    wait_until("the first line", lambda: os.path.exists(rig.path("said")))
    worker.wait_event("task.output", message="first ***")
    survivors.kill(worker)
    rig.touch("go")
    wait_until("the second line", lambda: os.path.exists(rig.path("alone")))
    worker = next_life(rig)
    # It begins as the secret ends, but with too little of it to be the rest of one.
    worker.wait_event("task.output", message="c9, while nobody was there: ***", task_id="t-1", role="agent")
    rig.touch("done")
    worker.wait_event("task.output", message="at last ***", task_id="t-1", role="agent")
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    over(rig, worker, supervisors)
    assert SECRET.encode() not in b"".join(life.raw for life in rig.daemons)


def test_no_secret_reaches_the_disk(rig, supervisors):
    worker, _ = started(rig, how="term", HIDDEN=SECRET)
    rig.plane.send(assignment("t-2", rig.env("exit 3", HIDDEN=SECRET), execution="t-2-e", prompt=SECRET))
    rig.plane.wait_final("t-2")
    survivors.kill(worker)
    assert searched(rig.path("state"), SECRET) > 5
    worker = next_life(rig)
    rig.plane.send(cancellation("t-1"))
    rig.plane.wait_final("t-1")
    over(rig, worker, supervisors)
    assert searched(rig.path("state"), SECRET) > 2


def searched(directory, secret):
    """How many lines the journal has, none of which holds the secret; nor does any other file."""
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), "rb") as file:
            content = file.read()
        for word in (secret, os.path.basename(secret)):
            assert word.encode() not in content and word.encode().hex().encode() not in content
        if name == "journal":
            lines = content.count(b"\n")
    return lines


def test_what_was_said_but_not_heard_is_said_again(rig, supervisors):
    """The server hears, but answers no ping: nothing is known to be heard."""
    gate = rig.path("gate")
    worker, _ = started(rig, how=f"until {gate} 0")
    rig.plane.stop_reading()
    rig.touch("gate")
    worker.wait_event("task.completed")
    survivors.kill(worker)
    worker = next_life(rig)
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    over(rig, worker, supervisors)
    words = {final["text"] for final in rig.plane.finals("t-1")}
    assert len(words) == 1


def test_without_a_state_directory_agents_end_with_the_worker(rig, supervisors):
    rig.environment["STATE_DIRECTORY"] = rig.touch("a-file")
    worker, agent = started(rig, how="term")
    warning, = worker.events("configuration.warning")
    assert "agents end with this worker" in warning["message"]
    survivors.kill(worker)
    wait_until("the agent to end", lambda: not alive(agent) and not supervisors(), 20)
