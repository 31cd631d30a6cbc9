"""Final words survive lost connections: none lost, none twice on one connection, the same bytes in the same order."""

import concurrent.futures
import os
import time

from daemon import wait_until
from plane import assignment


def assert_heard(plane, tasks):
    """Every final word arrived, and none twice on one connection."""
    seen = [(m["connection"], m["text"]) for m in plane.finals()]
    assert len(seen) == len(set(seen)), "a final word came twice on one connection"
    heard = {m["data"]["task_id"] for m in plane.finals()}
    assert heard == set(tasks), f"missing {sorted(set(tasks) - heard)[:5]}"
    for task in tasks:
        assert len({m["text"] for m in plane.finals(task)}) == 1, "a resent message is not the same bytes"


def test_400_ends_during_an_outage_are_reported_after_it(rig):
    worker = rig.connected(level="info")
    tasks = [f"t-{number}" for number in range(400)]
    gate = rig.path("gate")
    rig.plane.send_all([assignment(task, rig.env(f"until {gate} 0")) for task in tasks])
    rig.plane.wait("400 claims", lambda: len(rig.plane.of("task_claimed")) == 400, 60)
    wait_until("400 agents", lambda: sum(name.endswith(".ready") for name in os.listdir(rig.notes)) == 400, 60)
    rig.plane.go_away()
    outage_began = time.monotonic()
    worker.wait_event("connection.lost")
    rig.touch("gate")
    worker.wait_event("task.completed", count=400, patience=60)
    # The outage is as long as promised, and the worker has dialled into it.
    wait_until("8 s of outage", lambda: time.monotonic() - outage_began >= 8, 20)
    worker.wait_event("connection.dial_failed", count=2, patience=30)
    assert len(rig.plane.connections) == 1 and not rig.plane.finals()
    rig.plane.come_back()
    rig.plane.wait("400 final words", lambda: len(rig.plane.finals()) >= 400, 90)
    assert_heard(rig.plane, tasks)
    assert len(rig.plane.of("task_claimed")) == 400
    worker.signal()
    assert worker.wait_exit() == 0
    assert_heard(rig.plane, tasks)


def forced_drops(plane, worker, rig, name, count):
    """Each time the server stops reading while a task ends, so its final word goes into the void, and then resets."""
    tasks = [f"{name}-{number}" for number in range(count)]
    for task in tasks:
        connection = plane.wait_connected(patience=90)
        gate = rig.path(f"gate-{task}")
        plane.send(assignment(task, rig.env(f"until {gate} 0"), execution="e"), connection)
        plane.wait_for("task_claimed", task)
        rig.note(task, ".ready")
        plane.stop_reading(connection)
        rig.touch(f"gate-{task}")
        worker.wait_event("task.completed", task_id=task)
        plane.drop(connection)
        plane.wait_connected(beyond=connection + 1, patience=90)
    worker.wait_event("task.final_heard", count=count)
    assert_heard(plane, tasks)
    assert all(m["type"] == "task_completed" for m in plane.finals())
    assert len(plane.connections) == count + 1 and worker.is_alive()


def test_50_forced_drops_lose_and_double_nothing(rig, private_ca):
    """Ten workers, five drops each: back-off makes one worker's drops ever slower. Every other one is on TLS."""
    context, ca = private_ca
    pairs = []
    for number in range(10):
        plane = rig.make_plane(ssl=context if number % 2 else None)
        pairs.append((plane, rig.connected(plane=plane, environment={
            "SSL_CERT_FILE": ca, "STATE_DIRECTORY": rig.path("state", str(number))},
            direct={"workspace_root": os.path.join(rig.workspaces, str(number))})))
    with concurrent.futures.ThreadPoolExecutor(len(pairs)) as pool:
        ends = [pool.submit(forced_drops, plane, worker, rig, f"w{number}", 5)
                for number, (plane, worker) in enumerate(pairs)]
        for end in ends:
            end.result()


def test_the_order_is_kept_and_what_was_heard_is_not_sent_again(rig):
    plane = rig.plane
    worker = rig.connected()
    plane.send(assignment("first", rig.env()))
    plane.wait_final("first")
    worker.wait_event("task.final_heard", task_id="first")
    gates = [rig.path(f"g-{number}") for number in range(3)]
    for number, gate in enumerate(gates):
        plane.send(assignment(f"t-{number}", rig.env(f"until {gate} 0")))
        rig.note(f"t-{number}", ".ready")
    plane.go_away()
    worker.wait_event("connection.lost")
    for number, gate in enumerate(gates):
        open(gate, "w", encoding="ascii").close()
        worker.wait_event("task.completed", task_id=f"t-{number}")
    plane.come_back()
    plane.wait("the final words", lambda: len(plane.finals()) == 4, 60)
    assert [m["data"]["task_id"] for m in plane.finals()] == ["first", "t-0", "t-1", "t-2"]


def test_a_half_open_connection_is_noticed_by_a_plain_end(rig):
    worker = rig.connected()
    rig.plane.drop(reset=False)
    worker.wait_event("connection.lost")
    rig.plane.wait_connected(beyond=1)
    rig.plane.send(assignment("t-1", rig.env()))
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"


def test_a_task_goes_on_while_the_connection_is_away(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env(f"until {rig.path('gate')} 5"), execution="e-1"))
    ready = rig.note("t-1", ".ready")
    rig.plane.drop()
    rig.plane.wait_connected(beyond=1)
    assert os.path.exists(ready) and not rig.plane.finals()
    rig.touch("gate")
    final = rig.plane.wait_final("t-1")
    assert final["data"]["exit_code"] == 5 and final["connection"] == 1
