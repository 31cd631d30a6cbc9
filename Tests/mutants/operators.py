"""The operators: each finds the places in a source where it can make a small mistake.

What can't be a mistake is left out by rule, not by hand: hints about room, the tags that tell the cases of an enum
apart in a digest (the values behind them do that, too), and changing places of statements with nothing in common.

A mutant is a range of the text and what stands there instead, with a switch inside: `mutant(n)` is false unless the
mutant n is the one that runs. So one build holds all of them.
"""

import hashlib
import re

MEANING = {
    "accept a stale completion": "a comparison of names answers yes where it should say no",
    "drop a call": "a call is left out",
    "drop a check": "a condition of several, or of a guard, holds always",
    "drop a deadline": "one of two deadlines, or a new one, is forgotten",
    "drop an assignment": "a value is not stored",
    "drop an effect": "a request, a note, a line of the log or a measure is left out",
    "either instead of both": "`||` for `&&`",
    "flip a flag": "`true` for `false`, or the other way",
    "forget a reset": "what should become nothing, zero or false stays",
    "forget in the digest": "a field is left out of the digest and the fingerprint",
    "negate a condition": "an `if`, `guard` or `where` goes the other way",
    "negate an answer": "a function that answers yes or no says the opposite",
    "off by one": "a number is one more, or `<` is `<=`",
    "say something else": "a literal has other words",
    "skip a transition": "the next phase is not stored",
    "swap two": "two statements change places",
    "the greater for the lesser": "`max` for `min`, or the other way",
}


class Mutant:
    """One small mistake. Its identity does not hang on line numbers: file, operator, function, text, and how many
    of the same stand before it."""

    def __init__(self, source, operator, start, end, render):
        self.source, self.operator = source, operator
        self.start, self.end, self.render = start, end, render
        self.function = source.function_at(start)
        self.words = re.sub(r"\s+", " ", source.text[start:end])
        self.number = 0
        self.twin = 0

    @property
    def identity(self):
        return f"{self.source.path}: {self.operator}: {self.function}: {self.words}" + (
            f" (#{self.twin + 1})" if self.twin else "")

    @property
    def rank(self):
        """Where it stands in the draw: the same in every run, and unmoved by edits elsewhere."""
        return hashlib.sha256(("seed 4: " + self.identity).encode()).hexdigest()


def wrapped(front, back=""):
    """What stood there, with something around it."""
    return lambda inner, number: front.replace("@", f"mutant({number})") + inner + back


def find(source):
    """All mutants of a source, in its order."""
    found = []
    for operator in (statements, swaps, conditions, answers, numbers, flags, deadlines, extremes, texts):
        found += list(operator(source))
    found.sort(key=lambda mutant: (mutant.start, mutant.end, mutant.operator))
    known = {}
    for mutant in found:
        mutant.twin = known.get(mutant.identity, 0)
        known[f"{source.path}: {mutant.operator}: {mutant.function}: {mutant.words}"] = mutant.twin + 1
    return found


def statements(source):
    """Statements that are left out."""
    for start, end in source.statements():
        words = source.code[start:end]
        name = statement_operator(words, source.flat(start, end))
        if name == "drop an assignment" and is_first_value(source, start):
            continue
        # What an initializer leaves out the compiler misses.
        if name and not (source.function_at(start) == "init" and " = " in source.flat(start, end)):
            yield Mutant(source, name, start, end, wrapped("if !@ { ", " }"))


def is_first_value(source, start):
    """The only value that a variable gets on this way: without it nothing compiles."""
    target = re.match(r"(\w+) = ", source.code[start:])
    opened = source.code.rfind("func ", 0, start)
    return target and re.search(rf"\b(?:let|var) {target.group(1)}(?:: [^\n=]+)?\n", source.code[max(opened, 0):start])


