"""What takes minutes: pytest Tests/IntegrationTests/docker/long_docker.py. No part of `make test`.

The fillings of test_docker_fills.py with a gigabyte: OZ_FILL_MIB=1024 pytest Tests/IntegrationTests/docker -k filling.
"""

from plane import cancellation
from test_docker_garbage import age, collect, tool
from test_docker_interrupted import WAIT, final, relay  # noqa: F401


def test_a_daemon_that_hangs_ends_a_cancelled_task_all_the_same(yard, relay):  # noqa: F811
    """It takes every call and answers none: the final word goes out, and says that the end was not seen."""
    worker = yard.connected()
    yard.assign("t-1", "sleep")
    yard.wait_running("t-1")
    hold = relay.hold(r"(stop|kill|wait|json)")
    relay.cut(WAIT)
    yard.plane.send(cancellation("t-1"))
    assert final(yard, "t-1", patience=110)["data"]["task_id"] == "t-1"
    worker.wait_event("task.death_unconfirmed")
    hold.release()
    worker.wait_event("task.death_confirmed", patience=150)
    yard.wait_nothing_left()


def test_gc_removes_a_shared_volume_that_was_not_used_for_a_week(yard, images):
    worker = yard.connected()
    yard.assign("t-1", additional_sidecars=tool(images, read_write=False))
    assert yard.plane.wait_final("t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    worker.signal()
    assert worker.wait_exit() == 0
    age(yard.rig.path("state", "journal"), 8 * 24 * 3600)
    done = collect(yard, patience=180)
    assert done.returncode == 0 and "2 removed" in done.stdout, done.stdout + done.stderr
    assert yard.engine.volumes() == []
