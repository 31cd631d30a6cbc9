"""What takes its time: half a minute of keep-alive, a machine that sleeps, a server that falls silent, a refused key.

Each story has a worker and a control plane of its own, so all are told at once, when the first result is asked for.
"""

import concurrent.futures
import signal
import socket
import time

import pytest

from conftest import Rig
from daemon import state, wait_until
from plane import assignment, cancellation
from surroundings import NAME, with_files

STORIES = {}
PING_EVERY = 30
SLOW_MACHINE = 5  # what a busy machine may add to a time


def story(function):
    STORIES[function.__name__] = function
    return function


@pytest.fixture(scope="module")
def told(tmp_path_factory, stub_agent):
    rigs = {name: Rig(tmp_path_factory.mktemp(name), stub_agent) for name in STORIES}
    with concurrent.futures.ThreadPoolExecutor(len(STORIES)) as pool:
        yield {name: pool.submit(STORIES[name], rigs[name]) for name in STORIES}
    for rig in rigs.values():
        rig.close()


def keeps_talking(rig, worker, opened):
    """Pings in time, by the server's clock, answers to the server's own, and answers to what it asks."""
    plane = rig.plane
    plane.wait("the ping that keeps the connection alive", lambda: (
        [at for at in plane.pings if at >= opened + PING_EVERY - 1]), PING_EVERY + SLOW_MACHINE + 1)
    moments = [opened, *plane.pings]
    gaps = [after - before for before, after in zip(moments, moments[1:])]
    assert max(gaps) < PING_EVERY + SLOW_MACHINE, gaps
    plane.ping()
    plane.send(assignment("answered", rig.env(), oz_lifecycle_hooks={"before": {"required": True}}))
    plane.wait_for("task_rejected", "answered")
    assert len(plane.connections) == 1 and worker.is_alive()


@story
def a_setup_command_that_hangs(rig):
    worker = rig.connected(direct={"setup_command": "trap '' TERM; while :; do sleep 1000; done"})
    opened = time.monotonic()
    for number in range(3):
        rig.plane.send(assignment(f"t-{number}", rig.env()))
        rig.plane.wait_for("task_claimed", f"t-{number}")
    keeps_talking(rig, worker, opened)
    assert not rig.plane.finals()


@story
def an_agent_that_neither_runs_nor_dies(rig):
    """Stopped, so that it takes no SIGTERM; as near to an uninterruptible sleep as anybody can make at will."""
    worker = rig.connected()
    opened = time.monotonic()
    rig.plane.send(assignment("t-1", rig.env(
        "sh echo $$ > $STUB_DIR/stopped.pids; touch $STUB_DIR/stopped.ready; kill -STOP $$")))
    rig.note("stopped", ".ready")
    agent = rig.pids("stopped")[0]
    wait_until("the agent to be stopped", lambda: state(agent) == "T")
    rig.plane.send(cancellation("t-1"))
    assert rig.plane.wait_final("t-1", patience=15)["data"]["task_state"] == "CANCELLED"
    rig.wait_no_notes_alive("stopped", 1)
    keeps_talking(rig, worker, opened)


@story
def a_log_that_nobody_reads(rig):
    worker = rig.start(reads=False)
    rig.plane.wait_connected()
    opened = time.monotonic()
    rig.plane.send(assignment("loud", rig.env("flood 20000000")))
    for task in ("t-1", "t-2"):
        rig.plane.send(assignment(task, rig.env()))
        assert rig.plane.wait_final(task)["type"] == "task_completed"
    assert rig.plane.wait_final("loud", patience=60)["type"] == "task_completed"
    keeps_talking(rig, worker, opened)
    assert worker.resident() < 64 * 1024
    worker.read()
    assert worker.wait_event("log.dropped")["count"] > 0
    worker.counts()
    worker.signal()
    assert worker.wait_exit() == 0


