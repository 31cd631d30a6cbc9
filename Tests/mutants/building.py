"""One build for all mutants. Those that do not compile are found by the compiler's messages and replaced by others."""

import os
import re
import subprocess
import sys

import schemata

ROUNDS = 12
# A complaint may stand some lines away from its cause.
FAR = 8


class Problem(Exception):
    """Something that no mutant is to blame for."""


def build(root, base, sources, refused, draw):
    """The chosen mutants, built; and all that were found not to compile."""
    tree = os.path.join(base, "tree")
    for _ in range(ROUNDS):
        chosen = draw(sources, refused)
        schemata.write_tree(root, tree, sources, chosen)
        print(f"building {len(chosen)} mutants into one tree", flush=True)
        status, output = compile_tree(tree, base)
        if status == 0:
            return chosen, refused
        guilty = blamed(output, tree, chosen)
        if not guilty:
            sys.stdout.write(output[-6000:])
            raise Problem("the tree does not build, and no mutant explains it")
        for mutant in guilty:
            print(f"does not compile: {mutant.identity}", flush=True)
        refused = refused | {mutant.identity for mutant in guilty}
    raise Problem(f"still not built after {ROUNDS} rounds")


def compile_tree(tree, base):
    command = ["nice", "-n", "10", "swift", "build", "-c", "release", "--build-tests", "--package-path", tree,
               "--scratch-path", os.path.join(base, "build"), "-Xswiftc", "-enable-testing"]
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                             check=False)
    return process.returncode, process.stdout


def blamed(output, tree, chosen):
    """The mutants on or near the lines that the compiler complains of; of several there the smallest is likeliest."""
    guilty = {}
    for match in re.finditer(r"^(\S+\.swift):(\d+):\d+: error:", output, re.MULTILINE):
        path = os.path.relpath(os.path.realpath(match.group(1)), os.path.realpath(tree))
        line = int(match.group(2))
        own = [mutant for mutant in chosen if mutant.source.path == path and distance(mutant, line) <= FAR]
        if own:
            likeliest = min(own, key=lambda mutant: (distance(mutant, line), mutant.end - mutant.start))
            guilty[likeliest.identity] = likeliest
    return list(guilty.values())


def distance(mutant, line):
    """In lines; nothing for a line that it touches."""
    first, last = mutant.source.line_of(mutant.start), mutant.source.line_of(mutant.end)
    return max(0, first - line, line - last)
