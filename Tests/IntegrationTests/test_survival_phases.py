"""kill -9 in one phase after the other, and what becomes of the task in the next life."""

import os

import pytest

import survivors
from daemon import alive, wait_until
from handing import CANCEL, COUNT_CANCEL, SAVE_BEGIN, Runtime, wait_for_gate
from plane import assignment, cancellation
from survivors import next_life, over, started


def all_heard(worker):
    wait_until("all to be heard", lambda: not worker.counts()["letters"])


def written(path):
    with open(path, encoding="ascii") as file:
        return file.read().split()


# The direct backend.


def test_a_setup_command_is_ended_and_the_task_may_be_retried(rig, supervisors):
    """What the setup command knows of the task's secrets nobody knows any more, so the agent can't be started."""
    said, pids = rig.path("said"), rig.path("pids")
    direct = {"setup_command": f"echo $$ >> {pids}; touch {said}; exec sleep 300"}
    worker = rig.connected(direct=direct)
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    wait_until("the setup command", lambda: os.path.exists(said))
    survivors.kill(worker)
    pid, = written(pids)
    assert alive(int(pid))
    worker = next_life(rig, direct=direct)
    final = rig.plane.wait_final("t-1")
    assert final["type"] == "task_failed" and final["data"]["failure_reason"] == "unknown"
    assert final["data"]["execution_id"] == "t-1-e" and "may be retried" in final["data"]["message"]
    assert not alive(int(pid))
    over(rig, worker, supervisors)
    assert rig.starts("t-1") == 0 and len(written(pids)) == 1 and len(rig.plane.finals("t-1")) == 1


def test_a_teardown_command_goes_on(rig, supervisors):
    said, gate, down = rig.path("said"), rig.path("gate"), rig.path("down")
    direct = {"teardown_command":
              f"echo $OZ_RUN_ID >> {down}; touch {said}; while [ ! -e {gate} ]; do sleep 0.01; done"}
    worker = rig.connected(direct=direct)
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    rig.plane.wait_final("t-1")
    wait_until("the teardown command", lambda: os.path.exists(said))
    all_heard(worker)
    survivors.kill(worker)
    assert len(os.listdir(rig.workspaces)) == 1
    worker = next_life(rig, direct=direct)
    rig.touch("gate")
    wait_until("the workspace to go", lambda: os.listdir(rig.workspaces) == [])
    over(rig, worker, supervisors)
    assert written(down) == ["t-1"] and len(rig.plane.finals("t-1")) == 1


def test_a_cancellation_that_was_under_way_stays_one(rig, supervisors):
    """The agent was asked to end by a worker that is dead, and ends well in the next life: cancelled all the same."""
    gate, asked = rig.path("gate"), rig.path("asked")
    script = f"trap 'touch {asked}' TERM; touch {rig.path('said')}; while [ ! -e {gate} ]; do sleep 0.01; done; exit 0"
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(f"sh {script}"), execution="t-1-e"))
    wait_until("the agent", lambda: os.path.exists(rig.path("said")))
    rig.plane.send(cancellation("t-1"))
    wait_until("the request to end", lambda: os.path.exists(asked))
    survivors.kill(worker)
    worker = next_life(rig)
    rig.touch("gate")
    final = rig.plane.wait_final("t-1")
    assert final["type"] == "task_completed" and final["data"]["task_state"] == "CANCELLED"
    over(rig, worker, supervisors)


def test_an_assignment_that_comes_again_starts_nothing(rig, supervisors):
    gate = rig.path("gate")
    worker, agent = started(rig, how=f"until {gate} 0")
    survivors.kill(worker)
    worker = next_life(rig)
    rig.plane.send(assignment("t-1", rig.env(f"until {gate} 0"), execution="t-1-e"))
    worker.wait_event("task.claim_repeated", task_id="t-1")
    rig.touch("gate")
    rig.plane.wait_final("t-1")
    over(rig, worker, supervisors)
    assert rig.starts("t-1") == 1 and rig.pids("t-1") == [agent]
    # Once it is over, too, and in yet another life.
    worker = next_life(rig)
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    worker.wait_event("task.final_repeated", task_id="t-1")
    over(rig, worker, supervisors)
    assert rig.starts("t-1") == 1 and len({final["text"] for final in rig.plane.finals("t-1")}) == 1


def test_final_words_go_out_first_and_claims_are_not_repeated(rig, supervisors):
    gate, other = rig.path("gate"), rig.path("other")
    worker, _ = started(rig, how=f"until {gate} 0")
    started(rig, task="t-2", how=f"until {other} 0", worker=worker)
    all_heard(worker)
    rig.plane.stop_reading()
    rig.touch("gate")
    worker.wait_event("task.completed", task_id="t-1")
    survivors.kill(worker)
    worker = next_life(rig)
    rig.plane.wait_final("t-1")
    rig.touch("other")
    rig.plane.wait_final("t-2")
    over(rig, worker, supervisors)
    said = [(message["type"], message["data"]["task_id"])
            for message in rig.plane.messages if message["connection"] == len(rig.plane.connections) - 1]
    assert said == [("task_completed", "t-1"), ("task_completed", "t-2")]
    assert len(rig.plane.of("task_claimed")) == 2


