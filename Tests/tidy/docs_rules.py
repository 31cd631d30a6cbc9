"""What the pages in docs/ owe to the code: names, levels, reasons, flags, keys, bounds and messages are those of the
sources, none is missing where a page lists them all, none is invented, and links lead somewhere."""

import posixpath
import re

import source_text

OPERATING, TROUBLESHOOTING = "docs/operating.md", "docs/troubleshooting.md"
PROTOCOL, MIGRATING, INDEX = "docs/protocol.md", "docs/migrating.md", "docs/README.md"
# Where the core's events have their names.
SAYINGS = ("Sources/Effects/Log/SayingName.swift", "Sources/Effects/Log/DispatchSaying.swift",
           "Sources/Effects/Log/DockerSaying.swift")
SETTINGS = "Sources/WorkerModel/Settings.swift"
VERDICTS = "Sources/Effects/Wire/OutgoingMessage.swift"
OPTIONS = "Sources/Configuration/Options/"

# Files whose sentences tell what went wrong: each has its place on the page about trouble. Beginnings of paths.
PROBLEM_WORDS = (
    "Sources/Effects/Wire/Words", "Sources/Interpreter/Socket/CurlFailures.swift",
    "Sources/Interpreter/Socket/DialKey.swift", "Sources/Interpreter/RunDaemon.swift",
    "Sources/Interpreter/Daemon.swift", "Sources/oz-agent-worker/RunWorker.swift",
    "Sources/Interpreter/Docker/DockerAddress.swift", "Sources/oz-agent-worker/KeptState.swift",
    "Sources/oz-agent-worker/Assembly.swift", "Sources/Interpreter/State/StateDirectory.swift",
)
# Of these only what is said at warn and error.
SAYING_WORDS = ("Sources/Effects/Log/SayingWords", "Sources/Effects/Log/DispatchSaying.swift",
                "Sources/Effects/Log/DockerSaying.swift")
# The kernel's words are told by kind.
ERRNO_WORDS = "Sources/Effects/Wire/WordsErrno.swift"

# Flags that the pages name and that are other programs'.
FOREIGN_FLAGS = {
    "--stop-timeout", "--read-only", "--tmpfs", "--user", "--pids-limit", "--memory", "--init", "--mount",
    "--restart", "--since", "--output", "--host", "--tail", "--now", "--global",
}
# Parts of sentences that mean nothing alone, or are taken out before anybody sees them.
PARTS = {"less than 1ms", "Recv failure:", "Send failure:"}


# ---- reading pages ----


def is_page(path):
    return path.endswith(".md") and (path.startswith("docs/") or "/" not in path)


def pages(tree):
    return [(path, text) for path, text in tree.texts.items() if is_page(path)]


def code_spans(line):
    """The texts between one or two backticks, without the space that two of them need."""
    return [(double or single).strip() for double, single in re.findall(r"``(.+?)``|`([^`]+)`", line)]


