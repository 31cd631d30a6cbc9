"""spec/mutants.md: what became of the mutants, and why some of them were not noticed.

The figures are written by a whole run. The reasons are written by people, below the survivor that they are about,
and stay with it.
"""

import collections
import re

HEAD = """# Mutants: do the checks find mistakes?

`make mutants` makes small mistakes in the machines and in the world around them, one at a time, and lets the model's
own checks look for each. The mistakes are found by operators all over the sources and drawn by a fixed seed, some
from every file; nobody chose them. What can't be a mistake is left out by rule: hints about room, the tags that tell
the cases of an enum apart in a digest, and changing places of statements with nothing in common.

All of them are built into one program, each behind a switch. They go through the means in this order, each until one
notices it: the golden scenarios, the model tests, short simulated lives, the slow model tests, the quickest scenarios
of the explorer, the long lives of `make test`, and every scenario of the explorer with its transitions. A mutant that
takes four times as long as no mutant at all, in seconds of the processor, counts as endless: `make test` would not
end either.

A whole run writes this page. It takes an hour or two, keeps what it found, and goes on where it was interrupted. It
is no part of `make test`; a test of the tool itself is.
"""

NO_REASON = "No reason yet."


class Tally:
    """The mutants with what became of them."""

    def __init__(self, chosen, results, refused):
        self.rows = [(mutant, results.get(mutant.identity)) for mutant in chosen]
        self.refused = refused
        self.done = [(mutant, result) for mutant, result in self.rows if result]
        self.missing = len(self.rows) - len(self.done)
        # Who has not been through all of the means counts as not noticed.
        self.unfinished = sum(result["verdict"] == "open" for _, result in self.done)
        self.survivors = [mutant for mutant, result in self.done if result["verdict"] in ("survived", "open")]
        self.noticed = len(self.done) - len(self.survivors)
        self.share = 100.0 * self.noticed / max(1, len(self.done))

    def summary(self):
        yield (f"{len(self.rows)} mutants: {self.noticed} noticed, {len(self.survivors)} not "
               f"({self.unfinished} of them not through all of the means yet), {self.missing} not run: "
               f"{self.share:.1f} % noticed. {self.refused} more did not compile.")
        for name, count in self.means().most_common():
            yield f"{count:5}  {name}"

    def means(self):
        return collections.Counter(
            f"{result['by']}, which did not end" if result["verdict"] == "endless" else result["by"]
            for _, result in self.done if result["verdict"] in ("killed", "endless"))

    def searches(self):
        """What the explorer and the simulated lives said."""
        return collections.Counter(
            re.sub(r" (in|with seed) .*| *: .*", "", result["words"]) for _, result in self.done
            if result["by"] in ("the explorer", "a simulated life"))

    def by(self, key):
        """(drawn, not noticed) for each of the keys."""
        drawn = collections.Counter(key(mutant) for mutant, _ in self.done)
        missed = collections.Counter(key(mutant) for mutant in self.survivors)
        return [(name, drawn[name], missed[name]) for name in sorted(drawn)]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def written(tally, reasons, meaning):
    rooms = collections.Counter(mutant.source.path.split("/")[1] for mutant, _ in tally.done)
    room_words = " and ".join(f"{count} in {room}" for room, count in sorted(rooms.items(), reverse=True))
    lines = HEAD.splitlines() + [
        "", f"**{tally.noticed} of {len(tally.done)} were noticed: {tally.share:.1f} %.** There were {room_words}. "
        f"{tally.refused} more did not", "compile and were replaced by the next of the draw.", ""]
    if tally.unfinished:
        lines += [f"{tally.unfinished} of those that were not noticed have not been through the slowest of the means "
                  "yet; they count as", "not noticed.", ""]
    lines += table(("noticed first by", "mutants"), tally.means().most_common())
    lines += ["", "What the explorer and the simulated lives said:", ""]
    found = sorted(tally.searches().items(), key=lambda item: (-item[1], item[0]))
    lines += table(("what was wrong", "mutants"), found)
    lines += ["", "## By operator", ""]
    lines += table(("operator", "the mistake", "mutants", "not noticed"),
                   [(name, meaning[name], drawn, missed or "")
                    for name, drawn, missed in tally.by(lambda mutant: mutant.operator)])
    lines += ["", "## By file", ""]
    lines += table(("file", "mutants", "not noticed"),
                   [(f"`{name[8:]}`", drawn, missed or "")
                    for name, drawn, missed in tally.by(lambda mutant: mutant.source.path)])
    lines += ["", "## Not noticed, and why", ""]
    for mutant in tally.survivors:
        lines.append(f"- `{mutant.identity}`")
        lines += ["  " + line for line in reasons.get(mutant.identity, [NO_REASON])]
    if not tally.survivors:
        lines.append("None.")
    return "\n".join(lines) + "\n"


def reasons(text):
    """The lines below each survivor."""
    found, identity = {}, None
    for line in text.splitlines():
        if line.startswith("- `"):
            identity = line[3:].rstrip("`")
        elif identity and line.startswith("  "):
            found.setdefault(identity, []).append(line.strip())
        else:
            identity = None
    return {identity: lines for identity, lines in found.items() if lines != [NO_REASON]}
