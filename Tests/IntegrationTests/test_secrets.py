"""Canaries: nothing that is secret appears in any output, at any level, also when the agents print it themselves."""

import base64

import pytest

import daemon
from plane import assignment, cancellation

CANARIES = {
    "prompt": "canary-prompt-81aa", "title": "canary-title-92bb", "variable": "canary-variable-a3cc",
    "task key": "wk-canary-task-b4dd", "server of mcp": "canary-mcp-c5ee", "argument": "canary-argument-d6ff",
    "configured": "canary-configured-e700", "flag": "canary-flag-f811", "file": "canary-file-0922",
    "base prompt": "canary-base-1a33", "auth secret": "canary-auth-2b44", "telemetry": "canary-telemetry-3c55",
    "api key": daemon.KEY,
}


def secretive(task, rig, how, **more):
    return assignment(
        task, rig.env(how, VARIABLE=CANARIES["variable"], WARP_API_KEY=CANARIES["task key"]), execution=f"{task}-e",
        prompt=CANARIES["prompt"], title=CANARIES["title"], additional_oz_args=["--x", CANARIES["argument"]],
        telemetry_collection={"token": CANARIES["telemetry"]},
        snapshot={"mcp_servers": {"s": {"env": {"T": CANARIES["server of mcp"]}}},
                  "base_prompt": CANARIES["base prompt"],
                  "harness_auth_secrets": {"claude_auth_secret_name": CANARIES["auth secret"]}}, **more)


def assert_no_canary(worker):
    for what, canary in CANARIES.items():
        assert canary.encode() not in worker.raw, f"the {what} is in the output: {context(worker.raw, canary)}"


def context(raw, canary):
    at = raw.find(canary.encode())
    return raw[max(0, at - 300):at + 100]


def options(rig):
    return {"arguments": ("-e", "FLAG=" + CANARIES["flag"]), "direct": {
        "setup_command": f"echo FROM_FILE={CANARIES['file']} > $OZ_ENVIRONMENT_FILE; env; echo $VARIABLE >&2",
        "teardown_command": "env", "environment": [{"name": "CONFIGURED", "value": CANARIES["configured"]}]}}


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_no_canary_in_the_log(rig, level):
    chosen = options(rig)
    worker = rig.start(*chosen["arguments"], direct=chosen["direct"], level=level)
    rig.plane.wait_connected()
    rig.plane.send(secretive("prints", rig, "environment"))
    assert rig.plane.wait_final("prints")["type"] == "task_completed"
    rig.plane.send(secretive("fails", rig, "sh echo $VARIABLE; echo \"x${VARIABLE}x$CONFIGURED\"; exit 3"))
    rig.plane.wait_final("fails")
    rig.plane.send(secretive("cancelled", rig, "sleep"))
    rig.note("cancelled", ".ready")
    rig.plane.send(secretive("cancelled", rig, "sleep"))
    rig.plane.send(cancellation("cancelled"))
    rig.plane.wait_final("cancelled")
    opening = '{"type":"task_assignment","data":{"task_id":'
    rig.plane.send_raw(opening + '"b","task":{"title":"%s"},"env_vars":5,' % CANARIES["title"])
    rig.plane.send_raw(CANARIES["prompt"])
    rig.plane.send_raw(opening + '"c","env_vars":{"A":"%s"}}}' % CANARIES["variable"])
    rig.plane.wait_for("task_rejected", "c")
    rig.plane.drop()
    rig.plane.wait_connected(beyond=1)
    worker.signal()
    assert worker.wait_exit() == 0
    assert_no_canary(worker)
    for message in rig.plane.messages:
        for what, canary in CANARIES.items():
            assert canary not in message["text"], f"the {what} was sent to the server"
    if level in ("debug", "info"):
        printed = [line["message"] for line in worker.events("task.output", task_id="prints")]
        # The lines are there, only what is secret in them is not.
        assert any(line.startswith("env VARIABLE=") for line in printed)
        assert any(line.startswith("env FROM_FILE=") for line in printed)


def test_a_canary_that_is_printed_in_pieces(rig):
    worker = rig.connected()
    rig.plane.send(secretive("pieces", rig, "sh printf canary-vari; sleep 0.3; printf 'able-a3cc\\n'"))
    rig.plane.wait_final("pieces")
    worker.wait_event("task.completed")
    worker.signal()
    worker.wait_exit()
    assert_no_canary(worker)


def test_a_key_of_many_lines_and_what_base64_makes_of_it(rig):
    lines = [f"MIIEcanary{number:02}" + "k3y" * 17 for number in range(6)]
    pem = "\n".join(["-----BEGIN KEY-----", *lines, "-----END KEY-----", ""])
    worker = rig.connected()
    show = ('printf %s "$PEM"; printf "user:%s" "$TOKEN" | base64 -w 0; echo; echo "$PEM" | base64; '
            'printf \'{"a":"%s"}\' "$TOKEN" | base64 -w 0 | tr +/ -_; echo; echo shown')
    rig.plane.send(assignment("prints", rig.env(f"sh {show}", PEM=pem, TOKEN="canary?token>>~value")))
    assert rig.plane.wait_final("prints")["type"] == "task_completed"
    worker.wait_event("task.output", message="shown")
    printed = [line["message"] for line in worker.events("task.output", task_id="prints")]
    assert printed[:8] == ["***"] * 8, "a line of the key was shown"
    token = base64.b64encode(b"canary?token>>~value").decode()
    for line in printed[8:-1]:
        assert "***" in line and len(line.replace("***", "")) <= 16, line
    assert not any(line.encode() in worker.raw for line in lines) and token.encode()[4:12] not in worker.raw


def test_an_agent_that_finds_the_workers_own_key(rig):
    worker = rig.connected()
    rig.plane.send(assignment("prints", rig.env(f"sh echo before; cat {rig.key_file}; echo after")))
    rig.plane.wait_final("prints")
    worker.signal()
    worker.wait_exit()
    assert worker.events("task.output", message="after")
    assert_no_canary(worker)


def test_the_key_is_not_printed_when_it_is_refused(rig):
    rig.plane.refuse_with = 401
    worker = rig.start()
    worker.wait_event("connection.key_refused")
    worker.signal()
    worker.wait_exit()
    assert_no_canary(worker)
