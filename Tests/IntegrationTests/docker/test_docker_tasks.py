"""Tasks in containers, on a real daemon and from a real registry: what they are given, and how their ends are told."""

import json
import subprocess

import pytest

import daemon
from daemon import wait_until
from plane import cancellation


def final(yard, task, patience=60):
    return yard.plane.wait_final(task, patience=patience)


def test_a_task_runs_in_a_container_and_leaves_nothing(yard):
    worker = yard.connected()
    yard.assign("t-1")
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    found = worker.events("docker.found")[0]
    assert found["platform"] == "linux/amd64" and found["address"] == yard.engine.url
    worker.signal()
    assert worker.wait_exit() == 0


def test_the_container_is_made_as_the_contract_says(yard):
    yard.connected("-e", "FROM_FLAG=f", "-v", "/tmp:/host-tmp:ro", docker={
        "volumes": ["named:/named"], "environment": [{"name": "FROM_FILE", "value": "v"}]})
    yard.assign("T_1", "sleep", {"OF_TASK": "o"}, additional_oz_args=["--extra"],
                instance_shape={"vcpus": 1, "memory_gb": 2})
    made = yard.wait_running("t_1")
    assert made["Config"]["Cmd"][:3] == ["/agent/entrypoint.sh", "agent", "run"]
    assert made["Config"]["Cmd"][3:5] == ["--task-id", "T_1"] and "--extra" in made["Config"]["Cmd"]
    assert made["Config"]["WorkingDir"] == "/workspace"
    variables = made["Config"]["Env"]
    for variable in ("TASK_ID=T_1", "OF_TASK=o", "FROM_FLAG=f", "FROM_FILE=v", "GIT_TERMINAL_PROMPT=0"):
        assert variable in variables
    assert not any("WARP_API_KEY" in variable for variable in variables)
    assert made["HostConfig"]["Binds"] == ["named:/named", "/tmp:/host-tmp:ro"]
    assert made["HostConfig"]["NanoCpus"] == 10**9
    assert made["HostConfig"]["Memory"] == made["HostConfig"]["MemorySwap"] == 2 << 30
    labels = made["Config"]["Labels"]
    assert labels["oz-task-id"] == "t_1" and labels["oz-execution-id"] == "t_1-e" and labels["oz-worker-id"] == "rig"
    for name in ("worker", "instance", "task", "execution"):
        assert len(labels[f"oz-{name}-hash"]) == 16
    assert made["Name"].startswith("/oz-task-t_1-")
    yard.plane.send(cancellation("T_1"))
    assert final(yard, "T_1")["data"]["message"]


@pytest.mark.parametrize("code", [3, 127])
def test_a_failing_container_is_told_with_its_code_and_its_output(yard, code):
    worker = yard.connected()
    yard.assign("t-1", f"exit {code}")
    data = final(yard, "t-1")["data"]
    assert data["failure_reason"] == "container_exit" and data["exit_code"] == code
    worker.wait_event("task.output", task_id="t-1", message="directory: /workspace")
    yard.wait_nothing_left()


def test_a_container_that_runs_out_of_memory(yard):
    yard.connected()
    yard.assign("t-1", "hog", instance_shape={"memory_gb": 1})
    data = final(yard, "t-1", patience=120)["data"]
    assert data["failure_reason"] == "container_oom" and data["exit_code"] == 137


def test_secrets_of_the_task_are_masked_in_its_output(yard):
    worker = yard.connected()
    yard.assign("t-1", "tell", {"SECRET": "canary-in-a-container-77"})
    assert final(yard, "t-1")["data"]["exit_code"] == 9
    worker.wait_event("task.output", task_id="t-1", message="secret: ***")
    assert b"canary-in-a-container-77" not in worker.raw


def test_only_the_end_of_much_output_is_told_and_none_of_it_is_kept(yard):
    worker = yard.connected(level="info")
    before = worker.resident()
    yard.assign("t-1", "flood")
    assert final(yard, "t-1", patience=120)["data"]["exit_code"] == 5
    yard.wait_nothing_left(60)
    grown = worker.resident() - before

    def told():
        return sum(len(line["message"]) + 1 for line in worker.events("task.output", task_id="t-1"))

    # 16,384 lines of 62 bytes, of which none was dropped.
    wait_until("the end of the output", lambda: len(worker.lines) > 16_384 and told() == 16_384 * 62)
    assert not worker.events("log.dropped")
    assert grown < 16 << 10, f"{grown} KiB more"


