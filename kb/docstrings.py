"""Keras docstrings → titled sections of Markdown.

The form is Google's as Keras writes it: a summary, prose, then titled parts (`Args:`, `Returns:`, `Example:`, `Input
shape:`) whose content is indented or follows on its own lines; examples are fenced or written with `>>>`.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from kb.pages import Section
from kb.prose import FENCE, blocks

# Titles that mean the same get one name, so that search and pages can rely on it.
TITLES = {
    "args": "Arguments",
    "arguments": "Arguments",
    "arg": "Arguments",
    "attributes": "Attributes",
    "example": "Example",
    "examples": "Examples",
    "for example": "Example",
    "usage": "Example",
    "standalone usage": "Example",
    "example usage": "Example",
    "returns": "Returns",
    "return": "Returns",
    "yields": "Returns",
    "raises": "Raises",
    "reference": "References",
    "references": "References",
    "note": "Note",
    "notes": "Note",
    "call arguments": "Call arguments",
    "call args": "Call arguments",
}
LISTS = frozenset({"Arguments", "Attributes", "Call arguments", "Raises", "Returns"})

_HEADER = re.compile(r"^(?:#+\s*)?([A-Z][\w`'() ,/-]{1,60}?):{1,2}\s*$")
_MARKDOWN_HEADER = re.compile(r"^(#{1,6})\s+(.+?):?\s*$")
_ITEM = re.compile(r"^(\*{0,2}[\w.]+(?:,\s*\*{0,2}[\w.]+)*|`[^`]+`)(?:\s*\([^)]*\))?:(?:\s|$)")


def sections(doc: str) -> tuple[Section, ...]:
    """Cut a docstring (already dedented) into sections; the first has the title ""."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    lines = _at_the_edge(doc.expandtabs().splitlines())
    for number, line in enumerate(lines):
        if FENCE.match(line):
            fenced = not fenced
        title = None if fenced else _title(line, lines[number + 1 :])
        if title is None:
            parts[-1][1].append(line)
        else:
            parts.append((title, []))
    found = []
    for title, body in parts:
        text = markdown(body, listed=title in LISTS)
        if text:
            found.append(Section(title, text))
    return tuple(_joined(found))


def _at_the_edge(lines: list[str]) -> list[str]:
    """Move a docstring to the left edge whose first line alone stands there: its titles would not be known as such."""
    known = [match for line in lines if (match := _HEADER.match(line.strip())) and match[1].lower() in TITLES]
    indents = {len(line) - len(line.lstrip()) for line in lines if line.strip().rstrip(":").lower() in TITLES}
    if not known or not indents or 0 in indents:
        return lines
    depth = min(indents)
    return [line[depth:] if not line[:depth].strip() else line for line in lines]


def _joined(parts: list[Section]) -> list[Section]:
    """Join parts of one title, so that a page has each title once."""
    merged: dict[str, str] = {}
    for part in parts:
        merged[part.title] = f"{merged[part.title]}\n\n{part.text}" if part.title in merged else part.text
    return [Section(title, text) for title, text in merged.items()]


def _title(line: str, rest: list[str]) -> str | None:
    """Return the normalised title that `line` is, or None."""
    if line.startswith((" ", "\t")):
        return None
    marked = _MARKDOWN_HEADER.match(line)
    match = marked or _HEADER.match(line)
    if match is None:
        return None
    title = match.group(match.lastindex or 1).strip()
    known = TITLES.get(title.lower())
    if known:
        return known
    if marked:
        # One sign alone is more often a comment in code that nobody fenced.
        return title if len(marked.group(1)) > 1 else None
    # "The requirements are:" introduces a list; it is prose, not a title.
    follows = next((text for text in rest if text.strip()), "")
    if len(title.split()) <= 4 and (follows.startswith((" ", ">>>", "```")) or not (rest and rest[0].strip())):
        return None if re.search(r"\b(are|is|be|as|following|e\.g)$", title) else title
    return None


def markdown(lines: list[str], *, listed: bool = False) -> str:
    """Turn a section's lines into Markdown: doctests become fenced code, argument lists become bullets."""
    text = _fence_doctests("\n".join(_dedented(lines)))
    return (_bullets(text) if listed else text).strip()


def _dedented(lines: list[str]) -> list[str]:
    """Remove the first line's indentation from all lines, as far as each has it; stray lines spoil nothing."""
    body = "\n".join(lines).strip("\n").splitlines()
    base = len(body[0]) - len(body[0].lstrip()) if body else 0
    return [line[min(base, len(line) - len(line.lstrip())) :] for line in body]


def _fence_doctests(text: str) -> str:
    """Fence runs of `>>>` lines with the output that follows them."""
    out: list[str] = []
    run: list[str] = []
    fenced = False

    def close() -> None:
        if run:
            out.extend(["```python", *textwrap.dedent("\n".join(run)).splitlines(), "```"])
            run.clear()

    for line in text.splitlines():
        if FENCE.match(line):
            close()
            fenced = not fenced
        bare = line.strip()
        if not fenced and (bare.startswith(">>>") or (run and bare)) and not FENCE.match(line):
            run.append(line)
            continue
        close()
        out.append(line)
    close()
    if fenced:
        out.append("```")
    return re.sub(r"\n```\n\n```python\n(?=>>>)", "\n\n", "\n".join(out))


def _bullets(text: str) -> str:
    """Write `name: what it is` entries at the left edge as a list; deeper lines join their entry."""
    out: list[str] = []
    fenced = False
    inside = False
    for line in text.splitlines():
        if FENCE.match(line):
            fenced = not fenced
        match = None if fenced or line.startswith(" ") else _ITEM.match(line)
        if match is not None:
            name = match.group(1).strip("`")
            rest = line[match.end(1) :]
            out.append(f"- `{name}`{rest}")
            inside = True
        elif inside and line.startswith(" ") and line.strip():
            # Four spaces would become code in Markdown; two continue the entry.
            body = line[4:] if line.startswith("    ") else line.lstrip()
            out.append("  " + body)
        else:
            inside = inside and not line.strip()
            out.append(line)
    return "\n".join(out)


@dataclass(frozen=True, slots=True)
class Fenced:
    """A fenced block of code, and the words behind its opening fence: `python raises=TypeError`."""

    info: str
    code: str

    @property
    def is_python(self) -> bool:
        return self.info.split(" ")[0] in {"", "py", "python"}

    @property
    def raises(self) -> bool:
        """Tell whether it is meant to fail."""
        return "raises" in self.info

    @property
    def runs(self) -> bool:
        """Tell whether it is Python that is meant to run anywhere: nothing to fill in, nothing else to install."""
        return self.is_python and not re.search(r"\b(?:raises|needs)=|\bexercise\b", self.info)


def fenced(text: str) -> list[Fenced]:
    """Return the blocks of code of a Markdown text."""
    return [Fenced(block.info, block.text) for block in blocks(text) if block.info is not None]


def code_blocks(text: str) -> list[str]:
    """Return the fenced Python of a Markdown text, without what is meant to fail or needs more than Keras."""
    return [block.code for block in fenced(text) if block.runs]
