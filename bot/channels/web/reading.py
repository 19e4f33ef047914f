"""The pages to read: FAQ entries and example programs, with the lists that lead to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot import verified
from bot.channels.web import markup
from bot.channels.web.exercise_pages import without_exercise
from bot.channels.web.feeds import summary_of
from bot.channels.web.language import locale_of
from bot.channels.web.problems import Problem
from bot.channels.web.site import MAX_SYMBOL, Site, site_of
from bot.channels.web.snippets import standing_on
from bot.exercises import exercises
from kb.normalize import detect_language, words
from kb.pages import Kind, Page
from kb.programs import without_last_statement

# A longer list is for people, who narrow it down first.
MOST_LISTED = 60
# A tag with fewer entries is no topic of its own.
LEAST_IN_TOPIC = 3
OTHER_TOPIC = "more"
MOST_SIMILAR = 5
LEAST_SIMILAR = 2.0
# Where the files of each kind are below the content folder, and what they are called.
FILES: dict[Kind, tuple[str, str]] = {
    "faq": ("faq", "{}.md"),
    "guide": ("learn", "[0-9][0-9]-{}.md"),
    "example": ("examples", "{}.py"),
}


async def faq_index(request: Request) -> Response:
    """All questions by topic, narrowed down by `?q=`, `?tag=` and `?keras=`, in the wording of a language (`?in=`)."""
    site = site_of(request)
    text = request.query_params.get("q", "").strip()[:MAX_SYMBOL]
    tag = request.query_params.get("tag", "").strip()[:MAX_SYMBOL]
    version = request.query_params.get("keras", "").strip()[:20]
    wording = request.query_params.get("in", locale_of(request))[:10]
    entries = await site.looking(site.assistant.knowledge.pages, "faq")
    tagged = [entry for entry in entries if not tag or tag in entry.meta.get("tags", ())]
    found = [entry for entry in tagged if _matches(entry, text) and _holds_for(entry, version)]
    tags = Counter(str(one) for entry in entries for one in entry.meta.get("tags", ()))
    values: dict[str, Any] = {
        "filter": text,
        "tag": tag,
        "keras": version,
        "since": _versions(entries),
        "structured": listed_data(found) if len(found) <= MOST_LISTED else None,
        "wording_in": wording,
        "shown": len(found),
        "total": len(entries),
        "topics": topics(found),
        "tags": sorted(name for name, count in tags.items() if count >= LEAST_IN_TOPIC),
        "titles": await site.looking(lambda: {entry.id: title_in(entry, wording) for entry in found}),
    }
    return await site.page(request, "faq_index.html", **values)


async def faq_entry(request: Request) -> Response:
    """One question and its answer."""
    return await _entry(request, ("faq",), "/faq")


async def faq_markdown(request: Request) -> Response:
    """One question and its answer as Markdown, for programs that read."""
    site = site_of(request)
    page = await _find(site, request.path_params["name"], ("faq",), "/faq", ".md")
    if isinstance(page, RedirectResponse):
        return page
    about = ", ".join(f"`{symbol}`" for symbol in page.symbols)
    body = "\n\n".join(
        f"## {section.title}\n\n{section.text}" if section.title else section.text for section in page.sections
    )
    address = site.base(request) + page.url
    text = f"# {page.title}\n\n{body}\n\n---\n\nAbout {about}.\n" if about else f"# {page.title}\n\n{body}\n\n---\n\n"
    return Response(
        f"{text}Source: {address}\n".encode("utf-8", "replace"),
        media_type="text/markdown; charset=utf-8",
        headers={"Link": f'<{address}>; rel="canonical"'},
    )


async def learn_index(request: Request) -> Response:
    """The learning path, a step after the other, and all example programs."""
    site = site_of(request)
    guides = await site.looking(site.assistant.knowledge.pages, "guide")
    examples = await site.looking(site.assistant.knowledge.pages, "example")
    # Added sources hold guides and examples, too; they are not ours to list.
    locale = locale_of(request)
    steps = [_step(guide, locale) for guide in guides if guide.url.startswith("/learn#")]
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


def title_in(page: Page, language: str) -> str:
    """Return the question of an entry as people of a language ask it; its title where nobody has."""
    if language == page.language:
        return page.title
    return next((question for question in page.questions if _language(question) == language), page.title)


def similar(page: Page, others: Sequence[Page]) -> list[Page]:
    """Return the entries that share most symbols, tags and words with one, nearest first."""
    symbols, tags = set(page.symbols), set(page.meta.get("tags", ()))
    said = set(words(page.title))

    def nearness(other: Page) -> float:
        shared = len(symbols & set(other.symbols)) * 3 + len(tags & set(other.meta.get("tags", ())))
        return shared + len(said & set(words(other.title))) * 0.5

    scored = sorted(((nearness(other), other) for other in others if other.id != page.id), key=lambda one: -one[0])
    return [other for score, other in scored[:MOST_SIMILAR] if score >= LEAST_SIMILAR]


async def _find(
    site: Site, name: str, kinds: tuple[Kind, ...], index: str, suffix: str = ""
) -> Page | RedirectResponse:
    """Return the page of that name, or where it has gone."""
    page: Page | None = None
    for kind in kinds if len(name) <= MAX_SYMBOL else ():
        page = page or await site.looking(site.assistant.knowledge.page, f"{kind}:{name}")
    if page is None:
        if moved := await site.looking(_moved, site, name, kinds):
            return RedirectResponse(moved + suffix, 301)
        raise Problem(404, "not-found", "There is no entry of that name.", f"All entries are listed at {index}.")
    return page


def _moved(site: Site, name: str, kinds: tuple[Kind, ...]) -> str:
    """Return the address of the entry that took over that of `name`, "" when there is none."""
    pages = (page for kind in kinds for page in site.assistant.knowledge.pages(kind))
    return next((page.url for page in pages if name in page.meta.get("was", ())), "")


async def _entry(request: Request, kinds: tuple[Kind, ...], index: str) -> Response:
    site = site_of(request)
    page = await _find(site, request.path_params["name"], kinds, index)
    if isinstance(page, RedirectResponse):
        return page
    locale, address = locale_of(request), site.base(request) + request.url.path
    values = await site.looking(site.kept, f"entry {locale} {page.id}", lambda: _entry_values(site, page, locale))
    structured = structured_data(page, address) if page.kind == "faq" else None
    return await site.page(request, "entry.html", index=index, address=address, structured=structured, **values)


def structured_data(page: Page, address: str) -> dict[str, Any]:
    """Return an entry as schema.org's `QAPage`, for search engines."""
    text = "\n\n".join(section.text for section in page.sections)
    updated = {"dateModified": str(page.meta["updated"])} if page.meta.get("updated") else {}
    return {
        "@context": "https://schema.org",
        "@type": "QAPage",
        "url": address,
        "mainEntity": {
            "@type": "Question",
            "name": page.title,
            "text": page.title,
            "inLanguage": page.language,
            "answerCount": 1,
            "keywords": ", ".join(map(str, page.meta.get("tags", ()))),
            **updated,
            "author": {"@type": "Organization", "name": "Lobby"},
            "acceptedAnswer": {
                "@type": "Answer",
                "text": text,
                "url": address,
                **updated,
                "author": {"@type": "Organization", "name": "Lobby"},
            },
        },
    }


