"""The figures of the Docker backend, on a daemon and a registry of their own: lines of NAME SIDE VALUE.

docker_rows.py CALLS WORK ROUNDS QUICK [ROW ...], by the tests' own Python. CALLS is the program of calls.c. Rows are
begin, fill, many and much, all of them where none is named.
"""

import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(os.path.dirname(HERE), "IntegrationTests")
sys.path[:0] = [HERE, os.path.join(TESTS, "docker"), TESTS]
sys.dont_write_bytecode = True

import daemon  # noqa: E402
from docker_begin import begin  # noqa: E402
import engine as engines  # noqa: E402
from plane import Plane, assignment  # noqa: E402
from daemon import wait_until  # noqa: E402

MIB = 1 << 20


def tell(name, side, value):
    print(name, side, value, flush=True)


def nanoseconds(moment):
    """Of what Docker writes: 2026-01-01T00:00:00.123456789Z."""
    whole, _, part = moment.rstrip("Z").partition(".")
    seconds = time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) - time.timezone
    return int(seconds) * 10**9 + int(part.ljust(9, "0")[:9])


class Bench:
    def __init__(self, work, calls):
        self.work, self.calls = work, calls
        self.registry = engines.Registry(os.path.join(work, "registry")).start()
        os.mkdir(os.path.join(work, "engine"))
        self.engine = engines.Engine(os.path.join(work, "engine"))
        self.plane = Plane()
        self.workers = []
        self.key = os.path.join(work, "key")
        with open(self.key, "w", encoding="ascii") as file:
            file.write(daemon.KEY)

    def image(self, name, files, links=()):
        full = f"{self.registry.host}/{name}"
        self.engine.import_image(full, "1", files, links)
        self.engine.push(full, "1")
        return full + ":1"

    def worker(self, *lines, url=None):
        """A new one, connected; what it says goes to a file. Another address than the daemon's own may be given."""
        state = os.path.join(self.work, f"state-{len(self.workers)}")
        os.mkdir(state)
        config = os.path.join(state, "config.yaml")
        with open(config, "w", encoding="ascii") as file:
            file.write("worker_id: bench\nbackend:\n  docker:\n    volumes: []\n" + "".join(
                f"    {line}\n" for line in lines))
        self.log = open(os.path.join(state, "log"), "ab")
        before = len(self.plane.connections)
        process = subprocess.Popen(
            [daemon.BINARY, "--config-file", config, "--api-key-file", self.key, "--web-socket-url", self.plane.url,
             "--log-format", "json", "--log-level", "info"],
            env={"PATH": os.environ["PATH"], "DOCKER_HOST": url or self.engine.url, "STATE_DIRECTORY": state},
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.workers.append(process)
        try:
            self.plane.wait_connected(beyond=before)
        except AssertionError:
            with open(self.log.name, encoding="utf-8") as file:
                print(file.read(), file=sys.stderr)
            raise
        return process

    def end(self, worker):
        worker.terminate()
        worker.wait(60)

    def assign(self, task, image, variables=None, **more):
        """When it was sent, in nanoseconds."""
        message = assignment(task, variables or {}, execution=task, docker_image=image, **more)
        sent = time.time_ns()
        self.plane.send(message)
        return sent

    def started(self, container):
        return nanoseconds(self.engine.inspect(container)["State"]["StartedAt"])

    def close(self):
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.engine.stop()
        self.registry.stop()


def status(worker, name):
    with open(f"/proc/{worker.pid}/status", encoding="ascii") as file:
        return int(file.read().split(name + ":")[1].split()[0])


def many(bench, image, count):
    worker = bench.worker("log_task_output: false")
    before = status(worker, "Threads")
    for number in range(count):
        bench.assign(f"m-{number}", image, {"STUB": "sleep"})
    wait_until("all of them to run", lambda: sum(
        entry["State"] == "running" for entry in bench.engine.containers()) == count, 300)
    tell("docker_many_threads", "ours", status(worker, "Threads") - before)
    worker.terminate()
    peak = 0
    while worker.poll() is None:
        try:
            peak = max(peak, status(worker, "VmHWM"))
        except (OSError, IndexError):
            break
        time.sleep(0.02)
    worker.wait()
    tell("docker_many_kb", "ours", peak)


def much(bench, image, total):
    """A long log, of which the end is told, and one that is followed to its end."""
    for name, follow in (("docker_log_kb", "false"), ("docker_followed_kb", "true")):
        worker = bench.worker(f"log_task_output: {follow}")
        bench.assign(f"w-{name}", image, {"STUB": "exit 0"})
        bench.plane.wait_final(f"w-{name}", patience=60)
        before = status(worker, "VmHWM")
        bench.assign(name, image, {"STUB": f"write {total}"})
        bench.plane.wait_final(name, patience=900)
        wait_until("its end", lambda: not bench.engine.containers(), 300)
        tell(name, "ours", status(worker, "VmHWM") - before)
        bench.end(worker)


def fill(bench, image, sidecar, rounds):
    for number in range(rounds + 1):
        for name in bench.engine.volumes():
            bench.engine.call("DELETE", "/volumes/" + name)
        curl = stream(bench, sidecar)
        worker = bench.worker("log_task_output: false")
        bench.assign(f"f-{number}", image, {"STUB": "exit 0"},
                     additional_sidecars=[{"image": sidecar, "mount_path": "/mnt/x"}])
        assert bench.plane.wait_final(f"f-{number}", patience=600)["type"] == "task_completed"
        bench.end(worker)
        if number > 0:
            tell("docker_fill_ms", "ours", copied(bench))
            tell("docker_fill_ms", "curl", curl)


def copied(bench):
    """From the begin of the filling to the making of the marker, by the daemon's own account."""
    import json
    bench.log.flush()
    with open(bench.log.name, "rb") as file:
        events = [json.loads(line) for line in file]
    began = next(event for event in events if event["event"] == "task.sidecar_fill_started")["time"]
    marker = next(volume for volume in bench.engine.call("GET", "/volumes")[1]["Volumes"]
                  if volume["Name"].endswith(".ready"))
    # The daemon tells of volumes in whole seconds, so the file system is asked.
    made = os.stat(os.path.dirname(marker["Mountpoint"])).st_ctime_ns
    return (made - nanoseconds(began)) / 1e6


def stream(bench, sidecar):
    """The same by curl: make both containers, and pipe the one's files into the other's volume."""
    bench.engine.call("POST", "/volumes/create", {"Name": "beside"})
    began = time.monotonic()
    source = bench.engine.call("POST", "/containers/create", {"Image": sidecar, "Entrypoint": ["/x"]})[1]["Id"]
    target = bench.engine.call("POST", "/containers/create", {
        "Image": sidecar, "Entrypoint": ["/x"], "HostConfig": {"Binds": ["beside:/target:nocopy"]}})[1]["Id"]
    subprocess.run(
        f"curl -sSfN --unix-socket {bench.engine.socket} http://d/containers/{source}/export | "
        f"curl -sSf --unix-socket {bench.engine.socket} -T - -H Content-Type:application/x-tar "
        f"'http://d/containers/{target}/archive?path=/target'", shell=True, check=True)
    took = (time.monotonic() - began) * 1000
    for container in (source, target):
        bench.engine.call("DELETE", f"/containers/{container}?force=1&v=1")
    bench.engine.call("DELETE", "/volumes/beside")
    return took


def main(calls, work, rounds, quick, rows):
    bench = Bench(work, calls)
    try:
        bench.engine.start()
        files, links = engines.busybox_files()
        with open(os.path.join(TESTS, "docker", "entrypoint.sh"), "rb") as file:
            files["agent/entrypoint.sh"] = file.read()
        image = bench.image("task", files, links)
        if "begin" in rows:
            begin(bench, image, rounds, tell)
        if "fill" in rows:
            size = 64 if quick else 256
            sidecar = bench.image("sidecar", {f"part/{n}": os.urandom(MIB) for n in range(size)})
            fill(bench, image, sidecar, rounds)
        if "many" in rows:
            many(bench, image, 10 if quick else 50)
        if "much" in rows:
            much(bench, image, 64 * MIB if quick else 1000 * MIB)
    finally:
        bench.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="oz-docker-", dir=sys.argv[2]) as place:
        main(sys.argv[1], place, int(sys.argv[3]), sys.argv[4] == "quick",
             sys.argv[5:] or ["begin", "fill", "many", "much"])
