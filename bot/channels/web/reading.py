"""The pages to read: FAQ entries and example programs, with the lists that lead to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web import markup
from bot.channels.web.problems import Problem
from bot.channels.web.site import MAX_SYMBOL, Site, site_of
from kb.pages import Page

# A tag with fewer entries is no topic of its own.
LEAST_IN_TOPIC = 3
OTHER_TOPIC = "more"


async def faq_index(request: Request) -> Response:
    """All questions by topic, narrowed down by `?q=`."""
    site = site_of(request)
    text = request.query_params.get("q", "").strip()[:MAX_SYMBOL]
    entries = await site.looking(site.assistant.knowledge.pages, "faq")
    found = [entry for entry in entries if _matches(entry, text)]
    values: dict[str, Any] = {"filter": text, "shown": len(found), "total": len(entries), "topics": topics(found)}
    return await site.page(request, "faq_index.html", **values)


async def faq_entry(request: Request) -> Response:
    """One question and its answer."""
    return await _entry(request, ("faq",), "/faq")


async def learn_index(request: Request) -> Response:
    """The learning path, a step after the other, and all example programs."""
    site = site_of(request)
    guides = await site.looking(site.assistant.knowledge.pages, "guide")
    examples = await site.looking(site.assistant.knowledge.pages, "example")
    # Added sources hold guides and examples, too; they are not ours to list.
    steps = [_described(guide) for guide in guides if guide.url.startswith("/learn#")]
    ours = [_described(example) for example in examples if example.url.startswith("/learn#")]
    return await site.page(request, "learn_index.html", steps=steps, examples=ours)


async def learn_entry(request: Request) -> Response:
    """One step of the learning path, or one example program."""
    return await _entry(request, ("guide", "example"), "/learn")


async def source_page(request: Request) -> Response:
    """A document of an added source that has no public address of its own."""
    return await _entry(request, ("guide", "example", "thread", "issue"), "/learn")


def topics(entries: Sequence[Page]) -> list[tuple[str, list[Page]]]:
    """Group entries by their first tag, large topics first, what stands alone last."""
    count = Counter(_topic(entry) for entry in entries)
    groups: dict[str, list[Page]] = {}
    for entry in sorted(entries, key=lambda entry: entry.title.lower()):
        topic = _topic(entry)
        groups.setdefault(topic if count[topic] >= LEAST_IN_TOPIC else OTHER_TOPIC, []).append(entry)
    return sorted(groups.items(), key=lambda group: (group[0] == OTHER_TOPIC, -len(group[1]), group[0]))


def name_of(page: Page) -> str:
    """Return the part of a page's id that its address ends with."""
    return page.id.partition(":")[2]


async def _entry(request: Request, kinds: tuple[str, ...], index: str) -> Response:
    site = site_of(request)
    name = request.path_params["name"]
    page: Page | None = None
    for kind in kinds if len(name) <= MAX_SYMBOL else ():
        page = page or await site.looking(site.assistant.knowledge.page, f"{kind}:{name}")
    if page is None:
        raise Problem(404, "not-found", "There is no entry of that name.", f"All entries are listed at {index}.")
    values = await site.looking(_entry_values, site, page)
    return await site.page(request, "entry.html", index=index, **values)


def _entry_values(site: Site, page: Page) -> dict[str, Any]:
    sections = [
        {"number": number, "title": section.title, "blocks": markup.render(section.text, site.link)}
        for number, section in enumerate(page.sections, start=1)
    ]
    asked = [question for question in page.questions if question.isascii()][:4]
    links = [address for address in page.meta.get("sources", ()) if str(address).startswith("https://")]
    symbols = [(symbol, site.link(symbol)) for symbol in page.symbols]
    return {
        "page": page,
        "name": name_of(page),
        "sections": sections,
        "asked": asked,
        "links": links,
        "symbols": symbols,
    }


def _described(page: Page) -> dict[str, Any]:
    """Return what a list shows of a page: title, what it is about, and the mark that links point to."""
    first, _, rest = page.sections[0].text.partition("\n\n")
    # An example's first paragraph is its title once more.
    about = rest if page.kind == "example" else first
    about = "" if about.lstrip().startswith(("```", "- ", "|")) else " ".join(about.partition("```")[0].split())
    return {"name": name_of(page), "mark": page.url.partition("#")[2], "title": page.title, "about": about}


def _topic(entry: Page) -> str:
    tags = entry.meta.get("tags") or [OTHER_TOPIC]
    return str(tags[0]).replace("-", " ")


def _matches(entry: Page, text: str) -> bool:
    told = " ".join((entry.title, *entry.questions, *entry.symbols)).lower()
    return all(word in told for word in text.lower().split())