def test_a_supervisor_that_was_killed_takes_its_agent_along(rig, supervisors):
    worker, agent = started(rig, how="term")
    survivors.kill(worker)
    supervisor, = [pid for pid in supervisors() if pid == parent(agent)]
    os.kill(supervisor, 9)
    wait_until("the agent to go", lambda: not alive(agent))
    worker = next_life(rig)
    final = rig.plane.wait_final("t-1")
    assert final["type"] == "task_failed" and final["data"]["failure_reason"] == "unknown"
    over(rig, worker, supervisors)


def parent(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def test_what_is_printed_meanwhile_is_bounded(rig, supervisors):
    """256 KiB of it are kept, the last ones, and what was lost is told."""
    go, done = rig.path("go"), rig.path("done")
    script = (f"touch {rig.path('said')}; while [ ! -e {go} ]; do sleep 0.01; done; "
              "awk 'BEGIN { for (i = 1; i <= 5000; i++) printf \"%0100d\\n\", i }'; "
              f"echo the end; touch {done}")
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(f"sh {script}"), execution="t-1-e"))
    wait_until("the agent", lambda: os.path.exists(rig.path("said")))
    survivors.kill(worker)
    rig.touch("go")
    wait_until("all to be printed", lambda: os.path.exists(done))
    worker = next_life(rig)
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    worker.wait_event("task.output", message="the end")
    lines = [line["message"] for line in worker.events("task.output")]
    whole = 5000 * 101 + len("the end\n")
    assert lines[0] == f"{whole - (256 << 10)} bytes of output were lost while no worker was there"
    # The first one is the rest of a line.
    numbers = [int(line) for line in lines[2:-1]]
    assert lines[-1] == "the end" and numbers == list(range(numbers[0], 5001))
    assert 255 << 10 < 101 * len(numbers) < 256 << 10
    over(rig, worker, supervisors)


# The command backend.


@pytest.fixture
def runtime(rig):
    return Runtime(rig)


def again(runtime, *arguments):
    beyond = len(runtime.plane.connections)
    worker = runtime.connected(*arguments)
    runtime.plane.wait_connected(beyond)
    return worker


def ended(runtime, worker, supervisors):
    runtime.stop(worker)
    wait_until("the supervisors to leave", lambda: not supervisors(), 10)
    runtime.rig.wait_nothing_left()


def test_what_was_handed_over_can_be_cancelled(runtime, supervisors):
    worker = runtime.connected(SAVE_BEGIN + "exit 0")
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    survivors.kill(worker)
    for _ in range(2):
        worker = again(runtime, SAVE_BEGIN + "exit 0")
        survivors.kill(worker)
    worker = again(runtime, SAVE_BEGIN + "exit 0")
    runtime.plane.send(cancellation("run"))
    worker.wait_event("task.cancel_command_done", task_id="run", execution_id="e-1")
    assert runtime.cancels("run") == ["e-1"] and runtime.dispatches("run") == 1
    runtime.nothing_more("run")
    ended(runtime, worker, supervisors)


def test_a_dispatch_command_gives_its_word_to_the_next_life(runtime, supervisors):
    worker = runtime.connected(wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    survivors.kill(worker)
    worker = again(runtime, wait_for_gate())
    runtime.open("run.gate")
    worker.wait_event("task.dispatched", task_id="run")
    assert runtime.dispatches("run") == 1
    assert runtime.plane.finals("run") == []
    ended(runtime, worker, supervisors)


def test_a_refusal_that_nobody_heard_is_reported(runtime, supervisors):
    worker = runtime.connected(wait_for_gate(then="exit 3"))
    runtime.send("run")
    runtime.wait("run.ready")
    survivors.kill(worker)
    runtime.open("run.gate")
    wait_until("the command to end", lambda: runtime.alive("run") == [])
    worker = again(runtime, wait_for_gate(then="exit 3"))
    final = runtime.plane.wait_final("run")
    assert final["type"] == "task_failed" and final["data"]["execution_id"] == "e-1"
    assert runtime.dispatches("run") == 1 and runtime.cancels("run") == []
    all_heard(worker)
    ended(runtime, worker, supervisors)


def test_a_cancel_command_goes_on(runtime, supervisors):
    words = (SAVE_BEGIN + "exit 0", COUNT_CANCEL + wait_for_gate("cancel.gate"))
    worker = runtime.connected(*words)
    runtime.send("run")
    worker.wait_event("task.dispatched", task_id="run")
    runtime.plane.send(cancellation("run"))
    runtime.wait("run.ready")
    survivors.kill(worker)
    worker = again(runtime, *words)
    runtime.open("cancel.gate")
    worker.wait_event("task.cancel_command_done", task_id="run")
    assert runtime.cancels("run") == ["e-1"]
    ended(runtime, worker, supervisors)


def test_a_dispatch_that_is_cancelled_in_the_next_life(runtime, supervisors):
    worker = runtime.connected(wait_for_gate())
    runtime.send("run")
    runtime.wait("run.ready")
    survivors.kill(worker)
    worker = again(runtime, wait_for_gate(), CANCEL)
    seen = runtime.watch("run")
    runtime.plane.send(cancellation("run"))
    data = runtime.plane.wait_final("run")["data"]
    assert data["task_state"] == "CANCELLED" and seen == [([], 1)]
    all_heard(worker)
    ended(runtime, worker, supervisors)
