"""Runs mutants through the means that may notice them, the cheap ones first, until one does.

A mutant may never come to an end. Its time is counted in seconds of the processor, which a busy machine does not
change, and a mutant that takes many times as long as no mutant at all counts as noticed: make test would not end.
"""

import concurrent.futures
import hashlib
import itertools
import os
import re
import signal
import subprocess
import tempfile
import threading
import time

import building

# By the names of their suites: they walk through thousands of states.
SLOW = "DescriptionTests|FingerprintTests|TotalityTests|NoSecretInsideTests|SeededRunTests"
GOLDEN = "ScenarioTests"
# A mutant may take so many times as long as no mutant at all, and never less than so many seconds.
PATIENCE, LEAST = 4.0, 10.0
# A process that does nothing at all is waited for so long, by the clock.
HUNG = 7200.0
# More memory than this no search needs.
MEMORY = 6 << 30
# Scenarios that are searched before the slow tests: the quickest, as many as this share of the whole time allows.
SMALL_SHARE = 0.1
SHORT_LIFE = ["2000", "1", "2", "3"]
# As in `make test`.
LONG_LIFE = ["10000", "1", "2", "3", "5", "8", "13", "21", "34", "55", "89"]


class Outcome:
    """How a process ended: its status, None where it took too long; its output; its seconds of the processor."""

    def __init__(self, status, output, seconds):
        self.status, self.output, self.seconds = status, output, seconds


class Means:
    """One of the means: what it is called on the page, its command, and how its output is read."""

    def __init__(self, name, command, read, mark, program=""):
        self.name, self.command, self.read, self.mark = name, command, read, mark
        # What it was built from: who passed it has passed it until this is another.
        self.program = program
        self.limit = 0.0

    def mark_of(self, index):
        """What is kept of one who passed it."""
        return f"{index} {self.program[:16]}"


