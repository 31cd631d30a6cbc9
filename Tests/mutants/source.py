"""A Swift source as the operators see it: strings and comments blanked, brackets matched, statements, conditions."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
import source_text  # noqa: E402

OPEN, CLOSE = "([{", ")]}"
KEYWORDS = set("""
    if guard return switch case default for while repeat let var func init else defer do catch throw break continue
    import struct enum extension public private fileprivate internal static mutating typealias indirect where try
    self.init super.init @discardableResult
""".split())


class Source:
    """One file: its text, and what is where in it."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.code = source_text.blank(text)
        self.partner, self.inside = self._brackets()

    def _brackets(self):
        """The position of each bracket's partner, and for each position the innermost bracket that is open there."""
        partner, inside, stack = {}, [-1] * (len(self.code) + 1), []
        for at, char in enumerate(self.code):
            if char in CLOSE and stack:
                opened = stack.pop()
                partner[opened], partner[at] = at, opened
            inside[at] = stack[-1] if stack else -1
            if char in OPEN:
                stack.append(at)
        return partner, inside

    def lines(self):
        """(start, end) of every line, without its line feed."""
        at = 0
        for line in self.code.split("\n"):
            yield at, at + len(line)
            at += len(line) + 1

    def line_of(self, at):
        return self.code.count("\n", 0, at) + 1

    def function_at(self, at):
        """The name of the function or property that a position lies in."""
        names = re.finditer(r"\b(?:func|var|subscript|init)\b[ ]*(\w*)", self.code[:at])
        best = ""
        for match in names:
            brace = self._body(match.end())
            if brace is not None and brace < at < self.partner.get(brace, 0):
                best = match.group(1) or match.group(0).strip()
        return best

    def _body(self, at):
        """The brace that opens the body of the declaration at a position, if it has one: before its line ends."""
        while at < len(self.code) and self.code[at] != "\n":
            if self.code[at] == "{":
                return at
            if self.code[at] in "([":
                at = self.partner.get(at, at)
            at += 1
        return None

    def skip(self, at, end, stops):
        """The first position from `at` on where one of the texts stands outside of brackets; `end` if none does."""
        while at < end:
            if any(self.code.startswith(stop, at) for stop in stops):
                return at
            if self.code[at] in OPEN:
                at = self.partner.get(at, at)
            at += 1
        return end

    # Statements.

    def statement_end(self, at):
        """Where the call or assignment that begins here ends, or None."""
        end = at
        while end < len(self.code) and self.code[end] != "\n":
            if self.code[end] in OPEN:
                closing = self.partner.get(end)
                if closing is None:
                    return None
                end = closing
            elif self.code[end] in "};":
                break
            end += 1
        stop = end
        while stop > at and self.code[stop - 1] == " ":
            stop -= 1
        following = self.code[end:].lstrip()
        if following[:1] in {"+", "-", "?", "&", "|", ".", "="} or following.startswith("else"):
            return None
        return stop if stop > at else None

    def statements(self):
        """(start, end) of calls and assignments that stand as statements of their own."""
        for start, end in self.lines():
            line = self.code[start:end]
            at = start + len(line) - len(line.lstrip())
            arm = re.match(r"\s*(?:case\b|default\b)", line)
            if arm:
                colon = self.skip(at, end, [":"])
                if colon == end:
                    continue
                at = colon + 1
                while at < end and self.code[at] == " ":
                    at += 1
            if at >= end or not self._begins_statement(at, bool(arm)):
                continue
            finish = self.statement_end(at)
            # An arm on one line may be the value of its switch.
            if finish and (not arm or re.search(r"&|\bturn\b| [-+&]*= ", self.code[at:finish])):
                yield at, finish

    def _begins_statement(self, at, is_arm):
        word = re.match(r"(?:_ = )?(@?[A-Za-z_][\w.]*)", self.code[at:])
        if not word or word.group(1).split(".")[0] in KEYWORDS or word.group(1) in KEYWORDS:
            return False
        brace = self.inside[at]
        if brace < 0 or self.code[brace] != "{":
            return False
        before = self.code[:at].rstrip()[-1:]
        return is_arm or before not in {",", "=", "+", "-", "?", "&", "|", "("}

    # Conditions.

    def conditions(self):
        """(start, end, how many stand beside it, keyword) of each clause of `if`, `guard`, `while` and `where`."""
        for match in re.finditer(r"\b(if|guard|while|where)\b ", self.code):
            keyword, at = match.group(1), match.end()
            stops = ["{", " else {", "\n            else", ":"] if keyword == "where" else ["{", " else {"]
            limit = min(len(self.code), at + 1_200)
            end = self.skip(at, limit, stops if keyword != "guard" else [" else {", "\n", "{"])
            if keyword == "guard":
                end = self._guard_end(at, limit)
            if end is None or end >= limit:
                continue
            clauses = self._split(at, end)
            for start, stop in clauses:
                words = self.code[start:stop]
                if re.match(r"(let|var|case|await|#)\b", words) or " = " in self._flat(start, stop):
                    continue
                if keyword == "where" and "==" in words and "<" in words and "(" not in words:
                    continue
                if words.strip():
                    yield start, stop, len(clauses), keyword

    def _guard_end(self, at, limit):
        while at < limit:
            if re.match(r"\s+else \{", self.code[at:at + 40]):
                return at
            if self.code[at] in OPEN:
                at = self.partner.get(at, at)
            at += 1
        return None

    def _split(self, start, end):
        parts, at = [], start
        while at < end:
            comma = self.skip(at, end, [","])
            left, right = at, comma
            while left < right and self.code[left] in " \n":
                left += 1
            while right > left and self.code[right - 1] in " \n":
                right -= 1
            parts.append((left, right))
            at = comma + 1
        return parts

    def _flat(self, start, end):
        """The code of a range without what stands in brackets."""
        out, at = [], start
        while at < end:
            if self.code[at] in OPEN:
                at = self.partner.get(at, at)
            else:
                out.append(self.code[at])
            at += 1
        return "".join(out)

    def flat(self, start, end):
        return self._flat(start, end)
