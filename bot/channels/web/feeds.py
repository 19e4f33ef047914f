"""What other programs read to find the pages: site map, news feed, search description, and plain-text maps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.channels.web.site import Site, site_of
from kb.pages import Page

ATOM = "http://www.w3.org/2005/Atom"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
ENTRIES_IN_FEED = 50
# Search engines read at most so many addresses of one map.
MOST_IN_SITEMAP = 50_000
TEXTS = {
    "/cheatsheet": "Keras on one page",
    "/glossary": "Glossary",
    "/resources": "Where to learn more",
    "/releases": "Keras 2 and 3 in brief",
}
OWN_PAGES = ("/", "/faq", "/docs", "/learn", "/playground", "/errors", *TEXTS, "/privacy")
CLOSED_TO_ROBOTS = ("/api/", "/r/", "/board", "/language", "/compare/", "/mcp", "/*?q=")


async def sitemap(request: Request) -> Response:
    """`/sitemap.xml`."""
    site = site_of(request)
    base = site.base(request)
    pages = await site.looking(_public_pages, site)

    def write() -> bytes:
        root = ElementTree.Element("urlset", xmlns=SITEMAP)
        for path, updated in [*((path, "") for path in OWN_PAGES), *pages][:MOST_IN_SITEMAP]:
            entry = ElementTree.SubElement(root, "url")
            ElementTree.SubElement(entry, "loc").text = base + path
            if updated:
                ElementTree.SubElement(entry, "lastmod").text = updated
        return _xml(root)

    return Response(await site.looking(write), media_type="application/xml")


async def atom(request: Request) -> Response:
    """`/feed.xml`: the FAQ entries that changed last."""
    site = site_of(request)
    base = site.base(request)
    entries = await site.looking(site.assistant.knowledge.pages, "faq")
    latest = sorted(entries, key=lambda page: (_updated(page), page.id), reverse=True)[:ENTRIES_IN_FEED]

    def write() -> bytes:
        root = ElementTree.Element("feed", xmlns=ATOM)
        _add(root, "id", f"{base}/faq")
        _add(root, "title", "Lobby: questions about Keras")
        _add(root, "updated", _moment(max(map(_updated, latest), default="")))
        ElementTree.SubElement(root, "link", rel="self", href=f"{base}/feed.xml", type="application/atom+xml")
        ElementTree.SubElement(root, "link", rel="alternate", href=f"{base}/faq", type="text/html")
        _add(ElementTree.SubElement(root, "author"), "name", "Lobby")
        for page in latest:
            entry = ElementTree.SubElement(root, "entry")
            _add(entry, "id", base + page.url)
            _add(entry, "title", page.title)
            _add(entry, "updated", _moment(_updated(page)))
            ElementTree.SubElement(entry, "link", rel="alternate", href=base + page.url, type="text/html")
            for tag in page.meta.get("tags", ()):
                ElementTree.SubElement(entry, "category", term=str(tag))
            _add(entry, "summary", summary_of(page))
        return _xml(root)

    return Response(await site.looking(write), media_type="application/atom+xml")


async def opensearch(request: Request) -> Response:
    """`/opensearch.xml`: lets a browser search here from its address bar."""
    base = site_of(request).base(request)
    root = ElementTree.Element("OpenSearchDescription", xmlns=OPENSEARCH)
    _add(root, "ShortName", "Lobby")
    _add(root, "Description", "Keras questions answered with sources")
    _add(root, "InputEncoding", "UTF-8")
    ElementTree.SubElement(root, "Image", width="16", height="16", type="image/svg+xml").text = f"{base}/favicon.ico"
    ElementTree.SubElement(root, "Url", type="text/html", template=f"{base}/?q={{searchTerms}}")
    return Response(_xml(root), media_type="application/opensearchdescription+xml")


async def llms(request: Request) -> Response:
    """`/llms.txt`: the map for language models, pages as Markdown."""
    site = site_of(request)
    base = site.base(request)
    entries = await site.looking(site.assistant.knowledge.pages, "faq")
    steps = await site.looking(site.assistant.knowledge.pages, "guide")
    lines = [
        "# Lobby",
        "",
        "> The help desk of the Keras community: answers from the documentation of the installed Keras with their"
        " sources, snippets that run in a sandbox, and a FAQ whose code is run.",
        "",
        f'Ask by program: `POST {base}/api/ask` with `{{"question": "…"}}`; search: `{base}/api/search?q=…`;'
        f" run code: `POST {base}/api/runs`. Described in {base}/api/openapi.json; also served as MCP at {base}/mcp/.",
        "",
        "## FAQ",
        "",
        *(f"- [{_flat(page.title)}]({base}{page.url}.md)" for page in entries),
        "",
        "## Learn",
        "",
        *(f"- [{_flat(page.title)}]({base}{_path_of(page)})" for page in steps if page.url.startswith("/learn#")),
        "",
        "## Optional",
        "",
        *(f"- [{title}]({base}{path})" for path, title in TEXTS.items()),
        f"- [All symbols]({base}/docs)",
        f"- [Errors that Keras raises]({base}/errors)",
    ]
    return PlainTextResponse("\n".join(lines) + "\n")


async def robots(request: Request) -> Response:
    """`/robots.txt`."""
    base = site_of(request).base(request)
    closed = "".join(f"Disallow: {path}\n" for path in CLOSED_TO_ROBOTS)
    return PlainTextResponse(f"User-agent: *\n{closed}Sitemap: {base}/sitemap.xml\n")


def summary_of(page: Page) -> str:
    """Return a page's first paragraph as one line without Markdown's code fences."""
    first = page.sections[0].text.partition("```")[0] if page.sections else ""
    return " ".join(first.partition("\n\n")[0].split()) or page.title


def _public_pages(site: Site) -> list[tuple[str, str]]:
    """Return path and date of every page of ours; what was added from elsewhere has its own home."""
    knowledge = site.assistant.knowledge
    found: list[tuple[str, str]] = [(page.url, _updated(page)) for page in knowledge.pages("faq")]
    for kind in ("guide", "example"):
        ours: Iterable[Page] = (page for page in knowledge.pages(kind) if page.url.startswith("/learn#"))
        found += [(_path_of(page), "") for page in ours]
    found += [(f"/docs/{quote(page.symbol)}", "") for page in knowledge.pages("api") if page.symbol]
    return found


def _path_of(page: Page) -> str:
    return f"/learn/{quote(page.id.partition(':')[2], safe='')}"


def _updated(page: Page) -> str:
    return str(page.meta.get("updated") or "")


def _moment(date: str) -> str:
    """Return a day as the moment that Atom wants."""
    return f"{date or datetime.now(UTC).date().isoformat()}T00:00:00Z"


def _flat(title: str) -> str:
    return title.replace("[", "(").replace("]", ")")


def _add(parent: ElementTree.Element, name: str, text: Any) -> None:
    ElementTree.SubElement(parent, name).text = str(text)


def _xml(root: ElementTree.Element) -> bytes:
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
