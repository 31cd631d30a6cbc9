"""Stands between a worker and a daemon: holds calls and answers, breaks connections, stops uploads on their way."""

import re
import socket
import struct
import threading


class Call:
    """One connection, by its first request; what changes something has a connection of its own."""

    def __init__(self, relay, near, far):
        self.relay, self.near, self.far = relay, near, far
        self.line = b""
        self.sent = 0

    def cut(self):
        for end in (self.near, self.far):
            try:
                # Not a good end, but a reset.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Hold:
    """What is held: `reached` is set where a call has come to the place, and it goes on with `release`."""

    def __init__(self, pattern, side, after=0):
        self.pattern = re.compile(pattern)
        self.side, self.after = side, after
        self.reached, self.released = threading.Event(), threading.Event()

    def wait(self, patience=30):
        assert self.reached.wait(patience), f"no call came to {self.pattern.pattern}"

    def release(self):
        self.released.set()


class Relay:
    """A TCP port before a daemon's socket."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.calls, self.holds = [], []
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, pattern, side="answer", after=0):
        """The answer to such calls, or their request once `after` bytes of it have passed, waits."""
        made = Hold(pattern, side, after)
        self.holds.append(made)
        return made

    def cut(self, pattern="."):
        """Resets the connections of such calls; how many those were."""
        with self.lock:
            found = [call for call in self.calls if re.search(pattern, call.line.decode("latin1"))]
            self.calls = [call for call in self.calls if call not in found]
        for call in found:
            call.cut()
        return len(found)

    def passes(self, call, data):
        """For who wants to know what is asked."""

    def close(self):
        for hold in self.holds:
            hold.release()
        self.listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                far.connect(self.path)
            except OSError:
                near.close()
                continue
            call = Call(self, near, far)
            with self.lock:
                self.calls.append(call)
            for side, source, target in (("request", near, far), ("answer", far, near)):
                threading.Thread(target=self._pump, args=(call, side, source, target), daemon=True).start()

    def _pump(self, call, side, source, target):
        try:
            while data := source.recv(1 << 16):
                if side == "request":
                    # On a connection that is used again, the latest counts.
                    if re.match(rb"(GET|POST|PUT|DELETE|HEAD) ", data):
                        call.line = data.split(b"\r\n", 1)[0]
                    call.sent += len(data)
                    self.passes(call, data)
                self._wait(call, side)
                target.sendall(data)
        except OSError:
            pass
        finally:
            # Who asks may have no more to say; when the daemon has not, it is over, as when its process has died.
            try:
                target.shutdown(socket.SHUT_WR if side == "request" else socket.SHUT_RDWR)
            except OSError:
                pass
            if side == "answer":
                with self.lock:
                    if call in self.calls:
                        self.calls.remove(call)
                call.near.close()
                call.far.close()

    def _wait(self, call, side):
        for hold in self.holds:
            if hold.side == side and not hold.released.is_set() and hold.pattern.search(call.line.decode("latin1")):
                if side == "answer" or call.sent > hold.after:
                    hold.reached.set()
                    hold.released.wait(120)
