"""Markdown with front matter → pages: FAQ entries and the steps of the learning path."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

from kb.errors import BadSource
from kb.pages import Kind, Page, Section
from kb.prose import FENCE
from kb.sources import front_matter
from kb.sources.outside import Unreadable

# What of the front matter a page keeps as it stands.
_TOLD = ("tags", "keras", "backends", "sources", "updated", "was", "minutes", "titles", "summary", "summaries")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")


def read(path: Path, *, kind: Kind, address: str) -> Page:
    """Return the page of one file.

    Args:
        path: a UTF-8 file; its front matter may name `id`, `title`, `questions`, `symbols`, `tags`, `keras`,
            `backends`, `sources`, `updated` and `language`.
        kind: of the page.
        address: where it is shown, with `{id}` in it.

    Raises:
        BadSource: the file is no text or its front matter is no YAML mapping of the expected form.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSource(f"{path} cannot be read: {error}.", "Save it as UTF-8 text.") from None
    return parse(text, path.stem, kind=kind, address=address, where=str(path))


def parse(text: str, stem: str, *, kind: Kind, address: str, where: str) -> Page:
    """Return the page of a Markdown text; see `read`."""
    try:
        document = front_matter.read(text, strict=True)
    except Unreadable as error:
        raise BadSource(f"{where}: {error}.", "Mend the front matter.") from None
    # Blank lines between the front matter and the page's own title are no text before it.
    front, body = document.values, document.body.lstrip("\n") if document.lines else document.body
    identity = str(front.get("id") or stem)
    parts = sections(body)
    title = str(front.get("title") or _first_heading(body) or stem.replace("-", " "))
    symbols = _strings(front, "symbols", where)
    if len(symbols) > 3:
        raise BadSource(
            f"{where}: `symbols` names {len(symbols)} symbols, at most three.", "Keep the three that matter."
        )
    meta: dict[str, Any] = {name: _plain(front[name]) for name in _TOLD if name in front}
    shown = address.format(id=identity)
    return Page(
        id=f"{kind}:{identity}",
        kind=kind,
        title=title,
        url=shown,
        sections=parts or (Section("", title),),
        symbols=symbols,
        language=str(front.get("language") or "en"),
        version=f"keras {front['keras']}" if front.get("keras") else None,
        questions=_strings(front, "questions", where),
        meta={**meta, "source": "faq" if kind == "faq" else "learn", "lobby_url": shown},
    )


def sections(body: str) -> tuple[Section, ...]:
    """Cut a Markdown text at its headings, those within code aside; the first section has the title ""."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in body.splitlines():
        if FENCE.match(line):
            fenced = not fenced
        match = None if fenced else _HEADING.match(line)
        if match is None:
            parts[-1][1].append(line)
        elif line.startswith("# ") and not any(lines for _, lines in parts):
            continue  # the page's own title
        else:
            parts.append((match.group(1), []))
    found = ((title, "\n".join(lines).strip()) for title, lines in parts)
    return tuple(Section(title, text) for title, text in found if text)


def _strings(front: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = front.get(name) or ()
    if isinstance(value, str):
        value = [value]
    if isinstance(value, dict):
        # Questions may be grouped by language: {en: [...], zh: [...]}.
        value = [one for group in value.values() for one in (group if isinstance(group, list) else [group])]
    if not isinstance(value, list | tuple):
        raise BadSource(f"{where}: `{name}` is no list.", f"Write `{name}:` and one `- …` line for each.")
    return tuple(str(one).strip() for one in value if str(one).strip())


def _plain(value: Any) -> Any:
    """Return a value of the front matter in a form that JSON knows."""
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return value


def _first_heading(body: str) -> str | None:
    match = re.search(r"^#\s+(.+?)\s*#*$", body, re.MULTILINE)
    return match.group(1) if match else None
