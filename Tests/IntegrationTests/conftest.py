"""The fixtures: a built stub agent, a private CA, control planes and workers that are gone when a test ends."""

import os
import signal
import ssl
import subprocess

import pytest
import trustme

import daemon
import survivors
from plane import Plane

# A shell that starts the tests in the background makes them ignore interrupts, and all that they start, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="session")
def stub_agent(tmp_path_factory):
    program = tmp_path_factory.mktemp("stub") / "oz"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", os.path.join(HERE, "stub", "agent.c"), "-o", program],
                   check=True)
    return str(program)


@pytest.fixture(scope="session")
def private_ca(tmp_path_factory):
    """(server's context, path of the CA's certificate)"""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return context, str(path)


class Rig:
    """One control plane, and workers that dial it."""

    def __init__(self, folder, oz):
        self.folder = str(folder)
        self.oz = oz
        self.workspaces = os.path.join(self.folder, "workspaces")
        self.notes = os.path.join(self.folder, "notes")
        self.key_file = os.path.join(self.folder, "key")
        self.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "STATE_DIRECTORY": self.path("state")}
        for name in ("notes", "home", "tmp", "state"):
            os.mkdir(self.path(name))
        self.environment.update(HOME=self.path("home"), TMPDIR=self.path("tmp"))
        with open(self.key_file, "w", encoding="ascii") as file:
            file.write(daemon.KEY + "\n")
        self.daemons = []
        self.planes = []
        self.helpers = []
        self._plane = None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def make_plane(self, **options):
        plane = Plane(**options)
        self.planes.append(plane)
        return plane

    @property
    def plane(self):
        if self._plane is None:
            self._plane = self.make_plane()
        return self._plane

    def config(self, direct=None, command=None, docker=None, **top):
        """Writes a config file; values are written as JSON, which is YAML."""
        import json
        backend = {"command": command} if command else {"docker": docker} if docker is not None else {
            "direct": {"workspace_root": self.workspaces, "oz_path": self.oz, **(direct or {})}}
        path = self.path(f"config-{len(self.daemons)}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"worker_id": "rig", **top, "backend": backend}, file)
        return path

    def keep(self, helper):
        """A proxy or the like, which is gone when the test ends."""
        self.helpers.append(helper)
        return helper

    def start(self, *arguments, direct=None, command=None, docker=None, top=None, plane=None, environment=None,
              level="debug", form="json", url=None, **process):
        plane = plane or self.plane
        worker = daemon.Daemon(
            ["--config-file", self.config(direct, command, docker, **(top or {})), "--api-key-file", self.key_file,
             "--web-socket-url", url or plane.url, "--log-format", form, "--log-level", level, *arguments],
            {**self.environment, **(environment or {})}, **process)
        self.daemons.append(worker)
        return worker

    def connected(self, *arguments, **options):
        worker = self.start(*arguments, **options)
        worker.wait_event("connection.open")
        (options.get("plane") or self.plane).wait_connected()
        return worker

    def env(self, how=None, **more):
        """The env_vars of a task that is to behave so."""
        stub = {} if how is None else {"STUB": how}
        return {"STUB_DIR": self.notes, **stub, **more}

    def note(self, task, suffix, patience=daemon.PATIENCE):
        """The path of a note that the stub agent leaves, once it is there."""
        path = os.path.join(self.notes, task + suffix)
        daemon.wait_until(f"{task}{suffix}", lambda: os.path.exists(path), patience)
        return path

    def note_list(self, task, suffix):
        with open(self.note(task, suffix), "rb") as file:
            return [item.decode() for item in file.read().split(b"\0")[:-1]]

    def pids(self, task):
        with open(self.note(task, ".pids"), encoding="ascii") as file:
            return [int(line) for line in file.read().split()]

    def starts(self, task):
        path = os.path.join(self.notes, task + ".starts")
        return os.path.getsize(path) // len("start\n") if os.path.exists(path) else 0

    def touch(self, name):
        path = self.path(name)
        with open(path, "w", encoding="ascii"):
            return path

    def ours(self):
        """All processes that carry this rig's folder in their environment: its workers, and what they started."""
        found = []
        for pid, _, state in daemon.processes():
            if state == "Z" or pid == os.getpid():
                continue
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if os.fsencode(self.folder + "/") in file.read():
                        found.append(pid)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found

    def wait_no_notes_alive(self, task, patience=10):
        """None of the processes that this task's agent wrote down is alive."""
        pids = self.pids(task)
        daemon.wait_until(f"{pids} to be gone", lambda: not any(daemon.alive(pid) for pid in pids), patience)

    def wait_no_process(self, patience=daemon.PATIENCE):
        try:
            daemon.wait_until("all processes to be gone", lambda: not self.ours(), patience)
        except AssertionError as problem:
            raise AssertionError(f"{problem}: {[daemon.described(pid) for pid in self.ours()]}") from None

    def wait_nothing_left(self):
        """No process and no workspace of a worker that has ended."""
        self.wait_no_process()
        assert not os.path.exists(self.workspaces) or os.listdir(self.workspaces) == []

    def close(self):
        for worker in self.daemons:
            if worker.is_alive():
                worker.signal(signal.SIGKILL)
                worker.process.wait()
            worker.end_orphans()
        for pid in self.ours():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for helper in self.helpers:
            helper.kill()
        for plane in self.planes:
            plane.stop()
        leaks = [line for worker in self.daemons for line in worker.events("daemon.leak")
                 if worker.process.returncode == 0]
        assert not leaks, f"a worker that ended well still held something: {leaks}"


@pytest.fixture
def rig(tmp_path, stub_agent):
    made = Rig(tmp_path, stub_agent)
    yield made
    made.close()


@pytest.fixture
def supervisors():
    """The supervisors whose workers are dead, as a function; they are gone when the test ends."""
    with survivors.inherited() as named:
        yield named
