"""A file system whose server answers when it pleases, as a network's does: directories and empty files, over
/dev/fuse."""

import ctypes
import errno
import os
import stat
import struct
import threading
import time

LOOKUP, FORGET, GETATTR, MKDIR, RMDIR, RENAME, STATFS, INIT, ACCESS, INTERRUPT, DESTROY = (
    1, 2, 3, 9, 11, 12, 17, 26, 34, 36, 38)
MKNOD, UNLINK, OPEN, RELEASE = 8, 10, 14, 18
OPENDIR, READDIR, RELEASEDIR, BATCH_FORGET, RENAME2 = 27, 28, 29, 42, 45
# What nobody waits to have answered.
SILENT = {FORGET, BATCH_FORGET, INTERRUPT}
ROOT = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def can_mount():
    return os.geteuid() == 0 and os.access("/dev/fuse", os.R_OK | os.W_OK)


class HangingFiles:
    """hang: kinds of requests that wait until `release`. delay: seconds by kind. asked: kinds that came, in order."""

    def __init__(self, place):
        self.place = os.fspath(place)
        self.changed = threading.Condition()
        self.hang = set()
        self.delay = {}
        self.asked = []
        self._parked = []
        self._children = {ROOT: {}}  # by node: names and nodes; None for a file
        self._next = ROOT
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._device},rootmode=40755,user_id=0,group_id=0,allow_other".encode()
        if LIBC.mount(b"hanging", os.fsencode(self.place), b"fuse", 0, options) != 0:
            raise OSError(ctypes.get_errno(), "mount")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def wait_asked(self, kind, patience=30):
        """Until such a request waits to be answered."""
        with self.changed:
            assert self.changed.wait_for(lambda: any(k == kind for k, *_ in self._parked), patience), "nobody asked"

    def release(self):
        with self.changed:
            self.hang = set()
            parked, self._parked = self._parked, []
        for request in parked:
            self._answer(*request)

    def kill(self):
        """The end: whoever still waits gets an error."""
        self.release()
        LIBC.umount2(os.fsencode(self.place), 2)  # MNT_DETACH
        os.close(self._device)

    def names(self):
        return sorted(self._children[ROOT])

    def _serve(self):
        while True:
            try:
                request = os.read(self._device, 1 << 18)
            except OSError as problem:
                if problem.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return
            _, kind, unique, node, *_ = struct.unpack_from("<IIQQIIII", request)
            if kind in SILENT:
                continue
            with self.changed:
                self.asked.append(kind)
                if kind in self.hang:
                    self._parked.append((kind, unique, node, request[40:]))
                    self.changed.notify_all()
                    continue
            if kind in self.delay:
                time.sleep(self.delay[kind])
            self._answer(kind, unique, node, request[40:])

    def _answer(self, kind, unique, node, body):
        try:
            reply, error = self._perform(kind, node, body), 0
        except OSError as problem:
            reply, error = b"", -problem.errno
        try:
            os.write(self._device, struct.pack("<IiQ", 16 + len(reply), error, unique) + reply)
        except OSError:
            pass  # whoever asked is gone

    def _perform(self, kind, node, body):
        if kind == INIT:
            major, minor = struct.unpack_from("<II", body)
            return struct.pack("<IIIIHHIIHHI28x", major, min(minor, 31), 0, 0, 12, 9, 4096, 1, 0, 0, 0)
        if kind == STATFS:
            return struct.pack("<5Q4I24x", 1000, 900, 900, 1000, 900, 4096, 255, 4096, 0)
        if kind == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self._attributes(node)
        if kind == LOOKUP:
            return self._entry(self._child(node, self._name(body)))
        if kind == MKDIR:
            return self._make(node, self._name(body[8:]), {})
        if kind == MKNOD:
            return self._make(node, self._name(body[16:]), None)
        if kind in (RMDIR, UNLINK):
            return self._remove(node, self._name(body))
        if kind in (RENAME, RENAME2):
            return self._rename(node, body, 8 if kind == RENAME else 16)
        if kind in (ACCESS, RELEASE, RELEASEDIR, DESTROY):
            return b""
        if kind in (OPEN, OPENDIR):
            return struct.pack("<QII", 0, 0, 0)
        if kind == READDIR:
            return self._entries(node, *struct.unpack_from("<QQI", body)[1:])
        raise OSError(errno.ENOSYS, "not served")

    @staticmethod
    def _name(body):
        return body.split(b"\0", 1)[0]

    def _child(self, node, name):
        if name not in self._children[node]:
            raise OSError(errno.ENOENT, "no such directory")
        return self._children[node][name]

    def _make(self, node, name, children):
        if name in self._children[node]:
            raise OSError(errno.EEXIST, "there already")
        self._next += 1
        self._children[node][name] = self._next
        self._children[self._next] = children
        return self._entry(self._next)

    def _remove(self, node, name):
        if self._children[self._child(node, name)]:
            raise OSError(errno.ENOTEMPTY, "not empty")
        del self._children[node][name]
        return b""

    def _rename(self, node, body, head):
        target, = struct.unpack_from("<Q", body)
        old, new = body[head:].split(b"\0")[:2]
        if new in self._children[target]:
            raise OSError(errno.EEXIST, "there already")
        self._children[target][new] = self._child(node, old)
        del self._children[node][old]
        return b""

    def _entries(self, node, offset, size):
        reply = b""
        for index, (name, child) in enumerate(sorted(self._children[node].items())):
            entry = struct.pack("<QQII", child, index + 1, len(name), stat.S_IFMT(self._mode(child)) >> 12) + name
            entry += b"\0" * (-len(entry) % 8)
            if index >= offset and len(reply) + len(entry) <= size:
                reply += entry
        return reply

    def _mode(self, node):
        return (stat.S_IFREG if self._children[node] is None else stat.S_IFDIR) | 0o777

    def _attributes(self, node):
        return struct.pack("<6Q10I", node, 0, 0, 0, 0, 0, 0, 0, 0, self._mode(node), 1, 0, 0, 0, 4096, 0)

    def _entry(self, node):
        # Nothing is remembered by the kernel: each call asks anew.
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + self._attributes(node)
