"""The state directory: whose the worker is, and that two workers never share one."""

import contextlib
import fcntl
import os
import signal
import stat
import struct

import pytest

from check_bench import bench  # noqa: F401
from daemon import wait_until
from hanging_files import LOOKUP, HangingFiles, can_mount
from plane import assignment


# Python knows its name from 3.12 on.
F_OFD_SETLK = 37


def instance(rig, directory="state"):
    with open(rig.path(directory, "instance-id"), encoding="ascii") as file:
        return file.read().strip()


def test_the_instance_id_is_made_once(rig):
    first = rig.start()
    first.wait_event("connection.open")
    made = instance(rig)
    assert len(made) == 32
    first.signal()
    assert first.wait_exit() == 0
    second = rig.start()
    second.wait_event("connection.open")
    assert instance(rig) == made
    assert stat.S_IMODE(os.stat(rig.path("state", "instance-id")).st_mode) == 0o600


def test_a_missing_directory_is_made_for_us_alone(rig):
    worker = rig.start("--state-dir", rig.path("deep", "er", "state"))
    worker.wait_event("connection.open")
    assert stat.S_IMODE(os.stat(rig.path("deep", "er", "state")).st_mode) == 0o700


def test_two_workers_never_share_one(rig):
    first = rig.start("--state-dir", rig.path("mine"))
    first.wait_event("connection.open")
    second = rig.start("--state-dir", rig.path("mine"))
    assert second.wait_exit() == 69
    assert f"held by another worker (process {first.pid})".encode() in second.raw
    # The lock goes with its holder, also with one that was killed.
    first.signal(signal.SIGKILL)
    first.wait_exit()
    third = rig.start("--state-dir", rig.path("mine"))
    third.wait_event("connection.open")


def test_the_usual_place_being_taken_is_only_a_warning(rig):
    first = rig.start()
    first.wait_event("connection.open")
    second = rig.start()
    second.wait_event("connection.open")
    warning, = second.events("configuration.warning")
    assert "held by another worker" in warning["message"]
    assert "--state-dir" in warning["message"]


def test_without_a_usable_one_the_worker_runs_and_says_so(rig):
    with open(rig.path("file"), "w", encoding="ascii"):
        pass
    worker = rig.connected("--state-dir", rig.path("file"))
    warning, = worker.events("configuration.warning")
    assert "can't be used" in warning["message"] and "nothing is kept" in warning["message"]
    rig.plane.send(assignment("t", rig.env()))
    assert rig.plane.wait_final("t")["type"] == "task_completed"


@pytest.mark.skipif(not can_mount(), reason="mounting a file system of one's own takes root and /dev/fuse")
def test_one_that_does_not_answer_keeps_nobody_from_starting(rig):
    os.mkdir(rig.path("remote"))
    remote = rig.keep(HangingFiles(rig.path("remote")))
    remote.hang = {LOOKUP}
    place = remote.place + "/state"
    worker = rig.connected("--state-dir", place)
    warning, = worker.events("configuration.warning")
    assert f"the state directory {place} does not answer" in warning["message"]
    # It goes on to answer, and finds nobody who would still want it.
    remote.release()
    worker.signal()
    assert worker.wait_exit() == 0


@pytest.mark.parametrize("content", ["", "\n  \n", "two words\n", "x" * 300])
def test_a_damaged_id_is_laid_aside(rig, content):
    os.mkdir(rig.path("mine"))
    with open(rig.path("mine", "instance-id"), "w", encoding="ascii") as file:
        file.write(content)
    worker = rig.start("--state-dir", rig.path("mine"))
    worker.wait_event("connection.open")
    warning, = worker.events("configuration.warning")
    assert "held no instance id" in warning["message"]
    with open(rig.path("mine", "instance-id.bad"), encoding="ascii") as file:
        assert file.read() == content
    made = instance(rig, "mine")
    assert len(made) == 32
    worker.signal()
    assert worker.wait_exit() == 0
    again = rig.start("--state-dir", rig.path("mine"))
    again.wait_event("connection.open")
    assert not again.events("configuration.warning")
    assert instance(rig, "mine") == made


def test_a_chosen_id_needs_no_file(rig):
    worker = rig.start("--state-dir", rig.path("mine"), "--instance-id", "chosen")
    worker.wait_event("connection.open")
    assert not os.path.exists(rig.path("mine", "instance-id"))


def test_check_tells_which_one_applies(bench):
    def looked(*arguments, **options):
        code, steps = bench.steps("state", "--offline", *arguments, **options)
        assert code == 0
        return steps["state_dir"], steps["instance_id"]

    directory, identity = looked()
    assert directory["facts"]["path"] == bench.rig.path("state") and "$STATE_DIRECTORY" in directory["message"]
    assert directory["outcome"] == "ok" and "none yet" in identity["message"]
    worker = bench.rig.connected()
    made = instance(bench.rig)
    directory, identity = looked()
    assert directory["outcome"] == "ok" and f"process {worker.pid}" in directory["message"]
    assert identity["facts"] == {"id": made}
    # It was only looked at.
    worker.signal()
    assert worker.wait_exit() == 0
    absent, identity = looked("--state-dir", bench.rig.path("not", "yet"), "--instance-id", "chosen")
    assert "a start makes it" in absent["message"] and not os.path.exists(bench.rig.path("not"))
    assert identity["message"] == "chosen, given"
    unusable, identity = looked("--state-dir", bench.rig.key_file)
    assert unusable["outcome"] == "warning" and unusable["advice"] and "Not a directory" in unusable["message"]
    assert identity["outcome"] == "skipped"


def test_a_lock_that_is_let_go_of_soon_is_waited_for(rig):
    """A worker that was killed while it made a child leaves its lock with that for a moment."""
    whole = struct.pack("hh4xqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    path = rig.path("state", "lock")
    with open(path, "w", encoding="ascii") as lock:
        fcntl.fcntl(lock, F_OFD_SETLK, whole)
        worker = rig.start()
        wait_until("the worker to come to the lock", lambda: path in opened(worker))
    worker.wait_event("connection.open")
    assert not worker.events("configuration.warning")


def opened(worker):
    found = []
    for name in os.listdir(f"/proc/{worker.pid}/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/{worker.pid}/fd/{name}"))
    return found
