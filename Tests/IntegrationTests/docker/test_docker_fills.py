"""A sidecar's volume whose filling is cut short, at every tenth of it: by the worker's death, and by the daemon's.

Two workers want the volume. Whatever happens to the one who fills it, both tasks run in the end, on all of the files.
"""

import hashlib
import os
import stat

import pytest

import engine as engines
from daemon import wait_until
from plane import assignment
from relay import Relay
from yard import Yard

# What `make test` fills; scripts and people may want more: OZ_FILL_MIB=1024.
MIB = int(os.environ.get("OZ_FILL_MIB", "24"))
TENTHS = range(1, 10)
ARCHIVE = r"PUT \S*/archive"
SCRIPT = b"#!/bin/sh\nexit 0\n"


def content(mib):
    """Files of different sizes, an empty one, and a directory; deterministic."""
    block = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(1 << 15))
    files = {f"part/{n}": block[n:] + block[:n] for n in range(mib)}
    return {**files, "empty": b"", "entrypoint.sh": SCRIPT}


@pytest.fixture(scope="module")
def expected():
    return content(MIB)


@pytest.fixture(scope="module")
def big(registry, running_engine, expected):
    """The name of an image with that content, in the registry."""
    name = f"{registry.host}/big"
    running_engine.import_image(name, "1", expected)
    running_engine.push(name, "1")
    running_engine.remove_image(name + ":1")
    return name + ":1"


class Pair:
    """Two workers on one daemon: the first one's calls go through a relay."""

    def __init__(self, yard, image, tmp_path):
        self.yard, self.image = yard, image
        self.relay = Relay(yard.engine.socket)
        self.plane = yard.rig.make_plane()
        self.states = [tmp_path / "first", tmp_path / "second"]
        for state in self.states:
            state.mkdir()
        self.first = self.start_first()
        self.second = yard.worker(plane=self.plane, environment={"STATE_DIRECTORY": str(self.states[1])})
        self.second.wait_event("connection.open")
        self.plane.wait_connected()

    def start_first(self):
        return self.yard.connected(environment={
            "STATE_DIRECTORY": str(self.states[0]), "DOCKER_HOST": self.relay.url})

    def assign(self, plane, task):
        plane.send(assignment(task, {}, execution=task + "-e", docker_image=self.yard.images["task"],
                              sidecar_image=self.image))

    def stop_at(self, tenth):
        """The first worker's filling stands at so many tenths, and the second one waits for it."""
        hold = self.relay.hold(ARCHIVE, "request", after=(MIB << 20) * tenth // 10)
        self.assign(self.yard.plane, f"f-{tenth}")
        hold.wait()
        awaited = len(self.second.events("task.sidecar_fill_awaited"))
        self.assign(self.plane, f"s-{tenth}")
        self.second.wait_event("task.sidecar_fill_awaited", count=awaited + 1)
        return hold

    def finish(self, tenth, again=""):
        for plane, task in ((self.yard.plane, f"f-{tenth}{again}"), (self.plane, f"s-{tenth}")):
            message = plane.wait_final(task, patience=300)
            assert message["type"] == "task_completed", message
        wait_until("all containers to be gone", lambda: not self.yard.engine.containers(), 60)

    def look(self, expected):
        """There is one volume, it is whole, and it goes."""
        names = [name for name in self.yard.engine.volumes() if name.startswith("oz-sidecar-")]
        assert len(names) == 2 and max(names) == min(names) + ".ready"
        place = self.yard.engine.volume_path(min(names))
        found = {os.path.relpath(os.path.join(folder, name), place)
                 for folder, _, files in os.walk(place) for name in files}
        assert found >= set(expected)
        for name, wanted in expected.items():
            with open(os.path.join(place, name), "rb") as file:
                assert file.read() == wanted, name
        assert stat.S_IMODE(os.stat(os.path.join(place, "entrypoint.sh")).st_mode) == 0o755
        for name in names:
            assert self.yard.engine.call("DELETE", "/volumes/" + name)[0] == 204

    def close(self):
        self.relay.close()


def test_a_filling_that_its_worker_dies_over_at_every_tenth(yard, big, expected, tmp_path):
    pair = Pair(yard, big, tmp_path)
    for tenth in TENTHS:
        hold = pair.stop_at(tenth)
        pair.first.process.kill()
        pair.first.process.wait()
        hold.release()
        pair.first = pair.start_first()
        pair.assign(yard.plane, f"f-{tenth}-again")
        pair.finish(tenth, "-again")
        pair.look(expected)
    pair.close()


@pytest.fixture
def own(images, registry, running_engine, rig, tmp_path_factory):
    made = engines.Engine(tmp_path_factory.mktemp("mortal"), "--live-restore")
    try:
        yield Yard(rig, made.start(), images)
    finally:
        made.stop()


def test_a_filling_that_the_daemon_dies_over(own, big, expected, tmp_path):
    pair = Pair(own, big, tmp_path)
    # Each start of a daemon takes seconds; all tenths where there is time for it.
    for tenth in TENTHS if "OZ_FILL_MIB" in os.environ else (1, 5, 9):
        hold = pair.stop_at(tenth)
        own.engine.kill()
        hold.release()
        own.engine.start()
        pair.finish(tenth)
        pair.look(expected)
    pair.close()
