"""What the tests of `check` share: a bench that runs it, with peers that end with their test."""

import json
import subprocess

import pytest

import daemon
from peers_check import Authority, ConnectProxy, Server

KEY = "wk-canary-check-91c4"
TOKEN = "canary-token-value-77"
PROXY_PASSWORD = "pr0xy-canary-word"
SECRETS = (KEY, TOKEN, PROXY_PASSWORD)


class Bench:
    """Runs `check` with one configuration, and keeps what it said."""

    def __init__(self, rig, folder):
        self.rig = rig
        self.authority = Authority(folder)
        self.peers = []

    def server(self, *arguments, **options):
        return self.keep(Server(*arguments, **options))

    def proxy(self, *arguments, **options):
        return self.keep(ConnectProxy(*arguments, **options))

    def keep(self, peer):
        self.peers.append(peer)
        return peer

    def close(self):
        for peer in self.peers:
            peer.stop()

    def start(self, *arguments, url=None, direct=None, command=None, environment=None, hosts=None, key=True, host=(),
              **top):
        """The process. `hosts` is the server root URL; by default the control plane's own address, which is there.
        `host` makes a host for it (surroundings.py). `command` chooses that backend."""
        block = {"environment": [{"name": "TOKEN", "value": TOKEN}], **(command or direct or {})}
        config = self.rig.config(command=block, **top) if command else self.rig.config(block, **top)
        words = ["check", "--config-file", config]
        if url:
            words += ["--web-socket-url", url, "--server-root-url", hosts or url.replace("ws", "http", 1)]
        more = {"WARP_API_KEY": KEY} if key else {}
        return subprocess.Popen(
            [*host, daemon.BINARY, *words, *arguments], env={**self.rig.environment, **more, **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=daemon.PATIENCE * 3)
        for secret in SECRETS:
            assert secret.encode() not in out + err, f"{secret} was shown"
        return process.returncode, out.decode(), err.decode()

    def json(self, *arguments, **options):
        """(exit code, the document); the document is all of the output, and agrees with the exit code."""
        code, out, err = self.run("--json", *arguments, **options)
        assert err == ""
        document = json.loads(out)
        assert document["exit_code"] == code and document["format"] == 1
        return code, document

    def steps(self, part, *arguments, **options):
        code, document = self.json(*arguments, **options)
        return code, {step["name"]: step for step in document["checks"][part]["steps"]}


@pytest.fixture
def bench(rig, tmp_path):
    made = Bench(rig, tmp_path)
    yield made
    made.close()


@pytest.fixture
def trusting(bench):
    return {"SSL_CERT_FILE": bench.authority.path}
