"""A Docker daemon and registries of our own: with their own sockets, data and processes, gone when the tests end."""

import http.client
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from daemon import wait_until  # noqa: E402
from sweep import sweep  # noqa: E402

NEEDED = ("dockerd", "docker-registry", "busybox")
APPLETS = ("sh", "sleep", "cat", "echo", "env", "ls", "tail", "yes", "head", "touch", "true", "stat", "trap", "pwd",
           "tr")


def missing():
    """What of the parts is not on this machine; for the reason of a skip."""
    if os.geteuid() != 0:
        return "a Docker daemon needs root"
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return ", ".join(name for name in NEEDED if shutil.which(name, path=path) is None)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """One dockerd."""

    def __init__(self, folder, *arguments, environment=None):
        self.folder = str(folder)
        self.arguments = arguments
        self.environment = environment or {}
        self.socket = os.path.join(self.folder, "docker.sock")
        self.url = "unix://" + self.socket
        self.process = None
        self.refusals = []

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                ["dockerd", "--host", self.url, "--data-root", os.path.join(self.folder, "data"), "--exec-root",
                 os.path.join(self.folder, "exec"), "--pidfile", os.path.join(self.folder, "pid"),
                 "--storage-driver", "vfs", "--shutdown-timeout", "3",
                 # No container of these tests needs a network, and the host's is left alone.
                 "--bridge", "none", "--iptables=false", "--ip6tables=false", *self.arguments],
                stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", **self.environment})
        wait_until("dockerd to answer", self.is_up, 60)
        return self

    def is_up(self):
        assert self.process.poll() is None, "dockerd ended: " + self.log_end()
        try:
            return self.call("GET", "/_ping")[0] == 200
        except OSError:
            return False

    def log_end(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def kill(self):
        """As a crash does it; what it had running is what the kernel leaves."""
        self.process.kill()
        self.process.wait()
        # Its containerd dies with it, and where nobody reaps that, its number looks alive to the next daemon.
        for path in ("pid", "exec/containerd/containerd.pid"):
            if os.path.exists(os.path.join(self.folder, path)):
                os.remove(os.path.join(self.folder, path))

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        # What a killed daemon left: its containerd, the shims, and the containers themselves.
        sweep(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- the API ----

    def call(self, method, path, body=None, headers=None):
        connection = UnixConnection(self.socket)
        try:
            if isinstance(body, (dict, list)):
                body, headers = json.dumps(body), {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            content = answer.read()
            try:
                return answer.status, json.loads(content)
            except ValueError:
                return answer.status, content
        finally:
            connection.close()

    def containers(self, **labels):
        filters = {"label": [f"{name.replace('_', '-')}={value}" for name, value in labels.items()]}
        query = urllib.parse.urlencode({"all": 1, "filters": json.dumps(filters)})
        return self.call("GET", "/containers/json?" + query)[1]

    def inspect(self, container):
        """What the daemon knows of it; nothing where it is not there yet, although it is listed, or no more."""
        status, found = self.call("GET", f"/containers/{container}/json")
        return found if status == 200 else None

    def volumes(self):
        return [volume["Name"] for volume in self.call("GET", "/volumes")[1]["Volumes"] or []]

    def volume_path(self, name):
        return self.call("GET", "/volumes/" + name)[1]["Mountpoint"]

    def clear(self):
        """Removes all containers and volumes; what is still being made or removed takes a moment."""
        def is_clear():
            for container in self.containers():
                self.call("DELETE", f"/containers/{container['Id']}?force=1&v=1")
            answers = [self.call("DELETE", "/volumes/" + name) for name in self.volumes()]
            self.refusals = [answer for answer in answers if answer[0] != 204]
            return not self.containers() and not self.volumes()

        try:
            wait_until("the daemon to be clear", is_clear, 20)
        except AssertionError:
            print("refused:", self.refusals)
            raise

    def load_foreign(self, name, architecture):
        """An image whose configuration names another machine; nothing in it can run."""
        import hashlib
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("marker"))
        config = json.dumps({
            "architecture": architecture, "os": "linux", "config": {}, "rootfs": {
                "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer.getvalue()).hexdigest()]}}).encode()
        manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for path, content in (("config.json", config), ("layer.tar", layer.getvalue()),
                                  ("manifest.json", manifest)):
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        status, answer = self.call("POST", "/images/load", buffer.getvalue(), {"Content-Type": "application/x-tar"})
        assert status == 200 and b'"error"' not in (answer if isinstance(answer, bytes) else b""), answer

    def import_image(self, name, tag, files, links=()):
        """An image of these files: path -> content. Executable, all of them."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for path, content in files.items():
                entry = tarfile.TarInfo(path)
                entry.mode, entry.size = 0o755, len(content)
                tar.addfile(entry, io.BytesIO(content))
            for path, target in links:
                entry = tarfile.TarInfo(path)
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                tar.addfile(entry)
        query = {"fromSrc": "-", "repo": name, "tag": tag}
        status, answer = self.call("POST", "/images/create?" + urllib.parse.urlencode(query), buffer.getvalue(),
                                   {"Content-Type": "application/x-tar"})
        assert status == 200 and b"error" not in json.dumps(answer).encode(), answer

    def push(self, name, tag, credentials=None):
        import base64
        header = base64.urlsafe_b64encode(json.dumps(credentials or {}).encode()).decode()
        status, answer = self.call("POST", f"/images/{name}/push?tag={tag}", headers={"X-Registry-Auth": header})
        assert status == 200 and b'"error"' not in (answer if isinstance(answer, bytes) else b""), answer

    def remove_image(self, name):
        self.call("DELETE", f"/images/{name}?force=1")


class Registry:
    """One docker-registry on a port of its own."""

    def __init__(self, folder, users=None, address="127.0.0.1", certificate=None):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        with socket.socket() as probe:
            probe.bind((address, 0))
            self.address = probe.getsockname()
        self.host = f"{address}:{self.address[1]}"
        config = {
            "version": 0.1, "log": {"level": "error"}, "http": {"addr": self.host},
            "storage": {"filesystem": {"rootdirectory": os.path.join(self.folder, "data")}},
        }
        if users:
            path = os.path.join(self.folder, "htpasswd")
            with open(path, "w", encoding="ascii") as file:
                file.writelines(f"{user}:{secret}\n" for user, secret in users.items())
            config["auth"] = {"htpasswd": {"realm": "test", "path": path}}
        if certificate:
            config["http"]["tls"] = dict(zip(("certificate", "key"), certificate))
        self.config = os.path.join(self.folder, "config.yml")
        with open(self.config, "w", encoding="ascii") as file:
            json.dump(config, file)
        self.process = None

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", self.config], stdout=log, stderr=log)
        wait_until("the registry to answer", self.is_up, 30)
        return self

    def is_up(self):
        try:
            with socket.create_connection(self.address, 1):
                return True
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def busybox_files():
    with open(shutil.which("busybox"), "rb") as file:
        return {"bin/busybox": file.read()}, [("bin/" + name, "busybox") for name in APPLETS]


def pause(seconds):
    """For what has to stay as it is for a while."""
    time.sleep(seconds)
