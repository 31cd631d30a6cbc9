"""A relay that takes TLS off a connection, since the rig's control plane has none. For idle figures only."""

import os
import shutil
import socket
import ssl
import subprocess
import threading


def make_certificate(directory):
    """The path of a certificate for 127.0.0.1 with its key in one file; nothing without openssl."""
    if not shutil.which("openssl"):
        print("  no openssl: wss is not measured", flush=True)
        return None
    path = os.path.join(directory, "certificate.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
               "-keyout", path + ".key", "-out", path]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


class TLSRelay:
    def __init__(self, certificate):
        self.certificate = certificate
        self.port_file = ""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, certificate + ".key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            raw, _ = self._listener.accept()
            threading.Thread(target=self._relay, args=(raw,), daemon=True).start()

    def _relay(self, raw):
        try:
            inside = self._context.wrap_socket(raw, server_side=True)
            with open(self.port_file, encoding="utf-8") as file:
                outside = socket.create_connection(("127.0.0.1", int(file.read())))
        except (OSError, ValueError) as problem:
            print(f"  relay: {problem}", flush=True)
            return
        threading.Thread(target=self._pump, args=(outside, inside), daemon=True).start()
        self._pump(inside, outside)

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
