"""Pages → passages: pieces of one section, small enough to embed, never cut within a code block."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.pages import Page, Passage
from kb.prose import FENCE

# MiniLM was trained on texts of up to 128 tokens and reads at most 256: about 900 characters of Markdown.
LONGEST = 900
_BULLET = re.compile(r"^- ")


def cut(page: Page) -> list[Passage]:
    """Return the passages of `page` in reading order."""
    found: list[Passage] = []
    for section in page.sections:
        for text in pieces(section.text):
            number = len(found)
            found.append(Passage(f"{page.id}#{number}", page.id, section.title, number, text))
    return found


def pieces(text: str, longest: int = LONGEST) -> list[str]:
    """Cut Markdown into pieces of at most `longest` characters where its blocks allow.

    A block (paragraph, list entry, fenced code) is never cut, unless it is a paragraph that alone is longer; code stays
    whole whatever its length.
    """
    out: list[str] = []
    current = ""
    for block, joint in _blocks(text):
        for part in _sentences(block, longest):
            if current and len(current) + len(joint) + len(part) > longest:
                out.append(current)
                current = part
            else:
                current = f"{current}{joint}{part}" if current else part
    if current:
        out.append(current)
    return out


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield each block with what joins it to the one before."""
    block: list[str] = []
    fenced = False
    joint = "\n\n"
    for line in text.splitlines():
        fence = FENCE.match(line) is not None
        starts_entry = not fenced and _BULLET.match(line) is not None
        if not fenced and (not line.strip() or starts_entry):
            if block:
                yield "\n".join(block), joint
                block = []
                joint = "\n"
            if not line.strip():
                joint = "\n\n"
                continue
        block.append(line)
        fenced = fenced != fence
    if block:
        yield "\n".join(block), joint


def _sentences(block: str, longest: int) -> list[str]:
    """Return `block` whole if it is short or code, else cut between its sentences or, failing that, its lines."""
    if len(block) <= longest or "```" in block or "~~~" in block:
        return [block]
    out = [""]
    for part in re.split(r"(?<=[.!?。！？])\s+|\n", block):
        if out[-1] and len(out[-1]) + len(part) + 1 > longest:
            out.append(part)
        else:
            out[-1] = f"{out[-1]} {part}".strip() if out[-1] else part
    return [part for part in out if part]
