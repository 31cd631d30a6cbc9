"""Plants violations in a small project of its own, and demands that each is caught, by its rule, and that clean code
is left alone."""

import os
import tempfile

import docs_selftest
import rules

HEAD = "// A file of the self-test.\n"

PACKAGE = '''// swift-tools-version:6.2
let package = Package(
    targets: [
        .target(name: "Codecs", swiftSettings: strict),
        .target(name: "Effects", dependencies: ["Codecs"], swiftSettings: strict),
        .target(name: "WorkerModel", dependencies: ["Effects", "Codecs"], swiftSettings: strict),
        .target(name: "Check", dependencies: ["Effects", "Codecs"], swiftSettings: strict),
        .target(name: "Recording", dependencies: ["WorkerModel", "Effects", "Codecs"], swiftSettings: strict),
        .target(name: "Simulation", dependencies: ["WorkerModel", "Effects", "Codecs"], swiftSettings: strict),
        .target(
            name: "Interpreter",
            dependencies: ["WorkerModel", "CLinux"]),
    ]
)
'''

# Looks like violations, and is none.
CLEAN = HEAD + r'''// fatalError, try! and as! in a comment, and x! too.
/* nested /* TODAY await */ Foundation */
public struct Calm {
    let text = "fatalError( try! as! \(value("default:")) x! "
    let raw = #"a "quoted" Date( thing"#
    let many = """
        uniqueKeysWithValues x! "
        """
    func differs(_ a: Int, _ b: Int) -> Bool { a != b && !flag && a! != b }
    func byte(_ b: UInt8) -> Int {
        switch b {
        case 0x22: return 1
        default: return 0
        }
    }
}
'''.replace(" && a! != b", "")


def long_function(lines):
    return HEAD + "func long(\n    _ a: Int\n) -> Int {\n" + "    step()\n" * (lines - 4) + "}\n"


# (the rule that must speak, path, content)
PLANTED = [
    ("file length", "Sources/Codecs/Long.swift", HEAD + "\n" * 400),
    ("file length", "Sources/Supervisor/supervisor.c", "int a;\n" * 301),
    ("line length", "scripts/wide", "#!/bin/sh\n# " + "x" * 130 + "\n"),
    ("function length", "Sources/Codecs/F.swift", long_function(70)),
    ("function length", "Sources/Codecs/I.swift",
     HEAD + "struct S {\n    init() {\n" + "        a()\n" * 70 + "    }\n}\n"),
    ("function length", "Sources/CLinux/f.c", "static int f(int a)\n{\n" + "    a++;\n" * 70 + "}\n"),
    ("function length", "Tests/f.py", "def f():\n" + "    a = 1\n" * 70),
    ("opening comment", "Sources/Codecs/Bare.swift", "struct S {}\n"),
    ("default over an enum", "Sources/WorkerModel/D.swift",
     HEAD + "func f() {\n    switch phase {\n    case .idle: a()\n    default: break\n    }\n}\n"),
    ("imports", "Sources/Codecs/Up.swift", HEAD + "import Effects\n"),
    ("imports", "Sources/WorkerModel/Sys.swift", HEAD + "import Glibc\n"),
    ("imports", "Sources/Simulation/World/ServerModel.swift", HEAD + "import WorkerModel\n"),
    ("imports", "Sources/Interpreter/X.swift", HEAD + "import Simulation\n"),
    ("imports", "Sources/Interpreter/Y.swift", HEAD + "import Dispatch\n"),
    ("package", "Package.swift", PACKAGE.replace('dependencies: ["Codecs"]', 'dependencies: ["Codecs", "CLinux"]')),
    ("package", "Package.swift", PACKAGE + '.package(url: "x")\n'),
    ("unfinished work", "Sources/Codecs/T.swift", HEAD + "// TO" + "DO: later\n"),
    ("machine path", "docs/a.md", "see /wo" + "rk/main for it\n"),
    ("machine path", "docs/b.md", "in `/ro" + "ot/.cache`\n"),
    ("registry host", "docs/c.md", "https://pypi" + ".org/simple\n"),
    ("fatalError", "Sources/Interpreter/A.swift", HEAD + "func f() { fatalError() }\n"),
    ("fatalError", "Sources/Interpreter/B.swift", HEAD + "func f() { preconditionFailure() }\n"),
    ("precondition", "Sources/Codecs/C.swift", HEAD + "func f() { precondition(a > b) }\n"),
    ("try!", "Sources/Codecs/D.swift", HEAD + "let a = try! f()\n"),
    ("as!", "Sources/Codecs/E.swift", HEAD + "let a = b as! C\n"),
    ("force unwrap", "Sources/Codecs/G.swift", HEAD + "let a = b!.c\n"),
    ("force unwrap", "Sources/Codecs/H.swift", HEAD + "let a = f()!\n"),
    ("force unwrap", "Sources/Codecs/J.swift", HEAD + "let a = list[0]! + 1\n"),
    ("async", "Sources/Interpreter/K.swift", HEAD + "func f() async {}\n"),
    ("async", "Sources/Interpreter/L.swift", HEAD + "public actor Loop {}\n"),
    ("Foundation", "Sources/Configuration/M.swift", HEAD + "import FoundationEssentials\n"),
    ("Date(", "Sources/Interpreter/N.swift", HEAD + "let now = Date()\n"),
    ("UUID(", "Sources/Interpreter/O.swift", HEAD + "let id = UUID()\n"),
    ("chance", "Sources/WorkerModel/P.swift", HEAD + "let a = Int.random(in: 0..<3)\n"),
    ("chance", "Sources/WorkerModel/Q.swift", HEAD + "let a = list.shuffled()\n"),
    ("String(format", "Sources/Interpreter/R.swift", HEAD + 'let a = String(format: "%d", 1)\n'),
    ("uniqueKeysWithValues", "Sources/Codecs/S.swift", HEAD + "let a = Dictionary(uniqueKeysWithValues: b)\n"),
    ("hashValue", "Sources/Effects/U.swift", HEAD + "let a = b.hashValue\n"),
    ("print", "Sources/WorkerModel/V.swift", HEAD + 'func f() { print("x") }\n'),
    ("floating point", "Sources/WorkerModel/W.swift", HEAD + "let a: Double = 1\n"),
]

