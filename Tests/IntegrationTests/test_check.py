"""`check` on the network, against real peers: each hop fails once, and is named with what to do."""

import datetime
import json
import signal
import socket

import pytest

import daemon
import surroundings
from check_bench import KEY, PROXY_PASSWORD, bench, trusting  # noqa: F401
from peers_check import HOST, Silent, status


def hop(steps, name, *words):
    """The step that failed: only this one, with all behind it untried, and with these words."""
    failed = [step for step, value in steps.items() if value["outcome"] == "failed"]
    assert failed == [name], f"{failed} failed: {steps}"
    names = list(steps)
    for behind in names[names.index(name) + 1:]:
        assert steps[behind]["outcome"] == "skipped", f"{behind} was tried behind {name}"
    assert steps[name]["advice"]
    for word in words:
        assert word in steps[name]["message"] + steps[name]["advice"], f"{word!r} is missing in {steps[name]}"


# What is fine.

def test_all_is_well(bench):
    plane = bench.rig.plane
    code, steps = bench.steps("control_plane", url=plane.url)
    assert code == 0
    assert {name: step["outcome"] for name, step in steps.items()} == {
        "url": "ok", "proxy": "ok", "name": "ok", "tcp": "ok", "tls": "skipped", "handshake": "ok", "frames": "ok",
        "clock": "ok"}
    assert steps["handshake"]["facts"]["status"] == 101
    assert plane.dials[0]["authorization"] == "Bearer " + KEY
    plane.wait("the close", lambda: plane.connections and not plane.connections[0]["open"])
    assert plane.connections[0]["code"] == 1000, "the probe did not take its leave"


def test_a_running_worker_is_not_disturbed(bench):
    """The probe comes under an id that no task is routed to."""
    worker = bench.rig.connected()
    code, _ = bench.json(url=bench.rig.plane.url)
    assert code == 0
    ids = [dial["path"].split("worker_id=")[1] for dial in bench.rig.plane.dials]
    assert ids[0] == "rig" and ids[1].startswith("rig-check-") and len(ids) == 2
    assert bench.rig.plane.connections[0]["open"] and not bench.rig.plane.messages
    assert not worker.events("connection.lost")
    bench.rig.touch("still-here")
    assert worker.is_alive()


def test_tls_with_its_certificate(bench, trusting):
    server = bench.server(context=bench.authority.context())
    code, steps = bench.steps("control_plane", "-e", "SSL_CERT_FILE", url=server.url(), environment=trusting)
    assert code == 0, steps
    facts = steps["tls"]["facts"]
    assert facts["version"] == "TLSv1.3" and "localhost" in facts["names"]
    assert facts["trust"] == {"source": "environment", "file": bench.authority.path, "directory": None}
    assert facts["valid_until"].endswith("Z") and "trustme" in facts["issuer"]
    assert steps["name"]["facts"]["addresses"] == ["127.0.0.1"]
    assert server.codes == [1000]


# Where it stops.

def test_a_name_that_nobody_knows(bench):
    code, steps = bench.steps("control_plane", url=f"wss://{HOST}.invalid/ws")
    assert code == 69
    hop(steps, "name", f"{HOST}.invalid", "resolv.conf", "HTTPS_PROXY")


def test_a_port_at_which_nobody_listens(bench):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    code, steps = bench.steps("control_plane", url=f"ws://127.0.0.1:{port}/ws")
    assert code == 69
    hop(steps, "tcp", f"127.0.0.1:{port}", "refused", "firewall")


@pytest.mark.parametrize("wrong, words", [
    ("expired", ["has expired", "2020-02-03T04:05:06Z", "clock", "renew"]),
    ("not_yet", ["not valid yet", "2199-01-01", "clock"]),
    ("name", ["another host name", "other.example", "check the URL"]),
    ("authority", ["not trusted here", "trustme", "opens TLS", "this host's trusted certificates"])])
def test_a_certificate_that_is_wrong(bench, trusting, wrong, words):
    contexts = {"expired": bench.authority.expired, "not_yet": bench.authority.not_yet,
                "name": lambda: bench.authority.context("other.example"), "authority": bench.authority.context}
    server = bench.server(context=contexts[wrong]())
    environment = {} if wrong == "authority" else trusting
    code, steps = bench.steps("control_plane", url=server.url(), environment=environment)
    assert code == 69
    hop(steps, "tls", *words)
    if environment:
        assert bench.authority.path in steps["tls"]["advice"], "which CA file was used is not said"
    assert not server.heads, "something was sent to a server that is not trusted"


def test_a_ca_file_that_is_not_there(bench):
    server = bench.server(context=bench.authority.context())
    code, steps = bench.steps("control_plane", url=server.url(), environment={"SSL_CERT_FILE": "/does/not/exist"})
    assert code == 69
    hop(steps, "tls", "trusted certificates can't be used", "SSL_CERT_FILE=/does/not/exist")


