"""From an assignment to an agent and back: claims, final words, exact arguments and environments."""

import os

import pytest

import daemon
from plane import assignment

ROOT_URL = "https://app.warp.dev"


def test_a_task_is_claimed_runs_and_is_reported(rig):
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(), execution="e-1"))
    claim = rig.plane.wait_for("task_claimed", "t-1")
    final = rig.plane.wait_final("t-1")
    assert claim == {"task_id": "t-1", "worker_id": "rig"}
    assert final["type"] == "task_completed"
    assert final["data"] == {"task_id": "t-1", "execution_id": "e-1", "message": "Task completed successfully"}
    assert [m["type"] for m in rig.plane.messages] == ["task_claimed", "task_completed"]
    worker.wait_event("task.completed", task_id="t-1", execution_id="e-1")


def test_without_an_execution_id_none_is_said(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env()))
    assert "execution_id" not in rig.plane.wait_final("t-1")["data"]


def test_the_dial_names_worker_and_key(rig):
    worker = rig.connected()
    dial = rig.plane.dials[0]
    assert dial["authorization"] == "Bearer wk-canary-api-key-5e1f"
    assert dial["path"].endswith("?worker_id=rig")
    opened = worker.wait_event("connection.open")
    assert opened["worker_id"] == "rig" and opened["backend"] == "direct" and opened["level"] == "info"


@pytest.mark.parametrize("how, code", [("exit 3", 3), ("die 9", 137), ("die 11", 139), ("sh exit 126", 126)])
def test_a_failing_agent_is_reported_with_its_code(rig, how, code):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env(how)))
    final = rig.plane.wait_final("t-1")
    assert final["type"] == "task_failed"
    assert final["data"]["failure_reason"] == "agent_invocation"
    assert final["data"]["exit_code"] == code
    assert final["data"]["message"].startswith("Failed to execute task: ")


def test_a_failing_setup_command_is_reported_without_a_code(rig):
    worker = rig.connected(direct={"setup_command": "echo no such tool here; exit 7"})
    rig.plane.send(assignment("t-1", rig.env()))
    data = rig.plane.wait_final("t-1")["data"]
    assert data["failure_reason"] == "setup_command"
    assert "exit_code" not in data
    assert rig.starts("t-1") == 0
    assert worker.wait_event("task.output", task_id="t-1", message="no such tool here")


@pytest.mark.parametrize("task", ["..", ".", "a/b", "a\\b", "x" * 256])
def test_a_task_id_that_is_no_name_of_a_directory_fails(rig, task):
    rig.connected()
    rig.plane.send(assignment(task, rig.env(), execution="e-1"))
    assert rig.plane.wait_final(task)["data"]["failure_reason"] == "workspace_setup"
    assert os.listdir(rig.workspaces) == []


def test_arguments_without_a_snapshot(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env(), additional_oz_args=["--x y", ""]))
    assert rig.note_list("t-1", ".argv")[1:] == [
        "agent", "run", "--task-id", "t-1", "--sandboxed", "--server-root-url", ROOT_URL, "--x y", "",
        "--idle-on-complete"]


def test_arguments_of_a_full_snapshot(rig):
    rig.connected(
        "--idle-on-complete", "1h 30m", "--session-sharing-server-url", "wss://share", "--server-root-url", "http://r")
    snapshot = {
        "environment_id": " env ", "model_id": "m", "profile_id": "p", "skill_spec": "s",
        "mcp_servers": {"b": {"z": 1, "a": [1.50, None]}, "a": {}}, "computer_use_enabled": True,
        "computer_use_model_id": "cu", "harness": {"type": "oz"},
        "inference_providers": {"aws": {"role_arn": "arn", "region": "eu"}},
        "session_sharing": {"public_access": "VIEWER"}, "snapshot_disabled": True, "snapshot_upload_timeout_secs": 5,
        "snapshot_script_timeout_secs": 0, "repository_head_overrides": [{"r": "a"}, {"r": "b", "n": 1}],
        "idle_timeout_minutes": 7}
    rig.plane.send(assignment("t-1", rig.env(), snapshot=snapshot, owner={"Type": "TEAM", "Id": 3},
                              additional_oz_args=["--more"]))
    assert rig.note_list("t-1", ".argv")[1:] == [
        "agent", "run", "--share", "team:edit", "--task-id", "t-1", "--sandboxed", "--server-root-url", "http://r",
        "--model", "m", "--profile", "p", "--skill", "s", "--mcp", '{"a":{},"b":{"z":1,"a":[1.5,null]}}',
        "--computer-use", "--computer-use-model", "cu", "--bedrock-inference-role", "arn", "--bedrock-role-region",
        "eu", "--harness", "oz", "--share", "public:view", "--no-snapshot", "--snapshot-upload-timeout", "5s",
        "--environment", "env", "--repository-head-override-json", '{"r":"a"}', "--repository-head-override-json",
        '{"r":"b","n":1}', "--remove-repository-origins", "--more", "--idle-on-complete", "7m",
        "--session-sharing-server-url", "wss://share"]