def rows(text, heading=None):
    """(line number, cells) of the tables; those below one heading where it is given."""
    inside = heading is None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            inside = heading is None or line.lstrip("# ") == heading
        if inside and line.startswith("|") and not re.match(r"\|[\s:|-]+\|$", line):
            yield number, [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def slug(heading):
    """The anchor that a heading gets."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda match: match.group(1) or "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(text):
    found = []
    fenced = False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("#") and not fenced:
            found.append(slug(line.lstrip("#")))
    return found


# ---- reading sources ----


def literals(tree, path):
    """(line number, text) of a file's string literals, joined over `+`, with … for what is put in."""
    found, position = [], 0
    text, code = tree.texts.get(path, ""), tree.code.get(path, "")
    for match in re.finditer(r'"', code):
        if match.start() < position:
            continue
        end = code.find('"', match.start() + 1)
        if end < 0:
            break
        words = interpolations_out(text[match.start() + 1:end])
        between = code[position:match.start()]
        if found and re.fullmatch(r"\s*\+\s*", between):
            found[-1] = (found[-1][0], found[-1][1] + words)
        else:
            found.append((source_text.line_of(text, match.start()), words))
        position = end + 1
    return found


def interpolations_out(words):
    out, at = "", 0
    while at < len(words):
        if words.startswith("\\(", at):
            depth = 0
            while at < len(words):
                depth += {"(": 1, ")": -1}.get(words[at], 0)
                at += 1
                if depth == 0 and words[at - 1] == ")":
                    break
            out += "…"
        elif words[at] == "\\":
            out, at = out + words[at + 1:at + 2], at + 2
        else:
            out, at = out + words[at], at + 1
    return out


def is_sentence(words):
    """Said to somebody, and not a name or a piece of punctuation."""
    return " " in words.strip() and len(re.sub(r"[^a-z]", "", words)) >= 8 and not words.startswith(", ")


EVENT_NAME = r'case \.(\w+): "([a-z_.]+)"'


def event_names(tree):
    """case of a saying -> its event"""
    return dict(match for path in SAYINGS for match in re.findall(EVENT_NAME, tree.texts.get(path, "")))


def events(tree):
    """event -> (levels, path, line number), from the core's sayings and from what the hands say of themselves."""
    found, names = {}, event_names(tree)
    for path in SAYINGS:
        for number, line in enumerate(tree.texts.get(path, "").split("\n"), 1):
            match = re.search(EVENT_NAME, line)
            if match:
                found[match.group(2)] = (set(), path, number)
    for path, text in tree.texts.items():
        if path.startswith("Sources/WorkerModel/"):
            spoken = r"\.log\(\s*\.(debug|info|warn|error),\s*\.(?:(?:dispatch|docker)\(\.)?(\w+)"
            for level, case in re.findall(spoken, text):
                if case in names:
                    found[names[case]][0].add(level)
        if path.startswith("Sources/Interpreter/"):
            # A level that is a variable is any level.
            spoken = r'(?:notice\(|level:)\s*(\.?\w+),\s*(?:event: )?"([a-z_]+\.[a-z_]+)"'
            for match in re.finditer(spoken, text):
                level, event = match.groups()
                levels = found.setdefault(event, (set(), path, source_text.line_of(text, match.start())))[0]
                levels.update([level[1:]] if level.startswith(".") else [])
    return found


def flags_of_options(tree):
    """(flag, path, line number) of the table of options."""
    for path, text in tree.texts.items():
        if path.startswith(OPTIONS):
            for match in re.finditer(r'\bflag: "([a-z-]+)"', text):
                yield "--" + match.group(1), path, source_text.line_of(text, match.start())


# ---- the rules ----


def links(tree):
    for path, text in pages(tree):
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            target, _, anchor = match.group(1).partition("#")
            number = source_text.line_of(text, match.start())
            if re.match(r"[a-z]+:", target):
                continue
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            content = tree.texts.get(wanted)
            if content is None and not any(other.startswith(wanted + "/") for other in tree.texts):
                yield path, number, f"{match.group(1)}: no such page: write it, or link what there is"
            elif anchor and content is not None and anchor not in anchors(content):
                yield path, number, f"{match.group(1)}: no such heading there"


def index(tree):
    """Every page is in the index."""
    listed = tree.texts.get(INDEX, "")
    for path in tree.texts:
        if path.startswith("docs/") and path.endswith(".md") and path != INDEX:
            if f"]({posixpath.relpath(path, 'docs')})" not in listed:
                yield path, 1, f"is not in {INDEX}: link it there"


def log_events(tree):
    known = events(tree)
    table = tree.texts.get(OPERATING, "")
    told = {}
    for number, cells in rows(table, "Events"):
        for event in code_spans(cells[0]):
            told[event] = (set(re.findall(r"debug|info|warn|error", cells[1])) if len(cells) > 1 else set(), number)
    for event, (levels, path, number) in known.items():
        if event not in told:
            yield path, number, f"{event} is not among the events of {OPERATING}: tell there what it means"
        elif levels and told[event][0] != levels:
            wanted = " or ".join(sorted(levels))
            yield OPERATING, told[event][1], f"{event} is said at {wanted}, the table says {sorted(told[event][0])}"
        if levels & {"warn", "error"} and f"`{event}`" not in tree.texts.get(TROUBLESHOOTING, ""):
            yield path, number, f"{event} has no place in {TROUBLESHOOTING}: give it cause and remedy"
    for event, (_, number) in told.items():
        if event not in known:
            yield OPERATING, number, f"{event} is said nowhere in the sources: take it out"


def failure_reasons(tree):
    text = tree.texts.get(VERDICTS, "")
    body = re.search(r"enum FailureReason:.*?\n}", text, re.DOTALL)
    known = [value or name for name, value in
             re.findall(r'case (\w+)(?: = "(\w+)")?', body.group() if body else "")]
    told = {}
    for number, cells in rows(tree.texts.get(PROTOCOL, ""), "Failure reasons"):
        for reason in code_spans(cells[0]):
            told[reason] = number
    for reason in known:
        if reason not in told:
            yield VERDICTS, 1, f"{reason} is not among the failure reasons of {PROTOCOL}: say when it is sent"
    for reason, number in told.items():
        if reason not in known:
            yield PROTOCOL, number, f"{reason} is no reason of this version: take it out of the table"


def options(tree):
    """Whoever switches finds every flag and every key."""
    page = tree.texts.get(MIGRATING, "")
    for flag, path, number in flags_of_options(tree):
        if not re.search(re.escape(flag) + r"(?![\w-])", page):
            yield path, number, f"{flag} is not in {MIGRATING}: say what became of it"
    for path, text in tree.texts.items():
        if path.startswith(OPTIONS):
            for match in re.finditer(r"\bkeys: \[([^\]]*)\]", text):
                for key in re.findall(r'"([\w.]+)"', match.group(1)):
                    if f"`{key}`" not in page and f"`{key.split('.')[-1]}`" not in page:
                        number = source_text.line_of(text, match.start())
                        yield path, number, f"{key} is not in {MIGRATING}: say what became of it"


def invented_flags(tree):
    """A flag on a page is one of the sources', or another program's that is listed above."""
    known = FOREIGN_FLAGS | {flag for flag, _, _ in flags_of_options(tree)}
    for path, text in tree.texts.items():
        if path.startswith(("Sources/", "scripts/", "Tests/", "examples/")) or path == "Makefile":
            known.update(re.findall(r"--[a-z][a-z-]*[a-z]", text))
    for path, text in pages(tree):
        for match in re.finditer(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text):
            if match.group() not in known:
                number = source_text.line_of(text, match.start())
                yield path, number, f"{match.group()}: nothing knows this flag: take it out, or add it to the foreign"


def spelled(unit, digits):
    """A value of Settings.swift as the table writes it."""
    number = int(digits.replace("_", ""))
    if unit == "milliseconds":
        return f"{number} ms"
    if unit == "seconds":
        return f"{number // 3600} h" if number % 3600 == 0 else f"{number} s"
    return f"{number:,}"


def bounds(tree):
    """Every length of time and every limit stands in the table, with its value."""
    told = {}
    for number, cells in rows(tree.texts.get(OPERATING, ""), "Times and bounds"):
        for name in re.findall(r"<!-- (\w+) -->", " ".join(cells)):
            told[name] = (" ".join(cells), number)
    text = tree.texts.get(SETTINGS, "")
    pattern = r"public var (\w+) = (?:Span\.(seconds|milliseconds)\()?([\d_]+)\)?$"
    known = []
    for match in re.finditer(pattern, text, re.MULTILINE):
        name, unit, digits = match.groups()
        if "struct Limits" not in text[:match.start()]:
            continue
        known.append(name)
        value = spelled(unit, digits)
        if name not in told:
            number = source_text.line_of(text, match.start())
            yield SETTINGS, number, f"{name} is not in the table of {OPERATING}: a row with <!-- {name} -->"
        elif not re.search(r"(?<![\d,.])" + re.escape(value) + r"(?![\d,])", told[name][0]):
            yield OPERATING, told[name][1], f"{name} is {value}, the row says something else"
    for name, (_, number) in told.items():
        if name not in known:
            yield OPERATING, number, f"{name} is no bound of {SETTINGS}: take it out"


def pieces(words):
    """What stands between the parts that differ."""
    return [piece for piece in re.split("…+", words) if re.search("[a-z]", piece)]


def is_said(words, said, wholes):
    """Whether a literal holds the words, or several literals make them up, one behind the other."""
    return words in said or any(
        words.startswith(whole) and is_said(words[len(whole):], said, wholes) for whole in wholes)


def quoted_messages(tree):
    """(line number, message) of the first columns of the tables about trouble."""
    for number, cells in rows(tree.texts.get(TROUBLESHOOTING, "")):
        for span in code_spans(cells[0]):
            if is_sentence(span):
                yield number, span


def messages_said(tree):
    """A message that the page about trouble quotes is one of the sources'."""
    sentences = [words for path, _ in tree.swift() for _, words in literals(tree, path)]
    said = "\n".join(sentences)
    wholes = {piece for words in sentences for piece in pieces(words) if len(piece) >= 8}
    for number, span in quoted_messages(tree):
        for piece in pieces(span):
            if not is_said(piece, said, wholes):
                yield TROUBLESHOOTING, number, f"nothing says {piece!r}: quote a message as it is"


def messages_explained(tree):
    """Every sentence about trouble has its place on that page."""
    quotes = "\n".join(span for _, span in quoted_messages(tree))
    names = event_names(tree)
    loud = {event for event, (levels, _, _) in events(tree).items() if levels & {"warn", "error"}}
    for path, text in tree.texts.items():
        if not path.startswith(PROBLEM_WORDS + SAYING_WORDS) or path == ERRNO_WORDS:
            continue
        for number, words in literals(tree, path):
            case = re.findall(r"case \.(\w+)", "\n".join(text.split("\n")[:number]))
            if path.startswith(SAYING_WORDS) and (not case or names.get(case[-1]) not in loud):
                continue
            if not is_sentence(words) or words.strip() in PARTS:
                continue
            if not all(piece.strip() in quotes for piece in pieces(words)):
                yield path, number, f"{words.strip()!r} is not in {TROUBLESHOOTING}: give it cause and remedy there"
    for wanted in PROBLEM_WORDS if TROUBLESHOOTING in tree.texts else ():
        folder = wanted.rpartition("/")[0] + "/"
        if any(path.startswith(folder) for path in tree.texts) and not any(
                path.startswith(wanted) for path in tree.texts):
            yield TROUBLESHOOTING, 1, f"{wanted} is gone: name in docs_rules.py where its sentences are now"


RULES = [
    ("links", links),
    ("index of the docs", index),
    ("log events in the docs", log_events),
    ("failure reasons in the docs", failure_reasons),
    ("options in the docs", options),
    ("invented flags", invented_flags),
    ("bounds in the docs", bounds),
    ("quoted messages", messages_said),
    ("messages without a remedy", messages_explained),
]
