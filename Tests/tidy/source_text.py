"""Reading sources without a compiler: Swift with strings and comments blanked, where functions begin and end."""

import ast
import re


def blank(text):
    """Swift or C source with the insides of comments and string literals turned to spaces; lines stay where they are.

    What stands in an interpolation is blanked too, quotes stay. Nesting of block comments and of strings inside
    interpolations is followed.
    """
    out = list(text)
    at = 0
    while at < len(text):
        if text.startswith("//", at):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            _wipe(out, at, end)
        elif text.startswith("/*", at):
            end = _end_of_block_comment(text, at)
            _wipe(out, at, end)
        elif text[at] == '"' or (text[at] == "#" and re.match(r'#+"', text[at:at + 8])):
            end, inside_from, inside_to = _string(text, at)
            _wipe(out, inside_from, inside_to)
        elif text[at] == "'" and re.match(r"'(\\.[^']*|[^'\\\n])'", text[at:at + 12]):
            end = at + re.match(r"'(\\.[^']*|[^'\\\n])'", text[at:at + 12]).end()
            _wipe(out, at + 1, end - 1)
        else:
            end = at + 1
        at = end
    return "".join(out)


def _wipe(out, start, end):
    for index in range(start, end):
        if out[index] != "\n":
            out[index] = " "


def _end_of_block_comment(text, at):
    depth = 0
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                return at
        else:
            at += 1
    return len(text)


def _string(text, at):
    """(end, where its inside starts, where that ends) of the literal that starts here."""
    hashes = re.match(r"#*", text[at:]).group()
    quote = '"""' if text.startswith('"""', at + len(hashes)) else '"'
    if quote == '"""' and "\n" not in text[at:at + len(hashes) + 4] and not hashes:
        # `"""` opens a multi-line literal only before a line's end; else it is an empty string and a quote.
        quote = '"' if not re.match(r'"""[ \t]*\n', text[at:]) else quote
    inside = at + len(hashes) + len(quote)
    closing = quote + hashes
    escape = "\\" + hashes
    position = inside
    while position < len(text):
        if text.startswith(closing, position):
            return position + len(closing), inside, position
        if text.startswith(escape + "(", position):
            position = _end_of_interpolation(text, position + len(escape))
        elif text.startswith(escape, position):
            position += len(escape) + 1
        elif quote == '"' and text[position] == "\n":
            return position, inside, position
        else:
            position += 1
    return len(text), inside, len(text)


def _end_of_interpolation(text, at):
    depth = 0
    while at < len(text):
        if text[at] == '"':
            at = _string(text, at)[0]
            continue
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def _matching_brace(code, opening):
    depth = 0
    for position in range(opening, len(code)):
        if code[position] == "{":
            depth += 1
        elif code[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return len(code) - 1


SWIFT_FUNCTION = re.compile(
    r"(?<![\w.`])(func\s+(`?\w+`?|[^\s\w(]+)|init[?!]?(?=\s*[(<])|deinit(?=\s*\{)|subscript(?=\s*[(<]))")


def swift_functions(code):
    """(name, line, lines) of every func, init, deinit and subscript with a body; code is already blanked."""
    found = []
    for match in SWIFT_FUNCTION.finditer(code):
        opening = _body(code, match.end())
        if opening is not None:
            first = line_of(code, match.start())
            last = line_of(code, _matching_brace(code, opening))
            found.append((match.group().split()[-1], first, last - first + 1))
    return found


def _body(code, position):
    """Where the body opens, or None for a requirement of a protocol or a call."""
    depth = 0
    seen_parameters = False
    while position < len(code):
        letter = code[position]
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
            if depth < 0:
                return None
            seen_parameters = seen_parameters or depth == 0
        elif depth == 0 and letter == "{":
            return position
        elif depth == 0 and letter == "}":
            return None
        elif depth == 0 and letter == "\n" and seen_parameters:
            rest = code[position:].lstrip()
            if not re.match(r"(->|throws\b|rethrows\b|where\b|\{)", rest) and not re.search(
                    r"(->|where|,|&)\s*$", code[max(0, position - 40):position]):
                return None
        position += 1
    return None


C_FUNCTION = re.compile(r"^[A-Za-z_][^;{}#=]*\)\s*\{", re.MULTILINE)


def c_functions(code):
    found = []
    for match in C_FUNCTION.finditer(code):
        first = line_of(code, match.start())
        last = line_of(code, _matching_brace(code, match.end() - 1))
        names = re.findall(r"(\w+)\s*\(", match.group())
        found.append((names[0] if names else "?", first, last - first + 1))
    return found


def python_functions(text):
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append((node.name, node.lineno, node.end_lineno - node.lineno + 1))
    return found


def defaults_over_enums(code):
    """Lines of `default:` in switches that have a case over an enum's member, `case .x` or `case let .x`."""
    lines = []
    for match in re.finditer(r"\bswitch\b[^{]*\{", code):
        opening = match.end() - 1
        closing = _matching_brace(code, opening)
        own = _own_level(code, opening + 1, closing)
        enums = re.search(r"\bcase\s+(let\s+|var\s+)?[\w.]*\.[a-z_`]\w*", own)
        default = re.search(r"(?<!@unknown )\bdefault\s*:", own)
        if enums and default:
            lines.append(line_of(code, opening + 1 + default.start()))
    return lines


def _own_level(code, start, end):
    """The text of a block with what stands in deeper braces blanked."""
    depth = 0
    out = []
    for letter in code[start:end]:
        if letter == "}":
            depth -= 1
        out.append(letter if depth == 0 or letter == "\n" else " ")
        if letter == "{":
            depth += 1
    return "".join(out)
