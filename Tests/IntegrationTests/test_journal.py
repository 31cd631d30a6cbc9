"""The journal on disk: whatever has become of it, the worker starts; whatever the disk does, tasks go on."""

import os
import resource
import shutil
import subprocess
import zlib

import pytest

import survivors
from daemon import wait_until
from plane import assignment, cancellation


def journal(rig, name="journal"):
    with open(rig.path("state", name), "rb") as file:
        return file.read()


def put(rig, content, name="journal"):
    with open(rig.path("state", name), "wb") as file:
        file.write(content)


def sealed(text):
    return text + b',"crc":"%08x"}\n' % zlib.crc32(text)


def finish(worker):
    worker.signal()
    assert worker.wait_exit() == 0


def test_it_is_small_and_ours_alone(rig):
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    rig.plane.wait_final("t-1")
    assert os.stat(rig.path("state", "journal")).st_mode & 0o777 == 0o600
    for line in journal(rig).splitlines(keepends=True):
        body, _, seal = line.rpartition(b',"crc":"')
        assert sealed(body) == line
    finish(worker)
    worker = rig.connected()
    # The next life has taken what was worth keeping.
    assert len(journal(rig)) < 2000
    finish(worker)


def test_a_torn_end_is_laid_aside(rig, supervisors):
    worker = rig.connected()
    gate = rig.path("gate")
    rig.plane.send(assignment("t-1", rig.env(f"until {gate} 0"), execution="t-1-e"))
    rig.note("t-1", ".ready")
    survivors.kill(worker)
    torn = journal(rig) + b'{"r":{"noted":{"_0":{"run":7'
    put(rig, torn)
    worker = rig.connected()
    told, = worker.events("journal.damaged")
    assert told["level"] == "warn" and told["damaged"] == 1 and told["good"] > 3
    assert journal(rig, "journal.bad") == torn
    rig.touch("gate")
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    finish(worker)
    # One damaged journal is kept, not more.
    put(rig, b"nothing of the kind\n")
    worker = rig.connected()
    assert worker.events("journal.damaged")
    finish(worker)
    assert sorted(os.listdir(rig.path("state"))) == ["instance-id", "journal", "journal.bad", "lock"]
    worker = rig.connected()
    assert not worker.events("journal.damaged")
    finish(worker)


def test_a_later_version_is_kept_and_not_read(rig):
    later = sealed(b'{"journal":2,"life":"00"') + sealed(b'{"r":{"whatever":1}')
    put(rig, later)
    worker = rig.connected()
    assert worker.events("journal.newer")
    assert journal(rig, "journal.newer") == later
    finish(worker)


@pytest.mark.parametrize("make", [os.mkdir, lambda path: os.symlink("/nowhere/at/all", path), os.mkfifo])
def test_no_journal_but_something_else(rig, make):
    make(rig.path("state", "journal"))
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    finish(worker)
    assert os.path.isfile(rig.path("state", "journal"))


class Disk:
    """A file system of 256 KiB for the state directory."""

    def __init__(self, rig):
        self.path = rig.path("disk")
        os.mkdir(self.path)
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", self.path], capture_output=True)
        if made.returncode != 0:
            pytest.skip("no file system can be mounted here")

    def fill(self):
        with open(os.path.join(self.path, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def empty(self):
        os.unlink(os.path.join(self.path, "filler"))

    def gone(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def disk(rig):
    if not shutil.which("mount"):
        pytest.skip("there is no mount")
    made = Disk(rig)
    yield made
    made.gone()


def test_a_full_disk_harms_no_task(rig, disk, supervisors):
    worker = rig.connected("--state-dir", disk.path)
    disk.fill()
    done = 0
    while not worker.events("journal.failed"):
        done += 1
        assert done < 200, "the journal did not notice that the disk is full"
        rig.plane.send(assignment(f"t-{done}", rig.env(), execution=f"t-{done}-e"))
        assert rig.plane.wait_final(f"t-{done}")["type"] == "task_completed"
    # What starts now ends with the worker, since the next one would not know of it; it runs all the same.
    rig.plane.send(assignment("t-last", rig.env("term"), execution="t-last-e"))
    rig.note("t-last", ".ready")
    rig.plane.send(cancellation("t-last"))
    rig.plane.wait_final("t-last")
    assert len(worker.events("journal.failed")) == 1
    disk.empty()
    worker.wait_event("journal.restored")
    assert len(worker.events("journal.failed")) == 1
    gate = rig.path("gate")
    rig.plane.send(assignment("t-next", rig.env(f"until {gate} 0"), execution="t-next-e"))
    rig.note("t-next", ".ready")
    survivors.kill(worker)
    worker = rig.connected("--state-dir", disk.path)
    assert not worker.events("journal.damaged")
    rig.touch("gate")
    assert rig.plane.wait_final("t-next")["type"] == "task_completed"
    finish(worker)
    wait_until("the supervisors to leave", lambda: not supervisors(), 10)


def test_a_disk_that_is_full_at_the_start(rig, disk, supervisors):
    worker = rig.connected("--state-dir", disk.path)
    gate = rig.path("gate")
    rig.plane.send(assignment("t-1", rig.env(f"until {gate} 0"), execution="t-1-e"))
    rig.note("t-1", ".ready")
    survivors.kill(worker)
    disk.fill()
    worker = rig.connected("--state-dir", disk.path)
    assert len(worker.events("journal.failed")) == 1
    rig.touch("gate")
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    finish(worker)
    wait_until("the supervisors to leave", lambda: not supervisors(), 10)


def test_a_limit_on_the_size_of_files(rig, supervisors):
    """A short write and EFBIG: the limit cuts a line in two. The task does not notice, the journal mends itself."""
    worker = rig.connected()
    gate = rig.path("gate")
    rig.plane.send(assignment("t-1", rig.env(f"until {gate} 0"), execution="t-1-e"))
    rig.note("t-1", ".ready")
    size = os.path.getsize(rig.path("state", "journal"))
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size + 50, resource.RLIM_INFINITY))
    rig.touch("gate")
    worker.wait_event("journal.failed")
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    worker.wait_event("journal.restored")
    survivors.kill(worker)
    worker = rig.connected()
    assert not worker.events("journal.damaged")
    finish(worker)
    wait_until("the supervisors to leave", lambda: not supervisors(), 10)
