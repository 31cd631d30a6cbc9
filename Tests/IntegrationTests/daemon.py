"""One worker, as a process of the release binary, with its log read line by line."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

from plane import PATIENCE

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Tests"))

from process_table import alive, processes, state  # noqa: E402, F401

BINARY = os.environ.get("OZ_AGENT_WORKER", os.path.join(ROOT, ".build", "release", "oz-agent-worker"))
KEY = "wk-canary-api-key-5e1f"


def wait_until(what, condition, patience=PATIENCE):
    """For what no event tells: looks every few milliseconds, and fails after a generous time."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {patience:.0f} s for {what}"
        time.sleep(0.005)


def described(pid):
    """A process in a few words, for a message."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return " ".join(file.read().split()[:4])
    except (FileNotFoundError, ProcessLookupError):
        return f"{pid} (gone)"


class Daemon:
    def __init__(self, arguments, environment, within=(), reads=True):
        self.changed = threading.Condition()
        self.lines = []
        self.raw = bytearray()
        # The supervisors of a worker that was killed, which wait for another life of it.
        self.orphans = []
        self.process = subprocess.Popen(
            [*within, BINARY, *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.pid = self.process.pid
        self._readers = [threading.Thread(target=self._read, args=(stream,), daemon=True)
                         for stream in (self.process.stdout, self.process.stderr)]
        if reads:
            self.read()

    def read(self):
        """Reads the log from now on; a worker that was started without that writes into pipes that fill up."""
        for reader in self._readers:
            reader.start()

    def _read(self, stream):
        for line in stream:
            try:
                parsed = json.loads(line)
            except ValueError:
                parsed = {"event": "?", "message": line.decode("utf-8", "replace")}
            with self.changed:
                self.raw += line
                self.lines.append(parsed)
                self.changed.notify_all()

    def events(self, event, **fields):
        return [line for line in self.lines if line.get("event") == event
                and all(line.get(name) == value for name, value in fields.items())]

    def wait_event(self, event, count=1, patience=PATIENCE, **fields):
        end = time.monotonic() + patience
        with self.changed:
            while len(found := self.events(event, **fields)) < count:
                left = end - time.monotonic()
                assert left > 0, f"waited {patience:.0f} s for {event} {fields}; log ends with: {self.tail()}"
                self.changed.wait(min(left, 0.25))
        return found[count - 1]

    def tail(self, count=15):
        return "\n" + "\n".join(json.dumps(line)[:400] for line in self.lines[-count:])

    def signal(self, number=signal.SIGTERM):
        if number == signal.SIGKILL:
            self.orphans += [pid for pid, _ in self.children()]
        self.process.send_signal(number)

    def end_orphans(self):
        """Nobody else would: no other life comes for them, and by themselves they wait for a week."""
        for pid in self.orphans:
            if "(oz-supervisor)" in described(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def counts(self):
        """What the worker holds now, by its own account."""
        told = len(self.events("daemon.counts"))
        self.signal(signal.SIGUSR1)
        return self.wait_event("daemon.counts", count=told + 1)

    def wait_exit(self, patience=PATIENCE):
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the worker did not end within {patience} s; log: {self.tail()}") from None
        for reader in self._readers:
            if reader.ident is not None:
                reader.join(5)
        return code

    def is_alive(self):
        return self.process.poll() is None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def children(self):
        return [(pid, state) for pid, parent, state in processes() if parent == self.pid]

    def resident(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(file.read().split("VmRSS:")[1].split()[0])
