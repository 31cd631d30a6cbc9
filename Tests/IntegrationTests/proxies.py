"""Proxies between a worker and its control plane: proxy.py for CONNECT, and small ones that misbehave."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

import surroundings
from daemon import wait_until
from plane import OwnLoop


class Proxy:
    """proxy.py as a process. Only it knows where `control.test` is: what gets there went through it."""

    def __init__(self, folder, credentials=None, certificate=None):
        self._folder = folder
        self._port_file = os.path.join(folder, "proxy-port")
        self._options = ["--hostname", "127.0.0.1", "--port-file", self._port_file, "--num-acceptors", "1",
                         "--num-workers", "1", "--threadless", "--timeout", "3600", "--log-level", "error"]
        if credentials:
            self._options += ["--basic-auth", credentials]
        if certificate:
            self._options += ["--cert-file", certificate, "--key-file", certificate]
        self.scheme = "https" if certificate else "http"
        self.port = 0
        self.start()

    def start(self):
        """Again at the same port, if it was there before."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(self._port_file)
        self._process = subprocess.Popen(
            [*surroundings.with_names(self._folder), sys.executable, "-m", "proxy", "--port", str(self.port),
             *self._options], stdin=subprocess.DEVNULL, start_new_session=True)
        wait_until("the proxy to listen", self._read_port)

    def _read_port(self):
        assert self._process.poll() is None, "the proxy has ended"
        with contextlib.suppress(FileNotFoundError, ValueError), open(self._port_file, encoding="ascii") as file:
            self.port = int(file.read())
            return True
        return False

    def url(self, credentials=""):
        return f"{self.scheme}://{credentials and credentials + '@'}127.0.0.1:{self.port}"

    def kill(self):
        """With all the processes that it is made of, and without a word to anyone."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, 9)
            self._process.wait()


class CrudeProxy:
    """Answers every CONNECT with these bytes, and hangs up."""

    def __init__(self, answer):
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.asked = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and (more := connection.recv(4096)):
                    head += more
                self.asked.append(head.decode("latin-1"))
                connection.sendall(self._answer)

    def kill(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


class Gateway(OwnLoop):
    """Ends the WebSocket itself and opens another to the control plane: pings are answered here and prove nothing."""

    def __init__(self, plane):
        self.swallows = False
        self.swallowed = []
        self._plane = plane
        self._connections = []
        super().__init__()
        port = self._call(self._listen())
        self.url = plane.url.replace(str(plane.port), str(port))

    async def _listen(self):
        self._server = await serve(
            self._connected, "127.0.0.1", 0, ping_interval=None, compression=None, max_size=None)
        return self._server.sockets[0].getsockname()[1]

    async def _connected(self, worker):
        self._connections.append(worker)
        key = worker.request.headers["Authorization"]
        url = f"ws://127.0.0.1:{self._plane.port}{worker.request.path}"
        async with connect(url, additional_headers={"Authorization": key}, ping_interval=None, compression=None,
                           max_size=None, proxy=None) as server:
            tasks = [asyncio.create_task(self._pass(worker, server, True)),
                     asyncio.create_task(self._pass(server, worker, False))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _pass(self, source, target, upwards):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in source:
                if upwards and self.swallows:
                    self.swallowed.append(message)
                else:
                    await target.send(message)

    def drop(self):
        """The worker's connection ends without a word."""
        self._loop.call_soon_threadsafe(self._connections[-1].transport.abort)

    def kill(self):
        async def end():
            for connection in self._connections:
                connection.transport.abort()
            self._server.close()
            await self._server.wait_closed()

        self._end_with(end())
