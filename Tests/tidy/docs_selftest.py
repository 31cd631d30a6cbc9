"""Violations of the rules about pages, to be planted, and pages that are right. A file here is a project of its own:
what the sources name and no page tells is found in the source, what a page names and no source has in the page."""

SAYING = '''// A file of the self-test.
extension Saying {
    var name: StaticString {
        switch self {
        case .noticed: "thing.noticed"
        }
    }
}
'''
REASONS = "// A file of the self-test.\npublic enum FailureReason: String {\n    case odd\n}\n"
OPTION = '// A file of the self-test.\nlet o = Option(name: .a, keys: ["odd_key"], help: "")\n'
FLAG = '// A file of the self-test.\nlet o = Option(name: .a, flag: "odd-flag", help: "")\n'
LIMITS = "// A file of the self-test.\npublic struct Limits {\n    public var things = 1_000\n}\n"
WORDS = '// A file of the self-test.\nlet words = "the thing went wrong (\\(detail))"\n'
SPEAKING = "// A file of the self-test.\nfunc f() { turn.log(.warn, .noticed) }\n"
HANDS = '// A file of the self-test.\nfunc f() { log.notice(.warn, "hand.hurt", "it hurts") }\n'


def agreeing(level, value, remedy):
    """Sources and pages that agree, if the arguments are right."""
    return {
        "Sources/Effects/Log/SayingName.swift": SAYING,
        "Sources/WorkerModel/Speaker.swift": SPEAKING,
        "Sources/WorkerModel/Settings.swift": LIMITS,
        "Sources/Effects/Wire/Words.swift": WORDS,
        "docs/README.md": "[a](operating.md) [b](troubleshooting.md)\n",
        "docs/operating.md": table("Events", f"| `thing.noticed` | {level} |")
        + table("Times and bounds", f"| things | {value} <!-- things --> |"),
        "docs/troubleshooting.md": "# `thing.noticed`\n\n" + table("Messages", f"| `{remedy}` | - |"),
    }


RIGHT = ("warn", "1,000", "the thing went wrong (…)")


def table(heading, row):
    return f"## {heading}\n\n| what | more |\n| --- | --- |\n{row}\n"


# (the rule that must speak, path, content)
PLANTED = [
    ("links", "docs/README.md", "[gone](gone.md)\n"),
    ("links", "README.md", "[a heading](#not-here)\n\n# Here\n"),
    ("index of the docs", "docs/lonely.md", "# Nobody links this\n"),
    ("log events in the docs", "Sources/Effects/Log/SayingName.swift", SAYING),
    ("log events in the docs", "Sources/Interpreter/Hand.swift", HANDS),
    ("log events in the docs", "Sources/Interpreter/Voice.swift", HANDS.replace(".warn", "level")),
    ("log events in the docs", "docs/operating.md", table("Events", "| `thing.unheard` | info |")),
    ("failure reasons in the docs", "Sources/Effects/Wire/OutgoingMessage.swift", REASONS),
    ("failure reasons in the docs", "docs/protocol.md", table("Failure reasons", "| `odd` | never |")),
    ("options in the docs", "Sources/Configuration/Options/Odd.swift", OPTION),
    ("options in the docs", "Sources/Configuration/Options/Odd.swift", FLAG),
    ("invented flags", "docs/operating.md", "start it with `--make-coffee`\n"),
    ("bounds in the docs", "Sources/WorkerModel/Settings.swift", LIMITS),
    ("bounds in the docs", "docs/operating.md", table("Times and bounds", "| it | 1 s <!-- odd --> |")),
    ("quoted messages", "docs/troubleshooting.md", table("A thing", "| `the thing went quite wrong` | - |")),
    ("messages without a remedy", "Sources/Effects/Wire/Words.swift", WORDS),
    ("log events in the docs", "a wrong level", agreeing("info", *RIGHT[1:])),
    ("bounds in the docs", "a wrong value", agreeing(RIGHT[0], "11,000", RIGHT[2])),
    ("messages without a remedy", "half a message", agreeing(*RIGHT[:2], "the thing went")),
    ("messages without a remedy", "a file that moved", {**agreeing(*RIGHT), "Sources/Interpreter/Hand.swift": ""}),
]

SILENT = [
    ("README.md", "# Here\n\n[there](#here), [away](https://example.org/x) and [the file](Package.swift)\n"),
    ("pages that agree", agreeing(*RIGHT)),
    ("docs/README.md", "Pass `--now` to systemctl, a -- b.\n"),
]
