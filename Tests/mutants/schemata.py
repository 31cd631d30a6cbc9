"""From chosen mutants to one tree of sources that holds all of them behind their switches."""

import os
import re
import shutil

PACKAGE = """// swift-tools-version:6.2
// Written by Tests/mutants: the model and its tests, with every mutant behind a switch.
import PackageDescription

let package = Package(
    name: "mutants",
    targets: [
        .target(name: "MutantSwitch"),
        .target(name: "Codecs", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "Effects", dependencies: ["Codecs"]),
        .target(name: "WorkerModel", dependencies: ["Effects", "Codecs", "MutantSwitch"]),
        .target(name: "Recording", dependencies: ["WorkerModel", "Effects", "Codecs"]),
        .target(name: "Simulation", dependencies: ["WorkerModel", "Effects", "Codecs", "MutantSwitch"]),
        .executableTarget(name: "judge", dependencies: ["Simulation", "WorkerModel", "Codecs"]),
        .testTarget(
            name: "ModelTests", dependencies: ["Codecs", "Effects", "WorkerModel", "Recording", "Simulation"],
            path: "Tests/ModelTests", exclude: ["Journal/version-1.journal"]),
    ],
    swiftLanguageModes: [.v6]
)
"""

SWITCH_HEADER = """// Which mutant runs: the number in MUTANT, or none.
#pragma once
#include <stdbool.h>
#include <stdint.h>
extern int32_t mutant_chosen;
static inline bool mutant_is(int32_t number) { return number == mutant_chosen; }
"""

SWITCH = """#include "MutantSwitch.h"
#include <stdlib.h>

int32_t mutant_chosen;

__attribute__((constructor)) static void choose(void) {
    const char *text = getenv("MUTANT");
    mutant_chosen = text ? (int32_t)strtol(text, NULL, 10) : 0;
}
"""

DOOR = """// Written by Tests/mutants.
import MutantSwitch

@inline(__always) func mutant(_ number: Int32) -> Bool { mutant_is(number) }
"""

ROOMS = ("Codecs", "Effects", "WorkerModel", "Recording", "Simulation")
# What the model's own tests need; the rest of the suite is about other rooms.
TESTS = ("Model", "Docker", "Journal", "Recording", "Simulation", "Spec", "Wire")


# Tests that need more than this are about other rooms.
KNOWN = set(ROOMS) | {"Testing", "Glibc"}


def imports(text):
    return set(re.findall(r"^(?:@testable )?import (\w+)", text, re.MULTILINE))


def overlap(one, two):
    """Two that can't both be written: ranges that lie neither apart nor in each other, or one that both take apart."""
    (a, b), (c, d) = (one.start, one.end), (two.start, two.end)
    if (a, b) == (c, d):
        return in_parts(one) and in_parts(two)
    return a < d and c < b and not (a <= c and d <= b) and not (c <= a and b <= d)


def in_parts(mutant):
    return getattr(mutant.render, "in_parts", False)


def mutated(source, mutants):
    """The text of a source with its mutants in it; every line stays on its line."""

    def render(start, end, candidates):
        out, at = [], start
        for mutant in outermost(start, end, candidates):
            out.append(source.text[at:mutant.start])
            rest = [other for other in candidates if other is not mutant]
            out.append(replaced(mutant, rest))
            at = mutant.end
        out.append(source.text[at:end])
        return "".join(out)

    def replaced(mutant, rest):
        if not in_parts(mutant):
            return mutant.render(render(mutant.start, mutant.end, rest), mutant.number)
        text = mutant.render(lambda start, end: render(start, end, rest).strip(), mutant.number).rstrip("\n")
        wanted = source.text.count("\n", mutant.start, mutant.end)
        flat = re.sub(r"\s*\n\s*", " ", text)
        return flat + "\n" * wanted if wanted else flat

    return render(0, len(source.text), mutants)


def outermost(start, end, mutants):
    """Those in a range that lie in no other one; of two with the same range, one holds the other."""
    inside = [mutant for mutant in mutants if start <= mutant.start and mutant.end <= end]
    inside.sort(key=lambda mutant: (mutant.start, -mutant.end, in_parts(mutant), mutant.number))
    found, reached = [], start
    for mutant in inside:
        if mutant.start >= reached:
            found.append(mutant)
            reached = mutant.end
    return found


def write_tree(root, tree, sources, chosen):
    """The package below `tree`; files that are the same stay untouched, so that a build has less to do."""
    wanted = {"Package.swift": PACKAGE, "Sources/MutantSwitch/switch.c": SWITCH,
              "Sources/MutantSwitch/include/MutantSwitch.h": SWITCH_HEADER,
              "Sources/WorkerModel/MutantDoor.swift": DOOR, "Sources/Simulation/MutantDoor.swift": DOOR}
    for room in ROOMS:
        wanted.update(files_below(root, f"Sources/{room}"))
    for room in TESTS:
        files = files_below(root, f"Tests/ModelTests/{room}")
        wanted.update({path: text for path, text in files.items() if imports(text) <= KNOWN})
    # Beside the rooms lies what all of them share.
    for path, text in files_below(root, "Tests/ModelTests").items():
        if path.count("/") == 2 and imports(text) <= KNOWN:
            wanted[path] = text
    # Pages are compared with the sources as they are, so their tests mean nothing here.
    for name in ("AnchorTests", "PageTests"):
        wanted.pop(f"Tests/ModelTests/Spec/{name}.swift", None)
    wanted.update({path.replace("Tests/mutants", "Sources"): text
                   for path, text in files_below(root, "Tests/mutants/judge").items()})
    for path, source in sources.items():
        own = [mutant for mutant in chosen if mutant.source is source]
        if own:
            wanted[path] = mutated(source, own)
    for path, text in wanted.items():
        write(os.path.join(tree, path), text)
    for folder in ("Sources", "Tests"):
        for path in files_below(tree, folder):
            if path not in wanted:
                os.remove(os.path.join(tree, path))
    link = os.path.join(tree, "spec")
    if not os.path.islink(link):
        if os.path.isdir(link):
            shutil.rmtree(link)
        os.symlink(os.path.join(root, "spec"), link)


def files_below(root, folder):
    found = {}
    for directory, _, names in os.walk(os.path.join(root, folder)):
        for name in names:
            if name.endswith((".swift", ".c", ".h", ".journal")):
                path = os.path.join(directory, name)
                with open(path, encoding="utf-8") as file:
                    found[os.path.relpath(path, root)] = file.read()
    return found


def write(path, text):
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