class Rig:
    def __init__(self, root, base):
        build = os.path.join(base, "build", "release")
        self.tests = os.path.join(build, "mutantsPackageTests.xctest")
        self.judge = os.path.join(build, "judge")
        self.directory = os.path.join(base, "tree")
        self.page = os.path.join(root, "spec", "transitions.md")
        self.means = []

    # One process.

    def start(self, command, number, limit):
        environment = dict(os.environ, MUTANT=str(number), SWIFT_BACKTRACE="enable=no")
        seconds = int(limit) + 1
        bounded = ["prlimit", f"--cpu={seconds}:{seconds + 5}", f"--as={MEMORY}", "--core=0", "nice", "-n", "10"]
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                bounded + command, cwd=self.directory, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT)
            hung = threading.Timer(HUNG, process.kill)
            hung.start()
            _, status, usage = os.wait4(process.pid, 0)
            hung.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        late = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
        return Outcome(None if late else process.returncode, text, usage.ru_utime + usage.ru_stime)

    def suite(self, *choice):
        return [self.tests, "--testing-library", "swift-testing", *choice]

    # What they need without a mutant.

    def prepare(self, known):
        """What is known of the very same programs, and is kept in `known`, is not measured again."""
        tests, judge = digest(self.tests), digest(self.judge, self.page)
        passed, survived = r"Test run with \d+ tests .*passed", r"^survived$"
        whole = Means("the explorer", [self.judge, "whole", self.page], read_judge, survived, judge)
        if "small" not in known:
            known["small"] = self._quickest(whole)
        self.means = [
            Means("a golden scenario", self.suite("--filter", GOLDEN), read_suite, passed, tests),
            Means("a model test", self.suite("--skip", f"{GOLDEN}|{SLOW}"), read_suite, passed, tests),
            Means("a simulated life", [self.judge, "simulate", *SHORT_LIFE], read_judge, survived, judge),
            Means("a model test", self.suite("--filter", SLOW), read_suite, passed, tests),
            Means("the explorer", [self.judge, "explore", *known["small"]], read_judge, survived, judge),
            Means("a simulated life", [self.judge, "simulate", *LONG_LIFE], read_judge, survived, judge),
            whole,
        ]
        programs = [means.program for means in self.means]
        limits = known.get("limits", [])
        known["limits"] = [limit if program == before else 0.0 for limit, program, before in itertools.zip_longest(
            limits, programs, known.get("programs", []), fillvalue=0.0)]
        known["programs"] = programs
        for means, limit in zip(self.means, known["limits"]):
            means.limit = limit

    def _quickest(self, whole):
        """The quickest scenarios; which they are hardly changes from one program to the next."""
        times = re.findall(r"^scenario\t(.*)\t(\d+)$", self._prove(whole), re.MULTILINE)
        small, spent = [], 0
        for name, milliseconds in sorted(times, key=lambda entry: int(entry[1])):
            spent += int(milliseconds)
            if spent <= SMALL_SHARE * sum(int(entry[1]) for entry in times):
                small.append(name)
        return small

    def _prove(self, means):
        """Without a mutant it passes; how long that takes sets its limit."""
        outcome = self.start(means.command, 0, 1800)
        if outcome.status != 0 or not re.search(means.mark, outcome.output, re.MULTILINE):
            raise building.Problem(f"without a mutant {means.name} fails:\n{outcome.output[-3000:]}")
        means.limit = max(LEAST, outcome.seconds * PATIENCE)
        print(f"without a mutant {means.name}: {outcome.seconds:.1f} s of the processor", flush=True)
        return outcome.output

    # The mutants.

    def stands_at(self, result):
        """Which of the means is its next; nothing where all is known."""
        if result and result["verdict"] in ("killed", "endless"):
            return None
        # Who survived may not survive other tests; the searches need no repetition for that.
        behind = result.get("behind", []) if result else []
        return next((index for index, means in enumerate(self.means) if means.mark_of(index) not in behind), None)

    def examine(self, mutant, index, before):
        """What became of one by one of the means: the verdict, what they said, and what it cost."""
        means = self.means[index]
        outcome = self.start(means.command, mutant.number, means.limit)
        verdict, words = judged(outcome, means)
        result = {"verdict": verdict or "open", "by": means.name if verdict else "", "words": words[:160],
                  "seconds": round(outcome.seconds + (before["seconds"] if before else 0.0), 1),
                  "behind": (before or {}).get("behind", []) + ([] if verdict else [means.mark_of(index)])}
        if not verdict and self.stands_at(result) is None:
            result["verdict"] = "survived"
        return result

    def run(self, mutants, jobs, until, kept, keep):
        """Examines them, so many at a time, and no new one after the time is over. All go through the first of the
        means, and then what is left through the next."""
        results = kept.results
        for index, means in enumerate(self.means):
            waiting = [mutant for mutant in mutants if self.stands_at(results.get(mutant.identity)) == index]
            print(f"{len(waiting)} for {means.name}", flush=True)
            if waiting and not means.limit and time.monotonic() < until:
                self._prove(means)
                kept.baseline["limits"][index] = means.limit

            def one(mutant, index=index):
                if time.monotonic() < until:
                    return mutant, self.examine(mutant, index, results.get(mutant.identity))
                return None

            with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
                for future in concurrent.futures.as_completed([pool.submit(one, mutant) for mutant in waiting]):
                    if future.result():
                        keep(*future.result())


def digest(*paths):
    whole = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            whole.update(file.read())
    return whole.hexdigest()


def judged(outcome, means):
    """(verdict, words); no verdict where nothing was noticed."""
    words = means.read(outcome.output)
    if words:
        return "killed", words
    if outcome.status is None:
        return "endless", "the limit of time"
    if outcome.status != 0:
        return "killed", "a crash"
    return (None, "") if re.search(means.mark, outcome.output, re.MULTILINE) else ("killed", "no result")


def read_suite(output):
    """What the first test that failed says."""
    found = re.search(r"recorded an issue with 1 argument (?:\w+ → )?(.*?) at \w+\.swift", output) \
        or re.search(r"Test (\S+\(\)|\".*?\") recorded an issue", output)
    return found.group(1).strip() if found else ""


def read_judge(output):
    found = re.search(r"^killed\t(.*)$", output, re.MULTILINE)
    return found.group(1) if found else ""
