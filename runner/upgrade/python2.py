"""Python 2 leftovers, turned into Python 3 before anything else: what cannot be read cannot be upgraded.

Only a program that Python 3 refuses is touched, and only outside of its strings and comments. What Python 3 reads but
does not know (`xrange`, `iteritems`) is left to the rules.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable

from runner.upgrade.values import Change

PORTING = "https://docs.python.org/3/howto/pyporting.html"

_PIECES = re.compile(
    r"#[^\n]*|[rRuUbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')",
    re.DOTALL,
)
_COOKIE = re.compile(r"\A(?:[ \t\f]*(?:#[^\n]*)?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*(?P<name>[-\w.]+)")
"""Where a program says in which encoding it is kept: in a comment in one of its first two lines (PEP 263)."""
_MARKS = re.compile(
    r"(?<!\.)\b(?:xrange|raw_input|izip|imap|basestring|unichr|cPickle|urllib2)\b"
    r"|\.(?:iteritems|itervalues|iterkeys|has_key|getcwdu)\(|\A#![^\n]*python2"
)
"""What Python 3 reads as well, and only Python 2 knows."""
_PRINT = re.compile(r"(?<![\w.])print(?!\w)(?=[ \t]*(?P<next>[^\n]?))")
_SUBSTITUTES = (
    ("python2-except", re.compile(r"(?m)^([ \t]*except[ \t]+[^:\n]+?)[ \t]*,[ \t]*([A-Za-z_]\w*)[ \t]*:"), r"\1 as \2:",
     "Python 3 names a caught exception with `as`."),
    ("python2-raise", re.compile(r"(?m)^([ \t]*raise[ \t]+[\w.]+)[ \t]*,[ \t]*([^\n]*[^\s\n])"), r"\1(\2)",
     "Python 3 raises a call: `raise ValueError(message)`."),
    ("python2-exec", re.compile(r"(?m)^([ \t]*)exec[ \t]+([^(\s][^\n]*[^\s\n])"), r"\1exec(\2)",
     "`exec` is a function in Python 3."),
    ("python2-backticks", re.compile(r"`([^`\n]+)`"), r"repr(\1)", "Backticks are `repr(…)` in Python 3."),
    ("python2-unequal", re.compile(r"<>"), "!=", "Python 3 writes `!=`."),
    ("python2-long", re.compile(r"(?<![\w.])(\d+)[lL](?!\w)"), r"\1", "Whole numbers have no `L` in Python 3."),
    ("python2-octal", re.compile(r"(?<![\w.])0([0-7]+)(?![\w.])"), r"0o\1", "Octal numbers start with `0o`."),
)  # fmt: skip


def recoded(source: str) -> tuple[str, str, Change] | None:
    """Return a program that was kept in the encoding that it names, and was read as UTF-8.

    Args:
        source: the program; what is not UTF-8 in it stands as lone surrogates (PEP 383).

    Returns:
        The program as it was meant; the same naming UTF-8, in which it is kept from here on; the change. None when it
        names no encoding that it can be read by.
    """
    said = _COOKIE.match(source)
    if said is None:
        return None
    try:
        meant = source.encode("utf-8", "surrogateescape").decode(said["name"])
    except (LookupError, UnicodeError, ValueError):
        return None
    made = f"{meant[: said.start('name')]}utf-8{meant[said.end('name') :]}"
    return meant, made, _change(source, said.start("name"), "python2-encoding", "Programs are kept in UTF-8 today.")


def marked(text: str) -> bool:
    """Whether a program, read by Python 3 as well, shows that it was written for Python 2."""
    return _MARKS.search(text) is not None


def syntax_error(text: str) -> str | None:
    """Return in one line what Python 3 says against a program, None when it reads it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "program", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"Line {error.lineno or 1}: {error.msg}."
    except (RecursionError, MemoryError):
        return too_deep(text)
    except ValueError as error:
        return f"The program cannot be read: {error}."
    return None


