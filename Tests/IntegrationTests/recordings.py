"""What the tests of recordings share: sessions to record, and looking into what was recorded."""

import json
import re
import subprocess
import zlib

import daemon
from plane import assignment, cancellation


def replay(*arguments):
    """(exit code, standard output, standard error)"""
    done = subprocess.run([daemon.BINARY, "replay", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def verified(*arguments):
    """How many inputs were verified; all of them agree."""
    code, said, complaints = replay(*arguments)
    assert code == 0, said + complaints
    return int(re.search(r"verified (\d+) inputs", said).group(1))


def lines_of(path):
    with open(path, "rb") as file:
        return file.read().splitlines(keepends=True)


def inputs_of(path):
    return [json.loads(line) for line in lines_of(path) if line.startswith(b'{"n":')]


def sealed(body):
    """A line whose checksum fits; the body without its closing bracket."""
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


def unsealed(line):
    body = line[:-len(',"crc":"01234567"}\n')]
    assert sealed(body) == line
    return body


def eventful(rig, path, *arguments):
    """A session with tasks of every outcome, a lost connection, a stop."""
    worker = rig.connected("--record", path, *arguments)
    rig.plane.send(assignment("good", rig.env(), execution="good-e"))
    rig.plane.wait_final("good")
    rig.plane.send(assignment("bad", rig.env("exit 3"), execution="bad-e"))
    rig.plane.wait_final("bad")
    rig.plane.send(assignment("unwanted", rig.env("term"), execution="unwanted-e"))
    rig.plane.send(assignment("lasting", rig.env("term"), execution="lasting-e"))
    rig.note("unwanted", ".ready")
    rig.note("lasting", ".ready")
    rig.plane.drop()
    worker.wait_event("connection.lost")
    rig.plane.wait_connected(beyond=1)
    rig.plane.send(cancellation("unwanted"))
    rig.plane.wait_final("unwanted")
    rig.plane.send_raw("nonsense")
    worker.wait_event("message.unreadable")
    worker.signal()
    assert worker.wait_exit() == 0
    return worker


def heavy(task, rig):
    """An assignment of which a lot is recorded: names of variables are public."""
    more = {f"VARIABLE_{number}_{'x' * 200}": "1" for number in range(100)}
    return assignment(task, rig.env(**more), execution=f"{task}-e")
