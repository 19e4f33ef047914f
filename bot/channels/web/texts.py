"""The pages of one text each: cheat sheet, release notes, learning resources, glossary, privacy."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web import markup
from bot.channels.web.language import locale_of
from bot.channels.web.problems import Problem
from bot.channels.web.site import Site, site_of
from bot.wording import say
from kb import glossary as words

Part = tuple[str, list[markup.Block]]


def page_of(name: str) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of the page `/name`, which shows the content folder's `name.md`."""

    async def shown(request: Request) -> Response:
        site = site_of(request)
        title, sections = await site.looking(site.kept, name, lambda: _read(site, name))
        return await site.page(request, "text.html", title=title, sections=sections, path=f"/{name}")

    shown.__doc__ = f"The page /{name}."
    return shown


def _read(site: Site, name: str) -> tuple[str, list[Part]]:
    """Return title and sections of a text of the content folder.

    Raises:
        Problem: there is none (404).
    """
    try:
        text = (site.settings.content_dir / f"{name}.md").read_text(encoding="utf-8")
    except OSError:
        raise Problem(404, "not-found", "There is no such text here.", "Look into the docs.") from None
    title, _, body = text.lstrip("# ").partition("\n")
    lead, *parts = re.split(r"^## (.+)\n", body, flags=re.MULTILINE)
    titled = [("", lead), *zip(parts[::2], parts[1::2], strict=True)]
    return title, [(heading, markup.render(part, site.link)) for heading, part in titled]


async def glossary(request: Request) -> Response:
    """The words of the trade by their first letter, in the languages that people ask in."""
    site = site_of(request)
    letters = await site.looking(site.kept, "glossary", lambda: _letters(site))
    return await site.page(request, "glossary.html", letters=letters)


def _letters(site: Site) -> list[tuple[str, list[dict[str, Any]]]]:
    entries = sorted(words.edited(site.settings.content_dir), key=lambda entry: str(entry["term"]).lower())
    if not entries:
        raise Problem(404, "not-found", "There is no glossary here.", "Look into the docs.")
    told = [
        {
            "mark": words.mark_of(str(entry["term"])),
            "term": entry["term"],
            "definition": markup.inline(str(entry.get("definition", "")), site.link),
            "names": {code: ", ".join(map(str, entry[code])) for code in ("zh", "fr", "es") if entry.get(code)},
            "symbols": [(symbol, site.link(symbol)) for symbol in entry.get("symbols", ())],
        }
        for entry in entries
    ]
    return [(letter, list(group)) for letter, group in groupby(told, key=_letter)]


def _letter(entry: dict[str, Any]) -> str:
    first = str(entry["term"])[:1].upper()
    return first if first.isalpha() else "#"


async def privacy(request: Request) -> Response:
    """What is kept of those who come here."""
    site = site_of(request)
    locale = locale_of(request)
    blocks = await site.looking(lambda: markup.render(say("web.privacy.text", locale)))
    title = say("web.privacy.title", locale)
    return await site.page(request, "text.html", title=title, sections=[("", blocks)], path="/privacy")
