"""What waits for the disk: with `durability: power` all that must not be lost; else nothing."""

import os
import signal
import subprocess

import pytest

from daemon import wait_until
from plane import assignment

HERE = os.path.dirname(os.path.abspath(__file__))
ETIMEDOUT = 110


@pytest.fixture(scope="session")
def slow_library(tmp_path_factory):
    library = tmp_path_factory.mktemp("slow") / "slow_disk.so"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                    os.path.join(HERE, "stub", "slow_disk.c"), "-o", library, "-ldl"], check=True)
    return str(library)


class SlowDisk:
    """A disk that ends no sync while it is held."""

    def __init__(self, rig, library):
        self.held = rig.path("held")
        self.environment = {"LD_PRELOAD": library, "SLOW_DISK": self.held}

    def hold(self):
        with open(self.held, "w", encoding="ascii"):
            pass

    def wait_waiting(self):
        wait_until("a sync to wait", lambda: os.path.exists(self.held + ".waits"))

    def let_go(self):
        os.unlink(self.held)


@pytest.fixture
def disk(rig, slow_library):
    made = SlowDisk(rig, slow_library)
    yield made
    if os.path.exists(made.held):
        made.let_go()


def finish(worker):
    worker.signal()
    assert worker.wait_exit() == 0
    assert not worker.events("daemon.leak") and not worker.events("internal.contract_broken")


def test_no_claim_before_it_lasts(rig, disk):
    worker = rig.connected("--durability", "power", environment=disk.environment)
    disk.hold()
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    disk.wait_waiting()
    # What was sent before the answer to this would be here.
    rig.plane.ping()
    assert not rig.plane.of("task_claimed")
    assert not os.path.isdir(rig.workspaces) or not os.listdir(rig.workspaces)
    disk.let_go()
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    assert not worker.events("journal.failed")
    finish(worker)


def test_no_final_word_before_it_lasts(rig, disk):
    gate = rig.path("gate")
    worker = rig.connected("--durability", "power", environment=disk.environment)
    rig.plane.send(assignment("t-1", rig.env(f"until {gate} 0"), execution="t-1-e"))
    rig.note("t-1", ".ready")
    noted = worker.counts()["journal_notes"]
    disk.hold()
    rig.touch("gate")
    wait_until("the end to be noted", lambda: worker.counts()["journal_notes"] > noted)
    disk.wait_waiting()
    rig.plane.ping()
    assert not rig.plane.finals("t-1")
    disk.let_go()
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    finish(worker)


def test_a_disk_that_hangs_is_not_waited_for_for_ever(rig, disk):
    worker = rig.connected("--durability", "power", environment=disk.environment)
    disk.hold()
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    assert worker.wait_event("journal.failed")["errno"] == ETIMEDOUT
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    disk.let_go()
    worker.wait_event("journal.restored")
    assert len(worker.events("journal.failed")) == 1
    finish(worker)


def test_an_exit_waits_for_nothing(rig, disk):
    worker = rig.connected("--durability", "power", environment=disk.environment)
    disk.hold()
    rig.plane.send(assignment("t-1", rig.env("term"), execution="t-1-e"))
    disk.wait_waiting()
    worker.signal()
    worker.signal(signal.SIGINT)
    # The kernel gives out signals that wait by their numbers.
    assert worker.wait_exit() in (128 + signal.SIGTERM, 128 + signal.SIGINT)
    assert not rig.plane.of("task_claimed")
    rig.wait_nothing_left()


def test_otherwise_nothing_waits(rig, disk):
    worker = rig.connected(environment=disk.environment)
    disk.hold()
    rig.plane.send(assignment("t-1", rig.env(), execution="t-1-e"))
    disk.wait_waiting()
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    rig.plane.send(assignment("t-2", rig.env("exit 3"), execution="t-2-e"))
    assert rig.plane.wait_final("t-2")["type"] == "task_failed"
    assert os.path.exists(disk.held + ".waits")
    assert not worker.events("journal.failed")
    disk.let_go()
    finish(worker)


def test_another_durability_is_refused(rig):
    worker = rig.start("--durability", "both")
    assert worker.wait_exit() == 2
    assert "process or power" in worker.raw.decode()
