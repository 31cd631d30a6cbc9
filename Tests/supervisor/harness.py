"""One supervisor, driven the way the worker drives it: from a memfd, over a socket pair, with an output pipe."""

import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Tests"))

from process_table import alive  # noqa: E402

PATIENCE = 30  # seconds until a test gives up waiting; nothing waits this long when all is well

MAGIC = 0x31535A4F
STDIN, SURVIVE, OOM, NOFILE, HANDOVER = 1, 2, 4, 8, 16
STARTED, FAILED, EXITED, GONE = 1, 2, 3, 4
CLD_EXITED, CLD_KILLED = 1, 2
DIRECTORY, EXEC, FORK, LIMITS, RECORD = 1, 2, 3, 4, 5
MINIMAL = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def build(directory, cflags=""):
    """Builds the supervisor (a variant of it, with flags) and gives its bytes."""
    environment = dict(os.environ, SUPERVISOR_DIR=directory, SUPERVISOR_CFLAGS=cflags)
    subprocess.run([os.path.join(ROOT, "scripts", "build-supervisor")], env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(directory, "supervisor.bin"), "rb") as file:
        return file.read()


def start_record(program, argv, env, cwd="/", flags=0, soft=0, hard=0, oom=0, **header):
    strings = [cwd, program, *argv, *(f"{key}={value}" for key, value in env.items())]
    body = b"".join(os.fsencode(text) + b"\0" for text in strings)
    fields = {"magic": MAGIC, "total": 32 + len(body), "argc": len(argv), "envc": len(env), "flags": flags,
              "soft": soft, "hard": hard, "oom": oom & 0xFFFFFFFF, **header}
    return struct.pack("=8I", *fields.values()) + body


class Supervisor:
    def __init__(self, image):
        self.text = b""
        self.status = None
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.control.settimeout(PATIENCE)
        self.output = None
        program = os.memfd_create("supervisor", os.MFD_CLOEXEC)
        os.write(program, image)
        null = os.open("/dev/null", os.O_RDWR)
        # Kept out of the way of 0 to 4, which the child's dup2 calls fill.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in (null, theirs.fileno(), program)]
        os.dup2(null, 60, inheritable=True)  # a leak, which must not reach the agent
        self.pid = os.posix_spawn(
            "/proc/self/fd/4", ["oz-supervisor"], {},
            file_actions=[(os.POSIX_SPAWN_DUP2, high[0], 0), (os.POSIX_SPAWN_DUP2, high[0], 1),
                          (os.POSIX_SPAWN_DUP2, high[0], 2), (os.POSIX_SPAWN_DUP2, high[1], 3),
                          (os.POSIX_SPAWN_DUP2, high[2], 4)],
            setsigmask=[signal.SIGUSR1, signal.SIGTERM])
        for fd in (program, null, 60, *high):
            os.close(fd)
        theirs.close()

    def start(self, *argv, env=None, program=None, stdin=None, **more):
        self.send(start_record(program or argv[0], argv, MINIMAL if env is None else env, **more), stdin)
        return self

    def send(self, record, stdin=None):
        """A start record, with a pipe for the output of what it starts."""
        if self.output is not None:
            os.close(self.output)
        self.text = b""
        self.output, write_end = os.pipe()
        sent = socket.send_fds(self.control, [record], [write_end] + ([] if stdin is None else [stdin]))
        os.close(write_end)
        if sent < len(record):
            self.control.sendall(record[sent:])

    def shell(self, script, *arguments, **more):
        return self.start("/bin/sh", "-c", script, "sh", *arguments, **more)

    def terminate(self, number=signal.SIGTERM):
        self.control.sendall(b"T" + bytes([number]))

    def kill(self):
        self.control.sendall(b"K")

    def release(self):
        self.control.sendall(b"R")

    def record(self):
        """The next record as (kind, a, b); None at the end."""
        data = b""
        while len(data) < 16:
            try:
                more = self.control.recv(16 - len(data))
            except ConnectionResetError:  # the end, too: it left without reading what we sent last
                more = b""
            if not more:
                assert not data, "half a record"
                return None
            data += more
        kind, zero, a, b = struct.unpack("=B3siq", data)
        assert zero == b"\0\0\0"
        return kind, a, b

    def expect(self, kind):
        record = self.record()
        assert record is not None and record[0] == kind, f"expected {kind}, got {record}"
        return record[1], record[2]

    def read_until(self, done):
        """Reads output until done(text so far) or its end; the text so far."""
        deadline = time.monotonic() + PATIENCE
        while not done(self.text):
            ready, _, _ = select.select([self.output], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no more output after {self.text[-200:]!r}"
            more = os.read(self.output, 65536)
            if not more:
                break
            self.text += more
        return self.text.decode()

    def lines(self, count):
        found = self.read_until(lambda text: text.count(b"\n") >= count).split("\n")[:-1]
        assert len(found) >= count, found
        return found

    def whole_output(self):
        return "" if self.output is None else self.read_until(lambda text: False)

    def wait(self):
        """The supervisor's own exit status."""
        if self.status is None:
            watch = os.pidfd_open(self.pid)
            ready, _, _ = select.select([watch], [], [], PATIENCE)
            os.close(watch)
            assert ready, "the supervisor does not leave"
            _, status, self.usage = os.wait4(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def end_of_task(self):
        """How the agent ended, and how many had to be killed after it."""
        ended = self.expect(EXITED)
        killed, _ = self.expect(GONE)
        return ended, killed

    def finish(self):
        """The same, and then the supervisor's own end."""
        told = self.end_of_task()
        self.quit()
        return told

    def quit(self):
        """It has nothing more to say, and leaves when it is told to."""
        self.control.sendall(b"Q")
        assert self.record() is None
        assert self.wait() == 0

    def close(self):
        """Ends what a failed test left."""
        self.control.close()
        if self.status is None:
            try:
                with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
                    children = file.read().split()
                for child in children:
                    os.kill(int(child), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass
            self.wait()
        if self.output is not None:
            os.close(self.output)


SCRATCH = tempfile.TemporaryDirectory(prefix="supervisor-test-")
IMAGES = {}


def image(cflags=""):
    if cflags not in IMAGES:
        IMAGES[cflags] = build(os.path.join(SCRATCH.name, f"build-{len(IMAGES)}"), cflags)
    return IMAGES[cflags]


NOBODY = os.getuid() or 65534


def as_nobody(work):
    """Does the work in a child that is not root, and gives its result: a list of numbers."""
    image()
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(write_end, " ".join(map(str, work())).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with open(read_end) as answer:
        numbers = [int(word) for word in answer.read().split()]
    os.waitpid(pid, 0)
    return numbers


class Case(unittest.TestCase):
    cflags = ""

    def supervisor(self):
        made = Supervisor(image(self.cflags))
        self.addCleanup(made.close)
        return made

    def file(self, name, text, mode=0o755):
        path = os.path.join(SCRATCH.name, name)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def assert_dead(self, pids):
        self.assertEqual([pid for pid in pids if alive(pid)], [])