def statement_operator(words, flat):
    if re.match(r"visitor\.tag\(\d+\)", words):
        return None
    if re.match(r"visitor\.", words) or ".visit(&visitor)" in words:
        return "forget in the digest"
    if re.match(r"(?:_ = )?turn\.(ask|note|forget|measure|log)\b", words):
        return "drop an effect"
    assigned = re.match(r"([A-Za-z_][\w.\[\]?]*) (&?[-+]?=) (.*)", words, re.DOTALL)
    if assigned:
        target, value = assigned.group(1), assigned.group(3)
        if re.fullmatch(r"(?:self|(?:\w+\.)*(?:phase|life|stage|progress|self))", target):
            return "skip a transition"
        if re.fullmatch(r"nil|false|0|\[\]|\.zero|\.none", value):
            return "forget a reset"
        return "drop an assignment"
    # A value that stands alone is what a switch or a function gives.
    values = "map|compactMap|flatMap|filter|contains|first|reduce|allSatisfy|visit"
    if re.match(rf"[A-Z@]|earlier\(|min\(|max\(|(?:get|set) \{{|(?:\w+\.)*(?:{values})\b", words):
        return None
    # A hint about room decides nothing.
    if re.match(r"[\w.]*reserveCapacity\(", words):
        return None
    called = re.match(r"(?:_ = )?[\w.?!\[\]]+(?:\(| \{)", words)
    if re.search(r" (\|\||&&|==|\?\?) ", flat):
        return None
    return "drop a call" if called and words.endswith((")", "}")) else None


def swaps(source):
    """Two statements in the wrong order."""
    last = None
    for start, end in source.statements():
        plain = "\n" not in source.code[start:end]
        name = statement_operator(source.code[start:end], source.flat(start, end))
        if last and plain and name in ("drop an effect", "drop a call", "skip a transition"):
            between = source.code[last[1]:start]
            beside = between.strip() == "" and between.count("\n") == 1
            same = source.inside[last[0]] == source.inside[start]
            if beside and same and meet(source.code[last[0]:last[1]], source.code[start:end]):
                yield Mutant(source, "swap two", last[0], end, swapped(last, (start, end)))
        last = (start, end) if plain and name in ("drop an effect", "drop a call", "skip a transition") else None


def meet(one, other):
    """Whether one of two statements may change what the other has to do with."""
    return changed(one) & roots(other) or changed(other) & roots(one)


def roots(words):
    """What a statement has to do with: the beginning of each chain, and no case, label or type. The clock of a turn
    and its settings never change."""
    words = re.sub(r"\bturn\.(?:at|timing|limits|settings)\b", "", words)
    return set(re.findall(r"(?<![\w.])([a-z]\w*)(?![\w(:])", words))


def changed(words):
    """What it assigns to, calls upon or hands over to be changed."""
    return set(re.findall(r"(?:^|&)([a-z]\w*)(?![\w(:])", words))


def swapped(first, second):
    def render(inner, number):
        """`inner` gives the text of a part of the range, with the mutants in it."""
        one, two = inner(*first), inner(*second)
        return f"if mutant({number}) {{ {two}; {one} }} else {{ {one}; {two} }}\n"

    render.in_parts = True
    return render


def conditions(source):
    for start, end, beside, keyword in source.conditions():
        words, flat = source.code[start:end], source.flat(start, end)
        yield Mutant(source, "negate a condition", start, end, wrapped("(@ != (", "))"))
        if re.search(r" == ", flat) and re.search(r"\b(id|awaits|ping|number|run|serial|sequence|key|mark)\b", words):
            yield Mutant(source, "accept a stale completion", start, end, wrapped("(@ || (", "))"))
        elif beside > 1 or keyword == "guard":
            yield Mutant(source, "drop a check", start, end, wrapped("(@ || (", "))"))
        yield from comparison(source, start, end)
        if flat.count(" && ") == 1 and " || " not in flat:
            at = source.skip(start, end, [" && "])
            yield Mutant(source, "either instead of both", start, end, in_two(start, at, at + 4, end, "||", "&&"))


def in_two(start, left_end, right_start, end, wrong, right):
    def render(inner, number):
        left, rest = inner(start, left_end), inner(right_start, end)
        return f"(mutant({number}) ? (({left}) {wrong} ({rest})) : (({left}) {right} ({rest})))"

    render.in_parts = True
    return render


def comparison(source, start, end):
    """`<` for `<=` and the like, where a range is one comparison."""
    flat = source.flat(start, end)
    if re.search(r" (&&|\|\||\?|\?\?) ", flat):
        return
    signs = re.findall(r" (<=|>=|<|>) ", flat)
    if len(signs) != 1:
        return
    at = source.skip(start, end, [f" {signs[0]} "])
    other = {"<=": "<", "<": "<=", ">=": ">", ">": ">="}[signs[0]]
    yield Mutant(
        source, "off by one", start, end, in_two(start, at, at + len(signs[0]) + 2, end, other, signs[0]))


