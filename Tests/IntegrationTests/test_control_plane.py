"""The control plane for development and the demo, as processes: what their pages and their output promise."""

import json
import os
import re
import shlex
import signal
import subprocess
import threading
import urllib.error
import urllib.request

import pytest
from websockets.sync.client import connect

import daemon
from plane import PATIENCE

WORKER_PATH = "/api/v1/selfhosted/worker/ws"


class Process:
    """A command of the binary whose standard output says where it listens."""

    def __init__(self, arguments, environment):
        self.process = subprocess.Popen([daemon.BINARY, *arguments], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # Both are read to their ends, so that nothing waits for us.
        self.told = []
        self.log = []
        self._readers = [threading.Thread(target=list.extend, args=pair, daemon=True)
                         for pair in ((self.told, self.process.stdout), (self.log, self.process.stderr))]
        for reader in self._readers:
            reader.start()

    def wait_said(self, pattern):
        return daemon.wait_until(pattern, lambda: re.search(pattern, "".join(self.told)))

    def end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Api:
    def __init__(self, address):
        self.address = address

    def ask(self, path, body=None):
        """(status, answer)"""
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", data, timeout=90) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def final(self, task):
        status, report = self.ask(f"/tasks/{task}?wait=final&timeout=60")
        assert status == 200, report
        return report["executions"][-1]

    def violations(self):
        return self.ask("/violations")[1]["violations"]


@pytest.fixture
def served(rig):
    """Starts control planes; each as (process, its API)."""
    def serve(*flags):
        process = rig.keep(Process(["control-plane", "--listen", "127.0.0.1:0", *flags], rig.environment))
        return process, Api(process.wait_said(r"listening on http://(\S+)\n").group(1))

    return serve


def worker_of(rig, api):
    worker = rig.start(url=f"ws://{api.address}{WORKER_PATH}")
    worker.wait_event("connection.open")
    return worker


def gated(rig, task, code=0):
    return {"prompt": "do it", "task_id": task, "env_vars": rig.env(f"until {rig.path('gate')} {code}")}


def test_a_task_from_the_submission_to_its_end(rig, served):
    plane, api = served()
    worker = worker_of(rig, api)
    status, submitted = api.ask("/tasks", {"prompt": "do it", "env_vars": rig.env("exit 3"), "worker_id": "rig"})
    assert status == 201 and not submitted["known"]
    end = api.final(submitted["task_id"])
    assert (end["state"], end["exit_code"], end["reason"]) == ("failed", 3, "agent_invocation")
    assert end["claims"]["count"] == end["final_words"]["count"] == end["assignments"]["count"] == 1
    api.ask("/tasks", gated(rig, "t-2"))
    rig.note("t-2", ".ready")
    assert api.ask("/tasks/t-2/cancel", {})[0] == 200
    assert api.final("t-2")["state"] == "cancelled"
    assert api.ask("/tasks/nobody")[0] == 404 and api.ask("/tasks", {"promt": "a slip"})[0] == 400
    worker.signal()
    assert worker.wait_exit() == 0
    assert api.violations() == [] and api.ask("/workers")[1]["open"] == []
    assert plane.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("misdeeds", [
    [{"do": "drop"}], [{"do": "half_close"}], [{"do": "close", "code": 1012}], [{"do": "stall", "seconds": 2}],
    [{"do": "send_raw", "base64": "//8A/w=="}], [{"do": "reset_after_stop_reading", "seconds": 1}],
    [{"do": "refuse", "status": 503, "retry_after": 1}, {"do": "drop"}],
    [{"do": "accept_and_close"}, {"do": "drop"}], [{"do": "ping", "text": "are you there"}]],
    ids=lambda misdeeds: misdeeds[0]["do"])
def test_whatever_it_does_a_task_ends_once(rig, served, misdeeds):
    """The word falls while the misdeed is in force, or soon after; either way the ledger has one of it."""
    _, api = served()
    worker = worker_of(rig, api)
    api.ask("/tasks", gated(rig, "t-1", 7))
    rig.note("t-1", ".ready")
    for misdeed in misdeeds:
        assert api.ask("/misbehave", misdeed)[0] == 200
    rig.touch("gate")
    end = api.final("t-1")
    assert (end["state"], end["exit_code"]) == ("failed", 7) and rig.starts("t-1") == 1
    worker.signal()
    assert worker.wait_exit(60) == 0
    assert api.violations() == []


def test_it_notices_a_worker_that_breaks_the_protocol(rig, served):
    """Else that it saw nothing would say nothing."""
    _, api = served()
    with connect(f"ws://{api.address}{WORKER_PATH}?worker_id=liar", compression=None,
                 additional_headers={"Authorization": "Bearer x"}) as liar:
        liar.send(json.dumps({"type": "task_claimed", "data": {"task_id": "t-9", "worker_id": "liar"}}))
        liar.send("{")
        liar.send(json.dumps({"type": "task_completed", "data": {"task_id": "t-9", "message": "done"}}))
        daemon.wait_until("all violations", lambda: len(api.violations()) == 4)
    assert [found["violation"] for found in api.violations()] == [
        "claim_of_unassigned", "not_json", "unexpected_message", "final_word_of_unassigned"]


def test_it_demands_the_key_that_it_was_given(rig, served):
    with open(rig.path("demanded"), "w", encoding="ascii") as file:
        file.write("another-key\n")
    _, api = served("--api-key-file", rig.path("demanded"))
    worker = rig.start(url=f"ws://{api.address}{WORKER_PATH}")
    assert worker.wait_event("connection.key_refused")["status"] == 401


def test_the_demo_does_what_it_says(rig):
    """A first task goes through, the line that it prints submits another, and Ctrl-C leaves nothing."""
    demo = rig.keep(Process(["demo"], rig.environment))
    said = demo.wait_said(r"demo: submit another with +(curl .*)\n").group(1)
    address = demo.wait_said(r"demo: see what happened at +http://([^/]+)/events\n").group(1)
    api = Api(address)
    assert api.final("demo-1")["state"] == "completed"
    words = shlex.split(said)
    assert words[:2] == ["curl", "-d"] and words[3] == f"http://{address}/tasks"
    _, submitted = api.ask("/tasks", json.loads(words[2]))
    assert api.final(submitted["task_id"])["state"] == "completed"
    assert api.violations() == []
    assert demo.end(signal.SIGINT) == 0
    log = "".join(demo.log)
    assert "stub agent: done" in log and "claimed" in log and "completed" in log
    assert os.listdir(rig.path("tmp")) == []
    rig.wait_nothing_left()


def test_the_demo_stops_in_the_middle_of_a_task(rig):
    demo = rig.keep(Process(["demo"], rig.environment))
    demo.wait_said("demo: Ctrl-C ends it")
    daemon.wait_until("the agent to work", lambda: "working, step 1" in "".join(demo.log))
    assert demo.end(signal.SIGTERM) == 0
    assert os.listdir(rig.path("tmp")) == []
    rig.wait_nothing_left()