def test_a_cancelled_container_is_asked_to_end(yard):
    worker = yard.connected()
    yard.assign("t-1", "sleep")
    yard.wait_running("t-1")
    yard.plane.send(cancellation("t-1"))
    data = final(yard, "t-1")["data"]
    assert data["task_id"] == "t-1" and final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    # The end of its output shows that it had its chance.
    worker.wait_event("task.output", task_id="t-1", message="told to end")


def test_one_that_ignores_it_is_killed(yard):
    yard.connected()
    yard.assign("t-1", "stubborn")
    yard.wait_running("t-1")
    yard.plane.send(cancellation("t-1"))
    assert final(yard, "t-1", patience=60)["type"] == "task_completed"
    yard.wait_nothing_left()


def test_a_stop_of_the_worker_ends_its_containers(yard):
    worker = yard.connected()
    yard.assign("t-1", "sleep")
    yard.wait_running("t-1")
    worker.signal()
    assert worker.wait_exit(60) == 0
    assert final(yard, "t-1")["data"]["failure_reason"] == "graceful_shutdown"
    yard.wait_nothing_left(1)


def test_without_cleanup_the_ended_container_stays(yard):
    worker = yard.connected("--no-cleanup")
    yard.assign("t-1", "exit 3")
    assert final(yard, "t-1")["data"]["exit_code"] == 3
    kept = worker.wait_event("cleanup.container_kept")
    state = yard.engine.inspect(kept["container"])["State"]
    assert state["Status"] == "exited" and state["ExitCode"] == 3


def test_the_next_life_removes_what_the_last_one_left(yard):
    worker = yard.connected()
    yard.assign("t-1", "sleep")
    yard.wait_running("t-1")
    worker.process.kill()
    worker.process.wait()
    assert yard.engine.containers()
    # Without the journal nobody knows whose it is; with it, the container is taken over.
    yard.lose_journal()
    again = yard.connected()
    assert len(again.events("docker.leftover_removed")) == 1
    yard.wait_nothing_left(1)


def test_a_container_that_somebody_removes(yard):
    yard.connected()
    yard.assign("t-1", "sleep")
    made = yard.wait_running("t-1")
    yard.engine.call("DELETE", f"/containers/{made['Id']}?force=1")
    data = final(yard, "t-1")["data"]
    # Docker tells of the end before the container is gone, or does not.
    assert data["failure_reason"] in ("container_wait", "container_exit")
    yard.wait_nothing_left()


def test_an_image_without_an_entry_point(yard):
    yard.connected()
    yard.assign("t-1", image="tool")
    data = final(yard, "t-1")["data"]
    assert data["failure_reason"] == "container_start" and "entrypoint.sh" in data["message"]
    yard.wait_nothing_left()


def test_a_bind_that_docker_refuses(yard):
    yard.connected("-v", "nonsense:::x")
    yard.assign("t-1")
    assert final(yard, "t-1")["data"]["failure_reason"] == "container_create"
    yard.wait_nothing_left()


def test_many_containers_at_once(yard):
    worker = yard.connected()
    for number in range(20):
        yard.assign(f"t-{number}", "exit 0")
    for number in range(20):
        assert final(yard, f"t-{number}", patience=180)["type"] == "task_completed"
    yard.wait_nothing_left(60)
    assert len(worker.children()) <= 8 and json.dumps(worker.events("internal.contract_broken")) == "[]"


