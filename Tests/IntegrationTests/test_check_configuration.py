"""`check` beside the network: values with their origins, the backend as at a start, exit codes, the two forms."""

import os
import stat
import subprocess

import pytest

import daemon
from check_bench import KEY, TOKEN, bench  # noqa: F401


def test_values_with_their_origins(bench):
    key_file = bench.rig.key_file
    code, document = bench.json(
        "--offline", "--max-concurrent-tasks", "3", "--api-key-file", key_file, "-e", "HOME", log_level="warn")
    assert code == 0
    values = {value["name"]: value for value in document["configuration"]["values"]}
    path = document["configuration"]["file"]
    assert values["max_concurrent_tasks"] == {
        "name": "max_concurrent_tasks", "value": "3", "origins": [{"kind": "flag", "name": "--max-concurrent-tasks"}]}
    assert values["log_level"]["origins"][0]["file"] == path and values["log_level"]["origins"][0]["line"] == 1
    assert values["api-key-file"]["origins"] == [{"kind": "flag", "name": "--api-key-file"}]
    assert key_file in values["api-key-file"]["value"]
    assert values["backend.direct.environment"]["value"] == ["TOKEN: (hidden)", "HOME: (hidden)"]
    assert [origin["kind"] for origin in values["backend.direct.environment"]["origins"]] == ["file", "flag"]
    assert values["task_timeout"] == {"name": "task_timeout", "value": None, "origins": [{"kind": "default"}]}
    assert set(document["checks"]) == {"backend", "state"}, "--offline leaves the network alone"


def test_secrets_that_other_values_repeat(bench):
    """Bench.run looks for the key and the token."""
    setup = f"login --key {KEY} --token {TOKEN} --mode safe"
    code, document = bench.json("--offline", "--idle-on-complete", f"5m{KEY}", direct={"setup_command": setup})
    values = {value["name"]: value["value"] for value in document["configuration"]["values"]}
    assert code == 0 and values["backend.direct.setup_command"] == "login --key *** --token *** --mode safe"
    assert values["idle_on_complete"] == "5m***"
    code, out, _ = bench.run("--offline", direct={"setup_command": setup})
    assert code == 0 and "login --key *** --token *** --mode safe" in out


def test_the_key_from_the_environment(bench):
    _, document = bench.json("--offline")
    first = document["configuration"]["values"][0]
    assert first == {"name": "api-key", "value": "(hidden)",
                     "origins": [{"kind": "environment", "name": "WARP_API_KEY"}]}


def test_mistakes_are_reported_as_run_reports_them(bench):
    arguments = ["--max-concurrent-tasks", "-1", "--jsno"]
    code, out, err = bench.run(*arguments, key=False, log_level="loud")
    assert code == 2 and out == ""
    config = bench.rig.config({"environment": [{"name": "TOKEN", "value": TOKEN}]}, log_level="loud")
    run = subprocess.run([daemon.BINARY, "run", "--config-file", config, "--max-concurrent-tasks", "-1"],
                         env=bench.rig.environment, capture_output=True, text=True, timeout=30, check=False)
    for line in run.stderr.splitlines():
        assert line in err
    assert "did you mean --json?" in err
    code, document = bench.json("--max-concurrent-tasks", "-1", key=False)
    assert code == 2 and document["result"] == "configuration" and len(document["configuration"]["problems"]) == 2


@pytest.mark.parametrize("backend", ["kubernetes"])
def test_a_backend_that_is_not_built(bench, backend):
    code, steps = bench.steps("backend", "--offline", "--backend", backend)
    assert code == 69
    assert f"the {backend} backend is not built yet" in steps["backend"]["message"]
    run = subprocess.run([daemon.BINARY, "run", "--worker-id", "w", "--backend", backend],
                         env={**bench.rig.environment, "WARP_API_KEY": KEY}, capture_output=True, text=True,
                         timeout=30, check=False)
    assert run.returncode == 69 and f"the {backend} backend is not built yet" in run.stderr


@pytest.mark.parametrize("direct, step, words", [
    ({"oz_path": "/does/not/exist"}, "agent", "/does/not/exist: not found"),
    ({"oz_path": "/etc/passwd"}, "agent", "not an executable file"),
    ({"target_dir": "/does/not/exist"}, "target_dir", "not found"),
    ({"workspace_root": "/proc/nothing"}, "workspace_root", "cannot be used")])
def test_a_backend_that_cannot_be_used(bench, direct, step, words):
    code, steps = bench.steps("backend", "--offline", direct=direct)
    assert code == 69
    assert steps[step]["outcome"] == "failed" and words in steps[step]["message"] and steps[step]["advice"]
    # What the daemon says in its log is the same sentence.
    said = bench.rig.start("--api-key", "k", direct=direct).wait_event("backend.unusable")["message"]
    assert said == steps[step]["message"]


def test_check_leaves_the_host_as_it_was(bench):
    root = bench.rig.path("deep", "er", "workspaces")
    code, steps = bench.steps("backend", "--offline", direct={"workspace_root": root})
    assert code == 0 and steps["workspace_root"]["outcome"] == "ok"
    assert not os.path.exists(bench.rig.path("deep"))
    assert os.listdir(bench.rig.path("state")) == [], "an instance id was made"
    os.makedirs(root, mode=0o750)
    bench.json("--offline", direct={"workspace_root": root})
    assert stat.S_IMODE(os.stat(root).st_mode) == 0o750


def test_text_off_a_terminal_has_no_colour(bench):
    code, out, err = bench.run(url=bench.rig.plane.url)
    assert code == 0 and err == "" and "\x1b" not in out
    for heading in ("Configuration", "Backend", "State", "Control plane", "Hosts that agents need"):
        assert any(line.split("  ")[0] == heading for line in out.splitlines())
    assert out.splitlines()[-1].startswith("0 failed, 0 warnings; exit code 0")


@pytest.mark.parametrize("environment, coloured", [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_on_a_terminal_only(bench, environment, coloured):
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [daemon.BINARY, "check", "--offline", "--config-file", bench.rig.config()], stdout=theirs,
        stdin=subprocess.DEVNULL, env={**bench.rig.environment, "TERM": "xterm", "WARP_API_KEY": KEY, **environment})
    os.close(theirs)
    out = b""
    try:
        while piece := os.read(ours, 65536):
            out += piece
    except OSError:
        pass  # how a terminal ends
    os.close(ours)
    assert process.wait(daemon.PATIENCE) == 0
    assert (b"\x1b[" in out) == coloured


def test_help(bench):
    code, out, _ = bench.run("--help", key=False)
    assert code == 0
    for word in ("--json", "--offline", "--run-task", "--worker-id", "77", "69"):
        assert word in out
    overview = subprocess.run([daemon.BINARY, "--help"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert "check" in overview and "canary" not in overview
