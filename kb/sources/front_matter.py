"""The head of a Markdown file: YAML between two lines of three hyphens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kb.sources.markup import load_yaml
from kb.sources.outside import Unreadable

LONGEST_FRONT_MATTER = 16 * 1024

_HEAD = re.compile(r"\ufeff?---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file taken apart: the values at its head, the text below, and how many lines the head takes."""

    values: dict[str, Any]
    body: str
    lines: int


def read(text: str, *, strict: bool = False) -> Document:
    """Take a Markdown text apart; one without front matter is all body.

    Args:
        text: of the whole file.
        strict: False for strangers' pages, which may begin with a rule and have another one later: what stands between
            two rules and names no values is text then.

    Raises:
        Unreadable: the front matter is too long, no YAML or, where that is asked for, no mapping.
    """
    found = _HEAD.match(text)
    if found is None:
        return Document({}, text, 0)
    if len(found[1]) > LONGEST_FRONT_MATTER:
        raise Unreadable(f"its front matter is longer than {LONGEST_FRONT_MATTER // 1024} KiB")
    value = load_yaml(found[1], first_line=2)
    if value is None:
        value = {}
    if not isinstance(value, dict):
        if strict:
            raise Unreadable("its front matter is no mapping: write it as `name: value` lines")
        return Document({}, text, 0)
    return Document({str(name): one for name, one in value.items()}, text[found.end() :], found[0].count("\n"))