def listed_data(entries: Sequence[Page]) -> dict[str, Any]:
    """Return a list of entries as schema.org's `FAQPage`, each answered by its first sentences."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": entry.title,
                "acceptedAnswer": {"@type": "Answer", "text": summary_of(entry)},
            }
            for entry in entries
        ],
    }


def _entry_values(site: Site, page: Page, locale: str) -> dict[str, Any]:
    tried = {exercise.title: exercise for exercise in exercises(page)} if page.kind == "guide" else {}
    rendered = connected([without_exercise(markup.render(section.text, site.link)) for section in page.sections])
    sections = [
        {
            "number": number,
            "title": section.title,
            "blocks": blocks,
            "exercise": tried.get(section.title),
        }
        for number, (section, blocks) in enumerate(zip(page.sections, rendered, strict=True), start=1)
    ]
    asked = [question for question in page.questions if question.isascii()][:4]
    links = [address for address in page.meta.get("sources", ()) if str(address).startswith("https://")]
    symbols = [(symbol, site.link(symbol)) for symbol in page.symbols]
    file = _file_of(page, site.settings.content_dir)
    return {
        "page": page,
        "name": name_of(page),
        "sections": sections,
        "asked": asked,
        "also": translated(page, "titles", locale) or title_in(page, locale),
        "exercises": len(tried),
        "onward": _next_step(site, page) if tried else None,
        "links": links,
        "symbols": symbols,
        "verified": verified.load(site.settings.data_dir, site.settings.content_dir, file) if file else None,
        "edit": f"{site.settings.edit_url.rstrip('/')}/{file}" if file and site.settings.edit_url else "",
        "similar": similar(page, site.assistant.knowledge.pages("faq")) if page.kind == "faq" else [],
        "summary": summary_of(page),
    }


def _file_of(page: Page, content: Path) -> str:
    """Return the file of the content folder that a page was read from, "" for one from elsewhere."""
    folder, pattern = FILES.get(page.kind, ("", ""))
    name = name_of(page)
    if not folder or not name.replace("-", "_").isidentifier():
        return ""
    found = next((content / folder).glob(pattern.format(name)), None)
    return found.relative_to(content).as_posix() if found else ""


@lru_cache(maxsize=8192)
def _language(text: str) -> str:
    return detect_language(text)


def _described(page: Page) -> dict[str, Any]:
    """Return what a list shows of a page: title, what it is about, and the mark that links point to."""
    first, _, rest = page.sections[0].text.partition("\n\n")
    # An example's first paragraph is its title once more.
    about = rest if page.kind == "example" else first
    about = "" if about.lstrip().startswith(("```", "- ", "|")) else " ".join(about.partition("```")[0].split())
    return {"name": name_of(page), "mark": page.url.partition("#")[2], "title": page.title, "about": about}


def translated(page: Page, name: str, locale: str) -> str:
    """Return a translation that a page carries, as in its front matter's `titles`; "" where it has none."""
    told = page.meta.get(name)
    return str(told.get(locale, "")) if isinstance(told, dict) else ""


