"""The daemon itself: killed and started again under tasks, reached over TLS, found by a context."""

import hashlib
import json
import os
import shutil

import pytest
import trustme

import engine as engines
from yard import Yard
from plane import cancellation


@pytest.fixture
def own_engine(images, tmp_path_factory, request):
    made = engines.Engine(tmp_path_factory.mktemp("own"), *getattr(request, "param", ()))
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def own(own_engine, running_engine, rig, images):
    """A daemon of the test's own, with its own arguments."""
    return Yard(rig, own_engine, images)


def final(yard, task, patience=90):
    return yard.plane.wait_final(task, patience=patience)


@pytest.mark.parametrize("own_engine", [("--live-restore",)], indirect=True)
def test_a_task_outlives_a_killed_daemon_that_keeps_containers_alive(own, tmp_path):
    os.chmod(tmp_path, 0o755)
    worker = own.connected("-v", f"{tmp_path}:/gate")
    own.assign("t-1", "until /gate/open")
    own.wait_running("t-1")
    own.engine.kill()
    worker.wait_event("task.wait_broken")
    own.engine.start()
    assert own.wait_running("t-1")
    (tmp_path / "open").touch()
    assert final(own, "t-1")["type"] == "task_completed"
    own.wait_nothing_left()


@pytest.mark.parametrize("own_engine", [()], indirect=True)
def test_a_task_that_died_with_the_daemon_is_judged_when_it_is_back(own):
    worker = own.connected()
    own.assign("t-1", "sleep")
    own.wait_running("t-1")
    own.engine.kill()
    worker.wait_event("task.wait_broken")
    own.engine.start()
    data = final(own, "t-1")["data"]
    assert data["failure_reason"] == "container_exit"
    own.wait_nothing_left()


@pytest.mark.parametrize("own_engine", [("--live-restore",)], indirect=True)
def test_a_cancellation_while_the_daemon_is_away_reaches_the_container(own):
    worker = own.connected()
    own.assign("t-1", "sleep")
    own.wait_running("t-1")
    own.engine.kill()
    worker.wait_event("task.wait_broken")
    own.plane.send(cancellation("t-1"))
    worker.wait_event("task.stopping")
    own.engine.start()
    assert final(own, "t-1")["type"] == "task_completed"
    own.wait_nothing_left()


@pytest.fixture
def certificates(tmp_path):
    authority = trustme.CA()
    folder = tmp_path / "certificates"
    folder.mkdir()
    server = authority.issue_cert("localhost", "127.0.0.1")
    client = authority.issue_cert("client@example.org")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name, made in (("server", server), ("", client)):
        front = name + "-" if name else ""
        made.private_key_pem.write_to_path(str(folder / f"{front}key.pem"))
        made.cert_chain_pems[0].write_to_path(str(folder / f"{front}cert.pem"))
    return str(folder)


@pytest.fixture
def encrypted_engine(tmp_path_factory, certificates):
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = engines.Engine(
        tmp_path_factory.mktemp("tls"), "--host", f"tcp://127.0.0.1:{port}", "--tlsverify", "--tlscacert",
        certificates + "/ca.pem", "--tlscert", certificates + "/server-cert.pem", "--tlskey",
        certificates + "/server-key.pem")
    try:
        yield made.start(), f"127.0.0.1:{port}"
    finally:
        made.stop()


@pytest.fixture
def encrypted(encrypted_engine, running_engine, rig, images):
    """A daemon that also listens on TCP, for clients with a certificate."""
    engine, place = encrypted_engine
    return Yard(rig, engine, images), place


def test_a_daemon_behind_tls(encrypted, certificates):
    yard, place = encrypted
    worker = yard.connected(environment={
        "DOCKER_HOST": "tcp://" + place, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certificates})
    yard.assign("t-1", sidecar_image=yard.images["agent"])
    assert final(yard, "t-1")["type"] == "task_completed"
    assert worker.events("docker.found")[0]["address"] == "tcp://" + place


def test_a_daemon_behind_tls_that_nobody_verifies_is_warned_of(encrypted, certificates):
    yard, place = encrypted
    worker = yard.connected(environment={"DOCKER_HOST": "tcp://" + place, "DOCKER_CERT_PATH": certificates})
    assert "DOCKER_TLS_VERIFY" in worker.wait_event("docker.remark")["message"]


def test_a_certificate_that_nobody_issued_is_refused_at_once(encrypted, certificates, tmp_path):
    yard, place = encrypted
    folder = tmp_path / "strange"
    folder.mkdir()
    trustme.CA().cert_pem.write_to_path(str(folder / "ca.pem"))
    worker = yard.worker(environment={
        "DOCKER_HOST": "tcp://" + place, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(folder)})
    assert worker.wait_exit(30) == 69
    assert "no secure connection" in worker.events("backend.unusable")[0]["message"]


def test_a_context_names_the_daemon(yard):
    if os.path.exists("/var/run/docker.sock"):
        pytest.skip("a default socket is there, which goes before any context")
    folder = yard.rig.path("docker-config")
    place = os.path.join(folder, "contexts", "meta", hashlib.sha256(b"far").hexdigest())
    os.makedirs(place)
    with open(os.path.join(place, "meta.json"), "w", encoding="ascii") as file:
        json.dump({"Name": "far", "Endpoints": {"docker": {"Host": yard.engine.url}}}, file)
    with open(os.path.join(folder, "config.json"), "w", encoding="ascii") as file:
        json.dump({"currentContext": "far"}, file)
    for environment in ({"DOCKER_CONTEXT": "far"}, {}):
        worker = yard.worker(environment={"DOCKER_HOST": "", "DOCKER_CONFIG": folder, **environment})
        worker.wait_event("connection.open")
        assert worker.events("docker.found")[0]["address"] == yard.engine.url
        worker.signal()
        assert worker.wait_exit() == 0
    worker = yard.worker(environment={"DOCKER_HOST": "", "DOCKER_CONFIG": folder, "DOCKER_CONTEXT": "nowhere"})
    assert worker.wait_exit(10) == 69


def test_a_context_far_away_brings_its_certificates(encrypted, certificates):
    if os.path.exists("/var/run/docker.sock"):
        pytest.skip("a default socket is there, which goes before any context")
    yard, place = encrypted
    folder = yard.rig.path("docker-config")
    name = hashlib.sha256(b"far").hexdigest()
    meta, tls = (os.path.join(folder, "contexts", *parts) for parts in (("meta", name), ("tls", name, "docker")))
    os.makedirs(meta)
    shutil.copytree(certificates, tls)
    with open(os.path.join(meta, "meta.json"), "w", encoding="ascii") as file:
        json.dump({"Name": "far", "Endpoints": {"docker": {"Host": "tcp://" + place, "SkipTLSVerify": False}}}, file)
    worker = yard.connected(environment={"DOCKER_HOST": "", "DOCKER_CONFIG": folder, "DOCKER_CONTEXT": "far"})
    yard.assign("t-1", sidecar_image=yard.images["agent"])
    assert final(yard, "t-1")["type"] == "task_completed"
    found = worker.events("docker.found")[0]
    assert found["address"] == "tcp://" + place and not worker.events("docker.remark")
