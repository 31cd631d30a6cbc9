#!/usr/bin/env python3
"""Do the checks find mistakes? Makes many small ones in the model, one at a time, and counts which are noticed.

Tests/mutants/mutants.py [--fresh] [--jobs N] [--minutes N] [--only TEXT] [--list] [--build] [--report] [--self-test]

The mistakes are found by operators all over the sources and drawn by a fixed seed, a number of them from every file.
All of them are built into one tree below .build/mutants, each behind a switch, so there is one build. Then each runs
through the means of the model's tests, cheap ones first, until one of them notices it: the golden scenarios, the
model tests, the explorer, simulated lives.

What is done is kept for as long as its file stays the same, so a run that was interrupted goes on where it was;
--fresh forgets it. Survivors run again each time, since a test may be new. A whole run writes spec/mutants.md: at
least 95 of 100 must be noticed, and each one that is not needs its reason there.
"""

import argparse
import collections
import hashlib
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import building  # noqa: E402
import operators  # noqa: E402
import page  # noqa: E402
import running  # noqa: E402
import schemata  # noqa: E402
import selftest  # noqa: E402
from source import Source  # noqa: E402

BASE = os.path.join(ROOT, ".build", "mutants")
RESULTS = os.path.join(BASE, "results.json")
PAGE = os.path.join(ROOT, "spec", "mutants.md")
WANTED = 95.0


class Kind:
    """A room, how many mutants are drawn from it, and which operators mean nothing there."""

    def __init__(self, name, belongs, least, share, without=()):
        self.name, self.belongs = name, belongs
        self.least, self.share, self.without = least, share, without


# What the scenarios want and how a move is called decides nothing.
NO_MODELS = ("World/Scenario.swift", "World/Move.swift")


def is_world(path):
    return (path.startswith("Sources/Simulation/World/") and not path.endswith(NO_MODELS)) \
        or path.startswith("Sources/Simulation/Invariants")


KINDS = [
    Kind("machines", lambda path: path.startswith("Sources/WorkerModel/"), 3, 0.1),
    # The words of a violation are for people.
    Kind("world", is_world, 5, 0.08, without=("say something else",)),
]


def kind_of(path):
    return next((kind for kind in KINDS if kind.belongs(path)), None)


def all_sources():
    texts = {}
    for room in ("Sources/WorkerModel", "Sources/Simulation"):
        texts.update(schemata.files_below(ROOT, room))
    return {path: Source(path, text) for path, text in sorted(texts.items()) if kind_of(path)}


def drawn(source, kind, refused):
    """A file's mutants: its operators take turns, each with the first of its own in the order of the draw."""
    piles = collections.defaultdict(list)
    for mutant in sorted(operators.find(source), key=lambda mutant: mutant.rank):
        if mutant.identity not in refused and mutant.operator not in kind.without:
            piles[mutant.operator].append(mutant)
    total = sum(len(pile) for pile in piles.values())
    wanted = min(total, max(kind.least, round(total * kind.share)))
    # Which operator comes first differs from file to file.
    turns = sorted(piles, key=lambda name: hashlib.sha256((source.path + name).encode()).hexdigest())
    chosen = []
    while len(chosen) < wanted and any(piles.values()):
        for name in turns:
            if piles[name] and len(chosen) < wanted:
                mutant = piles[name].pop(0)
                if not any(schemata.overlap(mutant, other) for other in chosen):
                    chosen.append(mutant)
    return chosen


def draw(sources, refused):
    chosen = []
    for path, source in sources.items():
        chosen += drawn(source, kind_of(path), refused)
    for number, mutant in enumerate(chosen, 1):
        mutant.number = number
    return chosen


