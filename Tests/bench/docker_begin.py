"""Assignment to container start, and beside it the same calls by libcurl: byte for byte those that a worker made."""

import json
import os
import subprocess
import urllib.parse

from engine import UnixConnection
from prompt_daemon import PromptDaemon
from relay import Relay

METHODS = (b"GET ", b"POST ", b"PUT ", b"DELETE ")


class Happenings:
    """What the daemon tells of containers by itself: to ask it again and again would take its time."""

    def __init__(self, engine):
        filters = json.dumps({"type": ["container"], "event": ["start", "destroy"]})
        self.connection = UnixConnection(engine.socket)
        self.connection.request("GET", "/events?" + urllib.parse.urlencode({"filters": filters}))
        self.answer = self.connection.getresponse()

    def wait(self, action, **wanted):
        """The container's id. Underscores stand for what names of labels have."""
        while True:
            event = json.loads(self.answer.readline())
            told = event["Actor"]["Attributes"]
            if event["Action"] == action and all(
                    told.get(name.replace("_", "-")) == value for name, value in wanted.items()):
                return event["Actor"]["ID"]

    def close(self):
        self.connection.close()


class Listener(Relay):
    """Keeps what was asked through it, in order."""

    def __init__(self, path):
        self.requests = []
        super().__init__(path)

    def passes(self, call, data):
        if data.startswith(METHODS):
            self.requests.append((call, bytearray(data)))
            return
        # The rest of one whose beginning has come.
        for other, request in reversed(self.requests):
            if other is call:
                request += data
                return

    def lines(self):
        """METHOD PATH BODY of each, up to the start of a container."""
        for _, request in list(self.requests):
            head, _, body = bytes(request).decode().partition("\r\n\r\n")
            method, path, _ = head.split("\r\n")[0].split(" ")
            yield f"{method} {path} {body}".rstrip()
            if path.endswith("/start"):
                return


def overhear(bench, happenings, image):
    """The calls of one task, as lines with NAME for the container's name."""
    listener = Listener(bench.engine.socket)
    worker = bench.worker("log_task_output: false", url=listener.url)
    # What it asked at its own start is no part of a task.
    listener.requests.clear()
    bench.assign("overheard", image, {"STUB": "sleep"})
    found = happenings.wait("start", oz_task_id="overheard")
    name = bench.engine.inspect(found)["Name"].strip("/")
    end_task(bench, happenings, "overheard", found)
    bench.end(worker)
    listener.close()
    # Nobody's, for the worker beside it.
    return [line.replace(name, "NAME").replace("oz-instance", "no-instance") for line in listener.lines()]


def end_task(bench, happenings, task, container):
    bench.engine.call("POST", f"/containers/{container}/kill")
    bench.plane.wait_final(task, patience=60)
    happenings.wait("destroy", oz_task_id=task)


def make_calls(bench, socket, calls, name):
    """When the first one began."""
    path = os.path.join(bench.work, "calls")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line.replace("NAME", name) + "\n" for line in calls)
    return int(subprocess.check_output([bench.calls, socket, path], text=True))


class RealDaemon:
    """Both ways to a container on a daemon; in nanoseconds, until it was started."""

    def __init__(self, bench, happenings, image, calls):
        self.bench, self.happenings, self.image, self.calls = bench, happenings, image, calls
        self.worker = bench.worker("log_task_output: false")

    def curl(self, number):
        name = f"by-curl-{number}"
        began = make_calls(self.bench, self.bench.engine.socket, self.calls, name)
        found = self.happenings.wait("start", name=name)
        took = self.bench.started(found) - began
        self.bench.engine.call("DELETE", f"/containers/{found}?force=1")
        self.happenings.wait("destroy", name=name)
        return took

    def ours(self, number):
        task = f"b-{number}"
        sent = self.bench.assign(task, self.image, {"STUB": "sleep"})
        found = self.happenings.wait("start", oz_task_id=task)
        took = self.bench.started(found) - sent
        end_task(self.bench, self.happenings, task, found)
        return took

    def close(self):
        self.bench.end(self.worker)


class NoDaemon:
    """The same, to what only answers."""

    def __init__(self, bench, image, calls):
        self.bench, self.image, self.calls = bench, image, calls
        self.prompt = PromptDaemon(os.path.join(bench.work, "prompt.sock"), bench.engine, image)
        self.worker = bench.worker("log_task_output: false", url=self.prompt.url)

    def curl(self, number):
        self.prompt.begin()
        began = make_calls(self.bench, self.prompt.socket, self.calls, f"by-curl-{number}")
        return self.prompt.started_at - began

    def ours(self, number):
        task = f"p-{number}"
        self.prompt.begin()
        sent = self.bench.assign(task, self.image, {"STUB": "sleep"})
        assert self.prompt.started.wait(30)
        took = self.prompt.started_at - sent
        self.prompt.ended.set()
        self.bench.plane.wait_final(task)
        return took

    def close(self):
        self.bench.end(self.worker)
        self.prompt.close()


def begin(bench, image, rounds, tell):
    happenings = Happenings(bench.engine)
    calls = overhear(bench, happenings, image)
    # A container's start differs from the next one's by more than all of ours, so there are many.
    compare("docker_begin", RealDaemon(bench, happenings, image, calls), rounds * 20, tell)
    compare("docker_own", NoDaemon(bench, image, calls), rounds * 10, tell)
    happenings.close()


def compare(prefix, ways, times, tell):
    for number in range(times + 1):
        # In turns: who comes second finds the caches of the first.
        took = {}
        for side in ("curl", "ours") if number % 2 else ("ours", "curl"):
            took[side] = getattr(ways, side)(number) / 1e6
        if number > 0:  # The first is for the caches.
            for side, value in took.items():
                tell(prefix + "_ms", side, value)
            tell(prefix + "_beyond_ms", "ours", took["ours"] - took["curl"])
    ways.close()
