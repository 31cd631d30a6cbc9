"""kill -9 of the worker while its tasks run in containers: the next life adopts them, and every execution gets one
final word, whenever the worker died.

A few kills at moments by chance here; OZ_SURVIVAL_KILLS=200 for more, OZ_SURVIVAL_SEED repeats a run's choices."""

import os
import random
import time

import pytest

from daemon import wait_until
from plane import assignment, cancellation

KILLS = int(os.environ.get("OZ_SURVIVAL_KILLS", "20"))
SEED = int(os.environ.get("OZ_SURVIVAL_SEED", "20261121"))
LATER = 0.05


def kill(worker):
    worker.process.kill()
    worker.wait_exit()


@pytest.fixture
def notes(tmp_path):
    tmp_path.chmod(0o777)
    return tmp_path


def again(yard, notes, **options):
    beyond = len(yard.plane.connections)
    worker = yard.worker("-v", f"{notes}:/notes", **options)
    yard.plane.wait_connected(beyond=beyond)
    return worker


def final(yard, task, patience=60):
    return yard.plane.wait_final(task, patience=patience)


def starts(notes, task):
    path = notes / f"{task}.starts"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_container_that_runs_on_is_adopted(yard, notes):
    worker = again(yard, notes)
    yard.assign("t-1", "until /notes/gate")
    before = yard.wait_running("t-1")
    kill(worker)
    worker = again(yard, notes)
    assert yard.container("t-1")["Id"] == before["Id"] and yard.container("t-1")["State"]["Running"]
    (notes / "gate").touch()
    assert final(yard, "t-1")["type"] == "task_completed" and starts(notes, "t-1") == 1
    yard.wait_nothing_left()


@pytest.mark.parametrize("stub, outcome", [("until /notes/gate", None), ("late", "container_exit")])
def test_one_that_ended_while_nobody_looked_is_judged(yard, notes, stub, outcome):
    worker = again(yard, notes)
    yard.assign("t-1", stub)
    made = yard.wait_running("t-1")
    kill(worker)
    (notes / "gate").touch()
    wait_until("its end", lambda: not yard.engine.inspect(made["Id"])["State"]["Running"])
    worker = again(yard, notes)
    data = final(yard, "t-1")["data"]
    assert data.get("failure_reason") == outcome and (outcome is None or data["exit_code"] == 6)
    yard.wait_nothing_left()


def test_a_cancellation_reaches_an_adopted_container(yard, notes):
    worker = again(yard, notes)
    yard.assign("t-1", "sleep")
    yard.wait_running("t-1")
    kill(worker)
    again(yard, notes)
    yard.plane.send(cancellation("t-1"))
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()


def test_a_container_that_was_removed_meanwhile(yard, notes):
    worker = again(yard, notes)
    yard.assign("t-1", "sleep")
    made = yard.wait_running("t-1")
    kill(worker)
    yard.engine.call("DELETE", f"/containers/{made['Id']}?force=1")
    again(yard, notes)
    assert final(yard, "t-1")["data"]["failure_reason"] == "container_wait"
    yard.wait_nothing_left()


def test_one_that_was_never_started_may_be_retried(yard, notes, images):
    """It died over the filling of a volume, so nothing ran, and what it would run with died with it."""
    worker = again(yard, notes)
    yard.assign("t-1", additional_sidecars=[{"image": images["tool"], "mount_path": "/mnt/tool"}])
    worker.wait_event("task.sidecar_fill_started")
    kill(worker)
    again(yard, notes)
    assert final(yard, "t-1")["data"]["failure_reason"] == "unknown"
    yard.wait_nothing_left()


def test_a_daemon_that_is_away_at_the_next_start_is_waited_for(yard, notes):
    worker = again(yard, notes)
    yard.assign("t-1", "until /notes/gate")
    yard.wait_running("t-1")
    kill(worker)
    moved = yard.engine.socket + ".moved"
    os.rename(yard.engine.socket, moved)
    try:
        worker = yard.worker("-v", f"{notes}:/notes")
        worker.wait_event("docker.awaited")
    finally:
        os.rename(moved, yard.engine.socket)
    (notes / "gate").touch()
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()


class Storm:
    """Lives one after the other, and what the server has seen of their tasks."""

    def __init__(self, yard, notes, chance):
        self.yard, self.notes, self.chance = yard, notes, chance
        self.tasks = {}

    def life(self):
        worker = again(self.yard, self.notes)
        # As the real one does: what no worker has claimed is assigned again.
        for task in self.tasks:
            if not self.yard.plane.of("task_claimed", task) and not self.yard.plane.finals(task):
                self.assign(task)
        return worker

    def assign(self, task):
        stub, sidecar = self.tasks[task]
        more = {"additional_sidecars": [
            {"image": self.yard.images["tool"], "mount_path": "/mnt/tool", "read_write": True}]} if sidecar else {}
        self.yard.assign(task, stub, **more)

    def new_task(self):
        task = f"t-{len(self.tasks)}"
        gate = f"until /notes/gate-{task}"
        self.tasks[task] = (self.chance.choice([None, "exit 3", gate, gate, "sleep"]), self.chance.random() < 0.3)
        self.assign(task)

    def poke(self):
        """Something happens to a task of this or an earlier life."""
        if not self.tasks:
            return
        task = self.chance.choice(list(self.tasks)[-8:])
        if self.chance.random() < 0.6:
            (self.notes / f"gate-{task}").touch()
        else:
            self.yard.plane.send(cancellation(task))


def kill_after(worker, lines, later):
    """At the n-th line of its log and a little later, or when it has come to rest."""
    end = time.monotonic() + 30
    with worker.changed:
        while len(worker.lines) < lines and time.monotonic() < end:
            before = len(worker.lines)
            worker.changed.wait(0.4)
            if len(worker.lines) == before:
                break
    time.sleep(later)
    kill(worker)


def test_every_execution_has_one_final_word(yard, notes):
    chance = random.Random(SEED)
    storm = Storm(yard, notes, chance)
    for _ in range(KILLS):
        worker = storm.life()
        begin = len(worker.lines)
        for _ in range(chance.choice([0, 1, 1, 2])):
            storm.new_task()
        if chance.random() < 0.6:
            storm.poke()
        kill_after(worker, begin + chance.randrange(1, 40), chance.random() * LATER)
    worker = storm.life()
    for task, (stub, _) in storm.tasks.items():
        (notes / f"gate-{task}").touch()
        if stub == "sleep" and not yard.plane.finals(task):
            yard.plane.send(cancellation(task))
    tasks = list(storm.tasks)
    yard.plane.wait("a final word for each", lambda: all(yard.plane.finals(task) for task in tasks), 120)
    for task in tasks:
        words = {word["text"] for word in yard.plane.finals(task)}
        assert len(words) == 1, f"seed {SEED}: {task} {storm.tasks[task]} ended as {words}"
        assert starts(notes, task) <= 1, f"seed {SEED}: {task} ran {starts(notes, task)} times"
    yard.wait_nothing_left(60)
    worker.signal()
    assert worker.wait_exit() == 0 and not worker.events("daemon.leak")
    outcomes = {word["data"].get("failure_reason", word["type"]) for word in yard.plane.finals()}
    print(f"\nseed {SEED}: {KILLS} kills, {len(tasks)} executions, each with one final word: {sorted(outcomes)}")
    # What few kills hit depends on the machine; the tests above kill on purpose.
    if KILLS >= 200:
        assert {"task_completed", "unknown"} <= outcomes
