"""Programs as they are pasted: with the prompts of a session, IPython's commands, or the indent of where they were.

Only a program that Python 3 refuses is touched. No line is added or taken out, so that every place stays true.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from runner.upgrade.python2 import masked, modernised, syntax_error
from runner.upgrade.values import Change

_SESSIONS = "https://docs.python.org/3/tutorial/interpreter.html#interactive-mode"
_MAGICS = "https://ipython.readthedocs.io/en/stable/interactive/magics.html"
_INDENT = "https://docs.python.org/3/reference/lexical_analysis.html#indentation"

_PROMPT = re.compile(r"[ \t]*(?:>>>|In ?\[[ \d]*\]:)(?: |$)")
_MORE = re.compile(r"[ \t]*\.\.\.+:?(?: |$)")
_OUT = re.compile(r"[ \t]*Out ?\[[ \d]*\]:")
_TIMED = re.compile(r"(?P<indent>[ \t]*)%time(?:it)?[ \t]+(?!-)(?P<code>[^\s=].*)")
_MAGIC = re.compile(r"(?P<indent>[ \t]*)(?P<code>(?:%{1,2}[A-Za-z]|!{1,2}[\w./~{$]).*|(?:pip3?|conda) install .*)")
_HELP = re.compile(r"(?P<indent>[ \t]*)(?P<code>\?{1,2}[\w.]+|[\w.]+\?{1,2})[ \t]*")
_FOREIGN_CELL = re.compile(r"%%(?!time|capture|python|prun)[A-Za-z]")


def plain(text: str) -> tuple[str, list[Change]]:
    """Return a pasted program as one that may be read, and what was changed; the very text where nothing helps.

    Args:
        text: the program, without a byte order mark.
    """
    if syntax_error(text) is None or modernised(text)[2] is None:
        return text, []
    made, changes = text, []
    for step in (_dedented, _without_prompts, _dedented, _without_commands):
        made, done = step(made)
        changes += done
        if done and syntax_error(made) is None:
            break
    return (made, changes) if changes else (text, [])


def _ending(line: str) -> tuple[str, str]:
    body = line.rstrip("\r\n")
    return body, line[len(body) :]


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _hidden(text: str) -> list[str]:
    """Return the lines with comments blanked out and the inside of strings written over."""
    mask, at, result = masked(text), 0, []
    for line in _lines(text):
        result.append(mask[at : at + len(line)])
        at += len(line)
    return result


def _code_lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that hold code and begin outside of a string, with their numbers from 0."""
    found, within = [], False
    for number, line in enumerate(_hidden(text)):
        if not within and line.strip():
            found.append((number, line))
        within = not line.endswith("\n")
    return found


def _lead(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _common(lines: list[str]) -> str:
    """Return the whitespace that every line begins with."""
    leads = [_lead(line) for line in lines]
    common = leads[0] if leads else ""
    for lead in leads:
        while not lead.startswith(common):
            common = common[:-1]
    return common


def _dedented(text: str) -> tuple[str, list[Change]]:
    """Take out the indent that all lines share, or all but the first, which was copied from its first letter on."""
    code = _code_lines(text)
    if not code:
        return text, []
    first, rest = code[0], code[1:]
    common = _common([line for _, line in code])
    skipped = -1
    if not common and rest and not _lead(first[1]) and first[1].rstrip()[-1] not in ":([{,\\":
        common, skipped = _common([line for _, line in rest]), first[0]
    if not common:
        return text, []
    made = [
        line if number == skipped or not line.startswith(common) else line[len(common) :]
        for number, line in enumerate(_lines(text))
    ]
    at = rest[0][0] if skipped >= 0 else first[0]
    return "".join(made), [
        Change(at + 1, "pasted-indent", "The program was indented as a whole; it begins at the margin.", _INDENT)
    ]


def _without_prompts(text: str) -> tuple[str, list[Change]]:
    """Take the prompts of a session off its lines; what it printed becomes comments."""
    code = _code_lines(text)
    if not code or not any(_PROMPT.match(line) for _, line in code[:20]):
        return text, []
    begun = False  # what stands before the first prompt is a program or the interpreter's greeting
    made, at = [], -1
    for number, line in enumerate(_lines(text)):
        body, end = _ending(line)
        prompt = _PROMPT.match(body) or (_MORE.match(body) if begun else None)
        if prompt is not None:
            at = number if at < 0 else at
            begun = True
            made.append(body[prompt.end() :].rstrip() + end if body[prompt.end() :].strip() else end)
        elif body.strip() and not body.lstrip().startswith("#") and (begun or _greeting(body)):
            made.append(f"# {body}{end}")
        else:
            made.append(line)
    return "".join(made), [
        Change(
            at + 1,
            "pasted-prompts",
            "The prompts of an interactive session are no part of the program; what it printed is a comment now.",
            _SESSIONS,
        )
    ]


def _greeting(line: str) -> bool:
    return line.startswith(("Python 2", "Python 3", "[GCC", "[Clang", 'Type "', "Using ", "IPython ")) or bool(
        _OUT.match(line)
    )


def _without_commands(text: str) -> tuple[str, list[Change]]:
    """Make comments of IPython's commands and of those for the shell; `%time` keeps what it timed."""
    mask = _hidden(text)
    outside = {number for number, _ in _code_lines(text)}
    made: list[str] = []
    changes: list[Change] = []
    depth, foreign = 0, False
    for number, line in enumerate(_lines(text)):
        body, end = _ending(line)
        if depth == 0 and number in outside:
            foreign = foreign or bool(_FOREIGN_CELL.match(body))
            new, why = _command(body) if not foreign else (f"# {body}" if body else body, _CELL)
            if new != body:
                made.append(new + end)
                if why != _CELL or not changes or changes[-1].reason != _CELL:
                    changes.append(Change(number + 1, "pasted-commands", why, _MAGICS))
                continue
        made.append(line)
        brackets = [sum(mask[number].count(each) for each in several) for several in ("([{", ")]}")]
        depth = max(0, depth + brackets[0] - brackets[1])
    return "".join(made), changes


_CELL = "This cell is not Python."


def _command(line: str) -> tuple[str, str]:
    """Return a line without IPython, and why; the line itself where there is nothing of IPython in it."""
    timed = _TIMED.fullmatch(line)
    if timed is not None:
        return f"{timed['indent']}{timed['code']}", "`%time` is a command of IPython; what it timed stays."
    rows: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
        (_MAGIC, lambda code: "the shell" if code[0] in "!pc" else "IPython"),
        (_HELP, lambda code: "IPython"),
    )
    for pattern, whose in rows:
        match = pattern.fullmatch(line)
        if match is not None:
            code = match["code"]
            kept = "pass  # " if match["indent"] else "# "  # a block must hold a statement
            return f"{match['indent']}{kept}{code}", f"`{code.split()[0]}` is a command of {whose(code)}, not Python."
    return line, ""
