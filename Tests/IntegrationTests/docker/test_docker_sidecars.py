"""Sidecars: their files in volumes, filled once, shared, never used half-filled."""

import os

from daemon import wait_until
from plane import cancellation


def final(yard, task, patience=60):
    return yard.plane.wait_final(task, patience=patience)


def shared(engine, name):
    return [volume for volume in engine.volumes() if volume.startswith(f"oz-sidecar-127.0.0.1-") and name in volume]


def tool(images, read_write=False):
    return [{"image": images["tool"], "mount_path": "/mnt/tool", "read_write": read_write}]


def test_a_sidecar_brings_the_agent(yard, images):
    worker = yard.connected()
    yard.assign("t-1", "look", sidecar_image=images["agent"], additional_sidecars=tool(images, read_write=True))
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    volumes = shared(yard.engine, "agent")
    assert len(volumes) == 2 and volumes[0] + ".ready" in volumes or volumes[1] + ".ready" in volumes
    name = min(volumes, key=len)
    assert len(name.rsplit("-", 1)[1]) == 12
    assert os.path.exists(os.path.join(yard.engine.volume_path(name), "of-the-sidecar"))
    assert len(worker.events("task.sidecar_fill_started")) == 2


def test_a_read_only_sidecar_can_not_be_written_to(yard, images):
    yard.connected()
    yard.assign("t-1", "look", sidecar_image=images["agent"], additional_sidecars=tool(images))
    assert final(yard, "t-1")["data"]["exit_code"] == 4


def test_a_shared_volume_is_filled_once(yard, images):
    worker = yard.connected()
    for task in ("t-1", "t-2", "t-3"):
        yard.assign(task, sidecar_image=images["agent"])
    for task in ("t-1", "t-2", "t-3"):
        assert final(yard, task)["type"] == "task_completed"
    assert len(worker.events("task.sidecar_fill_started")) == 1
    yard.assign("t-4", sidecar_image=images["agent"])
    assert final(yard, "t-4")["type"] == "task_completed"
    assert len(worker.events("task.sidecar_fill_started")) == 1
    yard.wait_nothing_left()


def test_two_workers_fill_it_once(yard, images, tmp_path):
    first = yard.connected()
    plane = yard.rig.make_plane()
    state = tmp_path / "second-state"
    state.mkdir()
    second = yard.worker(plane=plane, environment={"STATE_DIRECTORY": str(state)})
    second.wait_event("connection.open")
    plane.wait_connected()
    from plane import assignment
    yard.assign("t-1", sidecar_image=images["tool"], image="agent", additional_sidecars=[])
    plane.send(assignment("t-2", {}, docker_image=images["task"], additional_sidecars=tool(images)))
    final(yard, "t-1")
    assert plane.wait_final("t-2", patience=60)["type"] == "task_completed"
    fills = first.events("task.sidecar_fill_started") + second.events("task.sidecar_fill_started")
    assert len(fills) == 1


def test_a_volume_without_its_marker_is_filled_anew(yard, images):
    yard.connected()
    yard.assign("t-1", "look", additional_sidecars=tool(images))
    final(yard, "t-1")
    yard.wait_nothing_left()
    name = min(shared(yard.engine, "tool"), key=len)
    # As a filling leaves it that broke off in the middle.
    yard.engine.call("DELETE", f"/volumes/{name}.ready")
    os.remove(os.path.join(yard.engine.volume_path(name), "marker"))
    yard.assign("t-2", "until /mnt/tool/marker", additional_sidecars=tool(images))
    assert final(yard, "t-2")["type"] == "task_completed"
    assert name + ".ready" in yard.engine.volumes()


def test_a_marker_without_its_volume_is_worth_nothing(yard, images):
    yard.connected()
    yard.assign("t-1", additional_sidecars=tool(images))
    final(yard, "t-1")
    yard.wait_nothing_left()
    name = min(shared(yard.engine, "tool"), key=len)
    yard.engine.call("DELETE", "/volumes/" + name)
    yard.assign("t-2", "until /mnt/tool/marker", additional_sidecars=tool(images))
    assert final(yard, "t-2")["type"] == "task_completed"


def test_somebody_elses_lock_is_waited_for(yard, images):
    worker = yard.connected()
    yard.assign("t-1", additional_sidecars=tool(images))
    final(yard, "t-1")
    yard.wait_nothing_left()
    name = min(shared(yard.engine, "tool"), key=len)
    yard.engine.call("DELETE", f"/volumes/{name}.ready")
    status, lock = yard.engine.call("POST", f"/containers/create?name={name}.fill", {
        "Image": images["tool"], "Entrypoint": ["/x"]})
    assert status == 201
    yard.assign("t-2", additional_sidecars=tool(images))
    worker.wait_event("task.sidecar_fill_awaited")
    # It finishes.
    yard.engine.call("POST", "/volumes/create", {"Name": name + ".ready", "Labels": {"oz-sidecar": "x"}})
    assert final(yard, "t-2")["type"] == "task_completed"
    assert yard.engine.inspect(lock["Id"])["Id"] == lock["Id"], "the lock of another was removed"


def test_a_cancellation_while_a_volume_is_filled(yard, images):
    worker = yard.connected()
    yard.assign("t-1", additional_sidecars=tool(images))
    worker.wait_event("task.sidecar_fill_started")
    yard.plane.send(cancellation("t-1"))
    final(yard, "t-1")
    yard.wait_nothing_left()
    yard.assign("t-2", "until /mnt/tool/marker", additional_sidecars=tool(images))
    assert final(yard, "t-2")["type"] == "task_completed"


def test_sidecars_that_make_no_sense_fail_before_anything_is_made(yard, images):
    yard.connected()
    for number, sidecars in enumerate((
            [{"image": "", "mount_path": "/x"}], [{"image": images["tool"], "mount_path": ""}],
            tool(images) + tool(images))):
        yard.assign(f"t-{number}", additional_sidecars=sidecars)
        assert final(yard, f"t-{number}")["data"]["failure_reason"] == "sidecar_prep"
    assert yard.engine.containers() == [] and yard.engine.volumes() == []


def test_a_sidecar_that_does_not_exist(yard, registry):
    yard.connected()
    yard.assign("t-1", sidecar_image=f"{registry.host}/nothing:1")
    data = final(yard, "t-1")["data"]
    assert data["failure_reason"] == "sidecar_prep" and "nothing:1" in data["message"]


def test_a_task_waits_for_its_volume_also_when_the_one_who_fills_it_is_killed(yard, images):
    """kill -9 in the middle of a filling: the next life of that worker frees the lock and fills it anew."""
    worker = yard.connected()
    yard.assign("t-1", additional_sidecars=tool(images))
    worker.wait_event("task.sidecar_fill_started")
    worker.process.kill()
    worker.process.wait()
    again = yard.connected()
    yard.assign("t-2", "until /mnt/tool/marker", additional_sidecars=tool(images))
    assert final(yard, "t-2")["type"] == "task_completed"
    again.signal()
    assert again.wait_exit() == 0
    wait_until("nothing to be left", lambda: not yard.engine.containers())
