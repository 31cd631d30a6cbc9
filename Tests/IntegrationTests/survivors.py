"""What is left of workers that were killed: this process takes their orphans over, so that it can name them."""

import contextlib
import ctypes
import os
import signal

from daemon import processes, wait_until
from plane import assignment

PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def inherited():
    """Gives a function that names the supervisors whose workers are dead, as long as they live."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0

    def supervisors():
        found = []
        for pid, parent, state in processes():
            if parent != os.getpid() or name(pid) != "oz-supervisor":
                continue
            if state == "Z":
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            else:
                found.append(pid)
        return found

    try:
        yield supervisors
    finally:
        for pid in supervisors():
            os.kill(pid, signal.SIGKILL)
        wait_until("the last supervisors to go", lambda: not supervisors(), 10)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def name(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def kill(worker):
    worker.signal(signal.SIGKILL)
    assert worker.wait_exit() == -signal.SIGKILL


def started(rig, task="t-1", how="sleep", worker=None, **env):
    """A worker with a running task; the worker, and the pid of the agent."""
    worker = worker or rig.connected()
    rig.plane.send(assignment(task, rig.env(how, **env), execution=f"{task}-e"))
    rig.note(task, ".ready")
    rig.plane.wait_for("task_claimed", task)
    return worker, rig.pids(task)[0]


def next_life(rig, *arguments, **options):
    beyond = len(rig.plane.connections)
    worker = rig.start(*arguments, **options)
    worker.wait_event("connection.open")
    rig.plane.wait_connected(beyond)
    return worker


def over(rig, worker, supervisors):
    """It stops well, and nothing of any life is left."""
    wait_until("all to be heard", lambda: not worker.counts()["letters"])
    worker.signal()
    assert worker.wait_exit() == 0
    assert not worker.events("daemon.leak") and not worker.events("internal.contract_broken")
    wait_until("the supervisors to leave", lambda: not supervisors(), 10)
    rig.wait_nothing_left()
    assert os.listdir(rig.path("tmp")) == []
