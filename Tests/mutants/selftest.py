"""Tests of the tool itself: the operators on a small source and on the project's own, the limits, the page."""

import operators
import page
import running
import schemata
from source import Source

SAMPLE = '''// A sample.
extension Sample {
    mutating func take(_ id: EffectID, _ turn: inout Turn) {
        guard id == awaits, count < limit else { return turn.late() }
        turn.ask(.files(.removeTree(path)))
        turn.note(.released(key))
        phase = .waiting(until: turn.at.after(turn.timing.retry))
        ping = nil
        if isOpen && !isShut {
            backoff.held(
                1)
        }
        switch phase {
        case .waiting: flush(&turn, hurry: false)
        case .over: break
        }
    }

    var isDone: Bool { count >= 3 }
    var next: Instant? { earlier(first, second) }
    var name: Bytes { Bytes(text: "a name") }
}
'''

WANTED = {
    "accept a stale completion": ["id == awaits"],
    "drop a check": ["count < limit"],
    "drop an effect": ["turn.ask(.files(.removeTree(path)))", "turn.note(.released(key))"],
    # The next phase comes next, and has nothing in common with them.
    "swap two": ["turn.ask(.files(.removeTree(path))) turn.note(.released(key))"],
    "skip a transition": ["phase = .waiting(until: turn.at.after(turn.timing.retry))"],
    "forget a reset": ["ping = nil"],
    "either instead of both": ["isOpen && !isShut"],
    "drop a call": ["backoff.held( 1)", "flush(&turn, hurry: false)"],
    "flip a flag": ["false"],
    "negate an answer": ["count >= 3"],
    "drop a deadline": ["turn.at.after(turn.timing.retry)", "earlier(first, second)"],
    "say something else": ['"a name"'],
    "off by one": ["count < limit", "count >= 3", "3"],
    "negate a condition": ["id == awaits", "count < limit", "isOpen && !isShut"],
}


def operators_find():
    found = {}
    for mutant in operators.find(Source("Sample.swift", SAMPLE)):
        found.setdefault(mutant.operator, []).append(mutant.words)
    for operator, words in WANTED.items():
        if found.get(operator) != words:
            return f"{operator}: found {found.get(operator)}, not {words}"
    more = set(found) - set(WANTED)
    return f"found also {more}" if more else None


def rendering_keeps_lines_and_brackets():
    """All mutants that do not cut each other, in one text."""
    source = Source("Sample.swift", SAMPLE)
    chosen = []
    for mutant in operators.find(source):
        if not any(schemata.overlap(mutant, other) for other in chosen):
            chosen.append(mutant)
            mutant.number = len(chosen)
    text = schemata.mutated(source, chosen)
    if text.count("\n") != SAMPLE.count("\n"):
        return "lines moved"
    for opening, closing in ("()", "{}", "[]"):
        if text.count(opening) != text.count(closing):
            return f"unbalanced {opening}{closing}"
    missing = [mutant.number for mutant in chosen if f"mutant({mutant.number})" not in text]
    if missing:
        return f"lost: {missing}"
    if "if mutant(" not in text or "guard (mutant(" not in text.replace("((mutant", "(mutant"):
        return "the sample does not read as it should:\n" + text
    return None


def identities_do_not_hang_on_lines():
    before = [mutant.identity for mutant in operators.find(Source("Sample.swift", SAMPLE))]
    after = [mutant.identity for mutant in operators.find(Source("Sample.swift", "// More.\n\n" + SAMPLE))]
    if before != after:
        return "a line above changed an identity"
    return "two have one identity" if len(set(before)) != len(before) else None


def endless_mutants_are_stopped():
    rig = running.Rig("/", "/")
    rig.directory = "/"
    loop = running.Means("a test", ["sh", "-c", "while :; do :; done"], running.read_judge, "^survived$")
    verdicts = {"endless": running.judged(rig.start(loop.command, 1, 0), loop)[0]}
    for wanted, script in {
            "killed": "printf 'killed\\tA in B\\n'", None: "echo survived", "crash": "kill -ILL $$",
            "nothing": "true"}.items():
        verdict, words = running.judged(rig.start(["sh", "-c", script], 1, 10), loop)
        verdicts[wanted] = {"a crash": "crash", "no result": "nothing"}.get(words, verdict)
    wrong = {wanted: verdict for wanted, verdict in verdicts.items() if wanted != verdict}
    return f"judged wrong: {wrong}" if wrong else None


def failed_tests_are_read():
    issue = '✘ Test golden(_:) recorded an issue with 1 argument scenario → a.txt: b at Some.swift:3:4: no'
    return None if running.read_suite(issue) == "a.txt: b" and not running.read_suite("passed") else "not read"


def the_page_keeps_reasons():
    mutants = operators.find(Source("Sources/Room/Sample.swift", SAMPLE))[:3]
    results = {mutants[0].identity: {"verdict": "survived", "by": "", "words": ""},
               mutants[1].identity: {"verdict": "survived", "by": "", "words": ""},
               mutants[2].identity: {"verdict": "endless", "by": "the explorer", "words": "the limit of time"}}
    tally = page.Tally(mutants, results, 0)
    reasons = {mutants[0].identity: ["It is the same.", "In two lines."]}
    text = page.written(tally, reasons, operators.MEANING)
    if page.reasons(text) != reasons:
        return f"read back: {page.reasons(text)}"
    return None if "**1 of 3 were noticed" in text and page.NO_REASON in text else "wrong figures"


def main(sources, draw):
    """Also: every file gives at least three, or all that it has; and the draw is the same each time."""
    checks = [operators_find, rendering_keeps_lines_and_brackets, identities_do_not_hang_on_lines,
              endless_mutants_are_stopped, failed_tests_are_read, the_page_keeps_reasons]
    failures = [f"{check.__name__}: {problem}" for check in checks if (problem := check())]
    chosen = draw(sources, set())
    again = draw(sources, set())
    if [mutant.identity for mutant in chosen] != [mutant.identity for mutant in again]:
        failures.append("two draws differ")
    machines = sum(mutant.source.path.startswith("Sources/WorkerModel/") for mutant in chosen)
    if machines < 100 or len(chosen) - machines < 20:
        failures.append(f"only {machines} in the machines and {len(chosen) - machines} in the world")
    few = [path for path, source in sources.items()
           if sum(mutant.source.path == path for mutant in chosen) < min(3, len(operators.find(source)))]
    if few:
        failures.append(f"fewer than three in {', '.join(few)}")
    unknown = {mutant.operator for mutant in chosen} - set(operators.MEANING)
    if unknown:
        failures.append(f"without a meaning: {', '.join(unknown)}")
    for failure in failures:
        print(failure)
    print(f"{len(checks) + 4 - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0