def too_deep(text: str) -> str:
    """Return in one line that a program is nested too deeply, with the place where that can be told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        lengths = [len(line) for line in text.split("\n")]
        return f"Line {lengths.index(max(lengths)) + 1}: this is nested too deeply to be read."
    deepest, line = 0, 1
    waiting: list[tuple[ast.AST, int, int]] = [(tree, 0, 1)]
    while waiting:
        node, depth, at = waiting.pop()
        at = getattr(node, "lineno", at)
        if depth > deepest:
            deepest, line = depth, at
        waiting += [(child, depth + 1, at) for child in ast.iter_child_nodes(node)]
    return f"Line {line}: this is nested too deeply to be read."


def modernised(text: str) -> tuple[str, list[Change], str | None]:
    """Return a program as Python 3, what was changed, and what is still wrong with it.

    Args:
        text: the program, without a byte order mark.

    Returns:
        The program; the changes; and in one line what Python 3 says against it, None when it reads it. A program
        that cannot be mended comes back as it was.
    """
    problem = syntax_error(text)
    if problem is None:
        return text, [], None
    made, changes = text, []
    for step in (_tabs, _prefixes, _prints, *(_substitute(*row) for row in _SUBSTITUTES)):
        made, done = step(made)
        changes += done
        if done and syntax_error(made) is None:
            return made, changes, None
    return text, [], syntax_error(made) or problem  # line by line the same, but without what could be mended


def _prefixes(text: str) -> tuple[str, list[Change]]:
    """Raw text was written `ur'…'`."""
    changes: list[Change] = []

    def plain(match: re.Match[str]) -> str:
        if match[0][:2].lower() != "ur":
            return match[0]
        changes.append(_change(text, match.start(), "python2-prefix", "Text is Unicode in Python 3: `r'…'`."))
        return match[0][1:]

    return _PIECES.sub(plain, text), changes


def masked(text: str) -> str:
    """Return the text with strings and comments blanked out, every character at its place."""

    def blank(match: re.Match[str]) -> str:
        piece = match[0]
        hole = " " if piece[0] == "#" else "s"
        return "".join("\n" if character == "\n" and hole == " " else hole for character in piece)

    return _PIECES.sub(blank, text)


def _change(text: str, at: int, rule: str, reason: str) -> Change:
    return Change(text.count("\n", 0, at) + 1, rule, reason, PORTING)


def _substitute(
    name: str, pattern: re.Pattern[str], template: str, reason: str
) -> Callable[[str], tuple[str, list[Change]]]:
    def step(text: str) -> tuple[str, list[Change]]:
        parts, changes, at = [], [], 0
        for match in pattern.finditer(masked(text)):
            real = template
            for number in range(1, (pattern.groups or 0) + 1):
                real = real.replace(f"\\{number}", text[match.start(number) : match.end(number)])
            parts += [text[at : match.start()], real]
            at = match.end()
            changes.append(_change(text, match.start(), name, reason))
        return "".join([*parts, text[at:]]), changes

    return step


def _tabs(text: str) -> tuple[str, list[Change]]:
    """Python 2 took a tab for eight columns; Python 3 refuses a mixture of tabs and spaces."""
    problem = syntax_error(text) or ""
    if "tab" not in problem and "unindent" not in problem and "indent" not in problem:
        return text, []
    changes, lines = [], text.splitlines(keepends=True)
    if not any(re.match(r" *\t", line) for line in lines):
        return text, []
    for number, line in enumerate(lines):
        lead = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in lead and line.strip():
            lines[number] = lead.expandtabs(8) + line[len(lead) :]
            changes.append(Change(number + 1, "python2-tabs", "Python 3 refuses tabs mixed with spaces.", PORTING))
    return "".join(lines), changes[:1]


def _prints(text: str) -> tuple[str, list[Change]]:
    mask = masked(text)
    edits: list[tuple[int, int, str]] = []
    for match in _PRINT.finditer(mask):
        start = match.end()
        before = mask[mask.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
        if before and before[-1] not in ":;":
            continue
        end = _statement_end(mask, start)
        body = mask[start:end]
        if match["next"] in ("=", ".", ")", ",") or (body.strip() and _is_call(body)):
            continue
        content = text[start:end].strip()
        edits.append((match.start(), end, _call_of(content, body.strip())))
    parts, changes, at = [], [], 0
    for begin, end, new in edits:
        if begin < at:
            continue
        parts += [text[at:begin], new]
        at = end
        changes.append(_change(text, begin, "python2-print", "`print` is a function in Python 3."))
    return "".join([*parts, text[at:]]), changes


def _is_call(body: str) -> bool:
    """Whether what follows `print` is one pair of brackets, as Python 3 has it."""
    stripped = body.strip()
    if not stripped.startswith("("):
        return False
    depth = 0
    for number, character in enumerate(stripped):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return number == len(stripped) - 1
    return False


def _statement_end(mask: str, start: int) -> int:
    """Return where the statement ends that `start` is in: before a line's end, a comment or a semicolon."""
    depth, at = 0, start
    while at < len(mask):
        character = mask[at]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "\\" and mask[at + 1 : at + 2] == "\n":
            at += 1
        elif depth <= 0 and character in "\n;":
            break
        at += 1
    while at > start and mask[at - 1] in " \t\r":
        at -= 1
    return at


def _call_of(content: str, mask: str) -> str:
    if not content:
        return "print()"
    if content.startswith(">>"):
        target, _, rest = content[2:].partition(",")
        return f"print({rest.strip()}, file={target.strip()})" if rest.strip() else f"print(file={target.strip()})"
    if mask.endswith(","):
        return f"print({content[:-1].rstrip()}, end=' ')"
    return f"print({content})"
