"""The web application: every address, and what stands between an address and its handler."""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.assistant import Assistant
from bot.channels.web import api, pages, problems, reading, run_pages
from bot.channels.web.metrics import MeasureRequests
from bot.channels.web.problems import Problem
from bot.channels.web.security import BodyLimit, SecurityHeaders, check_same_origin
from bot.channels.web.site import STATIC, PlainJson, Site, site_of, static_url
from bot.channels.web.wire import MAX_TIMEOUT_S
from kb.errors import KnowledgeError
from runner.errors import RunnerError
from runner.job import Limits

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]
# Programs ask here; everything else is for people.
MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")
ROBOTS = "User-agent: *\nDisallow: /api/\nDisallow: /r/\nDisallow: /*?q=\n"
A_YEAR_S = 31_536_000


def create_app(
    assistant: Assistant,
    *,
    public_url: str = "",
    wall_s: float = Limits().wall_s,
    longest_wall_s: float = MAX_TIMEOUT_S,
) -> Starlette:
    """Return the application that serves pages and API.

    `public_url` is the address under which people reach it, when that is not the address it listens on. A run gets
    `wall_s` seconds unless it asks for other ones, up to `longest_wall_s`.
    """
    site = Site(assistant, public_url, {"wall_s": wall_s, "longest_wall_s": longest_wall_s})
    app = Starlette(
        routes=_routes(),
        middleware=[
            Middleware(MeasureRequests, metrics=site.metrics),
            Middleware(SecurityHeaders),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
            Middleware(BodyLimit),
        ],
        exception_handlers={
            Problem: _on_problem,
            KnowledgeError: _on_knowledge_error,
            RunnerError: _on_runner_error,
            HTTPException: _on_http_error,
            Exception: _on_fault,
        },
    )
    app.state.site = site
    return app


def _routes() -> list[BaseRoute]:
    return [
        _route("/", pages.home),
        _route("/ask", pages.ask_form, "POST"),
        _route("/run", run_pages.run_form, "POST"),
        _route("/r/{run_id}", run_pages.permalink),
        _route("/r/{run_id}/stop", run_pages.stop_form, "POST"),
        _route("/playground", run_pages.playground),
        _route("/faq", reading.faq_index),
        _route("/faq/{name}", reading.faq_entry),
        _route("/learn", reading.learn_index),
        _route("/learn/{name}", reading.learn_entry),
        _route("/sources/{name:path}", reading.source_page),
        _route("/docs", pages.docs_index),
        _route("/docs/{symbol}", pages.docs_symbol),
        _route("/api/ask", api.ask_question, "POST"),
        _route("/api/search", api.search),
        _route("/api/runs", api.create_run, "POST"),
        _route("/api/runs/{run_id}", api.one_run, "GET", "DELETE"),
        _route("/api/runs/{run_id}/cancel", api.cancel_run, "POST"),
        _route("/api/runs/{run_id}/events", api.run_events),
        _route("/api/runs/{run_id}/artifacts/{name}", api.get_artifact),
        _route("/api/openapi.json", api.describe),
        _route("/healthz", api.healthz),
        _route("/readyz", api.readyz),
        _route("/metrics", api.metrics),
        _route("/favicon.ico", _favicon),
        _route("/robots.txt", _robots),
        Mount("/static", _LastingFiles(directory=STATIC), name="static"),
    ]


def _route(path: str, handler: Handler, *methods: str) -> Route:
    """Return a route that is closed to other sites where it changes something, and whose faults stay inside."""

    @functools.wraps(handler)
    async def guarded(request: Request) -> Response:
        check_same_origin(request.method, request.headers, site_of(request).public_url)
        try:
            return await handler(request)
        except (Problem, KnowledgeError, RunnerError, HTTPException):
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


async def _robots(request: Request) -> Response:
    return PlainTextResponse(ROBOTS)


async def _answer_problem(request: Request, problem: Problem) -> Response:
    if request.url.path.startswith(MACHINE_PATHS):
        return PlainJson(
            problem.to_dict(), problem.status, headers=problem.headers, media_type="application/problem+json"
        )
    return await site_of(request).problem_page(request, problem)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for it; tells the type checker
    return await _answer_problem(request, error)


async def _on_knowledge_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, KnowledgeError)  # noqa: S101 - as above
    return await _answer_problem(request, problems.from_knowledge(error))


async def _on_runner_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RunnerError)  # noqa: S101 - as above
    return await _answer_problem(request, problems.from_runner(error))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    headers = dict(error.headers or {})
    return await _answer_problem(request, problems.from_status(error.status_code, request.method, headers))


async def _on_fault(request: Request, error: Exception) -> Response:
    return await _answer_problem(request, _fault(request, error))
