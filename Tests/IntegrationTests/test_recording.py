"""The worker with --record, and what replay makes of it: a real session, a killed worker, damaged files."""

import json
import os
import re
import signal

import pytest

import daemon
from plane import assignment
from recordings import eventful, heavy, inputs_of, lines_of, replay, sealed, unsealed, verified
from test_secrets import CANARIES, options, secretive


def test_a_session_replays(rig):
    path = rig.path("session")
    worker = eventful(rig, path)
    assert worker.events("recording.started", path=path)
    assert not worker.events("recording.stopped")
    lines = lines_of(path)
    for line in lines:
        unsealed(line)
        json.loads(line)
    header = json.loads(lines[0])
    assert header["recording"] == 1 and header["segment"] == 0 and header["first"] == 1
    assert header["settings"]["workerID"] == "rig" and header["host"]["processors"] > 0
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert verified(path) == len(inputs_of(path)) > 40
    assert "the worker ended with exit code 0" in replay(path)[1]


def test_a_task_is_told_in_order(rig):
    path = rig.path("session")
    eventful(rig, path)
    _, story, _ = replay(path, "--task", "unwanted")
    pid = rig.pids("unwanted")[0]
    order = ["unwanted-e: cancelled", "assigned", "says: claim of unwanted", "the claim was handed over",
             "the directory is made", "asks for the agent", "~ the connection was lost", "~ connection",
             "the server asked for the task to be cancelled", "to end (SIGTERM)",
             "the agent", "the task was cancelled", "says: unwanted/unwanted-e cancelled",
             "the server has heard the final word"]
    at = 0
    for words in order:
        found = story.find(words, at)
        assert found >= 0, f"{words!r} is not where it should be in:\n{story}"
        at = found
    # Its start may be heard of before or behind the loss.
    assert f"started: the agent (pid {pid})" in story
    code, story, _ = replay(path, "--task", "bad")
    assert code == 0 and "failed with exit code 3" in story
    code, _, complaint = replay(path, "--task", "goud")
    assert code == 1 and "did you mean good?" in complaint


def test_the_state_at_an_input(rig):
    path = rig.path("session")
    eventful(rig, path)
    started = next(line["n"] for line in inputs_of(path) if "started" in str(line["event"].get("process")))
    code, said, _ = replay(path, "--at", started)
    assert code == 0
    assert re.search(r"command #\d+ runs", said) and re.search(r"slot \d  \S+: running, assigned", said)
    assert "worker      running" in said
    code, state, _ = replay(path, "--at", started, "--json")
    tasks = [task for task in json.loads(state)["roster"]["slots"] if task]
    assert code == 0 and {task["key"]["task"]["bytes"] for task in tasks} & {"good", "bad", "unwanted", "lasting"}
    assert replay(path, "--at", 10_000_000)[0] == 1


def test_only_what_is_asked_for_is_compared(rig):
    path = rig.path("session")
    eventful(rig, path)
    count = len(inputs_of(path))
    assert verified(path, "--from", 11, "--to", 20) == 10
    assert verified(path, "--from", "+0s") == count
    first = inputs_of(path)[0]["wall"]
    later = sum(1 for line in inputs_of(path) if line["at"] - inputs_of(path)[0]["at"] >= 100_000_000)
    assert verified(path, "--from", "+100ms") == later
    assert first > 0 and verified(path, "--to", "2001-01-01T00:00:00Z", "--from", "1") == 0


def test_no_secret_is_in_a_recording(rig):
    path = rig.path("session")
    chosen = options(rig)
    worker = rig.connected("--record", path, *chosen["arguments"], direct=chosen["direct"])
    rig.plane.send(secretive("t-1", rig, "environment"))
    rig.plane.wait_final("t-1")
    rig.plane.send(secretive("t-2", rig, "sh echo $VARIABLE; exit 3"))
    rig.plane.wait_final("t-2")
    worker.signal()
    assert worker.wait_exit() == 0
    assert verified(path) > 20
    shown = [path]
    for name, arguments in (("story", ("--task", "t-1")), ("page", ("--timeline", rig.path("page.html"))),
                            ("state", ("--at", "30", "--json"))):
        with open(rig.path(f"shown-{name}"), "w", encoding="utf-8") as file:
            file.write("".join(replay(path, *arguments)[1:]))
        shown.append(rig.path(f"shown-{name}"))
    shown.append(rig.path("page.html"))
    for place in shown:
        with open(place, "rb") as file:
            content = file.read()
        # What the operator configures as a command is public; the canary in it is the shell's to write.
        content = content.replace(chosen["direct"]["setup_command"].encode(), b"")
        content = content.replace(json.dumps(chosen["direct"]["setup_command"])[1:-1].encode(), b"")
        for what, canary in CANARIES.items():
            assert canary.encode() not in content, f"the {what} is in {place}"


def test_a_killed_worker_leaves_what_led_to_its_last_final_word(rig):
    path = rig.path("session")
    worker = rig.connected("--record", path)
    rig.plane.send(assignment("good", rig.env(), execution="good-e"))
    rig.plane.wait_final("good")
    daemon.wait_until("the final word's line", lambda: b'"finished"' in open(path, "rb").read())
    worker.signal(signal.SIGKILL)
    worker.wait_exit()
    assert verified(path) >= 8
    assert "the worker had not ended" in replay(path)[1]
    assert "completed" in replay(path, "--task", "good")[1]


