"""Proxies: which one is used when, what it may ask, and what it may do to a connection."""

import ssl

import pytest
import trustme

from plane import assignment
from proxies import CrudeProxy, Gateway, Proxy
from surroundings import NAME, with_names, without_network

DEAD = "http://127.0.0.1:9"  # nobody listens there
ADDRESS = "203.0.113.7"  # of those set aside for documentation; the worker that dials it has no network


def url_by_name(plane):
    """Of a name for which proxies count, and which only the proxy can resolve."""
    return plane.url.replace("localhost", NAME).replace("127.0.0.1", NAME)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """(the context of a server called control.test, the CA's file, a proxy's certificate and key in one file)"""
    ca = trustme.CA()
    folder = tmp_path_factory.mktemp("authority")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(NAME).configure_cert(context)
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "proxy.pem"))
    return context, str(folder / "ca.pem"), str(folder / "proxy.pem")


def runs_a_task(plane, rig, task="t-1"):
    plane.send(assignment(task, rig.env()))
    assert plane.wait_final(task)["type"] == "task_completed"


# Which one is used.

@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_plain_connection_goes_through(rig, variable):
    proxy = rig.keep(Proxy(rig.folder))
    worker = rig.start(url=url_by_name(rig.plane), environment={variable: proxy.url(), "HTTPS_PROXY": DEAD})
    worker.wait_event("connection.open")
    runs_a_task(rig.plane, rig)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_secure_connection_goes_through(rig, authority, variable):
    proxy = rig.keep(Proxy(rig.folder))
    plane = rig.make_plane(ssl=authority[0])
    worker = rig.start(plane=plane, url=url_by_name(plane), environment={
        variable: proxy.url(), "SSL_CERT_FILE": authority[1], "HTTP_PROXY": DEAD})
    worker.wait_event("connection.open")
    runs_a_task(plane, rig)


def test_the_proxy_for_all_comes_last(rig):
    proxy = rig.keep(Proxy(rig.folder))
    worker = rig.start(url=url_by_name(rig.plane), environment={"HTTP_PROXY": proxy.url(), "ALL_PROXY": DEAD})
    worker.wait_event("connection.open")


def test_a_proxy_may_be_spoken_to_in_secret(rig, authority):
    proxy = rig.keep(Proxy(rig.folder, certificate=authority[2]))
    plane = rig.make_plane(ssl=authority[0])
    worker = rig.start(plane=plane, url=url_by_name(plane), environment={
        "HTTPS_PROXY": proxy.url(), "SSL_CERT_FILE": authority[1]})
    worker.wait_event("connection.open")
    runs_a_task(plane, rig)


def test_the_certificate_of_a_proxy_counts(rig, authority):
    proxy = rig.keep(Proxy(rig.folder, certificate=authority[2]))
    worker = rig.start(url=url_by_name(rig.plane), environment={"HTTP_PROXY": proxy.url()})
    line = worker.wait_event("connection.dial_failed")
    assert "proxy's certificate was issued by an authority that is not trusted here" in line["message"]
    assert not rig.plane.dials


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_an_exception_leads_past_the_proxy(rig, variable):
    worker = rig.start(url=url_by_name(rig.plane), within=with_names(rig.folder),
                       environment={"HTTP_PROXY": DEAD, variable: f"elsewhere.test, {NAME}"})
    worker.wait_event("connection.open")
    runs_a_task(rig.plane, rig)


@pytest.mark.parametrize("host, exceptions, direct", [
    (NAME, NAME, True), (NAME, NAME.upper(), True), (NAME, ".test", True), (NAME, "test", True),
    (NAME, "*.test", True), (NAME, "*", True), (NAME, f"a.test,{NAME}:81", False), (NAME, f" a.test {NAME}:80", True),
    (NAME, "ntrol.test", False), (NAME, f"a.{NAME}", False), (NAME, "", False), (NAME, ",", False),
    (ADDRESS, ADDRESS, True), (ADDRESS, "203.0.113.0/24", True), (ADDRESS, "203.0.113.6/31", True),
    (ADDRESS, "203.0.113.8/31", False), (ADDRESS, "203.0.113.70", False), (ADDRESS, "3.0.113.7", False),
    (ADDRESS, "0.0.0.0/0", True), ("[2001:db8::7]", "2001:db8::/32", True),
    ("[2001:db8::7]", "[2001:db8::7]:80", True),
    ("[2001:db8::7]", "2001:db8::8", False)])
def test_who_is_an_exception(rig, host, exceptions, direct):
    """Decided where no network is: the log says whether the server or the proxy could not be reached."""
    worker = rig.start(url=f"ws://{host}/ws", within=without_network(),
                       environment={"HTTP_PROXY": DEAD, "NO_PROXY": exceptions})
    said = worker.wait_event("connection.dial_failed")["message"]
    assert said.startswith("the proxy did not let us through") != direct, said


# What it may ask.

def test_credentials_are_shown_to_a_proxy(rig):
    proxy = rig.keep(Proxy(rig.folder, credentials="worker:p@ss/canary-7"))
    worker = rig.start(url=url_by_name(rig.plane), environment={"HTTP_PROXY": proxy.url("worker:p%40ss%2Fcanary-7")})
    worker.wait_event("connection.open")
    runs_a_task(rig.plane, rig)
    proxy.kill()
    worker.wait_event("connection.dial_failed")
    worker.signal()
    assert worker.wait_exit() == 0
    for form in (b"p@ss", b"p%40ss", b"canary-7"):
        assert form not in worker.raw, "the proxy's password is in the log"