def answers(source):
    """Functions and properties that answer yes or no."""
    for match in re.finditer(r"(?:: Bool|-> Bool) \{", source.code):
        brace = match.end() - 1
        end = source.partner.get(brace)
        if end is None:
            continue
        body = source.code[brace + 1:end]
        start = brace + 1 + len(body) - len(body.lstrip())
        stop = brace + 1 + len(body.rstrip())
        if not re.match(r"(guard|if|switch|let|var|return|for|while)\b", body.lstrip()):
            yield Mutant(source, "negate an answer", start, stop, wrapped("(@ != (", "))"))
            yield from comparison(source, start, stop)
        for back in re.finditer(r"\breturn ([^\n{}]+?)(?= *(?:\n|\}))", body):
            yield Mutant(source, "negate an answer", brace + 1 + back.start(1), brace + 1 + back.end(1),
                         wrapped("(@ != (", "))"))


def numbers(source):
    pattern = (r"(?:&[+-] |(?:>=|<=|>|<|==) |seconds\(|milliseconds\(|(?:: Int)? = |prefix\(|suffix\(|/ )"
               r"(\d[\d_]*)(?![\w.])")
    for match in re.finditer(pattern, source.code):
        start, end = match.span(1)
        line = source.code[source.code.rfind("\n", 0, start) + 1:start]
        if re.match(r"\s*case\b", line) and ":" not in line:
            continue
        if "expecting: " in line or "reserveCapacity" in line:
            continue
        wrong = int(source.code[start:end].replace("_", "")) + 1
        yield Mutant(source, "off by one", start, end, wrapped(f"(@ ? {wrong} : ", ")"))


def flags(source):
    for match in re.finditer(r"(?<![\w.])(true|false)\b", source.code):
        start, end = match.span(1)
        line = source.code[source.code.rfind("\n", 0, start) + 1:start]
        if re.search(r"\b(case|if case|guard case)\b[^:]*$", line) and not re.search(r"=\s*$", line):
            continue
        yield Mutant(source, "flip a flag", start, end, wrapped("(@ != ", ")"))


def deadlines(source):
    for match in re.finditer(r"\bturn\.at\.after\(", source.code):
        end = source.partner.get(match.end() - 1)
        if end:
            never = wrapped("(@ ? Instant(nanoseconds: .max) : ", ")")
            yield Mutant(source, "drop a deadline", match.start(), end + 1, never)
    for match in re.finditer(r"\bearlier\(", source.code):
        opened = match.end() - 1
        end = source.partner.get(opened)
        if not end or source.code[match.start() - 5:match.start()] == "func ":
            continue
        comma = source.skip(opened + 1, end, [", "])
        if comma < end:
            yield Mutant(source, "drop a deadline", match.start(), end + 1, first_of(opened + 1, comma, match, end))


def first_of(start, comma, match, end):
    def render(inner, number):
        whole = f"earlier({inner(start, comma)}, {inner(comma + 2, end)})"
        return f"(mutant({number}) ? {inner(start, comma)} : {whole})"

    render.in_parts = True
    return render


def extremes(source):
    for match in re.finditer(r"(?<![\w.])(min|max)\(", source.code):
        end = source.partner.get(match.end() - 1)
        if end:
            yield Mutant(source, "the greater for the lesser", match.start(), end + 1,
                         other_extreme(match.group(1), match.end(), end))


def other_extreme(name, start, end):
    def render(inner, number):
        other = "max" if name == "min" else "min"
        return f"(mutant({number}) ? {other}({inner(start, end)}) : {name}({inner(start, end)}))"

    render.in_parts = True
    return render


def texts(source):
    """Literals that say something else."""
    for match in re.finditer(r'(?<![#"\w])"( *)"(?!")', source.code):
        start, end = match.span()
        literal = source.text[start:end]
        line = source.code[source.code.rfind("\n", 0, start) + 1:start]
        if "\\(" in literal or re.search(r"\b(case|ascii:)[^:]*$", line) or "ascii:" in line[-8:]:
            continue
        wrong = literal[:-1] + '~"'
        yield Mutant(source, "say something else", start, end, wrapped(f"(@ ? {wrong} : ", ")"))
