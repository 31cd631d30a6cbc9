"""The worker with --record where the disk fails or something else lies there: no task is harmed."""

import os
import sys

import pytest

import surroundings
from plane import assignment
from recordings import heavy, inputs_of, verified


def works_without_recording(rig, worker, words):
    stopped = worker.wait_event("recording.stopped")
    assert words in stopped["message"] and stopped["level"] == "error"
    rig.plane.send(assignment("after", rig.env(), execution="after-e"))
    assert rig.plane.wait_final("after")["type"] == "task_completed"
    worker.signal()
    assert worker.wait_exit() == 0
    assert len(worker.events("recording.stopped")) == 1
    assert worker.events("daemon.counts", recording_stopped=True)


def test_a_full_disk_harms_no_task(rig):
    os.mkdir(rig.path("small"))
    mount = f"mount -t tmpfs -o size=160k none {rig.path('small')} || exit 99; exec \"$@\""
    command = [*surroundings._unshare("--mount"), "sh", "-c", mount, "sh"]
    worker = rig.start("--record", rig.path("small", "session"), within=command)
    rig.plane.wait_connected()
    for number in range(12):
        rig.plane.send(heavy(f"t-{number}", rig))
        assert rig.plane.wait_final(f"t-{number}")["type"] == "task_completed"
    worker.wait_event("recording.stopped")
    if os.geteuid() == 0:
        # The disk is the worker's own, so it is read through the worker, which only root may.
        kept = rig.path("kept")
        with open(f"/proc/{worker.pid}/root{rig.path('small', 'session')}", "rb") as file, open(kept, "wb") as copy:
            copy.write(file.read())
        assert verified(kept) > 10
    works_without_recording(rig, worker, "no space left on the device")


def test_a_file_size_limit_harms_no_task(rig):
    # The worker's own supervisor, which it starts from memory, has to fit.
    limited = ("import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20));"
               " os.execvp(sys.argv[1], sys.argv[1:])")
    command = [sys.executable, "-c", limited]
    worker = rig.start("--record", rig.path("session"), within=command)
    rig.plane.wait_connected()
    for number in range(70):
        rig.plane.send(heavy(f"t-{number}", rig))
        assert rig.plane.wait_final(f"t-{number}")["type"] == "task_completed"
    works_without_recording(rig, worker, "file too large")
    assert verified(rig.path("session")) > 10


@pytest.mark.parametrize("content", [b"precious\n", b'{"other":"json"}\n'])
def test_what_is_no_recording_is_left_alone(rig, content):
    path = rig.path("session")
    with open(path, "wb") as file:
        file.write(content)
    worker = rig.connected("--record", path)
    works_without_recording(rig, worker, "is left alone")
    with open(path, "rb") as file:
        assert file.read() == content


def test_an_older_file_that_is_no_recording_is_left_alone(rig):
    path = rig.path("session")
    worker = rig.connected("--record", path)
    worker.signal()
    assert worker.wait_exit() == 0
    os.rename(path, path + ".kept")
    os.replace(path + ".kept", path)
    with open(path + ".1", "wb") as file:
        file.write(b"precious")
    again = rig.connected("--record", path)
    works_without_recording(rig, again, "is left alone")
    with open(path + ".1", "rb") as file:
        assert file.read() == b"precious"


@pytest.mark.parametrize("place, words", [("missing/session", "no such file"), ("notes", "is a directory"),
                                          ("pipe", "not that of a plain file")])
def test_a_place_that_can_not_be_written_to(rig, place, words):
    os.mkfifo(rig.path("pipe"))
    worker = rig.connected("--record", rig.path(place))
    works_without_recording(rig, worker, words)


def test_two_workers_do_not_share_a_file(rig):
    path = rig.path("session")
    first = rig.connected("--record", path)
    second = rig.start("--record", path)
    assert "another worker records there" in second.wait_event("recording.stopped")["message"]
    second.wait_event("connection.open")
    second.signal()
    assert second.wait_exit() == 0
    first.signal()
    assert first.wait_exit() == 0
    assert verified(path) == len(inputs_of(path))