@story
def a_machine_that_sleeps(rig):
    """What came while it slept is read before the clock is looked at, all of it: the pong that its connection lives
    by lies behind a thousand other messages."""
    worker = rig.connected()
    plane = rig.plane
    plane.stop_reading()
    plane.send(assignment("t-1", rig.env(), oz_lifecycle_hooks={"before": {"required": True}}))
    said = wait_until("the rejection", plane.unread)
    wait_until("the ping behind it", lambda: plane.unread() > said)
    worker.signal(signal.SIGSTOP)
    wait_until("the worker to sleep", lambda: state(worker.pid) == "T")
    plane.send_all([{"type": "heartbeat", "data": {}}] * 1000)
    plane.read_again()
    plane.wait_for("task_rejected", "t-1")
    plane.wait("the ping", lambda: plane.pings)
    # Longer than a pong may take; the worker's clock counts this time.
    time.sleep(25)
    worker.signal(signal.SIGCONT)
    plane.send(assignment("t-2", rig.env()))
    assert plane.wait_final("t-2")["connection"] == 0
    worker.counts()
    assert not worker.events("connection.silent") and len(plane.connections) == 1


@story
def a_server_that_stops_reading(rig):
    """It is left when its pong is 20 s late, and what it did not read is said on the next connection."""
    worker = rig.connected()
    plane = rig.plane
    plane.send(assignment("t-1", rig.env(f"until {rig.path('gate')} 6"), execution="e-1"))
    plane.wait_for("task_claimed", "t-1")
    rig.note("t-1", ".ready")
    stopped = time.monotonic()
    plane.stop_reading()
    rig.touch("gate")
    worker.wait_event("task.failed", task_id="t-1")
    worker.wait_event("connection.silent", patience=20 + 2 * SLOW_MACHINE)
    assert time.monotonic() - stopped > 18
    plane.wait_connected(beyond=1)
    assert plane.wait_final("t-1")["data"]["exit_code"] == 6
    worker.wait_event("task.final_heard", task_id="t-1")
    assert len(plane.finals()) == 1 and plane.finals()[0]["connection"] == 1


@story
def a_key_that_is_changed_after_it_was_refused(rig):
    rig.plane.refuse_with = 401
    worker = rig.start()
    line = worker.wait_event("connection.key_refused")
    with open(rig.key_file, "w", encoding="ascii") as file:
        file.write("wk-new-after-401\n")
    rig.plane.refuse_with = None
    rig.plane.wait_connected(patience=60 + SLOW_MACHINE)
    first, second = rig.plane.dials
    assert second["authorization"] == "Bearer wk-new-after-401"
    assert second["at"] - first["at"] >= max(30, line["retry_in_ms"] / 1000) - 0.1
    worker.signal()
    assert worker.wait_exit() == 0
    assert b"wk-new-after-401" not in worker.raw


@story
def a_resolver_that_never_answers(rig):
    """The dial hangs in it, and nothing else does; after half a minute the dial is given up and tried again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        try:
            resolver.bind(("127.0.0.77", 53))
        except PermissionError:
            pytest.skip("a resolver needs the port 53, which is not for everybody")
        resolver.settimeout(30)
        within = with_files(rig.folder, hosts="", resolver="nameserver 127.0.0.77\noptions timeout:30 attempts:5\n")
        url = rig.plane.url.replace("127.0.0.1", NAME)
        worker = rig.start(url=url, within=within)
        assert b"control" in resolver.recv(512)
        assert worker.counts()["sockets"] == 1
        other = rig.start(url=url, within=within, environment={"STATE_DIRECTORY": rig.path("home")})
        other.wait_event("connection.dialling")
        assert b"control" in resolver.recv(512)
        began = time.monotonic()
        other.signal()
        assert other.wait_exit() == 0
        assert time.monotonic() - began < 3, "the stop waited for the resolver"
        line = worker.wait_event("connection.dial_failed", patience=30 + SLOW_MACHINE)
        assert line["message"].startswith("the server did not answer in time"), line["message"]
        with open(rig.path("private-hosts"), "w", encoding="ascii") as file:
            file.write(f"127.0.0.1 {NAME}\n")
        rig.plane.wait_connected(patience=30 + SLOW_MACHINE)
        rig.plane.send(assignment("t-1", rig.env()))
        assert rig.plane.wait_final("t-1")["type"] == "task_completed"


@pytest.mark.parametrize("name", list(STORIES))
def test_what_takes_its_time(told, name):
    told[name].result()
