"""The web application: every address, and what stands between an address and its handler."""

from __future__ import annotations

import contextlib
import functools
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.assistant import Assistant
from bot.channels.web import (
    api,
    board,
    catalogue,
    compare,
    exercise_pages,
    feedback,
    feeds,
    language,
    mcp_endpoint,
    pages,
    problems,
    reading,
    run_pages,
    texts,
    upgrade_api,
    upgrade_page,
    widget,
)
from bot.channels.web.hosts import HostCheck
from bot.channels.web.metrics import MeasureRequests
from bot.channels.web.problems import Problem
from bot.channels.web.security import BodyLimit, SecurityHeaders, check_same_origin
from bot.channels.web.shelf import Shelf
from bot.channels.web.site import STATIC, Site, site_of, static_url
from bot.memory import Memory
from bot.settings import Settings
from kb.errors import KnowledgeError
from runner.errors import NoSpace, RunnerError

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]
# What handlers may raise; anything else is a fault of ours.
EXPECTED = (Problem, KnowledgeError, RunnerError, HTTPException)
# Programs ask here; everything else is for people.
MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")
A_DAY_S = 86_400
A_YEAR_S = 31_536_000


def create_app(assistant: Assistant, settings: Settings, memory: Memory) -> Starlette:
    """Return the application that serves pages and API.

    Args:
        assistant: answers and runs.
        settings: addresses, limits, the operators' password.
        memory: keeps what people thought of answers, and what was asked without an answer.
    """
    site = Site(assistant, settings, memory)
    mcp = mcp_endpoint.Endpoint(site)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with mcp.running(), anyio.create_task_group() as group:
            group.start_soon(_tidy, site)
            yield
            group.cancel_scope.cancel()

    app = Starlette(
        routes=[*_routes(), mcp.route],
        middleware=[
            Middleware(MeasureRequests, metrics=site.metrics),
            Middleware(SecurityHeaders),
            Middleware(HostCheck, allowed=site.hosts),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
            Middleware(BodyLimit),
        ],
        exception_handlers=dict.fromkeys((*EXPECTED, Exception), _answer_error),
        lifespan=lifespan,
    )
    app.state.site = site
    app.state.shelf = Shelf(site)
    return app


async def _tidy(site: Site) -> None:
    """Drop, once a day, what was promised to be kept no longer."""
    while True:
        try:
            await site.looking(site.memory.prune)
        except NoSpace as error:
            log.warning("old questions could not be dropped: %s", error.what)
        await anyio.sleep(A_DAY_S)


def _routes() -> list[BaseRoute]:
    return [
        _route("/", pages.home),
        _route("/ask", pages.ask_form, "POST"),
        _route("/run", run_pages.run_form, "POST"),
        _route("/r/{run_id}", run_pages.permalink),
        _route("/r/{run_id}/stop", run_pages.stop_form, "POST"),
        _route("/playground", run_pages.playground),
        _kept("/faq", reading.faq_index),
        _kept("/faq/{name}.md", reading.faq_markdown),
        _kept("/faq/{name}", reading.faq_entry),
        _kept("/learn", reading.learn_index),
        _kept("/learn/{name}", reading.learn_entry),
        _route("/learn/{name}/exercises/{number:int}", exercise_pages.check, "POST"),
        _route("/learn/{name}/exercises/{number:int}/{run_id}", exercise_pages.checked),
        _route("/sources/{name:path}", reading.source_page),
        _kept("/docs", pages.docs_index),
        _kept("/docs/upgrade", upgrade_api.rules_page),
        _kept("/docs/{symbol}", pages.docs_symbol),
        _route("/errors", catalogue.index),
        _kept("/cheatsheet", texts.page_of("cheatsheet")),
        _kept("/resources", texts.page_of("resources")),
        _kept("/releases", texts.page_of("releases")),
        _kept("/glossary", texts.glossary),
        _kept("/privacy", texts.privacy),
        _route("/language", language.choose),
        _route("/feedback", feedback.form, "POST"),
        _route("/upgrade", upgrade_page.form, "GET", "POST"),
        _route("/compare", compare.form, "POST"),
        _route("/compare/{name}", compare.page),
        _route("/board", board.overview),
        _route("/board/login", board.login, "GET", "POST"),
        _route("/board/logout", board.logout, "POST"),
        _route("/board/draft", board.draft, "GET", "POST"),
        _route("/board/{table}.{form}", board.export),
        _kept("/sitemap.xml", feeds.sitemap),
        _kept("/feed.xml", feeds.atom),
        _kept("/opensearch.xml", feeds.opensearch),
        _kept("/llms.txt", feeds.llms),
        _kept("/robots.txt", feeds.robots),
        _route("/widget.js", widget.script),
        _kept("/widget", widget.frame),
        _route("/api/ask", api.ask_question, "POST"),
        _route("/api/search", api.search),
        _route("/api/runs", api.create_run, "POST"),
        _route("/api/runs/{run_id}", api.one_run, "GET", "DELETE"),
        _route("/api/runs/{run_id}/cancel", api.cancel_run, "POST"),
        _route("/api/runs/{run_id}/events", api.run_events),
        _route("/api/runs/{run_id}/artifacts/{name}", api.get_artifact),
        _route("/api/upgrade", upgrade_api.upgrade_source, "POST"),
        _route("/api/feedback", feedback.post, "POST"),
        _route("/api/openapi.json", api.describe),
        _route("/healthz", api.healthz),
        _route("/readyz", api.readyz),
        _route("/metrics", api.metrics),
        _route("/favicon.ico", _favicon),
        Mount("/static", _LastingFiles(directory=STATIC), name="static"),
    ]


def _kept(path: str, handler: Handler) -> Route:
    """Return a route whose page is the same for everyone, and is kept for a while."""

    @functools.wraps(handler)
    async def from_shelf(request: Request) -> Response:
        shelf: Shelf = request.app.state.shelf
        return await shelf.serve(request, handler)

    return _route(path, from_shelf)


def _route(path: str, handler: Handler, *methods: str) -> Route:
    """Return a route that is closed to other sites where it changes something, and whose faults stay inside."""

    @functools.wraps(handler)
    async def guarded(request: Request) -> Response:
        check_same_origin(request.method, request.headers, site_of(request).public_url)
        try:
            return await handler(request)
        except EXPECTED:
            raise
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            raise _fault(request, error) from error

    return Route(path, guarded, methods=list(methods) or ["GET"])


def _fault(request: Request, error: Exception) -> Problem:
    """Write a fault of ours down and return the problem that names it."""
    incident = secrets.token_hex(4)
    log.error("incident %s: %s %s", incident, request.method, request.url.path, exc_info=error)
    return problems.internal(incident)


class _LastingFiles(StaticFiles):
    """Static files; one asked for with its content's mark (`?v=`) may be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        lasting = scope["query_string"].startswith(b"v=") or path.startswith("fonts/")
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable" if lasting else "no-cache"
        return response


async def _favicon(request: Request) -> Response:
    return RedirectResponse(static_url("favicon.svg"), 301)


async def _answer_error(request: Request, error: Exception) -> Response:
    """Answer what a handler raised: as problem+json for programs, as a page for people."""
    problem = _problem_of(request, error)
    if request.url.path.startswith(MACHINE_PATHS):
        return problem.response()
    return await site_of(request).problem_page(request, problem)


def _problem_of(request: Request, error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, KnowledgeError):
        return problems.from_knowledge(error)
    if isinstance(error, RunnerError):
        return problems.from_runner(error)
    if isinstance(error, HTTPException):
        return problems.from_status(error.status_code, request.method, dict(error.headers or {}))
    return _fault(request, error)
