"""A file system that does not answer: what is on it waits, and nothing else does."""

import os

import pytest

from daemon import wait_until
from hanging_files import LOOKUP, MKDIR, HangingFiles, can_mount
from plane import assignment, cancellation

pytestmark = pytest.mark.skipif(not can_mount(), reason="mounting a file system of one's own takes root and /dev/fuse")


@pytest.fixture
def remote(rig):
    os.mkdir(rig.path("remote"))
    return rig.keep(HangingFiles(rig.path("remote")))


def below_the_root(rig, remote):
    return rig.connected(direct={"workspace_root": remote.place + "/workspaces"})


def beside_the_target(rig, remote):
    os.mkdir(rig.path("target"))
    return rig.connected(direct={"target_dir": rig.path("target")}, environment={"TMPDIR": remote.place})


@pytest.mark.parametrize("start", [below_the_root, beside_the_target])
def test_a_task_whose_directory_hangs_holds_up_no_other_work(rig, remote, start):
    worker = start(rig, remote)
    before = remote.names()
    remote.hang = {MKDIR}
    for task in ("first", "second"):
        rig.plane.send(assignment(task, rig.env()))
        rig.plane.wait_for("task_claimed", task)
    remote.wait_asked(MKDIR)
    rig.plane.ping()
    rig.plane.send(assignment("third", rig.env()))
    rig.plane.wait_for("task_claimed", "third")
    rig.plane.send(cancellation("first"))
    assert rig.plane.wait_final("first")["data"]["task_state"] == "CANCELLED"
    remote.release()
    for task in ("second", "third"):
        assert rig.plane.wait_final(task)["type"] == "task_completed"
    wait_until("what was made to be removed", lambda: remote.names() == before)
    worker.signal()
    assert worker.wait_exit() == 0


def test_a_turn_that_took_long_is_told(rig, remote):
    # Before the first dial nobody waits for the loop, so its checks are made in it.
    remote.delay = {LOOKUP: 0.05}
    worker = below_the_root(rig, remote)
    assert worker.wait_event("loop.slow_turn")["took_ms"] >= 50
    rig.plane.ping()