def test_arguments_of_another_harness(rig):
    rig.connected("--idle-on-complete", "10m")
    rig.plane.send(assignment("t-1", rig.env(), snapshot={
        "model_id": "m", "computer_use_model_id": "cu", "harness": {"type": "claude"},
        "inference_providers": {"aws": {"disabled": True, "role_arn": "arn"}},
        "session_sharing": {"public_access": "WORLD"}}))
    assert rig.note_list("t-1", ".argv")[7:] == [
        ROOT_URL, "--no-computer-use", "--harness", "claude", "--idle-on-complete", "10m"]


def environment_of(rig, task):
    return dict(entry.split("=", 1) for entry in rig.note_list(task, ".env"))


def test_the_agents_environment_is_exact(rig):
    rig.connected("-e", "FLAG=f", "-e", "BOTH=flag", direct={"environment": [
        {"name": "CONFIGURED", "value": "c"}, {"name": "BOTH", "value": "file"}, {"name": "FROM_HOST"}]},
        environment={"WARP_API_KEY": "wk-host", "FROM_HOST": "h", "UNRELATED": "u"})
    rig.plane.send(assignment("t-1", rig.env(WARP_API_KEY="wk-task", CONFIGURED="task", OWN="o"),
                              snapshot={"harness": {"type": "claude"}}))
    environment = environment_of(rig, "t-1")
    workspace = rig.note_list("t-1", ".cwd")[0]
    file = environment.pop("OZ_ENVIRONMENT_FILE", None)
    assert file is None or file.startswith(workspace + "/oz-env-")
    assert workspace == os.path.join(rig.workspaces, "t-1")
    assert environment == {
        "HOME": rig.path("home"), "TMPDIR": rig.path("tmp"), "PATH": rig.environment["PATH"], "TASK_ID": "t-1",
        "GIT_TERMINAL_PROMPT": "0", "GH_PROMPT_DISABLED": "1", "WARP_SERVER_ROOT_URL": ROOT_URL,
        "STUB_DIR": rig.notes, "WARP_API_KEY": "wk-task", "OWN": "o", "CONFIGURED": "c", "BOTH": "flag", "FLAG": "f",
        "FROM_HOST": "h", "CLAUDE_CONFIG_DIR": workspace + "/.claude", "GIT_CONFIG_GLOBAL": workspace + "/.gitconfig"}


def test_setup_and_teardown_environments(rig):
    dump = ("out={0}/$OZ_RUN_ID.{1}; pwd > $out.pwd; env -0 > $out.part; mv $out.part $out")
    rig.connected(
        direct={"setup_command": dump.format(rig.notes, "setup"), "teardown_command": dump.format(rig.notes, "down"),
                "environment": [{"name": "CONFIGURED", "value": "c"}]},
        environment={"WARP_API_KEY": "wk-host", "UNRELATED": "u"})
    rig.plane.send(assignment("run-1", rig.env(OWN="o"), snapshot={"harness": {"type": "codex"}}))
    setup = dict(entry.split("=", 1) for entry in rig.note_list("run-1", ".setup"))
    teardown = dict(entry.split("=", 1) for entry in rig.note_list("run-1", ".down"))
    workspace = rig.note_list("run-1", ".cwd")[0]
    for name, value in {
            "OZ_WORKSPACE_ROOT": workspace, "OZ_WORKER_BACKEND": "direct", "OZ_RUN_ID": "run-1", "OWN": "o",
            "CONFIGURED": "c", "UNRELATED": "u", "TASK_ID": "run-1", "CODEX_HOME": workspace + "/.codex",
            "GIT_CONFIG_GLOBAL": workspace + "/.gitconfig"}.items():
        assert setup.get(name) == value, name
    assert setup["OZ_ENVIRONMENT_FILE"].startswith(workspace + "/oz-env-")
    assert "WARP_API_KEY" not in setup and "WARP_API_KEY_FILE" not in setup
    assert teardown["OZ_WORKSPACE_ROOT"] and teardown["OZ_RUN_ID"] == "run-1"
    assert teardown["OZ_WORKER_BACKEND"] == "direct" and teardown["UNRELATED"] == "u"
    assert "GIT_CONFIG_GLOBAL" in teardown
    assert "WARP_API_KEY" not in teardown and "OWN" not in teardown
    with open(rig.note("run-1", ".setup.pwd"), encoding="ascii") as file:
        assert file.read().strip() == workspace


