"""From old source to new: read, walk, walk again until nothing changes, and say what was done where."""

from __future__ import annotations

import dataclasses
import difflib
import re
import time
from collections.abc import Collection, Mapping, Sequence

import libcst as cst

from runner.upgrade import pasted, python2
from runner.upgrade.context import Context
from runner.upgrade.finish import finish
from runner.upgrade.rules import RULES
from runner.upgrade.transform import Rulebook, Walk
from runner.upgrade.values import Change, Finding, Upgrade

MAX_SOURCE_BYTES = 512 * 1024
"""Past half a megabyte nobody wrote it by hand, and the walks would take half a minute."""
MAX_DEPTH = 80
"""Deeper nested brackets and blocks than any program that a person wrote; the walk is recursive."""
MAX_TERMS = 500
"""Terms of one expression in a line; a sum of so many was made by a program."""
MAX_ROUNDS = 8
MAX_SECONDS = 60.0
"""Only a program of many thousand lines gets here; what was done by then is given."""
Failure = tuple[str, int | None]
_KERAS_1 = re.compile(r"\b(?:nb_epoch|border_mode|nb_filter|samples_per_epoch|dim_ordering)\b")
_LEANING = frozenset(("kernel-size",))
"""Rules that change more in a program that is taken for Keras 1."""
_KERAS = re.compile(r"keras|tensorflow|theano|np\.|numpy|^\s*print\s+[^(=\s]|xrange", re.MULTILINE)


def upgrade(source: str, *, also: Collection[str] = (), error: Failure | None = None) -> Upgrade:
    """Rewrite a program for Keras 3. Nothing of it is executed.

    Args:
        source: Python, of version 2 or 3.
        also: names of rules that are otherwise tried only after a run failed.
        error: what that run said, and in which line.

    Returns:
        The program before and after, with what was done; with `problem` where it could not be read.
    """
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        return _unreadable(source, "The program is larger than 512 KiB; send the part that uses Keras.")
    if (
        any("\udc80" <= character <= "\udcff" for character in source)
        and (meant := python2.recoded(source)) is not None
    ):
        before, text, change = meant
        made = upgrade(text, also=also, error=error)
        if made.problem is None:
            made = dataclasses.replace(made, changes=_sorted((change, *made.changes)))
        return dataclasses.replace(made, before=before)
    if any("\udc80" <= character <= "\udcff" for character in source) or "\0" in source:
        return _unreadable(source, "This is not text: it holds bytes that no Python program has.")
    mark = "\ufeff" if source.startswith("\ufeff") else ""
    text = source.removeprefix("\ufeff")
    if not _KERAS.search(text):
        return Upgrade(source, source, problem=python2.syntax_error(pasted.plain(text)[0]))
    deep = _too_deep(text)
    if deep is not None:
        return _unreadable(source, deep)
    skipped: dict[str, Finding] = {}
    while True:
        try:
            return _upgrade(source, mark, text, also, error, skipped)
        except RecursionError:
            return _unreadable(source, python2.too_deep(text))
        except RuleFailed as failed:
            skipped[failed.finding.rule] = failed.finding


