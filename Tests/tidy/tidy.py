#!/usr/bin/env python3
"""Holds the project to its own rules. tidy.py checks the project, tidy.py --self-test checks that planted violations
are caught and clean code is not. Python's standard library only."""

import os
import subprocess
import sys

import rules
import selftest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOT_OURS = (".git", ".build", "__pycache__")


def project_files(root):
    """What git tracks or would track; without git, everything but build products."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        return [path for path in listed.stdout.decode("utf-8", "surrogateescape").split("\0") if path]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith(".build")]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
        return found


def check(root):
    tree = rules.Tree(root, project_files(root))
    used = set()
    passed = failed = 0
    for name, rule in rules.RULES:
        found = list(rules.violations(tree, name, rule, used))
        for violation in found:
            print(violation)
        passed, failed = (passed, failed + 1) if found else (passed + 1, failed)
    for exception in rules.ALLOWED:
        if exception not in used:
            print(f"{exception[1]}: [{exception[0]}] the exception for {exception[2]!r} is not needed: take it out")
            failed += 1
    print(f"tidy: {len(tree.texts)} files, {len(rules.RULES)} rules")
    return passed, failed


def main(arguments):
    if arguments == ["--self-test"]:
        passed, failed = selftest.run()
    elif not arguments:
        passed, failed = check(ROOT)
    else:
        print("usage: tidy.py [--self-test]", file=sys.stderr)
        return 2
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