def test_segments_rotate_and_stay_below_the_limit(rig):
    path = rig.path("session")
    worker = rig.connected("--record", path, "--record-limit", "1Mi")
    for number in range(70):
        rig.plane.send(heavy(f"t-{number}", rig))
        rig.plane.wait_final(f"t-{number}")
    worker.signal()
    assert worker.wait_exit() == 0
    assert not worker.events("recording.stopped")
    older = sorted((name for name in os.listdir(rig.folder) if re.fullmatch(r"session\.\d+", name)),
                   key=lambda name: int(name.split(".")[1]))
    assert len(older) >= 4
    assert [int(name.split(".")[1]) for name in older] == list(range(1, len(older) + 1))
    assert sum(os.path.getsize(rig.path(name)) for name in [*older, "session"]) <= 1 << 20
    # The oldest are gone; what is left replays as one, and each segment alone.
    segments = [json.loads(lines_of(rig.path(name))[0]) for name in [*reversed(older), "session"]]
    assert segments[0]["segment"] > 0
    assert [entry["segment"] for entry in segments] == list(
        range(segments[0]["segment"], segments[0]["segment"] + len(segments)))
    count = sum(len(inputs_of(rig.path(name))) for name in [*older, "session"])
    assert verified(path) == count
    assert f"{len(segments)} segments" in replay(path)[1]
    for name in [*older, "session"]:
        assert verified("--alone", rig.path(name)) == len(inputs_of(rig.path(name)))
    os.remove(rig.path("session.2"))
    code, said, _ = replay(rig.path("session"), rig.path("session.1"), rig.path("session.3"))
    assert code == 0 and "are missing before" in said


def test_every_life_has_files_of_its_own(rig):
    path = rig.path("session")
    for _ in range(2):
        worker = rig.connected("--record", path)
        worker.signal()
        assert worker.wait_exit() == 0
        rig.plane.wait("the close", lambda: not any(c["open"] for c in rig.plane.connections))
    lives = [json.loads(lines_of(place)[0])["life"] for place in (path, path + ".1")]
    assert lives[0] != lives[1]
    assert verified(path) == len(inputs_of(path))
    assert verified(path, path + ".1") == len(inputs_of(path)) + len(inputs_of(path + ".1"))
    assert replay(path, path + ".1", "--timeline", rig.path("page.html"))[0] == 2


# What is wrong with a file is said.


@pytest.fixture
def recorded(rig):
    path = rig.path("session")
    worker = rig.connected("--record", path)
    rig.plane.send(assignment("good", rig.env(), execution="good-e"))
    rig.plane.wait_final("good")
    worker.signal()
    assert worker.wait_exit() == 0
    return path


def rewrite(path, lines):
    with open(path, "wb") as file:
        file.writelines(lines)


def test_a_damaged_file_is_read_to_the_damage(recorded):
    lines = lines_of(recorded)
    damaged = bytearray(lines[9])
    damaged[20] ^= 1
    rewrite(recorded, [*lines[:9], bytes(damaged), *lines[10:]])
    code, said, _ = replay(recorded)
    assert code == 65
    assert "line 10" in said and "damaged" in said and "read up to input 7" in said and "verified 7 inputs" in said


def test_a_file_that_was_cut_off_is_read_to_its_last_whole_line(recorded):
    lines = lines_of(recorded)
    rewrite(recorded, [*lines[:9], lines[9][:30]])
    code, said, _ = replay(recorded)
    assert code == 0
    assert "ends in the middle of line 10" in said and "verified 7 inputs" in said


def another_digest(line):
    body = unsealed(line)
    return sealed(body[:-2] + (b"0" if body[-2:-1] != b"0" else b"1") + b'"')


def test_a_difference_is_found_and_both_sides_are_told(recorded):
    lines = lines_of(recorded)
    place = next(place for place, line in enumerate(lines) if place > 4 and b'"asked":""' not in line)
    rewrite(recorded, [*lines[:place], another_digest(lines[place]), *lines[place + 1:]])
    code, said, _ = replay(recorded)
    assert code == 1
    assert f"DIFFERS at input {place - 1}" in said
    assert "recorded:" in said and "replayed:" in said and "->" in said


def test_a_recording_of_another_build_is_a_finding(recorded):
    lines = lines_of(recorded)
    lines[0] = sealed(re.sub(rb'"commit":"[^"]*"', b'"commit":"elsewhere"', unsealed(lines[0])))
    place = next(place for place, line in enumerate(lines) if place > 4 and b'"asked":""' not in line)
    rewrite(recorded, lines)
    code, said, _ = replay(recorded)
    assert code == 0 and "recorded by another build" in said
    rewrite(recorded, [*lines[:place], another_digest(lines[place]), *lines[place + 1:]])
    code, said, _ = replay(recorded)
    assert code == 0 and f"from input {place - 1} on they hold other things" in said
    assert replay(recorded, "--strict")[0] == 1
    body = unsealed(lines[place])
    other = sealed(body[:body.index(b',"asked":"')] + b',"asked":"X00000000"')
    rewrite(recorded, [*lines[:place], other, *lines[place + 1:]])
    code, said, _ = replay(recorded)
    assert code == 0 and "DIFFERS" in said and "a finding, not a failure" in said
    assert replay(recorded, "--strict")[0] == 1


@pytest.mark.parametrize("arguments, code, words", [
    ([], 2, "which recording"), (["--help"], 0, "Usage"), (["--at"], 2, "--at N"),
    (["--at", "0", "x"], 2, "from 1 on"),
    (["--at", "1", "--task", "t", "x"], 2, "together"), (["--from", "soon", "x"], 2, "expected"),
    (["--wrong", "x"], 2, "unknown flag"), (["--json", "x"], 2, "--at"), (["--alone=yes", "x"], 2, "takes no value"),
    (["no-such-file"], 66, "No such file"), (["/dev/null"], 65, "not a recording"),
])
def test_usage(arguments, code, words):
    got, said, complaints = replay(*arguments)
    assert got == code, said + complaints
    assert words in said + complaints
