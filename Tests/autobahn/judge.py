#!/usr/bin/env python3
"""Has the WebSocket of this binary judged by the Autobahn suite, in both roles.

judge.py [client] [server]     both, unless one is named
judge.py --self-test           does this program notice what it is there to notice?

client: the suite serves its cases, and `oz-agent-worker echo-client` takes them over the daemon's own connection.
server: the suite drives `oz-agent-worker control-plane`, at its address /echo.

The suite is PyPI's kosoku, which runs Autobahn's case files under Python 3. OZ_WSTEST names the original's `wstest`
(which needs Python 2.7) to have that judge instead. Neither end compresses, so the sections on compression (12 and 13)
are left out. The report lies in .build/autobahn-report afterwards, whatever came of it.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("OZ_AGENT_WORKER", os.path.join(ROOT, ".build", "release", "oz-agent-worker"))
SUITE = os.path.join(ROOT, ".build", "venv", "bin", "kosoku")
ORIGINAL = os.environ.get("OZ_WSTEST")
REPORT = os.path.join(ROOT, ".build", "autobahn-report")
CASES = 301
COMPRESSION = ["12.*", "13.*"]
GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}
# The suite takes a minute or two; a machine that is busy may need some.
PATIENCE = 900


def judged(index, expected=CASES):
    """(how many cases passed, a line for each thing that is wrong) for the index of a report."""
    cases = [(number, case) for agent in index.values() for number, case in agent.items()]
    bad = [f"case {number}: {case['behavior']}, close {case['behaviorClose']} ({case.get('reportfile', '')})"
           for number, case in sorted(cases, key=lambda pair: [int(part) for part in pair[0].split(".")])
           if case["behavior"] not in GOOD or case["behaviorClose"] not in GOOD]
    passed = len(cases) - len(bad)
    if len(cases) != expected:
        bad.append(f"the report has {len(cases)} cases of {expected}")
    return passed, bad


class Running:
    """A process that serves until it ends or is ended."""

    def __init__(self, command, **streams):
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, errors="replace", **streams)

    def said(self, stream, pattern):
        """What the pattern finds in the first line that has it."""
        for line in stream:
            found = re.search(pattern, line)
            if found:
                return found.group(1)
        raise OSError(f"{' '.join(self.command)} did not say where it listens")

    def answers(self, port):
        """Once somebody listens there."""
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise OSError(f"{' '.join(self.command)} does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def suite(mode, folder, address):
    """The command of the judge, kosoku or the original."""
    if not ORIGINAL:
        excluded = [word for case in COMPRESSION for word in ("-x", case)]
        return [SUITE, "-m", mode, *excluded, "-o", folder, address]
    spec = {"outdir": folder, "cases": ["*"], "exclude-cases": COMPRESSION, "exclude-agent-cases": {}}
    if mode == "fuzzingserver":
        spec["url"] = f"ws://{address}"
    else:
        spec["servers"] = [{"agent": "oz-agent-worker", "url": address, "options": {"version": 18}}]
    path = os.path.join(folder, "spec.json")
    with open(path, "w", encoding="ascii") as file:
        json.dump(spec, file)
    return [ORIGINAL, "-m", mode, "-s", path, "-u", "0"]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def judge_client(folder):
    # kosoku says which port the kernel gave it; the original must be told one, and serves on when its report is done.
    port = free_port() if ORIGINAL else 0
    said = {} if ORIGINAL else {"stderr": subprocess.PIPE}
    with Running(suite("fuzzingserver", folder, f"127.0.0.1:{port}"), **said) as server:
        if ORIGINAL:
            server.answers(port)
            address = f"ws://127.0.0.1:{port}"
        else:
            address = server.said(server.process.stderr, r"listening on (ws://\S+)")
        subprocess.run([BINARY, "echo-client", address, "oz-agent-worker"], check=True, timeout=PATIENCE)
        if not ORIGINAL:
            server.process.communicate(timeout=PATIENCE)


def judge_server(folder):
    plane = [BINARY, "control-plane", "--listen", "127.0.0.1:0", "--log-level", "none"]
    with Running(plane, stdout=subprocess.PIPE) as server:
        address = server.said(server.process.stdout, r"listening on http://(\S+)")
        # The suite's own status says whether all cases passed; the report says it, too.
        subprocess.run(suite("fuzzingclient", folder, f"ws://{address}/echo"), stdin=subprocess.DEVNULL,
                       timeout=PATIENCE, check=False)


def judge(role):
    """(passed, failed) of one role, told case by case where they failed."""
    target = os.path.join(REPORT, role)
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    try:
        {"client": judge_client, "server": judge_server}[role](target)
    except (subprocess.SubprocessError, OSError) as problem:
        print(f"{role}: {problem}")
    try:
        with open(os.path.join(target, "index.json"), encoding="utf-8") as file:
            index = json.load(file)
    except (OSError, ValueError) as problem:
        print(f"{role}: there is no report: {problem}")
        index = {}
    passed, bad = judged(index)
    for line in bad:
        print(f"{role}: {line}")
    counts = {}
    for agent in index.values():
        for case in agent.values():
            for verdict in (case["behavior"], "close " + case["behaviorClose"]):
                counts[verdict] = counts.get(verdict, 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    print(f"{role}: {told or 'nothing'}; see {os.path.relpath(target, ROOT)}/index.html")
    return passed, len(bad)


def self_test():
    """Reports with one thing wrong each, and one without."""
    def case(behavior="OK", close="OK"):
        return {"behavior": behavior, "behaviorClose": close}

    def report(**more):
        return {"agent": {**{f"1.{number}": case() for number in range(CASES - len(more))}, **more}}

    good = report(**{"9.1": case("NON-STRICT"), "9.2": case("INFORMATIONAL", "INFORMATIONAL")})
    checks = [(good, CASES, 0)]
    for wrong in (case("FAILED"), case("UNIMPLEMENTED"), case("OK", "FAILED"), case("OK", "WRONG CODE"),
                  case("OK", "UNCLEAN"), case("OK", "FAILED BY CLIENT"), case("ERROR")):
        checks.append((report(**{"10.1": wrong}), CASES - 1, 1))
    short = report()
    short["agent"].popitem()
    checks += [(short, CASES - 1, 1), ({}, 0, 1), ({"agent": {}}, 0, 1)]
    failed = 0
    for index, passed, wrong in checks:
        found = judged(index)
        if (found[0], len(found[1])) != (passed, wrong):
            failed += 1
            print(f"self-test: {found} instead of {passed} passed and {wrong} complaints")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return failed == 0


def main(words):
    if words == ["--self-test"]:
        return 0 if self_test() else 1
    roles = words or ["client", "server"]
    if not set(roles) <= {"client", "server"}:
        print(__doc__, file=sys.stderr)
        return 2
    totals = [judge(role) for role in roles]
    passed, failed = (sum(column) for column in zip(*totals))
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
