"""TLS: whom the worker believes, what it says about a certificate that it does not, and that it tries again slowly."""

import datetime
import os
import socket
import ssl
import subprocess

import pytest
import trustme

from plane import assignment

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path):
    """The CA's certificate as a file."""
    path = str(tmp_path / "trusted.pem")
    authority.cert_pem.write_to_path(path)
    return path


def server_context():
    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def self_signed(context, folder):
    names = [os.path.join(folder, name) for name in ("self.key", "self.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", names[0], "-out",
                    names[1]], check=True, stderr=subprocess.DEVNULL)
    context.load_cert_chain(names[1], names[0])


def spoil(kind, context, authority, folder):
    """Gives the server a certificate with one thing wrong."""
    if kind == "expired":
        authority.issue_cert("localhost", not_before=NOW - 9 * DAY, not_after=NOW - DAY).configure_cert(context)
    elif kind == "not yet valid":
        authority.issue_cert("localhost", not_before=NOW + DAY, not_after=NOW + 9 * DAY).configure_cert(context)
    elif kind == "another host":
        authority.issue_cert("elsewhere.test", "127.0.0.1").configure_cert(context)
    elif kind == "another authority":
        trustme.CA().issue_cert("localhost").configure_cert(context)
    else:
        self_signed(context, folder)


@pytest.mark.parametrize("kind, words", [
    ("expired", "the server's certificate has expired"),
    ("not yet valid", "the server's certificate is not valid yet"),
    ("another host", "the server's certificate is for another host name than localhost"),
    ("another authority", "the server's certificate was issued by an authority that is not trusted here"),
    ("self-signed", "the server's certificate is self-signed and not among the trusted ones")])
def test_the_problem_of_a_certificate_is_named_and_its_mending_noticed(rig, authority, trusted, kind, words):
    """The waits follow the schedule, so that a server with a bad certificate is not hammered either."""
    context = server_context()
    spoil(kind, context, authority, rig.folder)
    plane = rig.make_plane(ssl=context)
    worker = rig.start(plane=plane, environment={"SSL_CERT_FILE": trusted})
    for number in (1, 2, 3):
        line = worker.wait_event("connection.dial_failed", count=number)
        assert line["message"].startswith(f"no secure connection to the server ({words})"), line["message"]
        assert line["level"] == "warn" and 0 <= line["retry_in_ms"] <= 1000 * 2 ** (number - 1)
    assert not plane.dials, "the API key was shown to a server that nobody vouches for"
    authority.issue_cert("localhost").configure_cert(context)
    worker.wait_event("connection.open")


def test_trust_may_lie_in_a_directory(rig, authority):
    folder = rig.path("trusted")
    os.mkdir(folder)
    authority.cert_pem.write_to_path(os.path.join(folder, "one.pem"))
    trustme.CA().cert_pem.write_to_path(os.path.join(folder, "other.pem"))
    subprocess.run(["openssl", "rehash", folder], check=True)
    context = server_context()
    authority.issue_cert("localhost").configure_cert(context)
    plane = rig.make_plane(ssl=context)
    worker = rig.connected(plane=plane, environment={"SSL_CERT_DIR": folder})
    plane.send(assignment("t-1", rig.env()))
    assert plane.wait_final("t-1")["type"] == "task_completed"
    assert worker.is_alive()


def test_a_file_of_trust_may_hold_several(rig, authority, trusted):
    with open(trusted, "ab") as file:
        file.write(trustme.CA().cert_pem.bytes())
    context = server_context()
    authority.issue_cert("localhost").configure_cert(context)
    plane = rig.make_plane(ssl=context)
    rig.connected(plane=plane, environment={"SSL_CERT_FILE": trusted, "SSL_CERT_DIR": ""})


def test_trust_that_is_not_there_is_said_and_read_again(rig, authority):
    context = server_context()
    authority.issue_cert("localhost").configure_cert(context)
    plane = rig.make_plane(ssl=context)
    path = rig.path("later.pem")
    worker = rig.start(plane=plane, environment={"SSL_CERT_FILE": path})
    line = worker.wait_event("connection.dial_failed")
    assert "the file or directory of trusted certificates can't be used" in line["message"]
    assert path in line["message"]
    authority.cert_pem.write_to_path(path)
    worker.wait_event("connection.open")


def test_a_chain_with_an_intermediate_is_followed(rig, authority, trusted):
    context = server_context()
    authority.create_child_ca().issue_cert("localhost").configure_cert(context)
    rig.connected(plane=rig.make_plane(ssl=context), environment={"SSL_CERT_FILE": trusted})


def test_a_chain_without_its_intermediate_is_not(rig, authority, trusted):
    leaf = authority.create_child_ca().issue_cert("localhost")
    alone = rig.path("alone.pem")
    with open(alone, "wb") as file:
        file.write(leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes())
    context = server_context()
    context.load_cert_chain(alone)
    worker = rig.start(plane=rig.make_plane(ssl=context), environment={"SSL_CERT_FILE": trusted})
    line = worker.wait_event("connection.dial_failed")
    assert "issued by an authority that is not trusted here" in line["message"]


def test_a_server_that_speaks_no_tls_is_said(rig, trusted):
    worker = rig.start(url=rig.plane.url.replace("ws://", "wss://"), environment={"SSL_CERT_FILE": trusted})
    line = worker.wait_event("connection.dial_failed")
    assert line["message"].startswith("no secure connection to the server (")
    assert not rig.plane.dials


def test_an_old_version_of_tls_is_refused(rig, trusted):
    """At the first answer: the server need not be a whole one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        worker = rig.start(url=f"wss://localhost:{server.getsockname()[1]}/ws", environment={"SSL_CERT_FILE": trusted})
        connection, _ = server.accept()
        with connection:
            hello = connection.recv(4096)
            assert hello[:1] == b"\x16"
            # A server hello that chooses TLS 1.0 (0x0301) and a cipher that the client offered.
            body = b"\x03\x01" + bytes(32) + b"\0" + b"\xc0\x14" + b"\0"
            handshake = b"\x02" + len(body).to_bytes(3, "big") + body
            connection.sendall(b"\x16\x03\x01" + len(handshake).to_bytes(2, "big") + handshake)
            line = worker.wait_event("connection.dial_failed")
    assert line["message"].startswith("no secure connection to the server ("), line["message"]
