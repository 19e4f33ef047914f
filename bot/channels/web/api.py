"""The JSON API: questions, search, runs with their events and files, and what machines ask about the service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from bot.channels.web.openapi import DOCUMENT
from bot.channels.web.pages import ask
from bot.channels.web.plain_json import PlainJson
from bot.channels.web.problems import Problem, busy, invalid
from bot.channels.web.run_pages import submit
from bot.channels.web.site import MOST_STREAMS, Site, site_of
from bot.channels.web.views import PICTURE_TYPES, public_artifact, public_result
from bot.channels.web.watch import follow, wait_for_result
from bot.channels.web.wire import parse_ask, parse_flag, parse_run, read_json
from runner.job import Artifact, Event

MAX_SEARCH = 2000
PING_S = 15
# A client that takes no byte for this long is gone.
SEND_TIMEOUT_S = 30.0
# Files that a snippet left are nobody's page: even opened directly they may run nothing.
ARTIFACT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


async def ask_question(request: Request) -> Response:
    """`POST /api/ask`."""
    question = parse_ask(await read_json(request))
    answer, answer_id = await ask(request, question, "api")
    return PlainJson(answer.to_dict(), headers={"Lobby-Answer": answer_id} if answer_id else {})


async def search(request: Request) -> Response:
    """`GET /api/search?q=`."""
    site = site_of(request)
    text = request.query_params.get("q", "").strip()
    if not text:
        raise invalid("The query's q is missing or empty.", "Say what to search for: /api/search?q=dropout.")
    if len(text) > MAX_SEARCH:
        raise invalid(f"The query's q is longer than {MAX_SEARCH} characters.", "Use POST /api/ask for long texts.")
    site.rates.use(request, "search")
    sources = await site.searched(text)
    return PlainJson({"query": text, "sources": [source.to_dict() for source in sources]})


async def create_run(request: Request) -> Response:
    """`POST /api/runs`."""
    site = site_of(request)
    wait = parse_flag(request.query_params.get("wait"), "wait")
    run_id = await submit(request, parse_run(await read_json(request), **site.wall_clock))
    location = {"Location": f"/api/runs/{quote(run_id, safe='')}"}
    if wait:
        result = await wait_for_result(site, run_id)
        return PlainJson(public_result(result), headers=location)
    return PlainJson(_pending(run_id), 202, headers=location)


async def get_run(request: Request) -> Response:
    """How a run ended, or that it has not."""
    site, run_id = site_of(request), request.path_params["run_id"]
    result = await site.looking(site.assistant.result, run_id)
    if result is None:
        return PlainJson(_pending(run_id), 202, headers={"Retry-After": "1"})
    return PlainJson(public_result(result))


async def one_run(request: Request) -> Response:
    """`GET` and `DELETE /api/runs/{run_id}`."""
    return await (cancel_run(request) if request.method == "DELETE" else get_run(request))


async def cancel_run(request: Request) -> Response:
    """`POST /api/runs/{run_id}/cancel`, which is what `DELETE` does."""
    site, run_id = site_of(request), request.path_params["run_id"]
    await site.looking(site.assistant.runner.cancel, run_id)
    result = await site.looking(site.assistant.result, run_id)
    if result is None:
        return PlainJson(_pending(run_id), 202, headers={"Retry-After": "1"})
    return PlainJson(public_result(result))


async def run_events(request: Request) -> Response:
    """`GET /api/runs/{run_id}/events`."""
    site, run_id = site_of(request), request.path_params["run_id"]
    after = _last_event_id(request.headers.get("last-event-id"))
    if len(site.watchers) >= MOST_STREAMS:
        raise busy("Too many people are watching runs.", retry_after_s=10)
    past = await site.streaming(lambda: list(site.assistant.runner.events(run_id, 0, 0.0)))
    if past and past[-1].kind == "done" and past[-1].number <= after:
        # Tells a browser that reconnects by itself that there is no more to come.
        return Response(status_code=204)
    return EventSourceResponse(
        _stream(site, run_id, after),
        ping=PING_S,
        send_timeout=SEND_TIMEOUT_S,
        sep="\n",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def get_artifact(request: Request) -> Response:
    """`GET /api/runs/{run_id}/artifacts/{name}`."""
    site = site_of(request)
    run_id, name = request.path_params["run_id"], request.path_params["name"]
    result = await site.looking(site.assistant.runner.result, run_id)
    artifact = next((a for a in result.artifacts if a.name == name), None) if result is not None else None
    if artifact is None:
        raise Problem(404, "not-found", "The run has no file of that name.", "Its files are listed in its result.")
    try:
        path = await site.looking(site.assistant.runner.artifact_path, run_id, name)
    except FileNotFoundError:
        raise Problem(404, "not-found", "That file is no longer kept.", "Run the snippet again.") from None
    return await site.looking(_artifact_response, artifact, path)


async def describe(request: Request) -> Response:
    """`GET /api/openapi.json`."""
    return PlainJson(DOCUMENT)


async def healthz(request: Request) -> Response:
    """The process is there and answers."""
    return PlainJson({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Both rooms can do their work; 503 with the reason when not."""
    site = site_of(request)
    checks = {"knowledge": await _check_knowledge(site), "runner": await _check_runner(site)}
    ready = all(check["ready"] for check in checks.values())
    return PlainJson({"ready": ready, **checks}, 200 if ready else 503)


async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    site = site_of(request)
    text = await site.looking(site.metrics.text)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _stream(site: Site, run_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    with site.metrics.streams.track_inprogress():
        async for event in follow(site, run_id, after):
            if event.kind == "done":
                # Not the event's own data: the assistant adds what may explain an error.
                result = await site.streaming(site.assistant.result, run_id)
                yield _sent(event, public_result(result) if result is not None else event.data)
            else:
                yield _sent(event, public_artifact(run_id, event.data) if event.kind == "artifact" else event.data)


def _sent(event: Event, data: dict[str, Any]) -> ServerSentEvent:
    # ASCII only, so that nothing in a snippet's output can end a line of the stream.
    return ServerSentEvent(data=json.dumps(data, allow_nan=False), event=event.kind, id=str(event.number), sep="\n")


def _last_event_id(value: str | None) -> int:
    """Return the number after which a client wants events; anything that is none starts at the beginning."""
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _pending(run_id: str) -> dict[str, Any]:
    address = f"/api/runs/{quote(run_id, safe='')}"
    return {"id": run_id, "state": "pending", "url": address, "events": f"{address}/events", "page": f"/r/{run_id}"}


def _artifact_response(artifact: Artifact, path: Path) -> Response:
    is_picture = artifact.media_type in PICTURE_TYPES
    disposition = "inline" if is_picture else "attachment"
    name = quote(artifact.name.encode("utf-8", "replace"), safe="")
    headers = {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{name}",
        "Content-Security-Policy": ARTIFACT_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    # What is no picture of ours is bytes, whatever the snippet called it.
    media_type = artifact.media_type if is_picture else "application/octet-stream"
    return FileResponse(path, media_type=media_type, headers=headers)


async def _check_knowledge(site: Site) -> dict[str, Any]:
    status = await site.looking(site.assistant.knowledge.status)
    return {"ready": True} if status.usable else {"ready": False, "what": status.what, "remedy": status.remedy}


async def _check_runner(site: Site) -> dict[str, Any]:
    capability = await site.looking(site.assistant.runner.capability)
    if capability.available:
        return {"ready": True}
    problem = capability.problems[0]
    return {"ready": False, "what": problem.what, "remedy": problem.remedy}