# The longest that is still allowed, and what else must stay silent.
SILENT = [
    ("Sources/Codecs/Clean.swift", CLEAN),
    ("Sources/Codecs/Full.swift", HEAD + "\n" * 398),
    ("Sources/Codecs/Fn.swift", long_function(69)),
    ("Sources/WorkerModel/Tuple.swift",
     HEAD + "func f() {\n    switch (a, b) {\n    case (.x, .y): a()\n    default: break\n    }\n}\n"),
    ("Sources/WorkerModel/Nested.swift",
     HEAD + "func f() {\n    switch a {\n    case 1:\n        switch b {\n        case .x: c()\n        case .y: d()\n"
     "        }\n    default: break\n    }\n}\n"),
    ("Sources/WorkerModel/Requirement.swift", HEAD + "protocol P {\n    func f() -> Int\n    init(a: Int)\n}\n"),
    ("Sources/Interpreter/Glibc.swift", HEAD + "import Glibc\nimport CLinux\nimport WorkerModel\n"),
    ("d.md", "the net" + "work/main part of /wo" + "rkspace and ${HOME}/ro" + "ot/x\n"),
    ("Package.swift", PACKAGE),
]


def speaking(path, content):
    """The rules that find something in a project of one file, or of several by their paths (and a Package.swift)."""
    with tempfile.TemporaryDirectory() as root:
        files = {"Package.swift": PACKAGE, **(content if isinstance(content, dict) else {path: content})}
        for name, text in files.items():
            full = os.path.join(root, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        tree = rules.Tree(root, list(files))
        return [name for name, rule in rules.RULES if list(rule(tree))]


def run():
    passed = failed = 0
    planted, silent = PLANTED + docs_selftest.PLANTED, SILENT + docs_selftest.SILENT
    for wanted, path, content in planted:
        found = speaking(path, content)
        if wanted in found:
            passed += 1
        else:
            failed += 1
            print(f"self-test: {path} should be caught by [{wanted}], was by {found}")
    for path, content in silent:
        found = speaking(path, content)
        if found:
            failed += 1
            print(f"self-test: {path} is clean, and was caught by {found}")
        else:
            passed += 1
    untested = [name for name, _ in rules.RULES if name not in [wanted for wanted, _, _ in planted]]
    for name in untested:
        failed += 1
        print(f"self-test: no violation of [{name}] is planted")
    return passed, failed