class RuleFailed(Exception):
    """A rule that raised; the program is upgraded without it, and `finding` says so at the place where it failed."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _unreadable(source: str, problem: str) -> Upgrade:
    return Upgrade(source, source, problem=problem)


def _walked(context: Context, rules: Rulebook, module: cst.Module, back: list[int] | None) -> cst.Module:
    """Return the module as the rules make it.

    Raises:
        RuleFailed: a rule raised, whatever it was.
    """
    walk = Walk(context, rules)
    try:
        return cst.ensure_type(walk.rewrite(module), cst.Module)
    except RecursionError:
        raise
    except Exception as error:
        if walk.asked is None:
            raise
        rule, node = walk.asked
        message = (
            f"this rule failed here ({type(error).__name__}) and was left out for the whole program: what it is about "
            "is as it was"
        )
        raise RuleFailed(Finding(_line(context, node, back), rule.name, message, rule.source)) from error


def _upgrade(
    source: str, mark: str, text: str, also: Collection[str], error: Failure | None, skipped: Mapping[str, Finding]
) -> Upgrade:
    changes: list[Change] = []
    findings: list[Finding] = list(skipped.values())
    text, unpasted = pasted.plain(text)
    modern, old_python, problem = python2.modernised(text)
    changes += (*unpasted, *old_python)
    if problem is not None:
        return _unreadable(source, problem)
    try:
        module = cst.parse_module(modern)
    except cst.ParserSyntaxError as refused:
        return _unreadable(source, f"Line {refused.raw_line}: {refused.message}")
    begun = time.monotonic()
    # Taken for Keras 1 by its words, which the first round has to bear out: that saves most old programs a round.
    legacy = guessed = _KERAS_1.search(modern) is not None
    always = [rule for rule in RULES if (not rule.on_error or rule.name in also) and rule.name not in skipped]
    books = {
        False: Rulebook(rule for rule in always if not rule.legacy_only),
        True: Rulebook(always),
    }
    python_2 = bool(old_python) or python2.marked(modern)
    before = modern
    for number in range(MAX_ROUNDS):
        context = Context(module, before, legacy, error if number == 0 else None)
        context.old = bool(changes)
        context.python2, context.first = python_2, number == 0
        back = _line_map(text, before) if before != text else None
        walked = _walked(context, books[legacy], module, back)
        shown = _shows_keras_1(context, guessed and number == 0)
        if guessed and number == 0 and not shown:
            legacy = guessed = False
            context = Context(module, before, legacy, error)
            context.old = bool(changes)
            context.python2, context.first = python_2, number == 0
            walked = _walked(context, books[legacy], module, back)
            shown = _shows_keras_1(context, False)
        made = finish(walked, context)
        changes += [
            Change(_line(context, node, back), rule.name, why, rule.source) for rule, node, why in context.changes
        ]
        said = {(finding.rule, finding.message) for finding in findings}
        findings += [  # what an earlier round found is found again; its line was told better then
            Finding(_line(context, node, back), rule.name, what, rule.source)
            for rule, node, what in context.findings
            if (rule.name, what) not in said
        ]
        after = made.code if made is not module else before
        proven = legacy or shown
        settled = after == before and proven == legacy
        if settled:
            last = {(rule.name, what) for rule, _, what in context.findings}
            fluid = {rule.name for rule in always if rule.last_word}
            findings = [each for each in findings if each.rule not in fluid or (each.rule, each.message) in last]
        if proven and not legacy:
            only = {rule.name for rule in always if rule.modern_only}
            findings = [finding for finding in findings if finding.rule not in only]
        if settled:
            break
        # A fresh tree: a rewritten one may hold the same node twice, and nodes are told apart by identity.
        module, before, legacy = cst.parse_module(after), after, proven
        if time.monotonic() - begun > MAX_SECONDS:
            break
    if before == modern and not old_python and not unpasted:
        return Upgrade(source, source, (), _sorted(findings))
    return Upgrade(source, mark + before, _sorted(changes), _sorted(findings))


def _shows_keras_1(context: Context, guessed: bool) -> bool:
    """Whether what was changed shows a program to be written for Keras 1; a guess cannot bear itself out."""
    return any(
        rule.marks and rule.since.startswith("Keras 2.0") and not (guessed and rule.name in _LEANING)
        for rule, _, _ in context.changes
    )


def _sorted(items: Sequence[Change | Finding]) -> tuple:  # type: ignore[type-arg]
    unique = dict.fromkeys(items)
    return tuple(sorted(unique, key=lambda item: (item.line, item.rule)))


def _first(node: cst.CSTNode) -> cst.CSTNode:
    """Return what of a node comes first after the comments above it."""
    if isinstance(node, cst.SimpleStatementLine) and node.body:
        return node.body[0]
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        return node.name
    return node


def _line(context: Context, node: cst.CSTNode, back: list[int] | None) -> int:
    line = context.places.lines.get(id(_first(node)), 1)
    return line if back is None else back[min(line, len(back)) - 1]


def _line_map(text: str, before: str) -> list[int]:
    """Return for each line of `before` the line of `text` that it comes from."""
    old, new = text.splitlines(), before.splitlines()
    result = []
    for _, start, end, low, high in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for number in range(high - low):
            result.append(min(start + number, max(start, end - 1)) + 1)
    return result or [1]


def _too_deep(text: str) -> str | None:
    """Return in one line where brackets, blocks or terms are nested too deeply, None when they are not."""
    nested = f"this is nested deeper than {MAX_DEPTH} levels; flatten it first."
    depth = 0
    line = 1
    for match in re.finditer(
        r"\n[ \t]*|[(\[{]|[)\]}]|#[^\n]*|\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*'", text, re.DOTALL
    ):
        piece = match[0]
        if piece[0] == "\n":
            line += 1
            indent = piece[1:]
            if len(indent.expandtabs(4)) > 4 * MAX_DEPTH and depth == 0:
                return f"Line {line}: {nested}"
        elif piece in "([{":
            depth += 1
            if depth > MAX_DEPTH:
                return f"Line {line}: {nested}"
        elif piece in ")]}":
            depth = max(0, depth - 1)
        else:
            line += piece.count("\n")
    # Chains such as `a + b + c…` and `x.y.z…` nest in the tree without brackets.
    for number, content in enumerate(text.splitlines(), 1):
        if len(content) > 2000 and max(content.count("+"), content.count("."), content.count(" not ")) > MAX_TERMS:
            return (
                f"Line {number}: this expression has more than {MAX_TERMS} terms, each nested in the next; compute it "
                "in a loop or in parts."
            )
    return None
