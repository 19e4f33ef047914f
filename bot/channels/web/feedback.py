"""What people think of an answer: from a page's buttons and from programs."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.channels.web.plain_json import PlainJson
from bot.channels.web.problems import Problem, invalid
from bot.channels.web.site import FRAGMENT_HEADER, Site, site_of
from bot.channels.web.wire import parse_feedback, read_form, read_json

# The reasons offered under a thumb down; the page says them in the person's language.
REASONS = ("wrong", "outdated", "off-topic", "unclear", "incomplete")


async def post(request: Request) -> Response:
    """`POST /api/feedback`."""
    site = site_of(request)
    await _keep(request, site, await read_json(request))
    return PlainJson({"status": "noted"}, 201)


async def form(request: Request) -> Response:
    """The buttons under an answer; without a script the front page comes back with its thanks."""
    site = site_of(request)
    fields = await read_form(request)
    await _keep(request, site, {name: value for name, value in fields.items() if value})
    if request.headers.get(FRAGMENT_HEADER):
        values: dict[str, Any] = {
            "answer_id": fields.get("answer", ""),
            "vote": fields.get("vote", ""),
            "reason": fields.get("reason"),
        }
        return await site.page(request, "_feedback.html", reasons=REASONS, **values)
    return RedirectResponse("/?thanks=1", 303)


async def _keep(request: Request, site: Site, data: dict[str, Any]) -> None:
    site.rates.use(request, "question")
    given = parse_feedback(data)
    if not given.answer and not given.question:
        raise invalid('Both "answer" and "question" are missing.', "Say which answer it was by its id or its question.")
    answer_id = given.answer or await site.looking(_unasked, site, given.question)
    if not await site.looking(site.memory.judge, answer_id, given.vote, given.reason):
        raise Problem(
            404, "not-found", "There is no answer of that id.", "It is in the header Lobby-Answer of an answer."
        )


def _unasked(site: Site, question: str) -> str:
    """Keep a question whose answer was judged without its id, as a program that read it elsewhere does."""
    return site.memory.note_asked("api", question, language="", answered=True, confidence=0.0, sources=(), seconds=0.0)