@pytest.mark.parametrize("credentials", ["", "worker:wrong-canary-8", "somebody:canary-7"])
def test_without_the_right_credentials_it_is_said(rig, credentials):
    proxy = rig.keep(Proxy(rig.folder, credentials="worker:canary-7"))
    worker = rig.start(url=url_by_name(rig.plane), environment={"HTTP_PROXY": proxy.url(credentials)})
    for number in (1, 2):
        line = worker.wait_event("connection.dial_failed", count=number)
        assert "the proxy did not let us through" in line["message"]
        assert "407" in line["message"] and "credentials" in line["message"]
        assert line["level"] == "warn" and 0 <= line["retry_in_ms"] <= 1000 * number
    assert not rig.plane.dials and b"canary" not in worker.raw


# What it may do.

def test_a_proxy_that_dies_takes_nothing_with_it(rig):
    proxy = rig.keep(Proxy(rig.folder))
    worker = rig.start(url=url_by_name(rig.plane), environment={"HTTP_PROXY": proxy.url()})
    worker.wait_event("connection.open")
    rig.plane.send(assignment("t-1", rig.env(f"until {rig.path('gate')} 3"), execution="e-1"))
    rig.note("t-1", ".ready")
    proxy.kill()
    worker.wait_event("connection.lost")
    rig.touch("gate")
    worker.wait_event("task.failed", task_id="t-1")
    line = worker.wait_event("connection.dial_failed")
    assert "the proxy did not let us through" in line["message"]
    proxy.start()
    worker.wait_event("connection.open", count=2)
    assert rig.plane.wait_final("t-1")["data"]["exit_code"] == 3
    worker.wait_event("task.final_heard", task_id="t-1")
    assert len(rig.plane.finals()) == 1


@pytest.mark.parametrize("answer, words", [
    (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "it answered 403"),
    (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "it answered 502"),
    (b"", "the proxy did not let us through"), (b"\0\1\2 nonsense\r\n\r\n", "the proxy did not let us through"),
    (b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 418 A teapot\r\n\r\n", "the server answered HTTP 418")])
def test_a_proxy_that_does_not_do_its_work_is_named(rig, answer, words):
    proxy = rig.keep(CrudeProxy(answer))
    worker = rig.start(url=f"ws://{NAME}:81/ws", environment={"HTTP_PROXY": proxy.url})
    worker.wait_event("connection.dial_failed", count=2)
    for line in worker.events("connection.dial_failed"):
        assert words in line["message"]
    assert proxy.asked[0].startswith(f"CONNECT {NAME}:81 HTTP/1.1\r\n")
    assert "Bearer" not in proxy.asked[0], "the key is for the server"


@pytest.mark.parametrize("proxy, words", [
    (DEAD, "Connection refused"), ("http://nobody.invalid:3128", "name could not be resolved"),
    ("gopher://127.0.0.1:70", "Unsupported proxy scheme")])
def test_a_proxy_that_is_not_there_is_named(rig, proxy, words):
    within = without_network() if "invalid" in proxy else ()
    worker = rig.start(url=f"ws://{NAME}/ws", within=within, environment={"HTTP_PROXY": proxy})
    line = worker.wait_event("connection.dial_failed")
    assert "proxy" in line["message"] and words in line["message"]


# One that ends the WebSocket itself and answers pings: a pong then proves nothing about the server.

def test_behind_a_gateway_that_answers_pings_all_goes_well_while_it_does(rig):
    gateway = rig.keep(Gateway(rig.plane))
    worker = rig.start(url=gateway.url)
    worker.wait_event("connection.open")
    tasks = [f"t-{number}" for number in range(20)]
    rig.plane.send_all([assignment(task, rig.env(), execution="e") for task in tasks])
    for task in tasks:
        rig.plane.wait_final(task)
        worker.wait_event("task.final_heard", task_id=task)
    gateway.drop()
    rig.plane.wait_connected(beyond=1)
    runs_a_task(rig.plane, rig, "after")
    assert len(rig.plane.finals()) == len(tasks) + 1


def test_what_such_a_gateway_loses_the_server_gets_by_asking(rig):
    """The word was heard by the gateway, so it is not said again by itself. The server that never got it assigns the
    execution once more, and gets the same word without another run."""
    gateway = rig.keep(Gateway(rig.plane))
    worker = rig.start(url=gateway.url)
    worker.wait_event("connection.open")
    same = assignment("t-1", rig.env(f"until {rig.path('gate')} 4"), execution="e-1")
    rig.plane.send(same)
    rig.note("t-1", ".ready")
    rig.plane.wait_for("task_claimed", "t-1")
    gateway.swallows = True
    rig.touch("gate")
    worker.wait_event("task.final_heard", task_id="t-1")
    assert [m for m in gateway.swallowed if '"t-1"' in m]
    gateway.swallows = False
    gateway.drop()
    rig.plane.wait_connected(beyond=1)
    runs_a_task(rig.plane, rig, "after")
    assert not rig.plane.finals("t-1")
    rig.plane.send(same)
    assert rig.plane.wait_final("t-1")["data"]["exit_code"] == 4
    assert rig.starts("t-1") == 1
