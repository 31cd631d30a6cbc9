"""Dials, refusals, back-off, TLS, and the exits before the first dial."""

import json
import os
import resource
import subprocess
import time

import pytest

import daemon
from plane import assignment


def test_a_server_that_accepts_and_closes_is_dialled_by_the_schedule(rig):
    """Full jitter: the wait before attempt n is anything up to min(60, 2^(n-1)) seconds, the first one included."""
    rig.plane.close_at_once = True
    worker = rig.start()
    worker.wait_event("connection.lost", count=6, patience=90)
    waits = [line["retry_in_ms"] for line in worker.events("connection.lost")[:6]]
    for number, wait in enumerate(waits):
        assert 0 <= wait <= 1000 * 2 ** number, f"wait {number} is {wait} ms of at most {1000 * 2 ** number}"
    assert len(set(waits)) > 3, f"no jitter in {waits}"
    assert any(wait > 1000 for wait in waits), f"the waits do not grow: {waits}"
    gaps = [b["at"] - a["at"] for a, b in zip(rig.plane.dials, rig.plane.dials[1:])]
    for gap, wait in zip(gaps, waits):
        assert gap >= wait / 1000 - 0.1, f"dialled {gap:.2f} s after a wait of {wait} ms was announced"
    assert worker.wait_event("connection.short_lived")["message"]


def test_jitter_differs_between_workers(rig):
    rig.plane.close_at_once = True
    first = [rig.start().wait_event("connection.lost")["retry_in_ms"] for _ in range(5)]
    assert len(set(first)) > 1 and all(0 <= wait <= 1000 for wait in first)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_said_plainly_and_tried_slowly(rig, status):
    rig.plane.refuse_with = status
    worker = rig.start()
    line = worker.wait_event("connection.key_refused", status=status)
    assert "API key" in line["message"] and line["level"] in ("warn", "error")
    for word in ("wrong", "expired", "team scope"):
        assert word in line["message"]
    assert 30_000 <= line["retry_in_ms"] <= 60_000, "a refused key is retried too eagerly"
    assert len(rig.plane.dials) == 1


def test_the_key_file_is_read_again_at_every_dial(rig):
    worker = rig.connected()
    with open(rig.key_file, "w", encoding="ascii") as file:
        file.write("wk-rotated-77\n")
    rig.plane.drop()
    rig.plane.wait_connected(beyond=1)
    assert [dial["authorization"] for dial in rig.plane.dials] == ["Bearer " + daemon.KEY, "Bearer wk-rotated-77"]
    worker.signal()
    worker.wait_exit()
    assert b"wk-rotated-77" not in worker.raw


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_refusal_names_its_status(rig, status):
    rig.plane.refuse_with = status
    worker = rig.start()
    line = worker.wait_event("connection.dial_failed", status=status)
    assert str(status) in line["message"]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(rig, status):
    rig.plane.refuse_with = status
    rig.plane.refuse_headers = {"Retry-After": "25"}
    worker = rig.start()
    assert worker.wait_event("connection.dial_failed")["retry_in_ms"] >= 25_000


def test_nobody_listens_and_then_somebody_does(rig):
    rig.plane.go_away()
    worker = rig.start()
    worker.wait_event("connection.dial_failed", count=2)
    rig.plane.come_back()
    worker.wait_event("connection.open")


def test_a_dial_that_gets_no_descriptor_says_so(rig):
    worker = rig.connected("--api-key", daemon.KEY)  # a file of it could not be opened, which is another story
    soft, hard = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (3, hard))
    rig.plane.drop()
    line = worker.wait_event("connection.dial_failed")
    assert "no descriptor left" in line["message"] and "oo many open files" in line["message"], line
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (soft, hard))
    worker.wait_event("connection.open", count=2)
    # The count begins anew with every connection: a lost one is no failed dial.
    attempts = [dial["attempt"] for dial in worker.events("connection.dialling")]
    failed = len(worker.events("connection.dial_failed"))
    assert attempts == [1, *range(1, failed + 2)], attempts


def test_the_worker_id_is_encoded_and_replaced_in_the_query(rig):
    url = rig.plane.url + "?a=b&worker_id=old"
    worker = rig.start(top={"worker_id": "my id/ä&x"}, url=url)
    worker.wait_event("connection.open")
    query = rig.plane.dials[0]["path"].split("?", 1)[1]
    assert sorted(query.split("&")) == ["a=b", "worker_id=my%20id%2F%C3%A4%26x"]


def test_a_proxy_is_not_used_for_loopback(rig):
    rig.connected(environment={"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"})


def test_tls_with_a_private_ca(rig, private_ca):
    context, ca = private_ca
    plane = rig.make_plane(ssl=context)
    worker = rig.connected(plane=plane, environment={"SSL_CERT_FILE": ca})
    plane.send(assignment("t-1", rig.env()))
    assert plane.wait_final("t-1")["type"] == "task_completed"
    plane.send(assignment("big", rig.env(), prompt="p" * 5_000_000))
    assert plane.wait_final("big")["type"] == "task_completed"
    plane.drop()
    plane.wait_connected(beyond=1)
    worker.signal()
    assert worker.wait_exit() == 0
    assert plane.connections[1]["code"] == 1000


