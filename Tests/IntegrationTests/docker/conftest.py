"""The fixtures of the Docker backend's tests: one daemon and one registry for all, a worker for each."""

import os

import pytest

import engine as engines
import sweep
from yard import Yard

HERE = os.path.dirname(os.path.abspath(__file__))
LACKS = engines.missing()


def pytest_collection_modifyitems(items):
    if not LACKS:
        return
    for item in items:
        if os.path.dirname(str(item.fspath)) == HERE:
            item.add_marker(pytest.mark.skip(reason=f"no Docker daemon can be started here: {LACKS}"))


@pytest.fixture(scope="session", autouse=True)
def guard(tmp_path_factory):
    """Nothing outlives the tests, also where they are killed."""
    made = sweep.Guard(str(tmp_path_factory.getbasetemp()))
    yield
    made.release()


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    made = engines.Registry(tmp_path_factory.mktemp("registry"))
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="session")
def images(registry):
    """Names of what the registry has."""
    return {name: f"{registry.host}/{name}:1" for name in ("task", "agent", "tool", "foreign")}


def fill(engine, registry):
    """Builds the images and brings them into the registry."""
    files, links = engines.busybox_files()
    with open(os.path.join(HERE, "entrypoint.sh"), "rb") as file:
        script = file.read()
    made = {
        "task": ({**files, "agent/entrypoint.sh": script}, links),
        "agent": ({"entrypoint.sh": script, "of-the-sidecar": b"yes\n"}, []),
        "tool": ({"marker": b"a tool\n", **{f"many/{n}": b"x" * 4096 for n in range(200)}}, []),
    }
    for name, (content, symlinks) in made.items():
        engine.import_image(f"{registry.host}/{name}", "1", content, symlinks)
    engine.load_foreign(f"{registry.host}/foreign:1", "arm64")
    for name in (*made, "foreign"):
        engine.push(f"{registry.host}/{name}", "1")
        engine.remove_image(f"{registry.host}/{name}:1")


@pytest.fixture(scope="session")
def running_engine(tmp_path_factory, registry):
    made = engines.Engine(tmp_path_factory.mktemp("engine"), "--live-restore")
    try:
        fill(made.start(), registry)
        yield made
    finally:
        made.stop()


@pytest.fixture
def engine(running_engine):
    """The daemon, with nothing of an earlier test on it."""
    yield running_engine
    running_engine.clear()


@pytest.fixture
def yard(engine, rig, images):
    # The rig's workers end before the daemon is swept, so the engine comes first.
    return Yard(rig, engine, images)
