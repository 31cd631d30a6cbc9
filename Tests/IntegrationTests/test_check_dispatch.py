"""`check --run-task` with the command backend: the operator's own scripts get the canaries, and give them back."""

import json
import os
import signal

import pytest

import daemon
from check_bench import KEY, SECRETS, TOKEN, bench  # noqa: F401

OUTCOMES = ["plane", "worker", "task", "cancel", "recall", "protocol", "stop", "processes", "supervisors", "payloads"]
DISPATCHED = 'cat > "$NOTES/.p"; mv "$NOTES/.p" "$NOTES/$OZ_RUN_ID.payload"; '
DETACHED = ('setsid sleep 1000 <&- >/dev/null 2>&1 & echo $! > "$NOTES/.r"; '
            'mv "$NOTES/.r" "$NOTES/$OZ_RUN_ID.run"; ')
CANCEL = ('echo x >> "$NOTES/$OZ_RUN_ID.cancels"; '
          '[ ! -e "$NOTES/$OZ_RUN_ID.run" ] || kill "$(cat "$NOTES/$OZ_RUN_ID.run")"')


def start(bench, dispatch, cancel=CANCEL, *arguments, timeout="60s"):
    command = {"dispatch_command": dispatch, "dispatch_timeout": timeout}
    if cancel is not None:
        command["cancel_command"] = cancel
    return bench.start("--run-task", "--offline", *arguments, command=command,
                       environment={"NOTES": bench.rig.notes})


def canary(bench, *arguments, **options):
    process = start(bench, *arguments, **options)
    out, err = process.communicate(timeout=daemon.PATIENCE * 4)
    for secret in SECRETS:
        assert secret.encode() not in out + err, f"{secret} was shown"
    return process.returncode, out.decode(), err.decode()


def steps(bench, dispatch, cancel=CANCEL, more=(), **options):
    code, out, err = canary(bench, dispatch, cancel, "--json", *more, **options)
    assert err == ""
    section = json.loads(out)["checks"]["task"]
    return code, {step["name"]: step for step in section["steps"]}, section["note"]


def outcomes(found):
    return {name: step["outcome"] for name, step in found.items()}


def notes(bench, suffix):
    return sorted(name for name in os.listdir(bench.rig.notes) if name.endswith(suffix))


def lines(bench, name):
    with open(os.path.join(bench.rig.notes, name), encoding="ascii") as file:
        return file.read().splitlines()


def runs(bench):
    return [int(lines(bench, name)[0]) for name in notes(bench, ".run")]


def nothing_left(bench):
    bench.rig.wait_no_process()
    assert os.listdir(bench.rig.path("tmp")) == [], "the canary's own files are left"
    assert os.listdir(bench.rig.path("state")) == [], "the canary's worker kept an instance id"


def test_one_is_handed_over_another_cancelled_and_nothing_is_left(bench):
    record = bench.rig.path("recording")
    code, found, note = steps(bench, DISPATCHED + DETACHED, more=["--record", record])
    assert code == 0, found
    assert outcomes(found) == dict.fromkeys(OUTCOMES, "ok")
    assert not os.path.exists(record), "it recorded where a running worker may record"
    assert "two tasks, in earnest" in note and "takes both back" in note
    payloads = notes(bench, ".payload")
    assert len(payloads) == 2
    for name in payloads:
        assert lines(bench, name.replace("payload", "cancels")) == ["x"], "not taken back, or more than once"
        payload = json.loads(lines(bench, name)[0])
        assert payload["run_id"].startswith("oz-check-") and payload["env"]["OZ_CHECK"] == "canary"
        assert payload["task"]["title"] == "A canary of check"
        assert KEY not in json.dumps(payload), "the real key went to the runtime"
    assert len(runs(bench)) == 2 and not any(daemon.alive(pid) for pid in runs(bench))
    nothing_left(bench)


def test_it_is_said_before_anything_is_handed_over(bench):
    gate = os.path.join(bench.rig.notes, "gate")
    process = start(bench, f'while [ ! -e {gate} ]; do sleep 0.02; done', timeout="1h")
    said = []
    while (line := process.stdout.readline()).split()[:2] != [b"ok", b"plane"]:
        said.append(line)
        assert line
    assert any(b"in earnest" in line and b"OZ_CHECK=canary" in line for line in said), said
    with open(gate, "w", encoding="ascii"):
        pass
    out, _ = process.communicate(timeout=daemon.PATIENCE * 3)
    assert process.returncode == 0, out
    nothing_left(bench)


def test_help_warns(bench):
    process = bench.start("--help")
    out, _ = process.communicate(timeout=daemon.PATIENCE)
    assert "dispatch_command hands the canaries over in earnest" in " ".join(out.decode().split())


def test_a_dispatch_that_refuses(bench):
    code, found, _ = steps(bench, 'sleep 1000 & echo "no room for $TOKEN" >&2; exit 3')
    assert code == 69
    skipped = dict.fromkeys(["cancel", "recall", "protocol"], "skipped")
    assert outcomes(found) == {**dict.fromkeys(OUTCOMES, "ok"), "task": "failed", **skipped}
    assert found["task"]["facts"] == {"state": "failed", "reason": "dispatch_command"}
    assert "dispatch command ended with exit code 3" in found["task"]["message"]
    assert any("no room for ***" in line for line in found["task"]["details"]), found["task"]["details"]
    assert notes(bench, ".cancels") == [], "a refusal is a word, there is nothing to take back"
    nothing_left(bench)


