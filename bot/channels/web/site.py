"""What the handlers of one application share: the assistant, bounded threads, templates, figures."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import quote

import anyio
import jinja2
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot import wording
from bot.assistant import Assistant
from bot.channels.web import curves, language, markup, views
from bot.channels.web.hosts import allowed_names
from bot.channels.web.metrics import Metrics
from bot.channels.web.problems import Problem, busy
from bot.channels.web.rates import Rates
from bot.channels.web.sessions import Sessions
from bot.channels.web.watch import Watchers
from bot.memory import Memory
from bot.settings import Settings
from kb.errors import KnowledgeError
from kb.pages import Kind, Source
from runner.job import BACKENDS

log = logging.getLogger(__name__)
T = TypeVar("T")

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
# With this header a page's script asks for one part of a page; its value names the part.
FRAGMENT_HEADER = "Lobby-Fragment"
SAID_BY_SCRIPT = (
    "site.unreachable",
    "run.running",
    "run.stopping",
    "run.ended",
    "run.epoch",
    "run.epoch_of",
    "run.left",
    "code.copy",
    "code.copied",
    "code.selected",
    "home.found",
    "home.nothing_yet",
    "learn.progress",
    *(f"kind.{kind}" for kind in get_args(Kind)),
)
VARY = f"{FRAGMENT_HEADER}, Accept-Language, Cookie"
# Answering is work for the processor: more at once than cores only slows everyone down.
ASKING_THREADS, ASKING_WAITING = 2, 64
# Looking something up is mostly waiting for the database.
LOOKING_THREADS, LOOKING_WAITING = 8, 256
# Event streams have threads of their own, so that a crowd that watches a run keeps nobody else waiting.
STREAMING_THREADS, MOST_STREAMS = 4, 1000
# Whether a name has a page is asked again after a while, in case the knowledge base was rebuilt.
LINKS_KEPT, LINKS_KEPT_S = 5000, 60.0
# The same holds for what is made of many pages, and for searches.
MOST_KEPT, KEPT_S = 2000, 60.0
MAX_SYMBOL = 200
_SYMBOL = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


class Site:
    """The state of one application."""

    def __init__(self, assistant: Assistant, settings: Settings, memory: Memory) -> None:
        self.assistant = assistant
        self.settings = settings
        self.memory = memory
        self.wall_clock = {"wall_s": settings.run_timeout_s, "longest_wall_s": settings.run_timeout_max_s}
        self.public_url = settings.public_url.rstrip("/")
        self.hosts = allowed_names(settings)
        self.rates = Rates(settings)
        self.sessions = Sessions(secure=self.public_url.startswith("https://"))
        self.metrics = Metrics(assistant)
        self.watchers = Watchers()
        self.templates = _environment(self)
        self._links: dict[str, str | None] = {}
        self._links_until = 0.0
        self._kept: dict[str, tuple[float, Any]] = {}
        self._keeping = threading.Lock()
        self._asking = anyio.CapacityLimiter(ASKING_THREADS)
        self._looking = anyio.CapacityLimiter(LOOKING_THREADS)
        self._streaming = anyio.CapacityLimiter(STREAMING_THREADS)

    async def asking(self, work: Callable[..., T], *args: Any) -> T:
        """Do heavy work in one of few threads.

        Raises:
            Problem: too many are waiting already (503).
        """
        return await _in_thread(self._asking, ASKING_WAITING, partial(work, *args))

    async def looking(self, work: Callable[..., T], *args: Any) -> T:
        """Do light, blocking work in a thread.

        Raises:
            Problem: too many are waiting already (503).
        """
        return await _in_thread(self._looking, LOOKING_WAITING, partial(work, *args))

    async def streaming(self, work: Callable[..., T], *args: Any) -> T:
        """Do light, blocking work for an event stream; their number bounds who waits here."""
        return await to_thread.run_sync(partial(work, *args), limiter=self._streaming)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """Return what was made under a name less than a minute ago, else make it."""
        now = time.monotonic()
        found = self._kept.get(name)
        if found is None or now > found[0]:
            found = (now + KEPT_S, make())
            with self._keeping:
                self._kept[name] = found
                while len(self._kept) > MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
        value: T = found[1]
        return value

    async def searched(self, text: str) -> tuple[Source, ...]:
        """Return the pages closest to a text; as one types, the same beginnings come again and again.

        Raises:
            KnowledgeError: the text or the knowledge base is not usable.
            Problem: too many are waiting already (503).
        """
        now = time.monotonic()
        found = self._kept.get(f"search {text}")
        if found is not None and now <= found[0]:
            sources: tuple[Source, ...] = found[1]
            return sources
        return await self.asking(self.kept, f"search {text}", lambda: self.assistant.knowledge.search(text))

    def link(self, name: str) -> str | None:
        """Return the address of a symbol's page, or None when the knowledge base has none."""
        if not _SYMBOL.fullmatch(name) or len(name) > MAX_SYMBOL:
            return None
        now = time.monotonic()
        if now > self._links_until or len(self._links) > LINKS_KEPT:
            self._links, self._links_until = {}, now + LINKS_KEPT_S
        if name not in self._links:
            try:
                page = self.assistant.knowledge.page(name)
            except KnowledgeError:
                return None
            self._links[name] = f"/docs/{page.symbol}" if page is not None and page.symbol else None
        return self._links[name]

    async def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """Render a template, in a thread: Markdown and highlighting take milliseconds that others wait for."""
        fragment = request.headers.get(FRAGMENT_HEADER)
        locale = language.locale_of(request)
        common = {"request": request, "fragment": fragment, "locale": locale, "t": partial(_say, locale)}
        render = partial(self.templates.get_template(template).render, **common, **values)
        html = await self.looking(render)
        # Text from elsewhere may hold half of a surrogate pair, which no encoding can carry.
        body = html.encode("utf-8", "replace")
        headers = {"Vary": VARY, "Cache-Control": "no-store" if fragment else "no-cache"}
        return HTMLResponse(body, status, headers)

    def base(self, request: Request) -> str:
        """Return the address that all of ours begin with, as the person who asks reaches it."""
        return self.public_url or f"{request.url.scheme}://{request.url.netloc}"

    async def problem_page(self, request: Request, problem: Problem, **values: Any) -> Response:
        """Render a problem for a person: as a part of the page where a script asked for one, else as a page."""
        template = "_problem.html" if request.headers.get(FRAGMENT_HEADER) else "problem.html"
        response = await self.page(request, template, problem.status, problem=problem, **values)
        response.headers.update(problem.headers)
        return response


