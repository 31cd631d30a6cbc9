#!/usr/bin/env python3
"""What survival costs: the journal per assignment, a supervisor's memory, and how long a new life takes to recover.

survival.py BINARY BARE WAITER [--quick] prints figures as "name side value" lines. BARE is bare.c and WAITER waiter.c.
"""

import contextlib
import ctypes
import glob
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Tests", "IntegrationTests"))
sys.dont_write_bytecode = True

from daemon import wait_until  # noqa: E402
from plane import Plane, assignment  # noqa: E402

PATIENCE = 120
PR_SET_CHILD_SUBREAPER = 36


def say(name, value, side="ours"):
    print(f"{name} {side} {value:.3f}", flush=True)


class Worker:
    """One life of the worker, which logs into a file."""

    def __init__(self, work, binary, agent, plane, keeps=True):
        self.plane = plane
        config = os.path.join(work, "config.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"worker_id": "bench", "backend": {"direct": {
                "oz_path": agent, "workspace_root": os.path.join(work, "workspaces")}}}, file)
        key = os.path.join(work, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write("not-a-real-key\n")
        self.log = os.path.join(work, "log")
        state = os.path.join(work, "state")
        environment = {"PATH": os.environ["PATH"], "TMPDIR": work,
                       "STATE_DIRECTORY": state if keeps else config}
        beyond = len(plane.connections)
        with open(self.log, "ab") as log:
            self.began = time.monotonic()
            self.process = subprocess.Popen(
                [binary, "--config-file", config, "--api-key-file", key, "--web-socket-url", plane.url,
                 "--log-format", "json", "--log-level", "info"],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        number = plane.wait_connected(beyond, PATIENCE)
        self.connected_ms = (plane.connections[number]["began"] - self.began) * 1000

    def counts(self):
        with open(self.log, "rb") as log:
            log.seek(0, os.SEEK_END)
            self.process.send_signal(signal.SIGUSR1)
            text = [b""]

            def told():
                text[0] += log.read()
                lines = [line for line in text[0].split(b"\n")[:-1] if b'"daemon.counts"' in line]
                return lines and json.loads(lines[0])

            return wait_until("counts", told, PATIENCE)

    def cpu_us(self):
        """Of all its threads."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with open(path, encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1000

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="oz-bench-survival-") as work:
        os.mkdir(os.path.join(work, "state"))
        yield work


def one_by_one(plane, count, first):
    for number in range(first, first + count):
        plane.send(assignment(f"t-{number}", execution=f"t-{number}-e"))
        plane.wait_final(f"t-{number}")
        # Every message is kept, and looked through at every wait.
        plane.messages.clear()


def cost(binary, bare, count, rounds, warm=50):
    """The journal's part of an assignment: the same worker with a journal and without, in turns."""
    per_task = {True: [], False: []}
    for number in range(2 * rounds):
        keeps = number % 2 == 1
        with folder() as work:
            plane = Plane()
            worker = Worker(work, binary, shutil.which("true"), plane, keeps)
            one_by_one(plane, warm, 0)
            before, cpu, size = worker.counts(), worker.cpu_us(), journal_size(work)
            one_by_one(plane, count, warm)
            per_task[keeps].append((worker.cpu_us() - cpu) / count)
            if number == 1:
                length = (journal_size(work) - size) // count
                say("journal_bytes", length)
                for name in ("notes", "writes", "syncs"):
                    name = "journal_" + name
                    say(name, (worker.counts()[name] - before[name]) / count)
                burst(worker, plane, count)
                floor(bare, work, length, count)
            worker.stop()
            plane.stop()
    say("journal_cpu_us", statistics.median(per_task[True]) - statistics.median(per_task[False]))


def journal_size(work):
    with contextlib.suppress(FileNotFoundError):
        return os.path.getsize(os.path.join(work, "state", "journal"))
    return 0


def burst(worker, plane, count):
    before = worker.counts()
    plane.send_all([assignment(f"b-{number}", execution=f"b-{number}-e") for number in range(count)])
    plane.wait("the burst", lambda: len(plane.finals()) >= count, PATIENCE)
    say("journal_burst_syncs", (worker.counts()["journal_syncs"] - before["journal_syncs"]) / count)


def floor(bare, work, length, count):
    done = subprocess.run([bare, os.path.join(work, "bare"), str(length), str(count)], stdout=subprocess.PIPE,
                          text=True, check=True)
    wall, processor = (float(word) for word in done.stdout.split())
    say("journal_cpu_us", processor, "floor")
    say("journal_sync_us", wall, "floor")


def processes_named(name):
    found = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            if file.read().strip() == name:
                found.append(int(path.split("/")[2]))
    return found


def ours(name, parent):
    """Of that name, and a child of that process."""
    found = []
    for pid in processes_named(name):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
            if int(file.read().rpartition(")")[2].split()[1]) == parent:
                found.append(pid)
    return found


def resident(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii") as file:
        return float(file.read().split("VmRSS:")[1].split()[0])
    return 0.0


def recovery(binary, waiter, count, rounds):
    """So many agents run, the worker dies, and the next one takes them over; at last they end while nobody looks."""
    name = os.path.basename(waiter)
    with folder() as work:
        plane = Plane()
        ordinary = []
        for _ in range(rounds):
            worker = Worker(work, binary, waiter, plane)
            ordinary.append(worker.connected_ms)
            worker.stop()
        worker = Worker(work, binary, waiter, plane)
        plane.send_all([assignment(f"t-{number}", execution=f"t-{number}-e") for number in range(count)])
        wait_until("the agents", lambda: len(processes_named(name)) >= count, PATIENCE)
        supervisors = ours("oz-supervisor", worker.process.pid)
        say("supervisor_rss_kb", max(resident(pid) for pid in supervisors))
        recovered, processor = [], []
        for _ in range(rounds):
            worker.kill()
            worker = Worker(work, binary, waiter, plane)
            recovered.append(worker.connected_ms)
            processor.append(worker.cpu_us() / 1000)
            counts = worker.counts()
            assert counts["tasks"] == count, counts
        say("recovery_ms", statistics.median(recovered) - statistics.median(ordinary))
        say("recovery_cpu_ms", statistics.median(processor))
        worker.kill()
        for pid in processes_named(name):
            os.kill(pid, signal.SIGTERM)
        wait_until("the agents to end", lambda: not processes_named(name), PATIENCE)
        worker = Worker(work, binary, waiter, plane)
        plane.wait("a word for each", lambda: len(plane.finals()) >= count, PATIENCE)
        say("recovery_words_ms", (plane.finals()[count - 1]["at"] - worker.began) * 1000)
        wait_until("rest", lambda: not worker.counts()["tasks"], PATIENCE)
        worker.stop()
        plane.stop()


def main():
    binary, bare, waiter, *rest = sys.argv[1:]
    quick = "--quick" in rest
    # What a dead worker leaves comes to us, and is reaped.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # So few that the journal is not renewed meanwhile, which makes it smaller.
    try:
        cost(binary, bare, 100 if quick else 200, 1 if quick else 9)
        recovery(binary, waiter, 100 if quick else 1000, 1 if quick else 5)
    finally:
        # Where it broke off; each takes its agent along.
        for pid in ours("oz-supervisor", os.getpid()):
            os.kill(pid, signal.SIGKILL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