def _step(page: Page, locale: str) -> dict[str, Any]:
    """Return what the list shows of a step of the learning path, in the reader's language where it is there."""
    summary = translated(page, "summaries", locale) or str(page.meta.get("summary") or "")
    title = translated(page, "titles", locale)
    return {
        **_described(page),
        "title": title or page.title,
        **({"about": summary} if summary else {}),
        "language": locale if title else page.language,
        "minutes": page.meta.get("minutes"),
        "exercises": len(exercises(page)),
    }


def connected(sections: Sequence[list[markup.Block]]) -> list[list[markup.Block]]:
    """Return a page's blocks so that code which goes on from blocks above it runs with them."""
    before: list[str] = []
    found: list[list[markup.Block]] = []
    for blocks in sections:
        found.append([])
        for block in blocks:
            if isinstance(block, markup.Code) and block.runnable and block.language == "python":
                found[-1].append(replace(block, runnable=standing_on(block.source, before)))
                # What raises on purpose does so in its last statement.
                before.append(without_last_statement(block.source) if block.fails else block.source)
            else:
                found[-1].append(block)
    return found


def _next_step(site: Site, page: Page) -> Page | None:
    """Return the step after one of the learning path; None after the last."""
    steps = [guide for guide in site.assistant.knowledge.pages("guide") if guide.url.startswith("/learn#")]
    place = next((place for place, step in enumerate(steps) if step.id == page.id), len(steps))
    return steps[place + 1] if place + 1 < len(steps) else None


def _topic(entry: Page) -> str:
    tags = entry.meta.get("tags") or [OTHER_TOPIC]
    return str(tags[0]).replace("-", " ")


def _versions(entries: Sequence[Page]) -> list[str]:
    """Return the versions of Keras from which on something is answered that was not before, oldest first."""
    found = {one.version for entry in entries for one in _range(entry) if one.operator == ">="}
    return sorted(found, key=Version)


def _holds_for(entry: Page, version: str) -> bool:
    """Tell whether an entry is about a version of Keras; every one is where none, or none that exists, is named."""
    try:
        return not version or Version(version) in _range(entry)
    except InvalidVersion:
        return True


def _range(entry: Page) -> SpecifierSet:
    try:
        return SpecifierSet(str(entry.meta.get("keras", "")))
    except InvalidSpecifier:
        return SpecifierSet()


def _matches(entry: Page, text: str) -> bool:
    told = " ".join((entry.title, *entry.questions, *entry.symbols)).lower()
    return all(word in told for word in text.lower().split())
