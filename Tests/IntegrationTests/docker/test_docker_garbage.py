"""What is left behind on the daemon: who removes it, who must not, and what `gc` says of it."""

import re
import subprocess
import zlib

import pytest

import daemon
from plane import cancellation


def kill(worker):
    worker.process.kill()
    worker.process.wait()


def collect(yard, *arguments, environment=None, patience=60):
    return subprocess.run(
        [daemon.BINARY, "gc", *arguments, "--config-file", yard.rig.config(docker={}), "--api-key-file",
         yard.rig.key_file, "--web-socket-url", yard.plane.url],
        env={**yard.rig.environment, **(environment or {})}, capture_output=True, text=True, check=False,
        timeout=patience)


def tool(images, read_write=True):
    return [{"image": images["tool"], "mount_path": "/mnt/tool", "read_write": read_write}]


def age(path, seconds):
    """Makes the journal say that volumes were used so much longer ago."""
    with open(path, "rb") as file:
        lines = file.read().splitlines()
    found = 0
    with open(path, "wb") as file:
        for line in lines:
            body = line[:line.rindex(b',"crc":"')]
            if b"volumeUsed" in body:
                found += 1
                body = re.sub(rb'"nanoseconds":(\d+)', lambda match: b'"nanoseconds":%d' % (
                    int(match.group(1)) - seconds * 10**9), body)
            file.write(body + b',"crc":"%08x"}\n' % zlib.crc32(body))
    assert found


@pytest.fixture
def left(yard, images):
    """A container that runs, and a volume, of a worker that was killed and whose journal is lost."""
    worker = yard.connected()
    yard.assign("t-1", "sleep", additional_sidecars=tool(images))
    made = yard.wait_running("t-1")
    kill(worker)
    volume, = [name for name in yard.engine.volumes() if name.startswith("oz-volume-")]
    yard.lose_journal()
    return made["Name"].lstrip("/"), volume


def test_gc_says_what_it_would_do_and_does_it(yard, left):
    container, volume = left
    looked = collect(yard, "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert f"would remove the container {container}, which was still running for no task" in looked.stdout
    assert f"would remove the volume {volume}" in looked.stdout and "2 would be removed" in looked.stdout
    assert yard.container("t-1")["State"]["Running"] and volume in yard.engine.volumes()
    done = collect(yard)
    assert done.returncode == 0, done.stderr
    assert f"removed the container {container}" in done.stdout and "2 removed" in done.stdout
    yard.wait_nothing_left(1)
    again = collect(yard)
    assert again.returncode == 0 and "0 removed" in again.stdout


def test_gc_leaves_what_the_next_life_goes_on_with(yard):
    worker = yard.connected()
    yard.assign("t-1", "sleep")
    yard.wait_running("t-1")
    kill(worker)
    for arguments in (("--dry-run",), ()):
        done = collect(yard, *arguments)
        assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("0 "), done.stdout
    assert yard.container("t-1")["State"]["Running"]
    yard.connected()
    yard.plane.send(cancellation("t-1"))
    assert yard.plane.wait_final("t-1")["type"] == "task_completed"


def test_gc_would_remove_a_shared_volume_that_was_not_used_for_a_week(yard, images):
    worker = yard.connected()
    yard.assign("t-1", additional_sidecars=tool(images, read_write=False))
    assert yard.plane.wait_final("t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    worker.signal()
    assert worker.wait_exit() == 0
    assert len(yard.engine.volumes()) == 2
    assert "0 would be removed" in collect(yard, "--dry-run").stdout
    age(yard.rig.path("state", "journal"), 8 * 24 * 3600)
    looked = collect(yard, "--dry-run")
    assert "which nothing has used for a week" in looked.stdout and "1 would be removed" in looked.stdout
    # Two minutes lie between its marker and itself, which long_docker.py waits for.
    assert len(yard.engine.volumes()) == 2


def test_gc_refuses_beside_a_worker_that_runs(yard):
    worker = yard.connected()
    yard.assign("t-1", "sleep")
    yard.wait_running("t-1")
    for arguments in ((), ("--dry-run",)):
        done = collect(yard, *arguments)
        assert done.returncode == 69 and f"held by another worker (process {worker.pid})" in done.stderr
    assert yard.container("t-1")["State"]["Running"]


def test_gc_with_cleanup_off_only_looks(yard, left):
    done = collect(yard, "--no-cleanup")
    assert done.returncode == 1 and "--dry-run" in done.stderr
    assert "2 would be removed" in collect(yard, "--no-cleanup", "--dry-run").stdout
    assert yard.container("t-1")["State"]["Running"]


def test_gc_without_a_daemon(yard):
    done = collect(yard, environment={"DOCKER_HOST": "unix:///nowhere/docker.sock", "DOCKER_API_VERSION": ""})
    assert done.returncode == 69 and "/nowhere/docker.sock" in done.stderr


def test_what_another_worker_of_the_same_id_has_is_never_touched(yard, left, tmp_path):
    container, volume = left
    (tmp_path / "other").mkdir()
    other = {"STATE_DIRECTORY": str(tmp_path / "other")}
    worker = yard.connected(environment=other)
    assert not worker.events("docker.leftover_removed")
    worker.signal()
    assert worker.wait_exit() == 0
    done = collect(yard, environment=other)
    assert done.returncode == 0 and "0 removed" in done.stdout
    assert yard.engine.inspect(container)["State"]["Running"] and volume in yard.engine.volumes()


def test_what_has_no_label_is_nobodys(yard, images):
    # The image comes with a task.
    worker = yard.connected()
    yard.assign("t-1")
    yard.plane.wait_final("t-1")
    worker.signal()
    worker.wait_exit()
    status, made = yard.engine.call("POST", "/containers/create?name=oz-task-by-hand", {
        "Image": images["task"], "Cmd": ["true"], "Labels": {"oz-worker-id": "rig", "oz-execution-hash": "x"}})
    assert status == 201, made
    yard.engine.call("POST", "/volumes/create", {"Name": "oz-volume-by-hand"})
    worker = yard.connected()
    worker.signal()
    assert worker.wait_exit() == 0
    assert "0 removed" in collect(yard).stdout
    assert yard.engine.inspect(made["Id"])["Id"] == made["Id"] and "oz-volume-by-hand" in yard.engine.volumes()