def test_the_daemon_must_be_there_at_the_start(yard):
    worker = yard.worker(environment={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert worker.wait_exit(60) == 69
    said = worker.events("backend.unusable")[0]["message"]
    assert "/nowhere/docker.sock" in said and "is the daemon running?" in said
    assert worker.events("docker.awaited")


@pytest.mark.parametrize("host, words", [("ssh://somewhere", "no ssh"), ("nonsense", "no address")])
def test_an_address_that_can_not_be_used_is_refused_at_once(yard, host, words):
    worker = yard.worker(environment={"DOCKER_HOST": host})
    assert worker.wait_exit(10) == 69
    assert words in worker.events("backend.unusable")[0]["message"]


def test_too_old_a_version_is_refused(yard):
    worker = yard.worker(environment={"DOCKER_API_VERSION": "1.40"})
    assert worker.wait_exit(10) == 69
    assert "too old" in worker.events("backend.unusable")[0]["message"]


def test_the_worker_waits_for_a_daemon_that_comes_up(yard, tmp_path):
    import os
    link = str(tmp_path / "later.sock")
    worker = yard.worker(environment={"DOCKER_HOST": "unix://" + link})
    worker.wait_event("docker.awaited")
    os.symlink(yard.engine.socket, link)
    worker.wait_event("connection.open", patience=60)
    wait_until("the plane to be connected", lambda: yard.plane.dials)


@pytest.mark.parametrize("place, code", [(None, 0), ("unix:///nowhere/docker.sock", 69)])
def test_check_tries_the_daemon_and_changes_nothing_on_it(yard, place, code):
    worker = yard.connected()
    yard.assign("t-1", "sleep")
    running = yard.wait_running("t-1")
    environment = {**yard.rig.environment, **({"DOCKER_HOST": place} if place else {})}
    run = subprocess.run(
        [daemon.BINARY, "check", "--json", "--offline", "--config-file", yard.rig.config(docker={}),
         "--api-key-file", yard.rig.key_file], env=environment, capture_output=True, text=True, check=False)
    steps = json.loads(run.stdout)["checks"]["backend"]["steps"]
    assert run.returncode == code, run.stdout
    if code == 0:
        assert "linux/amd64" in json.dumps(steps)
    else:
        assert "is the daemon running?" in json.dumps(steps)
    assert yard.engine.inspect(running["Id"])["State"]["Running"]
    worker.signal()
    assert worker.wait_exit(60) == 0


def lines(worker, task):
    return [line["message"] for line in worker.events("task.output", task_id=task)]


def test_output_is_followed_while_the_container_runs_where_that_is_wanted(yard, tmp_path):
    tmp_path.chmod(0o755)
    worker = yard.connected("-v", f"{tmp_path}:/gate", docker={"log_task_output": True}, level="info")
    yard.assign("t-1", "until /gate/open", {"SECRET": "hush-hush"})
    worker.wait_event("task.output", task_id="t-1", message="directory: /workspace")
    assert yard.wait_running("t-1")
    (tmp_path / "open").touch()
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    # Once, and not once more at its end.
    assert lines(worker, "t-1").count("directory: /workspace") == 1


def test_what_is_followed_is_masked_and_told_once_after_a_failure(yard):
    worker = yard.connected(docker={"log_task_output": True})
    yard.assign("t-1", "tell", {"SECRET": "hush-hush"})
    assert final(yard, "t-1")["data"]["exit_code"] == 9
    yard.wait_nothing_left()
    told = lines(worker, "t-1")
    assert len([line for line in told if line.startswith("secret: ")]) == 1
    assert "hush-hush" not in "".join(told)


def test_nothing_is_followed_unless_asked(yard, tmp_path):
    tmp_path.chmod(0o755)
    worker = yard.connected("-v", f"{tmp_path}:/gate", level="info")
    yard.assign("t-1", "until /gate/open")
    yard.wait_running("t-1")
    (tmp_path / "open").touch()
    assert final(yard, "t-1")["type"] == "task_completed"
    yard.wait_nothing_left()
    assert lines(worker, "t-1") == []


def is_poured(worker):
    return any(line.get("message") == "poured" for line in worker.lines[-100:])


def poured(worker):
    return worker.raw.count(b'"0123456789012345678901234567890123456789012345678901234567890"')


def test_a_flood_that_is_followed_keeps_memory_flat_and_loses_nothing(yard):
    worker = yard.connected(docker={"log_task_output": True}, level="info")
    before = worker.resident()
    yard.assign("t-1", "pour 200000")
    assert final(yard, "t-1", patience=120)["data"]["exit_code"] == 5
    yard.wait_nothing_left(120)
    grown = worker.resident() - before
    try:
        wait_until("the end of the output", lambda: is_poured(worker), 60)
    except AssertionError:
        told = [line for line in worker.lines if line.get("event") not in ("task.output", "loop.slow_turn")]
        raise AssertionError(f"{poured(worker)} lines came; beside them {told}") from None
    assert poured(worker) == 200_000 and not worker.events("task.output_unread")
    assert grown < 8 << 10, f"{grown} KiB more"


def test_a_reader_of_the_log_that_stands_still_holds_up_no_container(yard):
    worker = yard.worker(docker={"log_task_output": True}, level="info", reads=False)
    yard.plane.wait_connected()
    yard.assign("t-1", "pour 50000")
    # Far more than the pipe and the worker's buffer hold.
    assert final(yard, "t-1")["data"]["exit_code"] == 5
    worker.read()
    wait_until("the end of the output", lambda: is_poured(worker), 60)
    assert poured(worker) == 50_000
    yard.wait_nothing_left()
