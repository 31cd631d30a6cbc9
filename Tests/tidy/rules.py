"""The rules, each a name, what it forbids and what to do instead. design rules, hard limits and bans live here."""

import os
import re

import docs_rules
import source_text

MAX_FILE, MAX_FUNCTION, MAX_COLUMN, MAX_SUPERVISOR = 399, 69, 119, 300

# The rooms and whom they may import; Package.swift must draw the same arrows for the pure ones.
PURE = {
    "Codecs": [],
    "Effects": ["Codecs"],
    "WorkerModel": ["Effects", "Codecs"],
    "Check": ["Effects", "Codecs"],
    "Recording": ["WorkerModel", "Effects", "Codecs"],
    "Simulation": ["WorkerModel", "Effects", "Codecs"],
}
# World models give a second opinion, so they must not see the worker's own.
WORLD_MODELS = ("ServerModel", "NetworkModel", "ProcessTable", "FileSystemModel", "RuntimeModel", "DockerModel")
SYSTEM = ["Glibc"]

ALL = ("Sources/",)
MODEL = ("Sources/Effects/", "Sources/WorkerModel/", "Sources/Recording/", "Sources/Simulation/")
PURE_ROOMS = tuple(f"Sources/{room}/" for room in PURE)

# (name, where, pattern over blanked Swift, what to write instead)
BANS = [
    ("fatalError", ALL, r"\b(fatalError|preconditionFailure|assertionFailure)\b",
     "answer with a typed error, or fail that one task as internal"),
    ("precondition", ALL, r"\bprecondition\s*\(", "check and answer with a typed error"),
    ("try!", ALL, r"\btry!", "do/catch, or try? where nil is an answer"),
    ("as!", ALL, r"\bas!", "as? with an answer for nil"),
    ("force unwrap", ALL, r"(?<!\btry)(?<!\bas)(?<=[\w)\]}>`])!(?!=)",
     "if let / guard let / ?? with an answer for nil"),
    ("async", ALL, r"\b(async|await)\b|^\s*(public |final )*actor\b", "the loop: a request and its completion"),
    ("Foundation", ALL, r"\bFoundation(Essentials)?\b", "Codecs, or Glibc in the hands"),
    ("Date(", ALL, r"\bDate\s*\(", "Input.at and Input.wall, or the hands' Clock"),
    ("UUID(", ALL, r"\bUUID\s*\(", "Input.entropy"),
    ("chance", ALL, r"\.random\s*\((in:|using:|\))|\.randomElement\b|\.shuffled?\s*\(|SystemRandomNumberGenerator",
     "Input.entropy, or the explorer's choice source"),
    ("String(format", ALL, r"\bString\s*\(\s*format\b", "the writers in Codecs (Lines, Text)"),
    ("uniqueKeysWithValues", ALL, r"\buniqueKeysWithValues\b", "uniquingKeysWith, or an ordered array"),
    ("hashValue", PURE_ROOMS, r"\bhashValue\b|\bHasher\s*\(",
     "the hand-written visit; Swift's hashes differ between processes"),
    ("print", PURE_ROOMS, r"(?<![\w.])(print|debugPrint)\s*\(", "a .log effect, or a value for the caller to print"),
    ("floating point", ("Sources/WorkerModel/", "Sources/Effects/"), r"\b(Double|Float)\b",
     "whole nanoseconds or units; Int(of a Double) traps"),
]

# Exceptions: (rule, path, what the line contains, why it is right there). One that no longer applies is an error.
ALLOWED = []

CODE = (".swift", ".c", ".h", ".py", ".js")


def is_code(path, text):
    return path.endswith(CODE) or path == "Makefile" or text.startswith("#!")


class Tree:
    """The project's files: paths relative to the root, texts, and Swift and C sources with strings blanked."""

    def __init__(self, root, paths):
        self.texts = {}
        for path in sorted(paths):
            try:
                with open(os.path.join(root, path), "rb") as file:
                    data = file.read()
            except (FileNotFoundError, IsADirectoryError):
                continue
            if b"\0" not in data[:8192]:
                self.texts[path] = data.decode("utf-8", "replace")
        self.code = {
            path: source_text.blank(text) for path, text in self.texts.items() if path.endswith((".swift", ".c", ".h"))
        }

    def swift(self, where=ALL):
        return [(path, code) for path, code in self.code.items() if path.endswith(".swift") and path.startswith(where)]


def file_length(tree):
    for path, text in tree.texts.items():
        lines = text.count("\n")
        if path.startswith("Sources/Supervisor/") and lines > MAX_SUPERVISOR:
            yield path, lines, f"{lines} lines, at most {MAX_SUPERVISOR} in the supervisor: take something out of it"
        elif is_code(path, text) and lines > MAX_FILE:
            yield path, lines, f"{lines} lines, at most {MAX_FILE}: give a part of it a file of its own"


def line_length(tree):
    for path, text in tree.texts.items():
        if is_code(path, text):
            for number, line in enumerate(text.split("\n"), 1):
                if len(line) > MAX_COLUMN:
                    yield path, number, f"{len(line)} columns, at most {MAX_COLUMN}: break it (swift format does)"