def test_the_environment_file_overrides_and_a_bad_line_costs_itself_only(rig):
    setup = "\n".join((
        "cat > $OZ_ENVIRONMENT_FILE <<'EOF'", "# a comment", "export GOOD=one # behind", "this is no assignment",
        "REF=\"${GOOD} two\"", "'also bad", "", "EOF", "echo LAST=\"'it is'\" >> $OZ_ENVIRONMENT_FILE"))
    setup = setup.replace("'also bad\n", "=also bad\n")
    worker = rig.connected(direct={"setup_command": setup, "environment": [{"name": "GOOD", "value": "config"}]})
    rig.plane.send(assignment("t-1", rig.env()))
    environment = environment_of(rig, "t-1")
    assert (environment["GOOD"], environment["REF"], environment["LAST"]) == ("one", "one two", "it is")
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    warning = worker.wait_event("task.environment_malformed", task_id="t-1")
    assert warning["level"] == "warn" and warning["lines"] == [3, 5]


def test_names_beyond_the_bound_of_the_environment_file_are_told(rig):
    setup = "seq 1 10003 | sed 's/.*/N&=&/' > $OZ_ENVIRONMENT_FILE"
    worker = rig.connected(direct={"setup_command": setup})
    rig.plane.send(assignment("t-1", rig.env()))
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    environment = environment_of(rig, "t-1")
    assert environment["N10000"] == "10000" and "N10001" not in environment
    warning = worker.wait_event("task.environment_truncated", task_id="t-1")
    assert warning["level"] == "warn" and warning["omitted"] == 3


def test_an_agent_that_is_a_script_without_a_first_line(rig):
    path = rig.path("plain")
    with open(path, "w", encoding="ascii") as file:
        file.write("echo hello\n")
    os.chmod(path, 0o755)
    rig.connected(direct={"oz_path": path})
    rig.plane.send(assignment("t-1", rig.env()))
    data = rig.plane.wait_final("t-1")["data"]
    assert data["failure_reason"] == "agent_invocation"
    assert "`#!`" in data["message"] and "not built for this machine" in data["message"]


def test_an_agent_that_floods_its_output_ends_and_the_worker_lives(rig):
    worker = rig.connected(level="info")
    rig.plane.send(assignment("loud", rig.env("flood 20000000")))
    rig.plane.send(assignment("quiet", rig.env()))
    assert rig.plane.wait_final("quiet")["type"] == "task_completed"
    assert rig.plane.wait_final("loud", patience=60)["type"] == "task_completed"
    assert worker.is_alive() and worker.resident() < 64 * 1024


def test_a_pipe_that_is_held_open_does_not_delay_the_final_word(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env("hold")))
    assert rig.plane.wait_final("t-1", patience=10)["type"] == "task_completed"
    rig.wait_no_notes_alive("t-1")


def test_output_is_in_the_log_with_the_task(rig):
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env("sh printf 'one\\ntwo\\nlast'; echo err >&2"), execution="e-1"))
    rig.plane.wait_final("t-1")
    for text in ("one", "two"):
        line = worker.wait_event("task.output", task_id="t-1", message=text)
        assert line["execution_id"] == "e-1" and line["level"] == "info"
    # What had no line end may share its line with what came by the other stream.
    for text in ("last", "err"):
        daemon.wait_until(f"{text} in the log", lambda: any(
            text in line["message"] for line in worker.events("task.output", task_id="t-1")))