def test_a_dispatch_that_hangs(bench):
    code, found, _ = steps(bench, "sleep 1000 & sleep 1000", timeout="300ms")
    assert code == 69
    assert found["task"]["facts"] == {"state": "failed", "reason": "dispatch_timeout"}
    assert outcomes(found)["processes"] == outcomes(found)["supervisors"] == "ok"
    assert len(notes(bench, ".cancels")) == 1, "a command that gave no word may have handed it over"
    nothing_left(bench)


def test_without_a_cancel_command_one_task_stays_with_the_runtime(bench):
    code, found, note = steps(bench, DETACHED, None)
    assert code == 0, found
    assert outcomes(found) == {**dict.fromkeys(OUTCOMES, "ok"), "cancel": "warning", "recall": "skipped"}
    assert "one task" in note and "stays where it is handed to" in note
    assert "cancel_command" in found["cancel"]["advice"]
    run, = runs(bench)
    assert daemon.alive(run), "what was handed over was ended by the check"
    assert found["processes"]["facts"] == {"left": [], "runs_on": [f"sleep ({run})"]}
    os.kill(run, signal.SIGKILL)
    nothing_left(bench)


def test_a_run_that_does_not_end_when_it_is_cancelled_and_keeps_its_payload(bench):
    """A fork that keeps the standard input and that no cancellation reaches: told, and left alone."""
    fork = 'exec 5<&0; setsid sleep 1000 <&5 >/dev/null 2>&1 & echo $! > "$NOTES/$OZ_RUN_ID.run"'
    code, found, _ = steps(bench, fork, "true")
    assert code == 0, found
    assert outcomes(found) == {**dict.fromkeys(OUTCOMES, "ok"), "processes": "warning", "payloads": "warning"}
    assert len(runs(bench)) == 2 and all(daemon.alive(run) for run in runs(bench))
    names = sorted(f"sleep ({run})" for run in runs(bench))
    assert sorted(found["processes"]["facts"]["runs_on"]) == names == sorted(found["payloads"]["facts"]["left"])
    assert "cancel_command must end it" in found["processes"]["advice"]
    assert "</dev/null" in found["payloads"]["advice"]
    for run in runs(bench):
        os.kill(run, signal.SIGKILL)
    nothing_left(bench)


def test_a_cancel_command_that_fails(bench):
    code, found, _ = steps(bench, "true", 'echo x >> "$NOTES/$OZ_RUN_ID.cancels"; echo "no $TOKEN"; exit 7')
    assert code == 69
    assert outcomes(found) == {**dict.fromkeys(OUTCOMES, "ok"), "cancel": "failed", "recall": "failed",
                               "protocol": "skipped"}
    assert "oz-check-" in found["cancel"]["message"] and "may run on" in found["cancel"]["message"]
    assert any("no ***" in line for line in found["cancel"]["details"])
    cancels = notes(bench, ".cancels")
    assert [lines(bench, name) for name in cancels] == [["x"] * 3] * 2, "each of them is tried three times"
    nothing_left(bench)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_canary_is_taken_back(bench, number):
    process = start(bench, 'touch "$NOTES/ready"; sleep 1000', timeout="1h")
    daemon.wait_until("the dispatch command", lambda: os.path.exists(os.path.join(bench.rig.notes, "ready")))
    process.send_signal(number)
    out, _ = process.communicate(timeout=daemon.PATIENCE * 2)
    assert process.returncode == 128 + number
    assert b"interrupted" in out.splitlines()[-1]
    assert len(notes(bench, ".cancels")) == 1, out
    nothing_left(bench)


@pytest.mark.parametrize("step", [b"plane", b"worker", b"task"])
def test_an_interruption_after_any_step_ends_it_in_order(bench, step):
    process = start(bench, DETACHED)
    while (line := process.stdout.readline()).split()[:2] != [b"ok", step]:
        assert line
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=daemon.PATIENCE * 2)
    assert process.returncode == 130, out
    assert not any(daemon.alive(pid) for pid in runs(bench)), "what was handed over was not taken back"
    nothing_left(bench)


def test_processes_that_outlive_the_worker_are_found_and_ended(bench):
    """A dispatch command that stops its supervisor and kills the worker leaves all that it started behind."""
    kill = "sleep 1000 & worker=$(cut -d' ' -f4 /proc/$PPID/stat); kill -STOP $PPID; kill -9 $worker; sleep 1000"
    code, found, _ = steps(bench, kill)
    assert code == 69
    assert any("exit code 137" in found[name]["message"] for name in ("worker", "task"))
    assert found["recall"]["outcome"] == "skipped" and "may run on" in found["recall"]["message"]
    assert found["processes"]["outcome"] == "failed" and found["processes"]["message"].count("sleep (") == 2
    assert found["supervisors"]["outcome"] == "failed" and "oz-supervisor (" in found["supervisors"]["message"]
    nothing_left(bench)