def function_length(tree):
    for path, text in tree.texts.items():
        if path.endswith(".swift"):
            functions = source_text.swift_functions(tree.code[path])
        elif path.endswith((".c", ".h")):
            functions = source_text.c_functions(tree.code[path])
        elif path.endswith(".py") or re.match(r"#!.*python", text):
            functions = source_text.python_functions(text)
        else:
            continue
        for name, number, lines in functions:
            if lines > MAX_FUNCTION:
                yield path, number, f"{name} has {lines} lines, at most {MAX_FUNCTION}: name a part and move it out"


def opening_comment(tree):
    for path, text in tree.texts.items():
        if path.endswith(".swift") and path.startswith(("Sources/", "Tests/")) and not text.startswith(("//", "/*")):
            yield path, 1, "does not open with a comment: say in a line what it is"


def banned(name, where, pattern, instead):
    expression = re.compile(pattern, re.MULTILINE)

    def rule(tree):
        for path, code in tree.swift(where):
            for match in expression.finditer(code):
                yield path, source_text.line_of(code, match.start()), f"{name}: instead, {instead}"

    return rule


def default_over_enum(tree):
    for path, code in tree.swift(MODEL):
        for number in source_text.defaults_over_enums(code):
            yield path, number, "default: over an enum: instead, name every case, so that a new one is noticed"


def imports(tree):
    """Imports against the arrows of Package.swift; the pure rooms against the table above."""
    arrows = package_arrows(tree.texts.get("Package.swift", ""))
    for path, code in tree.swift():
        room = path.split("/")[1]
        allowed = PURE.get(room)
        if allowed is None:
            allowed = arrows.get(room, []) + SYSTEM
        elif room == "Simulation" and os.path.basename(path).startswith(WORLD_MODELS):
            allowed = ["Effects", "Codecs"]
        for match in re.finditer(r"\bimport\s+(?:(?:struct|class|enum|func|var|let|typealias)\s+)?(\w+)", code):
            if match.group(1) not in allowed:
                yield (path, source_text.line_of(code, match.start()),
                       f"imports {match.group(1)}: {room} may import {', '.join(allowed) or 'nothing'}; "
                       "move what needs it to a room that may, or pass the value in")


def package_arrows(package):
    arrows = {}
    target = r"\.(?:target|executableTarget)\s*\(\s*name:\s*\"([^\"]+)\"(.*?)(?=\n        \.|\n    \])"
    for match in re.finditer(target, package, re.DOTALL):
        listed = re.search(r"dependencies:\s*\[(.*?)\]", match.group(2), re.DOTALL)
        arrows[match.group(1)] = re.findall(r'"([^"]+)"', listed.group(1)) if listed else []
    return arrows


def package(tree):
    """Package.swift draws the arrows of the pure rooms as the table has them, and brings no package from outside."""
    text = tree.texts.get("Package.swift")
    if text is None:
        return
    arrows = package_arrows(text)
    for room, wanted in PURE.items():
        if sorted(arrows.get(room, ["no such target"])) != sorted(wanted):
            yield "Package.swift", 1, f"{room} depends on {arrows.get(room)}, the design says {wanted}: draw it so"
    if re.search(r"\.package\s*\(", text):
        yield "Package.swift", 1, "an outside package: instead, write the small part that is needed"


# Written in pieces, so that this file does not hold what it forbids.
UNFINISHED = re.compile("|".join((r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b")))
MACHINE = re.compile(r"(?<![\w.~$})-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot")) + r")/")
HOSTS = re.compile("|".join(re.escape(a + b) for a, b in (
    ("pypi", ".org"), ("pythonhosted", ".org"), ("registry.npmjs", ".org"), ("crates", ".io"), ("rubygems", ".org"),
    ("proxy.golang", ".org"), ("deb.debian", ".org"), ("repo.maven", ".apache.org"))))


def everywhere(expression, message):
    def rule(tree):
        for path, text in tree.texts.items():
            for number, line in enumerate(text.split("\n"), 1):
                match = expression.search(line)
                if match:
                    yield path, number, f"{match.group()}: {message}"

    return rule


RULES = [
    ("file length", file_length),
    ("line length", line_length),
    ("function length", function_length),
    ("opening comment", opening_comment),
    ("default over an enum", default_over_enum),
    ("imports", imports),
    ("package", package),
    ("unfinished work", everywhere(UNFINISHED, "finish it, or say in plain words what is not there")),
    ("machine path", everywhere(MACHINE, "a path of one machine; instead, a relative one or a placeholder")),
    ("registry host", everywhere(HOSTS, "a registry's host; instead, leave it to the tool's own configuration")),
] + docs_rules.RULES + [(name, banned(name, where, pattern, instead)) for name, where, pattern, instead in BANS]


def violations(tree, rule_name, rule, used):
    """What a rule found, without the explicit exceptions; used collects the exceptions that applied."""
    for path, number, message in rule(tree):
        line = (tree.texts[path].split("\n")[number - 1:number] or [""])[0]
        for exception in ALLOWED:
            if exception[0] == rule_name and exception[1] == path and exception[2] in line:
                used.add(exception)
                break
        else:
            yield f"{path}:{number}: [{rule_name}] {message}"
