"""What a server may send by mistake or in malice: the worker lives, answers where it can, and goes on working."""

import json
import random

import pytest

from plane import assignment

PREFIX = "assignment could not be read: "


def still_works(rig, worker):
    rig.plane.send(assignment("sane", rig.env()))
    assert rig.plane.wait_final("sane")["type"] == "task_completed"
    assert worker.is_alive()


@pytest.mark.parametrize("data", [
    {"task_id": "t-1"}, {"task_id": "t-1", "task": None}, {"task_id": "t-1", "task": 5},
    {"task_id": "t-1", "task": {"id": "t-1"}, "env_vars": {"A": 5}},
    {"task_id": "t-1", "task": {"id": "t-1"}, "additional_oz_args": "text"}])
def test_an_unreadable_assignment_is_rejected(rig, data):
    worker = rig.connected()
    rig.plane.send({"type": "task_assignment", "data": data})
    rejection = rig.plane.wait_for("task_rejected", "t-1")
    assert rejection["reason"].startswith(PREFIX) and len(rejection["reason"]) > len(PREFIX)
    still_works(rig, worker)
    assert not rig.plane.of("task_claimed", "t-1")


@pytest.mark.parametrize("text", [
    "", "null", "[]", "5", "{", '{"type":', '{"type":5}', '{"type":"task_assignment"}',
    '{"type":"task_assignment","data":{}}', '{"type":"task_assignment","data":{"task_id":5,"task":{}}}',
    '{"type":"task_cancellation","data":{}}', '{"type":"task_cancellation"}', '{"type":"heartbeat"}',
    '{"type":"task_assignment","data":{"task_id":"\\ud800"}', "\u0000\u0001", '{"type":"x","type":"y"}'])
def test_malformed_messages_are_survived(rig, text):
    worker = rig.connected()
    rig.plane.send_raw(text)
    still_works(rig, worker)
    assert len(rig.plane.connections) == 1


def test_unknown_types_are_logged_once_each(rig):
    worker = rig.connected()
    for _ in range(3):
        rig.plane.send({"type": "news", "data": {"x": "canary-payload"}})
    rig.plane.send({"type": "more_news"})
    still_works(rig, worker)
    logged = worker.events("message.unknown_type")
    assert [line["type"] for line in logged] == ["news", "more_news"]
    assert all(line["level"] == "warn" for line in logged)
    assert b"canary-payload" not in worker.raw


def test_a_binary_frame_is_read_as_text(rig):
    rig.connected()
    rig.plane.send_raw(json.dumps(assignment("t-1", rig.env())).encode())
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"


def test_unknown_fields_and_nulls_are_ignored(rig):
    rig.connected()
    message = assignment("t-1", rig.env(), execution_id=None, docker_image=None, additional_oz_args=None, new={"a": 1})
    rig.plane.send({**message, "extra": [1]})
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"


def test_5_megabytes_are_read(rig):
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(), prompt="p" * 5_000_000))
    assert rig.plane.wait_final("t-1")["type"] == "task_completed"
    rig.plane.send_raw("x" * 5_000_000)
    still_works(rig, worker)


def test_more_than_16_mebibytes_close_the_connection(rig):
    worker = rig.connected()
    rig.plane.send_raw("x" * (16 * 1024 * 1024 + 1))
    rig.plane.wait("the close", lambda: not rig.plane.connections[0]["open"])
    assert rig.plane.connections[0]["code"] == 1009
    rig.plane.wait_connected(beyond=1)
    still_works(rig, worker)


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_survived(rig, opening, closing):
    worker = rig.connected()
    deep = opening * 100_000 + "1" + closing * 100_000
    rig.plane.send_raw(deep)
    text = json.dumps(assignment("deep", rig.env(), snapshot={"mcp_servers": {"x": "HERE"}})).replace('"HERE"', deep)
    rig.plane.send_raw(text)
    still_works(rig, worker)


def test_random_bytes_are_survived(rig):
    worker = rig.connected()
    dice = random.Random(20)
    whole = json.dumps(assignment("fuzzed", {}, execution="e", snapshot={"model_id": "m"})).encode()
    for _ in range(300):
        rig.plane.send_raw(dice.randbytes(dice.randrange(400)))
        bent = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        # What is left of the type would still be an assignment; a cancellation is the harmless kind.
        rig.plane.send_raw(bytes(bent).replace(b"task_assignment", b"task_cancellation"))
        rig.plane.send_raw(bytes(bent[:dice.randrange(len(bent))]))
    still_works(rig, worker)
    assert len(rig.plane.connections) == 1


def test_required_lifecycle_hooks_are_rejected_and_others_ignored(rig):
    rig.connected()
    rig.plane.send(assignment("needs", rig.env(), oz_lifecycle_hooks={"pre": [{"required": True}]}))
    assert rig.plane.wait_for("task_rejected", "needs")["reason"]
    rig.plane.send(assignment("likes", rig.env(), oz_lifecycle_hooks={"pre": [{"required": False}]}))
    assert rig.plane.wait_final("likes")["type"] == "task_completed"


def test_a_cancellation_of_an_unknown_task_is_a_warning(rig):
    worker = rig.connected()
    rig.plane.send({"type": "task_cancellation", "data": {"task_id": "nobody"}})
    assert worker.wait_event("task.cancellation_unknown")["level"] == "warn"
    still_works(rig, worker)
