"""The state directory: whose the worker is, and that two workers never share one."""

import os
import signal
import stat

import pytest


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


def test_one_that_was_chosen_must_be_usable(rig):
    with open(rig.path("file"), "w", encoding="ascii"):
        pass
    worker = rig.start("--state-dir", rig.path("file"))
    assert worker.wait_exit() == 69
    assert b"can't be used" in worker.raw


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
