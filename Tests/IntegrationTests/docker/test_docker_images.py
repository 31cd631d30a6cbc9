"""Pulls: registries that want credentials, refuse them, are away or say nothing, and images that do not fit."""

import base64
import json
import os
import socket
import stat

import pytest
import trustme

import engine as engines
from plane import cancellation
from yard import Yard

# bcrypt of "right".
USERS = {"somebody": "$2y$05$c4WoMPo3SXsafkva.HHa6ur1GuuRImQMogQw68HvOzdO/VRAt2k1W"}


def final(yard, task, patience=60):
    return yard.plane.wait_final(task, patience=patience)["data"]


def test_an_image_that_no_registry_has(yard, registry):
    yard.connected()
    yard.assign("t-1", image=f"{registry.host}/nothing:1")
    data = final(yard, "t-1")
    assert data["failure_reason"] == "image_pull" and f"{registry.host}/nothing:1" in data["message"]


def test_a_name_that_is_none(yard):
    yard.connected()
    yard.assign("t-1", image="No Such Name")
    assert final(yard, "t-1")["failure_reason"] == "image_pull"


def test_an_image_for_another_machine(yard):
    yard.connected()
    yard.assign("t-1", image="foreign")
    data = final(yard, "t-1")
    assert data["failure_reason"] == "image_pull"
    assert "linux/arm64" in data["message"] and "linux/amd64" in data["message"]


def test_an_image_that_is_here_serves_where_the_registry_is_away(yard, registry, tmp_path):
    other = engines.Registry(tmp_path / "other").start()
    files, links = engines.busybox_files()
    name = f"{other.host}/local"
    yard.engine.import_image(name, "1", {**files, "agent/entrypoint.sh": b"#!/bin/sh\nexit 0\n"}, links=links)
    other.stop()
    worker = yard.connected()
    yard.assign("t-1", image=name + ":1")
    assert "failure_reason" not in final(yard, "t-1")
    assert worker.wait_event("task.local_image_used")["image"] == name + ":1"
    yard.engine.remove_image(name + ":1")


def test_a_cancellation_in_the_middle_of_a_pull(yard):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        image = f"127.0.0.1:{silent.getsockname()[1]}/never:1"
        worker = yard.connected()
        yard.assign("t-1", image=image)
        worker.wait_event("task.pull_started")
        silent.settimeout(30)
        silent.accept()
        yard.plane.send(cancellation("t-1"))
        yard.plane.wait_final("t-1", patience=10)
        yard.wait_nothing_left(1)
        worker.signal()
        assert worker.wait_exit() == 0


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, running_engine):
    """A registry that wants credentials, with one image."""
    made = engines.Registry(tmp_path_factory.mktemp("guarded"), USERS).start()
    files, links = engines.busybox_files()
    name = f"{made.host}/private"
    running_engine.import_image(name, "1", {**files, "agent/entrypoint.sh": b"#!/bin/sh\nexit 0\n"}, links=links)
    running_engine.push(name, "1", {"username": "somebody", "password": "right", "serveraddress": made.host})
    running_engine.remove_image(name + ":1")
    made.image = name + ":1"
    yield made
    made.stop()


def log_in(yard, **document):
    folder = yard.rig.path("docker-config")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="ascii") as file:
        json.dump(document, file)
    return {"DOCKER_CONFIG": folder}