@pytest.mark.parametrize("answer, exit_code, words", [
    (401, 77, ["401", "API key", "expired", "team scope"]), (403, 77, ["403", "API key", "gate/9"]),
    (404, 69, ["404", "path", "--web-socket-url"]), (426, 69, ["426"]), (429, 69, ["429", "busy"]),
    (500, 69, ["500", "of its own"]), (503, 69, ["503", "busy"]), (200, 69, ["200 instead of a WebSocket", "login"]),
    (302, 69, ["302", "redirected to https://login.example/"])])
def test_an_answer_that_is_no_websocket(bench, answer, exit_code, words):
    more = "Server: gate/9\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nLocation: https://login.example/\r\n"
    server = bench.server(lambda head: status(answer, more=more))
    code, steps = bench.steps("control_plane", url=server.url())
    assert code == exit_code
    clock = steps.pop("clock")
    hop(steps, "handshake", *words)
    assert steps["handshake"]["facts"] == {"status": answer, "server": "gate/9"}
    assert clock["outcome"] == "warning", "a refusal tells the server's time, too"


def test_what_a_server_repeats_is_masked(bench):
    """A server that puts the key into its answer does not get it into the report (Bench.run looks for it)."""
    server = bench.server(lambda head: status(302, more=f"Server: {KEY}\r\nLocation: /?key={KEY}\r\n"))
    code, _ = bench.json(url=server.url())
    assert code == 69
    code, out, _ = bench.run(url=server.url())
    assert code == 69 and "302" in out


def test_another_protocol_altogether(bench):
    server = bench.server(lambda head: b"SSH-2.0-something\r\n")
    code, steps = bench.steps("control_plane", url=server.url())
    assert code == 69
    hop(steps, "handshake", "does not speak HTTP", "login page")


def test_a_server_that_accepts_and_closes(bench):
    server = bench.server(close_code=1008, pongs=False)
    code, steps = bench.steps("control_plane", url=server.url())
    assert code == 69
    assert steps["handshake"]["outcome"] == "ok"
    assert steps["frames"]["outcome"] == "failed" and "1008" in steps["frames"]["message"]


def test_silence_is_bounded_and_told(bench):
    """A peer that goes silent at a hop costs that hop's time and no more; together well under a minute."""
    peers = {"handshake": bench.keep(Silent()), "frames": bench.server(pongs=False)}
    started = {hop: bench.start("--json", url=f"ws://127.0.0.1:{peer.port}/ws") for hop, peer in peers.items()}
    words = {"handshake": "not answered in time", "frames": "no ping was answered"}
    for silent, process in started.items():
        out, _ = process.communicate(timeout=55)
        steps = {step["name"]: step for step in json.loads(out)["checks"]["control_plane"]["steps"]}
        assert process.returncode == 69
        assert steps[silent]["outcome"] == "failed" and words[silent] in steps[silent]["message"]


def test_an_interrupted_check_ends_at_once(bench):
    peer = bench.keep(Silent())
    process = bench.start(url=f"ws://127.0.0.1:{peer.port}/ws")
    while b"Backend" not in (line := process.stdout.readline()):
        assert line
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=daemon.PATIENCE)
    assert process.returncode == -signal.SIGINT, "it went on to its own end"


# Clocks.

@pytest.mark.parametrize("ahead, outcome, words", [
    (-3600, "warning", "ahead of"), (7200, "warning", "behind"), (0, "ok", "agrees")])
