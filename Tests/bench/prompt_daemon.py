"""What looks like a Docker daemon and answers at once: what is left then is the caller's own time."""

import http.server
import json
import os
import socketserver
import threading
import time
import urllib.parse


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "worker"

    def log_message(self, *_):
        pass

    def respond(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self.server.daemon.answer(self.command, urllib.parse.urlsplit(self.path).path)
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = respond


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # Who hangs up in the middle of a wait.


class PromptDaemon:
    """It has what `engine` says of itself and of `image`, and one container at most, which ends when told."""

    def __init__(self, path, engine, image):
        self.socket, self.url = path, "unix://" + path
        self.known = {
            "/version": engine.call("GET", "/version")[1], "/containers/json": [], "/volumes": {"Volumes": []},
            f"/images/{urllib.parse.quote(image, safe='')}/json": engine.call("GET", f"/images/{image}/json")[1],
            f"/images/{image}/json": engine.call("GET", f"/images/{image}/json")[1]}
        self.started_at = None
        self.started, self.ended = threading.Event(), threading.Event()
        self.server = _Server(path, _Handler)
        self.server.daemon = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin(self):
        self.started.clear()
        self.ended.clear()

    def answer(self, method, path):
        if path.startswith("/v1."):
            path = path[path.index("/", 1):]
        if method == "GET" and path in self.known:
            return 200, self.known[path]
        if path.endswith("/start"):
            self.started_at = time.time_ns()
            self.started.set()
            return 204, None
        if path.endswith("/wait"):
            self.ended.wait(60)
            return 200, {"StatusCode": 0}
        if path == "/containers/create":
            return 201, {"Id": "0" * 64, "Warnings": []}
        if path == "/images/create" or path.endswith("/logs"):
            return 200, None
        return (204, None) if method == "DELETE" else (404, {"message": "no " + path})

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        os.remove(self.socket)
