"""kill -9 at moments by chance: so many lines of the worker's log after its start, each of which is a decision, and
up to 5 ms later. Every execution gets one final word, no agent runs twice, and nothing is left.

A few kills here; `make survive` does 200. OZ_SURVIVAL_SEED repeats a run's choices."""

import os
import random
import signal
import time

from daemon import alive, wait_until
from plane import assignment, cancellation

KILLS = int(os.environ.get("OZ_SURVIVAL_KILLS", "25"))
SEED = int(os.environ.get("OZ_SURVIVAL_SEED", "20261121"))
# A worker that has said nothing for so long has nothing to do, so it is killed where it is.
QUIET = 0.15
LATER = 0.005
# Where a kill has to hit a task at least once, where there are many: before its agent runs, meanwhile, afterwards.
PHASES = [
    {"task.assigned", "task.claimed", "task.workspace_made", "task.setup_started"},
    {"task.started", "task.adopted", "task.stopping", "task.cancellation_requested"},
    {"task.completed", "task.failed", "task.cancelled", "task.final_heard"},
]


class Lives:
    """Workers one after the other, and what the server has seen of their tasks."""

    def __init__(self, rig, chance):
        self.rig = rig
        self.chance = chance
        self.sent = []  # (task, gate or none)
        self.moments = {}  # the last that a life told of a task, and how often that was so
        self.direct = {
            "setup_command": "test \"$OZ_RUN_ID\" != t-never",
            "teardown_command": f"echo $OZ_RUN_ID >> {rig.path('down')}",
        }

    def life(self):
        beyond = len(self.rig.plane.connections)
        worker = self.rig.start(direct=self.direct)
        self.rig.plane.wait("a connection", lambda: len(self.rig.plane.connections) > beyond or not worker.is_alive())
        assert worker.is_alive(), worker.tail()
        # As the real one does: what no worker has claimed is assigned again.
        for task, gate in self.sent:
            if not self.rig.plane.of("task_claimed", task) and not self.rig.plane.finals(task):
                self.assign(task, gate)
        return worker

    def assign(self, task, gate):
        how = self.hows[task]
        try:
            self.rig.plane.send(assignment(task, self.rig.env(how), execution=f"{task}-e"))
        except Exception:  # the worker may be dead already
            pass

    hows = {}

    def new_task(self):
        task = f"t-{len(self.sent)}"
        gate = self.rig.path("gate-" + task)
        self.hows[task] = self.chance.choice([None, "exit 3", f"until {gate} 0", f"until {gate} 5", "term", "family"])
        self.sent.append((task, gate))
        self.assign(task, gate)

    def poke(self):
        """Something happens to a task of this or an earlier life."""
        if not self.sent:
            return
        task, gate = self.chance.choice(self.sent[-12:])
        if self.chance.random() < 0.5:
            self.rig.touch(os.path.basename(gate))
        else:
            try:
                self.rig.plane.send(cancellation(task))
            except Exception:
                pass


    def see_moments(self, worker):
        """Where the tasks of a life that was killed were."""
        last = {line["task_id"]: line["event"] for line in worker.lines
                if "task_id" in line and line["event"] != "task.output"}
        for event in last.values():
            self.moments[event] = self.moments.get(event, 0) + 1


def kill_after(worker, lines, later):
    """At the n-th line of its log and a little later, or when it has come to rest."""
    deadline = time.monotonic() + 30
    with worker.changed:
        while len(worker.lines) < lines and time.monotonic() < deadline:
            before = len(worker.lines)
            worker.changed.wait(QUIET)
            if len(worker.lines) == before:
                break
    time.sleep(later)
    worker.signal(signal.SIGKILL)
    worker.wait_exit()


def test_every_execution_has_one_final_word(rig, supervisors):
    chance = random.Random(SEED)
    lives = Lives(rig, chance)
    rig.daemons = Recent()
    for _ in range(KILLS):
        worker = lives.life()
        start = len(worker.lines)
        for _ in range(chance.choice([0, 1, 1, 2])):
            lives.new_task()
        if chance.random() < 0.7:
            lives.poke()
        kill_after(worker, start + chance.randrange(1, 60), chance.random() * LATER)
        lives.see_moments(worker)
    worker = lives.life()
    tasks = [task for task, _ in lives.sent]
    for task, gate in lives.sent:
        rig.touch(os.path.basename(gate))
        if lives.hows[task] in ("term", "family") and not rig.plane.finals(task):
            rig.plane.send(cancellation(task))
    try:
        rig.plane.wait("a final word for each", lambda: all(rig.plane.finals(task) for task in tasks), 90)
    except AssertionError:
        silent = [(task, lives.hows[task]) for task in tasks if not rig.plane.finals(task)]
        told = rig.daemons.told(silent[0][0])
        raise AssertionError(f"seed {SEED}: no final word for {silent}; of the first was told:\n{told}") from None
    wait_until("the last words to be heard", lambda: not worker.counts()["letters"])
    wait_until("the tasks to be tidied", lambda: not worker.counts()["tasks"], 60)
    for task in tasks:
        words = {final["text"] for final in rig.plane.finals(task)}
        assert len(words) == 1, f"seed {SEED}: {task} ({lives.hows[task]}) ended as {words}"
        assert rig.starts(task) <= 1, f"seed {SEED}: {task} ran {rig.starts(task)} times"
        if os.path.exists(os.path.join(rig.notes, task + ".pids")):
            assert not [pid for pid in rig.pids(task) if alive(pid)], f"seed {SEED}: of {task} something lives"
    worker.signal()
    assert worker.wait_exit() == 0
    assert not worker.events("daemon.leak"), worker.events("daemon.leak")
    wait_until("the supervisors to leave", lambda: not supervisors(), 10)
    rig.wait_nothing_left()
    assert os.listdir(rig.path("tmp")) == []
    told = ", ".join(f"{event} {count}" for event, count in sorted(lives.moments.items()))
    print(f"\nseed {SEED}: {KILLS} kills, {len(tasks)} executions, each with one final word; the worker died behind: "
          + told)
    # What few kills hit depends on the machine; test_survival_phases.py kills in each phase on purpose.
    if KILLS >= 200:
        outcomes = {word["data"].get("failure_reason", word["type"]) for word in rig.plane.finals()}
        assert {"task_completed", "agent_invocation", "unknown"} <= outcomes, outcomes
        assert all(phase & set(lives.moments) for phase in PHASES), f"seed {SEED}: {lives.moments}"


class Recent(list):
    """Of dead workers only the log is kept."""

    def __init__(self):
        super().__init__()
        self.logs = []

    def append(self, worker):
        self[:] = [one for one in self if one.is_alive()]
        self.logs.append(worker.lines)
        super().append(worker)

    def told(self, task):
        """What all lives have said of one task."""
        lines = [f"life {number}: {line}" for number, log in enumerate(self.logs) for line in log]
        return "\n".join(line for line in lines if f"'{task}'" in line)
