"""Nothing is left after many tasks: descriptors, processes, zombies, workspaces, memory."""

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
    burst(1000, TASKS - 1000)
    later = settled(worker)
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


def settled(worker):
    """(descriptors, children, resident memory), once supervisors for the next tasks are ready again."""
    last = None

    def same():
        nonlocal last
        now = (worker.descriptors(), len(worker.children()))
        steady, last = now == last, now
        return steady

    wait_until("descriptors to be steady", same, 10)
    return (*last, worker.resident())