def site_of(request: Request) -> Site:
    """Return the state of the application that serves this request."""
    site = request.app.state.site
    assert isinstance(site, Site)  # noqa: S101 - set by create_app; tells the type checker
    return site


def human_size(size: int) -> str:
    """Write a number of bytes for people."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024 or unit == "MiB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError("unreachable")


def human_seconds(seconds: float) -> str:
    """Write a duration for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _say(locale: str, sentence: str, /, **values: object) -> str:
    return wording.say(f"web.{sentence}", locale, **values)


def _words_for_script(t: Callable[..., str]) -> str:
    """Return what a page's script says, as JSON for an attribute of the page."""
    return json.dumps({name: t(name) for name in SAID_BY_SCRIPT}, ensure_ascii=False)


async def _in_thread(limiter: anyio.CapacityLimiter, waiting: int, work: Callable[[], T]) -> T:
    if limiter.statistics().tasks_waiting >= waiting:
        raise busy("Many people are asking right now.", retry_after_s=5)
    return await to_thread.run_sync(work, limiter=limiter)


def _environment(site: Site) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["size"] = human_size
    environment.filters["seconds"] = human_seconds
    environment.filters["figure"] = curves.figure
    environment.filters["path_part"] = partial(quote, safe="")
    environment.filters["address"] = views.address_of
    environment.filters["backend_name"] = wording.BACKEND_NAMES.__getitem__
    environment.filters["inline"] = lambda text: markup.inline(text, site.link)
    environment.filters["marked"] = markup.marked
    environment.filters["code"] = markup.code_block
    environment.tests["table"] = views.holds_table
    environment.globals.update(
        static=static_url,
        site=site,
        wording=wording,
        backends=BACKENDS,
        versions=versions(),
        words_for_script=_words_for_script,
        languages=language.NAMES,
        language_tags=language.HTML_TAGS,
    )
    return environment


@lru_cache(maxsize=64)
def static_url(name: str) -> str:
    """Return a static file's address, which changes with its content so that browsers may keep it for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions that answers are about and snippets run on; what is not installed is left out."""
    found = {}
    for package in ("keras", "keras-hub", "keras-tuner", "tensorflow", "jax", "torch"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            log.info("%s is not installed", package)
    return found
