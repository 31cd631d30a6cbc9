"""A control plane made of the websockets library, in a thread of its own: records all, misbehaves when told."""

import asyncio
import fcntl
import http
import json
import socket
import struct
import termios
import threading
import time

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

PATIENCE = 30.0  # seconds until a test gives up; nothing waits this long when all is well


class OwnLoop:
    """An asyncio loop in a thread of its own, and the way in for other threads."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def _end_with(self, coroutine):
        try:
            self._call(coroutine)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)


class PingsTold(ServerConnection):
    """Says of each ping that it came; the library answers them by itself."""

    on_ping = None

    def process_event(self, event):
        if getattr(event, "opcode", None) is Opcode.PING:
            self.on_ping()
        super().process_event(event)


class Plane(OwnLoop):
    """messages: every message in order, with the number of its connection. connections: each with how it ended.
    pings: when each came."""

    def __init__(self, ssl=None):
        super().__init__()
        self.changed = threading.Condition()
        self.messages = []
        self.connections = []
        self.dials = []
        self.pings = []
        self.refuse_with = None
        self.refuse_headers = {}
        self.close_at_once = False
        self.on_message = None
        self._ssl = ssl
        self._server = None
        self._sockets = {}
        self.port = self._call(self._listen(0))

    @property
    def url(self):
        scheme, host = ("wss", "localhost") if self._ssl else ("ws", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}/api/v1/selfhosted/worker/ws"

    # What the server does.

    async def _listen(self, port):
        self._server = await serve(
            self._connected, None if self._ssl else "127.0.0.1", port, ssl=self._ssl, ping_interval=None,
            process_request=self._request, compression=None, max_size=None, close_timeout=2,
            family=socket.AF_INET, create_connection=self._make_connection)
        return self._server.sockets[0].getsockname()[1]

    def _make_connection(self, *arguments, **options):
        connection = PingsTold(*arguments, **options)
        connection.on_ping = self._pinged
        return connection

    def _pinged(self):
        with self.changed:
            self.pings.append(time.monotonic())
            self.changed.notify_all()

    def _request(self, connection, request):
        with self.changed:
            self.dials.append({"at": time.monotonic(), "path": request.path,
                               "authorization": request.headers.get("Authorization")})
            self.changed.notify_all()
        if self.refuse_with is None:
            return None
        response = connection.respond(http.HTTPStatus(self.refuse_with), "no\n")
        for name, value in self.refuse_headers.items():
            response.headers[name] = value
        return response

    async def _connected(self, connection):
        with self.changed:
            number = len(self.connections)
            record = {"number": number, "open": True, "code": None, "began": time.monotonic()}
            self.connections.append(record)
            self._sockets[number] = connection
            self.changed.notify_all()
        try:
            if self.close_at_once:
                await connection.close()
                return
            async for text in connection:
                await self._received(number, connection, text)
        except ConnectionClosed:
            pass
        finally:
            with self.changed:
                record["open"] = False
                record["code"] = connection.close_code
                self.changed.notify_all()

    async def _received(self, number, connection, text):
        message = json.loads(text)
        # Before the message counts as heard, so that what is looked at here is as it was then.
        answer = self.on_message(message) if self.on_message else None
        with self.changed:
            self.messages.append({"connection": number, "text": text, "type": message["type"],
                                  "data": message["data"], "at": time.monotonic()})
            self.changed.notify_all()
        if answer is not None:
            await connection.send(json.dumps(answer))

    # What tests do.

    def wait(self, what, condition, patience=PATIENCE):
        """What condition() gives as soon as it is true."""
        end = time.monotonic() + patience
        with self.changed:
            while True:
                value = condition()
                if value:
                    return value
                left = end - time.monotonic()
                assert left > 0, f"waited {patience:.0f} s for {what}; heard so far: {self.tail()}"
                self.changed.wait(min(left, 0.25))

    def tail(self):
        return [(m["connection"], m["type"], m["data"]) for m in self.messages[-8:]]

    def wait_connected(self, beyond=0, patience=PATIENCE):
        """The number of a connection that is open, the first whose number is at least `beyond`."""
        found = self.wait(f"connection {beyond}", lambda: [
            c for c in self.connections if c["open"] and c["number"] >= beyond], patience)
        return found[0]["number"]

    def latest(self):
        return max(self._sockets) if self._sockets else self.wait_connected()

    def send(self, message, connection=None):
        self.send_raw(json.dumps(message), connection)

    def send_raw(self, payload, connection=None):
        number = self.latest() if connection is None else connection
        self._call(self._sockets[number].send(payload))

    def send_all(self, messages):
        number = self.latest()

        async def all_of_them():
            for message in messages:
                await self._sockets[number].send(json.dumps(message))

        self._call(all_of_them())

    def stop_reading(self, number=None):
        connection = self._sockets[self.latest() if number is None else number]
        self._loop.call_soon_threadsafe(connection.transport.pause_reading)
        self._call(asyncio.sleep(0))

    def read_again(self):
        self._loop.call_soon_threadsafe(self._sockets[self.latest()].transport.resume_reading)

    def unread(self):
        """Bytes that lie there for a server that does not read."""
        raw = self._sockets[self.latest()].transport.get_extra_info("socket")
        return struct.unpack("i", fcntl.ioctl(raw.fileno(), termios.FIONREAD, bytes(4)))[0]

    def ping(self):
        """A ping from the server's side, and its answer."""
        async def there_and_back():
            await (await self._sockets[self.latest()].ping())

        self._call(there_and_back())

    def drop(self, number=None, reset=True):
        """Ends a connection without a word: by a reset, or as if the process had died (a plain FIN)."""
        connection = self._sockets[self.latest() if number is None else number]

        async def end():
            if reset:
                raw = connection.transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.transport.abort()

        self._call(end())

    def close(self, code=1000, number=None):
        self._call(self._sockets[self.latest() if number is None else number].close(code))

    def go_away(self):
        """Nobody listens any more, and what was open is reset."""
        async def leave():
            self._server.close(close_connections=False)

        self._call(leave())
        for record in list(self.connections):
            if record["open"]:
                self.drop(record["number"])

    def come_back(self):
        self._call(self._listen(self.port))

    def of(self, kind, task=None):
        return [m for m in self.messages if m["type"] == kind and (task is None or m["data"].get("task_id") == task)]

    def finals(self, task=None):
        return [m for m in self.messages if m["type"] in ("task_completed", "task_failed")
                and (task is None or m["data"].get("task_id") == task)]

    def wait_for(self, kind, task=None, count=1, patience=PATIENCE):
        return self.wait(f"{count} {kind} of {task}", lambda: (
            found if len(found := self.of(kind, task)) >= count else None), patience)[count - 1]["data"]

    def wait_final(self, task, count=1, patience=PATIENCE):
        found = self.wait(f"final word {count} of {task}", lambda: (
            found if len(found := self.finals(task)) >= count else None), patience)
        return found[count - 1]

    def stop(self):
        async def end():
            for record in self.connections:
                if record["open"]:
                    self._sockets[record["number"]].transport.abort()
            self._server.close()
            await self._server.wait_closed()

        self._end_with(end())


def assignment(task, env=None, execution=None, prompt="do it", title="a title", **more):
    """A task_assignment; keys of `more` go beside the task, `snapshot` and `owner` into it."""
    inner = {"id": task, "title": title, "task_definition": {"prompt": prompt}}
    for key, name in (("snapshot", "agent_config_snapshot"), ("owner", "owner")):
        if key in more:
            inner[name] = more.pop(key)
    data = {"task_id": task, "task": inner, "env_vars": env or {}, **more}
    if execution is not None:
        data["execution_id"] = execution
    return {"type": "task_assignment", "data": data}


def cancellation(task):
    return {"type": "task_cancellation", "data": {"task_id": task}}