class Kept:
    """What was found before: by the text of the file that a mutant is in."""

    def __init__(self, sources, fresh):
        self.marks = {path: hashlib.sha256(source.text.encode()).hexdigest() for path, source in sources.items()}
        self.refused, self.results, self.baseline = set(), {}, {}
        if fresh or not os.path.exists(RESULTS):
            return
        with open(RESULTS, encoding="utf-8") as file:
            kept = json.load(file)
        self.baseline = kept.get("baseline", {})
        same = [path for path, mark in self.marks.items() if kept["marks"].get(path) == mark]
        self.refused = {identity for identity in kept["refused"] if identity.split(": ")[0] in same}
        self.results = {identity: result for identity, result in kept["results"].items()
                        if identity.split(": ")[0] in same}

    def save(self):
        os.makedirs(BASE, exist_ok=True)
        with open(RESULTS + ".new", "w", encoding="utf-8") as file:
            json.dump({"marks": self.marks, "refused": sorted(self.refused), "results": self.results,
                       "baseline": self.baseline}, file, indent=1)
        os.replace(RESULTS + ".new", RESULTS)


def judge(chosen, results, refused):
    """Prints what became of them, and writes the page where all of them ran."""
    tally = page.Tally(chosen, results, len(refused))
    with open(PAGE, encoding="utf-8") as file:
        reasons = page.reasons(file.read())
    print("\n" + "\n".join(tally.summary()))
    for mutant in tally.survivors:
        mark = "explained" if mutant.identity in reasons else "WITHOUT A REASON"
        print(f"survived, {mark}: {mutant.identity}  [line {mutant.source.line_of(mutant.start)}]")
    if tally.missing == 0:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(page.written(tally, reasons, operators.MEANING))
        print("written to spec/mutants.md")
    unexplained = [mutant for mutant in tally.survivors if mutant.identity not in reasons]
    good = not unexplained and tally.missing + tally.unfinished == 0 and tally.share >= WANTED
    print(f"{1 if good else 0} passed, {0 if good else 1} failed")
    return 0 if good else 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time")
    parser.add_argument("--minutes", type=float, default=240, help="stop after so long; the next run goes on")
    parser.add_argument("--only", default="", help="only mutants whose identity has this in it; writes no page")
    parser.add_argument("--list", action="store_true", help="print the drawn mutants and end")
    parser.add_argument("--build", action="store_true", help="only build them")
    parser.add_argument("--report", action="store_true", help="only say what is known, and write the page")
    parser.add_argument("--self-test", action="store_true", help="test this tool, without a build")
    return parser.parse_args()


def main():
    options = arguments()
    sources = all_sources()
    if options.self_test:
        return selftest.main(sources, draw)
    began = time.monotonic()
    kept = Kept(sources, options.fresh)
    if options.list:
        for mutant in draw(sources, kept.refused):
            print(f"{mutant.number:4}  {mutant.identity}")
        return 0
    if options.report:
        return judge(draw(sources, kept.refused), kept.results, kept.refused)
    chosen, kept.refused = building.build(ROOT, BASE, sources, kept.refused, draw)
    kept.save()
    print(f"{len(chosen)} mutants drawn, {len(kept.refused)} did not compile and were replaced", flush=True)
    if options.build:
        return 0
    wanted = [mutant for mutant in chosen if options.only in mutant.identity]
    rig = running.Rig(ROOT, BASE)
    rig.prepare(kept.baseline)

    def keep(mutant, result):
        kept.results[mutant.identity] = result
        kept.save()
        if result["verdict"] != "open":
            print(f"{result['verdict']:8} {result['seconds']:6.1f} s  {mutant.identity}  "
                  f"<- {result['by']}: {result['words']}", flush=True)

    kept.save()
    rig.run(wanted, options.jobs, began + options.minutes * 60, kept, keep)
    if options.only:
        known = [kept.results.get(mutant.identity, {}).get("verdict") for mutant in wanted]
        return 0 if all(verdict in ("killed", "endless") for verdict in known) else 1
    return judge(chosen, kept.results, kept.refused)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (subprocess.CalledProcessError, building.Problem) as problem:
        print(f"mutants: {problem}", file=sys.stderr)
        sys.exit(1)
