"""Markdown → what is said in it: paragraphs without the code between them, and one line for an excerpt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# A line that opens or closes a block of code. One that opens and closes it, as in ```y = 2 * x```, does neither.
FENCE = re.compile(r"^\s*(```|~~~)(?!.*\1)")
# Code this short is shown where the text speaks of it; longer code has a place of its own.
SHORT_LINES = 8
SHORT_CHARACTERS = 400
LONGEST_EXCERPT = 320
# The same passages are shown again and again.
EXCERPTS_KEPT = 2_048

_LEADS_IN = re.compile(r"[:：]\**\s*\Z")
_SENTENCE_END = re.compile(r"(?<=[.!?])[*\"')]*\s+|(?<=[。！？])")
# What a block of code shows rather than does.
_SHOWN = frozenset({"output", "error", "text", "plain", "console"})


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list, or (with the words behind its fence in `info`) a block of code."""

    text: str
    info: str | None = None

    @property
    def is_code(self) -> bool:
        return self.info is not None

    @property
    def kind(self) -> str:
        """The language that a block of code names, "" for none."""
        return (self.info or "").split(" ")[0].lower()


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown text in order; code is yielded without its fences."""
    lines: list[str] = []
    info: str | None = None
    for line in text.splitlines():
        if FENCE.match(line):
            if info is not None or any(one.strip() for one in lines):
                yield Block("\n".join(lines).strip("\n"), info)
            info = line.strip().lstrip("`~").strip() if info is None else None
            lines = []
        elif info is None and not line.strip():
            if lines:
                yield Block("\n".join(lines))
            lines = []
        else:
            lines.append(line)
    if lines:
        yield Block("\n".join(lines).strip("\n"), info)


def paragraphs(text: str, shown: str | None = None) -> list[str]:
    """Return what a text says, without its code but for what is short and announced.

    A sentence that only announces something ("…only loading fails:") never stands alone: what it announces comes with
    it, or it goes too.

    Args:
        text: Markdown.
        shown: the code that is shown beside the text; a sentence that announces it points there.
    """
    found: list[str] = []
    leading = ""  # a paragraph that announces the block to come
    for block in blocks(text):
        if not block.is_code:
            said = f"{leading}\n\n{block.text}" if leading else block.text
            leading = said if _LEADS_IN.search(said) else ""
            if not leading:
                found.append(said)
        elif leading:
            found.append(_announced(leading, block, shown))
            leading = ""
    if leading:
        found.append(without_announcement(leading))
    return [part for part in found if part.strip()]


def without_announcement(text: str) -> str:
    """Return a paragraph without a last sentence that announces what does not come."""
    if not _LEADS_IN.search(text):
        return text
    sentences = _SENTENCE_END.split(text.strip())
    kept = " ".join(sentences[:-1]).strip()
    # An odd number of stars: the emphasis that was opened went with the sentence, or its end did.
    return kept if kept.count("**") % 2 == 0 else ""


def _announced(leading: str, block: Block, shown: str | None) -> str:
    code = block.text.strip("\n")
    if shown and code and code in shown:
        mark = re.search(r"[:：](\**)\s*\Z", leading)
        end = mark.start() if mark else len(leading)
        return f"{leading[:end]}{mark[1] if mark else ''} (see the example)."
    if len(code) <= SHORT_CHARACTERS and code.count("\n") < SHORT_LINES and block.kind not in _SHOWN:
        language = block.kind or ("python" if code.lstrip().startswith(">>>") else "")
        return f"{leading}\n\n```{language}\n{code}\n```"
    return without_announcement(leading)


@lru_cache(maxsize=EXCERPTS_KEPT)
def excerpt(text: str) -> str:
    """Return a passage as one short line of plain text; code only where there is nothing else."""
    said: list[str] = []
    for block in blocks(text):
        if not block.is_code:
            said.append(block.text)
        elif said:
            said[-1] = without_announcement(said[-1])
    if said:
        said[-1] = without_announcement(said[-1]) or re.sub(r"[:：]\s*\Z", "…", said[-1])
    plain = "\n\n".join(part for part in said if part.strip())
    if not plain:
        plain = next((b.text for b in blocks(text) if b.is_code and b.kind not in _SHOWN), "")
    plain = re.sub(r"^\s*[-*] |^#{1,6} |`", "", plain, flags=re.MULTILINE)
    plain = re.sub(r"(?<![\w*])(\*{1,2})(?=[^\s*])([^*\n]*[^\s*])\1(?![\w*])", r"\2", plain)
    plain = re.sub(r"\s+", " ", plain).strip()
    if len(plain) <= LONGEST_EXCERPT:
        return plain
    return plain[:LONGEST_EXCERPT].rsplit(" ", 1)[0] + "…"


def first_sentence(text: str, longest: int = 160) -> str:
    """Return the first sentence of a text on one line, cut between words where it is longer than `longest`."""
    sentence = re.split(r"(?<=[.!?])\s", re.sub(r"\s*\n\s*", " ", text.strip()), maxsplit=1)[0]
    return sentence if len(sentence) <= longest else sentence[:longest].rsplit(" ", 1)[0] + "…"