def auth(user, password):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def helper(yard, script):
    """A credential helper on a PATH of its own."""
    folder = yard.rig.path("helpers")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "docker-credential-stub")
    with open(path, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n" + script)
    os.chmod(path, stat.S_IRWXU)
    return {"PATH": folder + ":" + yard.rig.environment["PATH"]}


def test_without_credentials_the_registry_denies_it(yard, guarded):
    yard.connected()
    yard.assign("t-1", image=guarded.image)
    data = final(yard, "t-1")
    assert data["failure_reason"] == "image_pull" and "does not give" in data["message"]


def test_credentials_of_the_configuration_file(yard, guarded):
    yard.connected(environment=log_in(yard, auths={guarded.host: auth("somebody", "right")}))
    yard.assign("t-1", image=guarded.image)
    assert "failure_reason" not in final(yard, "t-1")
    yard.engine.remove_image(guarded.image)


def test_credentials_of_the_environment_go_first(yard, guarded):
    environment = log_in(yard, auths={guarded.host: auth("somebody", "wrong")})
    environment["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {guarded.host: auth("somebody", "right")}})
    yard.connected(environment=environment)
    yard.assign("t-1", image=guarded.image)
    assert "failure_reason" not in final(yard, "t-1")
    yard.engine.remove_image(guarded.image)


def test_wrong_credentials(yard, guarded):
    worker = yard.connected(environment=log_in(yard, auths={guarded.host: auth("somebody", "wr0ng-canary")}))
    yard.assign("t-1", image=guarded.image)
    data = final(yard, "t-1")
    assert data["failure_reason"] == "image_pull"
    assert b"wr0ng-canary" not in worker.raw


def test_credentials_of_a_helper(yard, guarded):
    environment = log_in(yard, credHelpers={guarded.host: "stub"})
    environment.update(helper(yard, f"""
read server
[ "$1" = get ] && [ "$server" = {guarded.host} ] || exit 1
echo '{{"ServerURL": "x", "Username": "somebody", "Secret": "right"}}'
"""))
    yard.connected(environment=environment)
    yard.assign("t-1", image=guarded.image)
    assert "failure_reason" not in final(yard, "t-1")
    yard.engine.remove_image(guarded.image)


def test_a_helper_that_has_none_means_none(yard, registry):
    environment = log_in(yard, credsStore="stub")
    environment.update(helper(yard, "echo credentials not found in native keychain; exit 1\n"))
    yard.connected(environment=environment)
    yard.assign("t-1")
    assert "failure_reason" not in final(yard, "t-1")


@pytest.mark.parametrize("script", ["exit 1\n", "echo nonsense\n"])
def test_a_helper_that_fails_is_named(yard, script):
    environment = log_in(yard, credsStore="stub")
    environment.update(helper(yard, script))
    yard.connected(environment=environment)
    yard.assign("t-1")
    data = final(yard, "t-1")
    assert data["failure_reason"] == "image_pull" and "credentials" in data["message"]


def test_a_helper_that_hangs_holds_nobody_up(yard):
    environment = log_in(yard, credsStore="stub")
    environment.update(helper(yard, "exec sleep 1000\n"))
    worker = yard.connected(environment=environment)
    yard.assign("t-1")
    worker.wait_event("task.pull_started")
    yard.plane.send(cancellation("t-1"))
    yard.plane.wait_final("t-1", patience=10)
    worker.signal()
    assert worker.wait_exit() == 0


def test_a_public_sidecar_comes_also_with_credentials_that_have_expired(yard, registry, images):
    yard.connected(environment=log_in(yard, auths={registry.host: auth("somebody", "expired")}))
    yard.assign("t-1", sidecar_image=images["agent"])
    assert "failure_reason" not in final(yard, "t-1")


def own_address():
    """One of this host's that is no loopback: for those, Docker does without good certificates."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent by this.
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A private CA, a registry that it vouches for and that wants credentials, and a daemon that trusts the CA."""
    folder = tmp_path_factory.mktemp("authority")
    made, address = trustme.CA(), own_address()
    made.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = made.issue_cert(address)
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    encrypted = engines.Registry(
        folder / "registry", USERS, address, (str(folder / "cert.pem"), str(folder / "key.pem"))).start()
    trusting = engines.Engine(
        tmp_path_factory.mktemp("trusting"), environment={"SSL_CERT_FILE": str(folder / "ca.pem")})
    try:
        trusting.start()
        files, links = engines.busybox_files()
        name = f"{encrypted.host}/behind-tls"
        trusting.import_image(name, "1", {**files, "agent/entrypoint.sh": b"#!/bin/sh\nexit 0\n"}, links=links)
        trusting.push(name, "1", {"username": "somebody", "password": "right", "serveraddress": encrypted.host})
        trusting.remove_image(name + ":1")
        yield encrypted, trusting, name + ":1"
    finally:
        trusting.stop()
        encrypted.stop()


def test_a_registry_with_a_certificate_of_a_private_authority(authority, rig, images):
    registry, trusting, image = authority
    yard = Yard(rig, trusting, images)
    yard.connected(environment=log_in(yard, auths={registry.host: auth("somebody", "right")}))
    yard.assign("t-1", image=image)
    assert "failure_reason" not in final(yard, "t-1")
    yard.wait_nothing_left()


def test_a_registry_whose_authority_the_daemon_does_not_know(authority, yard):
    registry, _, image = authority
    yard.connected(environment=log_in(yard, auths={registry.host: auth("somebody", "right")}))
    yard.assign("t-1", image=image)
    data = final(yard, "t-1")
    assert data["failure_reason"] == "image_pull" and "certificate" in data["message"]
