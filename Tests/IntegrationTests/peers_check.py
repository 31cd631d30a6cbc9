"""Peers for `check`, made of sockets, TLS contexts and trustme: servers that answer as they are told, and a CONNECT
proxy. Each is a thread that ends with its test."""

import base64
import datetime
import hashlib
import select
import socket
import ssl
import struct
import threading

import trustme

HOST = "control.example"  # resolved by nobody here but the proxy


class Authority:
    """A CA of our own, with a certificate for each way in which one can be wrong."""

    def __init__(self, folder):
        self._ca = trustme.CA()
        self.path = str(folder / "authority.pem")
        self._ca.cert_pem.write_to_path(self.path)

    def context(self, *names, **more):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*(names or ("localhost", "127.0.0.1", HOST)), **more).configure_cert(context)
        return context

    def expired(self):
        return self.context("localhost", not_after=datetime.datetime(2020, 2, 3, 4, 5, 6))

    def not_yet(self):
        # trustme's certificates begin in the year 2000; openssl decides by the clock, so it is the begin that moves.
        return self.context("localhost", not_before=datetime.datetime(2199, 1, 1))


class Listener:
    """Accepts on a free port of the loopback; each connection is handed to `serve` in a thread of its own."""

    def __init__(self, host="127.0.0.1"):
        self._socket = socket.create_server((host, 0))
        self.port = self._socket.getsockname()[1]
        self._open = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(peer)
            threading.Thread(target=self._guarded, args=(peer,), daemon=True).start()

    def _guarded(self, peer):
        try:
            self.serve(peer)
        except (OSError, ValueError):
            pass
        finally:
            peer.close()

    def serve(self, peer):
        raise NotImplementedError

    def stop(self):
        self._socket.close()
        with self._lock:
            for peer in self._open:
                peer.close()


def read_head(peer):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = peer.recv(4096)
        if not piece:
            raise ValueError("ended within the head")
        data += piece
    return data.split(b"\r\n\r\n")[0].decode("latin-1")


def field(head, name):
    for line in head.split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name.lower():
            return value.strip()
    return None


class Server(Listener):
    """Answers each request by `answer(head)`, which gives the bytes to send, or None for a WebSocket with its pongs.

    heads: every request head. codes: the close codes that were received."""

    def __init__(self, answer=None, context=None, date=None, pongs=True, close_code=None):
        self.answer = answer
        self.context = context
        self.date = date
        self.pongs = pongs
        self.close_code = close_code
        self.heads = []
        self.codes = []
        self.handshakes = 0
        super().__init__()

    def url(self, host=None, path="/api/v1/selfhosted/worker/ws"):
        host = host or ("localhost" if self.context else "127.0.0.1")
        return f"{'wss' if self.context else 'ws'}://{host}:{self.port}{path}"

    def serve(self, peer):
        if self.context:
            peer = self.context.wrap_socket(peer, server_side=True)
        self.handshakes += 1
        head = read_head(peer)
        self.heads.append(head)
        told = self.answer(head) if self.answer else None
        if told is not None:
            peer.sendall(told)
            return
        if not field(head, "Sec-WebSocket-Key"):
            peer.sendall(status(404, "Not Found", self._dates()))
            return
        key = field(head, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        proof = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        peer.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"{self._dates()}Sec-WebSocket-Accept: {proof}\r\n\r\n").encode())
        if self.close_code:
            peer.sendall(b"\x88\x02" + struct.pack("!H", self.close_code))
        self._frames(peer)

    def _dates(self):
        return f"Date: {self.date}\r\n" if self.date else ""

    def _frames(self, peer):
        while True:
            opcode, payload = self._frame(peer)
            if opcode == 9 and self.pongs:
                peer.sendall(bytes([0x8A, len(payload)]) + payload)
            if opcode == 8:
                self.codes.append(struct.unpack("!H", payload[:2])[0])
                peer.sendall(bytes([0x88, len(payload)]) + payload)
                return

    @staticmethod
    def _frame(peer):
        def exactly(count):
            data = b""
            while len(data) < count:
                piece = peer.recv(count - len(data))
                if not piece:
                    raise ValueError("ended within a frame")
                data += piece
            return data

        first, second = exactly(2)
        assert second & 0x80 and second & 0x7F < 126, "a client masks, and nothing here is long"
        mask = exactly(4)
        return first & 15, bytes(byte ^ mask[index % 4] for index, byte in enumerate(exactly(second & 0x7F)))


def status(code, reason="no", more="", body="no\n"):
    head = f"HTTP/1.1 {code} {reason}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return (head + body).encode()


class ConnectProxy(Listener):
    """A proxy that knows where `routes` lead (host -> port), and wants `credentials` (user:password) where given.

    asked: what CONNECT was asked for, with the credentials that came."""

    def __init__(self, routes, credentials=None, refuse=None):
        self.routes = routes
        self.credentials = credentials
        self.refuse = refuse
        self.asked = []
        super().__init__()

    def serve(self, peer):
        head = read_head(peer)
        method, target, _ = head.split("\r\n")[0].split(" ")
        given = field(head, "Proxy-Authorization")
        self.asked.append((method, target, given))
        wanted = self.credentials and "Basic " + base64.b64encode(self.credentials.encode()).decode()
        if self.refuse:
            return peer.sendall(status(self.refuse, "Forbidden"))
        if wanted and given != wanted:
            more = 'Proxy-Authenticate: Basic realm="x"\r\n'
            return peer.sendall(status(407, "Proxy Authentication Required", more))
        port = self.routes.get(target.rpartition(":")[0])
        if port is None:
            return peer.sendall(status(502, "Bad Gateway"))
        with socket.create_connection(("127.0.0.1", port)) as beyond:
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._relay(peer, beyond)

    @staticmethod
    def _relay(one, other):
        while True:
            ready, _, _ = select.select([one, other], [], [])
            for source in ready:
                data = source.recv(65536)
                if not data:
                    return
                (other if source is one else one).sendall(data)


class Silent(Listener):
    """Accepts, and says nothing."""

    def serve(self, peer):
        while peer.recv(4096):
            pass
