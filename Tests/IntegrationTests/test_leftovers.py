"""Nothing is left after many tasks: descriptors, processes, zombies, workspaces, memory, entries of the worker's own
tables, bytes in its vault."""

import os

from daemon import wait_until
from plane import assignment

TASKS = 2000
AT_ONCE = 20


def test_nothing_is_left_after_2000_tasks(rig):
    worker = rig.connected(level="info", direct={"oz_path": rig.oz})
    plane = rig.plane

    def burst(first, count):
        """Keeps 20 at a time: each final word brings the next assignment."""
        waiting = [assignment(f"t-{number}", {"VARIABLE": f"value-of-{number}"}, execution=f"e-{number}",
                              prompt=f"prompt {number} " * 20) for number in range(first, first + count)]
        following = iter(waiting[AT_ONCE:])

        def answer(message):
            return next(following, None) if message["type"] in ("task_completed", "task_failed") else None

        plane.on_message = answer
        plane.send_all(waiting[:AT_ONCE])
        plane.wait(f"{first + count} ends", lambda: len(plane.finals()) == first + count, 240)
        # The workspaces go after the final words.
        wait_until("the workspaces to go", lambda: os.listdir(rig.workspaces) == [], 30)
        wait_until("zombies to be reaped", lambda: not [c for c in worker.children() if c[1] == "Z"], 10)

    burst(0, 1000)
    descriptors, children, resident = settled(worker)
    inside = held(worker)
    burst(1000, TASKS - 1000)
    later = settled(worker)
    assert held(worker) == inside
    assert {m["type"] for m in plane.finals()} == {"task_completed"}
    assert len(plane.of("task_claimed")) == TASKS and len(plane.connections) == 1
    assert later[0] <= descriptors, f"descriptors grew from {descriptors} to {later[0]}"
    assert later[1] <= children, f"children grew from {children} to {later[1]}"
    assert later[2] <= resident + 1024, f"memory grew from {resident} to {later[2]} KiB"
    worker.signal()
    assert worker.wait_exit() == 0
    assert not worker.events("daemon.leak"), worker.events("daemon.leak")
    assert not worker.events("internal.contract_broken") and not worker.events("log.dropped")
    assert os.listdir(rig.path("tmp")) == []
    rig.wait_nothing_left()


def held(worker):
    """What the worker itself says that it holds: nothing of a task, and of everything else what there was before."""
    counts = wait_until("the last words to be heard", lambda: (
        told if not (told := worker.counts())["letters"] and not told["unreaped"] else None))
    for name in ("tasks", "processes", "files", "secrets", "vault_bytes", "journal_open", "contracts_broken"):
        assert counts[name] == 0, f"{name} is {counts[name]}"
    assert counts["claimed"] == counts["ended"] and counts["claimed"] % 1000 == 0
    return {name: counts[name] for name in ("sockets", "descriptors", "timers", "supervisors_ready")}


def settled(worker):
    """(descriptors, children, resident memory), once supervisors for the next tasks are ready again."""
    last = None

    def same():
        nonlocal last
        now = (worker.descriptors(), len(worker.children()))
        steady, last = now == last, now
        return steady

    # Those that a burst left idle go some seconds after it.
    wait_until("supervisors to be few again", lambda: len(worker.children()) <= 4, 60)
    wait_until("descriptors to be steady", same, 10)
    return (*last, worker.resident())


def test_the_counts_tell_what_is_held_while_it_is(rig):
    """A count that is always nothing would prove nothing."""
    worker = rig.connected()
    gate = rig.path("gate")
    rig.plane.send(assignment("t-1", rig.env(f"until {gate} 0", TOKEN="a" * 1000)))
    rig.note("t-1", ".ready")
    counts = worker.counts()
    assert (counts["tasks"], counts["processes"], counts["sockets"], counts["claimed"]) == (1, 1, 1, 1)
    assert counts["secrets"] > 0 and counts["vault_bytes"] > 1000 and counts["journal_open"] > 0
    assert counts["level"] == "info"
    rig.touch("gate")
    rig.plane.wait_final("t-1")
    wait_until("all to be let go", lambda: not any(worker.counts()[name] for name in (
        "tasks", "letters", "processes", "secrets", "vault_bytes", "journal_open")))
    worker.signal()
    assert worker.wait_exit() == 0
    last = worker.events("daemon.counts")[-1]
    assert last["level"] == "debug" and last["sockets"] == 0 and last["ended"] == 1