def test_a_clock_that_is_wrong(bench, ahead, outcome, words):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ahead)
    server = bench.server(date=then.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    code, steps = bench.steps("control_plane", url=server.url())
    assert code == 0, "a clock is a warning"
    assert steps["clock"]["outcome"] == outcome
    assert words in steps["clock"]["message"]
    assert abs(steps["clock"]["facts"]["skew_seconds"] + ahead) <= 2, "one second may pass, one is rounding"


def test_a_server_that_tells_its_time_only_in_plain_answers(bench):
    def answer(head):
        if head.startswith("HEAD / "):
            assert "uthorization" not in head, "the key was sent along"
            return status(404, more="Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", body="")
        return None

    code, steps = bench.steps("control_plane", url=bench.server(answer).url())
    assert code == 0
    assert steps["clock"]["outcome"] == "warning" and "ahead" in steps["clock"]["message"]


# Proxies.

def through(proxy, user=""):
    return {"HTTPS_PROXY": f"http://{user}127.0.0.1:{proxy.port}"}


def test_a_proxy(bench, trusting):
    server = bench.server(context=bench.authority.context())
    proxy = bench.proxy({HOST: server.port})
    code, steps = bench.steps("control_plane", "-e", "HTTPS_PROXY", "-e", "SSL_CERT_FILE", url=f"wss://{HOST}/ws",
                              environment={**trusting, **through(proxy)})
    assert code == 0, steps
    assert steps["connect"]["facts"]["status"] == 200
    assert steps["proxy"]["facts"] == {"proxy": f"http://127.0.0.1:{proxy.port}", "variable": "HTTPS_PROXY"}
    assert {what[:2] for what in proxy.asked} == {("CONNECT", f"{HOST}:443")}
    assert server.codes == [1000]


def test_a_proxy_with_credentials(bench, trusting):
    server = bench.server(context=bench.authority.context())
    proxy = bench.proxy({HOST: server.port}, credentials=f"me:{PROXY_PASSWORD}")
    code, out, err = bench.run("-e", "HTTPS_PROXY", "-e", "SSL_CERT_FILE", url=f"wss://{HOST}/ws",
                               environment={**trusting, **through(proxy, f"me:{PROXY_PASSWORD}@")})
    assert code == 0, out + err
    assert f"http://***@127.0.0.1:{proxy.port}, from HTTPS_PROXY" in out


@pytest.mark.parametrize("user", ["", f"me:{PROXY_PASSWORD}@"])
def test_a_proxy_that_wants_other_credentials(bench, user):
    proxy = bench.proxy({}, credentials="somebody:else")
    code, steps = bench.steps("control_plane", url=f"wss://{HOST}/ws", environment=through(proxy, user))
    assert code == 69
    hop(steps, "connect", "407", "HTTPS_PROXY", "USER:PASSWORD")


def test_a_proxy_that_refuses_the_way(bench):
    proxy = bench.proxy({}, refuse=403)
    code, steps = bench.steps("control_plane", url=f"wss://{HOST}/ws", environment=through(proxy))
    assert code == 69
    hop(steps, "connect", "403", f"{HOST}:443", "allowed")


def test_a_proxy_that_is_not_there(bench):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {"https_proxy": f"http://127.0.0.1:{port}"}
    code, steps = bench.steps("control_plane", url=f"wss://{HOST}/ws", environment=environment)
    assert code == 69
    hop(steps, "tcp", "refused", "https_proxy")
    code, steps = bench.steps("control_plane", url=f"wss://{HOST}/ws",
                              environment={"ALL_PROXY": "http://nobody.invalid:1"})
    hop(steps, "name", "ALL_PROXY")


def test_why_a_proxy_does_not_count(bench):
    environment = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "a.example, .invalid"}
    _, steps = bench.steps("control_plane", url=f"wss://{HOST}.invalid/ws", environment=environment)
    assert "NO_PROXY has .invalid" in steps["proxy"]["message"]
    hop(steps, "name")
    server = bench.server()
    code, steps = bench.steps(
        "control_plane", url=server.url(surroundings.NAME), host=surroundings.with_names(bench.rig.folder),
        environment={"ALL_PROXY": "http://127.0.0.1:9", "no_proxy": "*.test"})
    assert "no_proxy has *.test" in steps["proxy"]["message"] and steps["tcp"]["outcome"] == "ok"
    assert code == 0 and steps["url"]["outcome"] == "warning", "ws:// to another machine is a warning"
    _, steps = bench.steps("control_plane", url=bench.rig.plane.url, environment={"HTTP_PROXY": "http://127.0.0.1:9"})
    assert "HTTP_PROXY does not count" in steps["proxy"]["message"]


# The hosts that agents need.

def test_agents_do_not_inherit_the_workers_proxy(bench, trusting):
    """The worker gets through, its agents would not: that is worth exit code 69, and the hint that helps."""
    server = bench.server(context=bench.authority.context())
    proxy = bench.proxy({HOST: server.port, "app.invalid": server.port})
    environment = {**trusting, **through(proxy)}
    code, document = bench.json(url=f"wss://{HOST}/ws", hosts="https://app.invalid", environment=environment)
    host = document["checks"]["hosts"]["steps"][0]
    assert code == 69 and host["name"] == "app.invalid" and host["outcome"] == "failed"
    assert "-e HTTPS_PROXY" in host["advice"] and host["facts"]["failed_hop"] == "name"
    assert all(step["outcome"] != "failed" for step in document["checks"]["control_plane"]["steps"])
    # A setup command may give them one, so nothing is known for certain.
    code, document = bench.json(url=f"wss://{HOST}/ws", hosts="https://app.invalid", environment=environment,
                                direct={"setup_command": "true"})
    assert code == 0 and document["checks"]["hosts"]["steps"][0]["outcome"] == "warning"


def test_the_products_hosts_are_looked_at_by_default(bench):
    code, steps = bench.steps("hosts", host=surroundings.without_network())
    assert code == 69
    assert list(steps) == ["app.warp.dev", "rtc.app.warp.dev", "sessions.app.warp.dev", "oz.warp.dev"]
    assert all(step["outcome"] == "failed" and step["facts"]["failed_hop"] == "name" for step in steps.values())
    assert all(step["advice"] for step in steps.values())


def test_the_same_advice_is_said_once(bench):
    _, out, _ = bench.run(host=surroundings.without_network())
    hosts = out.split("Hosts that agents need")[1]
    assert hosts.count("->") == 1 and hosts.count("\n  failed ") == 4
