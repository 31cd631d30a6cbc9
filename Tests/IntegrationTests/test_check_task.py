"""`check --run-task`: two canary tasks by the operator's own configuration, and the proof that nothing is left."""

import json
import os
import signal

import pytest

import daemon
from check_bench import SECRETS, TOKEN, bench  # noqa: F401

OUTCOMES = ["plane", "worker", "task", "cancel", "protocol", "stop", "processes", "supervisors", "workspaces"]


def canary(bench, *arguments, **direct):
    process = bench.start("--run-task", "--offline", "--json", *arguments, direct=direct)
    out, err = process.communicate(timeout=daemon.PATIENCE * 3)
    for secret in SECRETS:
        assert secret.encode() not in out + err, f"{secret} was shown"
    assert err == b""
    section = json.loads(out)["checks"]["task"]
    return process.returncode, {step["name"]: step for step in section["steps"]}, section["note"]


def outcomes(steps):
    return {name: step["outcome"] for name, step in steps.items()}


def nothing_left(bench):
    bench.rig.wait_no_process()
    assert os.listdir(bench.rig.path("tmp")) == [], "the canary's own files are left"


def test_canaries_run_and_leave_nothing(bench):
    log = bench.rig.path("commands.log")
    foreign = os.path.join(bench.rig.workspaces, "somebody", "else")
    os.makedirs(foreign)
    code, steps, note = canary(
        bench, "--no-cleanup", setup_command=f'echo "setup $OZ_RUN_ID $TOKEN" >> {log}; echo $TOKEN',
        teardown_command=f'echo "teardown $OZ_RUN_ID" >> {log}')
    assert code == 0, steps
    assert outcomes(steps) == dict.fromkeys(OUTCOMES, "ok")
    with open(log, encoding="ascii") as file:
        lines = file.read().splitlines()
    assert sorted(line.split()[0] for line in lines) == ["setup", "setup", "teardown", "teardown"]
    runs = {line.split()[1] for line in lines}
    assert len(runs) == 2 and all(run.startswith("oz-check-") for run in runs)
    assert any(TOKEN in line for line in lines), "the setup command did not have the configured environment"
    for words in ("stub", "setup_command and teardown_command", "cleaned up"):
        assert words in note
    assert os.path.isdir(foreign) and os.listdir(bench.rig.workspaces) == ["somebody"]
    assert os.listdir(bench.rig.path("state")) == [], "the canary's worker kept an instance id"
    nothing_left(bench)


def test_the_real_agent_is_not_run(bench):
    code, steps, _ = canary(bench)
    assert code == 0, steps
    assert os.listdir(bench.rig.notes) == [], "the configured agent was started"
    assert not os.path.exists(bench.rig.workspaces), "the workspace root was not there before"


def test_a_setup_that_fails(bench):
    code, steps, _ = canary(bench, setup_command='echo "no disk for $TOKEN" >&2; exit 3', teardown_command="true")
    assert code == 69
    assert outcomes(steps) == {**dict.fromkeys(OUTCOMES, "ok"), "task": "failed", "cancel": "skipped",
                               "protocol": "skipped"}
    assert steps["task"]["facts"] == {"state": "failed", "reason": "setup_command"}
    assert "setup command ended with exit code 3" in steps["task"]["message"]
    assert any("no disk for ***" in line for line in steps["task"]["details"]), steps["task"]["details"]
    nothing_left(bench)


def test_canaries_in_a_shared_directory(bench):
    target = bench.rig.path("shared")
    os.mkdir(target)
    with open(os.path.join(target, "oz-env-of-another"), "w", encoding="ascii") as file:
        file.write("A=1")
    code, steps, _ = canary(bench, target_dir=target, setup_command="echo A=1 >> $OZ_ENVIRONMENT_FILE")
    assert code == 0, steps
    assert steps["files"]["outcome"] == "ok" and "workspaces" not in steps
    assert os.listdir(target) == ["oz-env-of-another"]
    nothing_left(bench)


def test_what_is_left_is_found(bench):
    """A teardown command that puts something beside the workspaces is told on, with the name of what it left."""
    code, steps, _ = canary(bench, teardown_command='touch "$OZ_WORKSPACE_ROOT/../left-by-$OZ_RUN_ID"')
    assert code == 69
    assert outcomes(steps) == {**dict.fromkeys(OUTCOMES, "ok"), "workspaces": "failed"}
    assert "left-by-oz-check-" in steps["workspaces"]["message"]
    assert len(steps["workspaces"]["facts"]["left"]) == 2


def test_processes_that_outlive_the_worker_are_found_and_ended(bench):
    """A setup command that stops its supervisor and kills the worker leaves all that it started behind."""
    kill = "sleep 1000 & worker=$(cut -d' ' -f4 /proc/$PPID/stat); kill -STOP $PPID; kill -9 $worker; sleep 1000"
    code, steps, _ = canary(bench, setup_command=kill)
    assert code == 69
    assert any("exit code 137" in steps[name]["message"] for name in ("worker", "task"))
    assert steps["stop"]["outcome"] == "skipped"
    assert steps["processes"]["outcome"] == "failed" and len(steps["processes"]["facts"]["left"]) == 3
    assert steps["processes"]["message"].count("sleep (") == 2
    assert steps["supervisors"]["outcome"] == "failed" and "oz-supervisor (" in steps["supervisors"]["message"]
    nothing_left(bench)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_canary_leaves_nothing(bench, number):
    here = bench.rig.path("here")
    process = bench.start("--run-task", "--offline", direct={"setup_command": f"touch {here}; sleep 1000"})
    daemon.wait_until("the setup command", lambda: os.path.exists(here))
    process.send_signal(number)
    out, _ = process.communicate(timeout=daemon.PATIENCE * 2)
    assert process.returncode == 128 + number
    assert b"interrupted" in out.splitlines()[-1]
    assert not os.path.exists(bench.rig.workspaces)
    nothing_left(bench)


def test_no_canaries_where_the_backend_cannot_be_used(bench):
    code, steps, _ = canary(bench, oz_path="/does/not/exist")
    assert code == 69 and outcomes(steps) == {"task": "skipped"}


def test_a_killed_check_takes_its_children_along(bench):
    here = bench.rig.path("here")
    process = bench.start("--run-task", "--offline", direct={"setup_command": f"touch {here}; sleep 1000"})
    daemon.wait_until("the setup command", lambda: os.path.exists(here))
    process.kill()
    process.communicate(timeout=10)  # to the end of its output, which no child may hold open
    bench.rig.wait_no_process()