def test_tls_without_the_ca_is_refused(rig, private_ca):
    plane = rig.make_plane(ssl=private_ca[0])
    worker = rig.start(plane=plane)
    line = worker.wait_event("connection.dial_failed")
    assert "certificate" in line["message"].lower()
    assert not plane.dials


def run(rig, arguments, environment=None, config="worker_id: rig\nbackend:\n  direct: {}\n"):
    path = rig.path("config.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config)
    return subprocess.run(
        [daemon.BINARY, "--config-file", path, *arguments], env={**rig.environment, **(environment or {})}, timeout=30,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def test_every_mistake_is_reported_at_once_with_its_place(rig):
    ended = run(rig, ["--api-key", "k", "--max-concurrent-tasks", "-1", "--drain-timout", "3s"],
                config="worker_idd: x\nlog_level: loud\nbackend:\n  direct:\n    worksapce_root: /x\n")
    assert ended.returncode == 2
    for wanted in ("config.yaml:1:1", "config.yaml:2:12", "config.yaml:5:5", "worker_id", "workspace_root",
                   "--drain-timeout", "max-concurrent-tasks"):
        assert wanted in ended.stdout, f"{wanted} is missing in {ended.stdout}"


@pytest.mark.parametrize("arguments, config", [
    ([], None), (["--api-key", "k", "--no-such-flag"], None), (["--api-key", "k", "--worker-id", "warp-1"], None),
    (["--api-key", "k"], "worker_id: r\nbackend:\n  direct: {}\n  docker: {}\n"), (["--api-key", "k"], "a: [1"),
    (["--api-key-file", "/does/not/exist"], None)])
def test_configuration_errors_exit_2(rig, arguments, config):
    more = {} if config is None else {"config": config}
    ended = run(rig, arguments, **more)
    assert ended.returncode == 2, ended.stdout
    assert ended.stdout.strip()


@pytest.mark.parametrize("direct", [
    {"oz_path": "/does/not/exist"}, {"oz_path": "/etc"}, {"oz_path": "/etc/passwd"},
    {"target_dir": "/does/not/exist"}, {"workspace_root": "/proc/nothing"}])
def test_a_backend_that_cannot_be_used_exits_69(rig, direct):
    block = {"oz_path": rig.oz, "workspace_root": rig.workspaces, **direct}
    config = json.dumps({"worker_id": "rig", "backend": {"direct": block}})
    ended = run(rig, ["--api-key", "k", "--log-format", "json", "--web-socket-url", rig.plane.url], config=config)
    assert ended.returncode == 69, ended.stdout
    assert list(direct.values())[0] in ended.stdout
    assert not rig.plane.dials


def test_without_oz_on_the_path_exits_69(rig):
    config = json.dumps({"worker_id": "rig", "backend": {"direct": {"workspace_root": rig.workspaces}}})
    ended = run(rig, ["--api-key", "k"], {"PATH": rig.path("tmp")}, config)
    assert ended.returncode == 69 and "oz" in ended.stdout


def test_version_and_help(rig):
    version = run(rig, ["--version"])
    assert version.returncode == 0 and "libcurl" in version.stdout and "libyaml" in version.stdout
    shown = run(rig, ["--help"])
    assert shown.returncode == 0 and "--worker-id" in shown.stdout and "--web-socket-url" not in shown.stdout
    assert "--web-socket-url" in run(rig, ["--help-all"]).stdout


def test_a_second_block_is_ignored_with_a_warning_when_a_flag_wins(rig):
    ended = run(rig, ["--api-key", "k", "--backend", "direct", "--web-socket-url", rig.plane.url], {
        "PATH": rig.path("tmp")}, "worker_id: r\nbackend:\n  docker: {}\n")
    assert "warning" in ended.stdout and "docker" in ended.stdout


def test_the_workspace_root_is_made_private(rig):
    rig.connected()
    assert os.stat(rig.workspaces).st_mode & 0o777 == 0o700


def test_the_console_log_has_no_colour_off_a_terminal_and_times_in_utc(rig):
    worker = rig.start(form="console", environment={"NO_COLOR": "1", "TZ": "Asia/Tokyo"})
    rig.plane.wait_connected()
    worker.signal()
    worker.wait_exit()
    first = worker.raw.split(b"\n")[0].decode()
    assert b"\x1b" not in worker.raw
    stamp = first.split(" ")[0]
    assert first and len(stamp) == len("2026-01-31T12:34:56.789Z") and stamp.endswith("Z")
    assert stamp[:13] == time.strftime("%Y-%m-%dT%H", time.gmtime())
