"""The exercises of the learning path: an answer is run with its check, and told right from wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot import exercises
from bot.channels.web import markup
from bot.channels.web.problems import Problem
from bot.channels.web.run_pages import submit
from bot.channels.web.site import FRAGMENT_HEADER, MAX_SYMBOL, Site, site_of
from bot.channels.web.views import run_view
from bot.channels.web.wire import parse_run_form, read_form
from bot.exercises import Exercise
from kb.pages import Page


async def check(request: Request) -> Response:
    """A posted answer: accepted at once, shown at its own address (or, for a script, as a panel to follow)."""
    site = site_of(request)
    _, exercise = await _found(request)
    fields = await read_form(request)
    job = parse_run_form(fields, wall_s=site.wall_clock["wall_s"])
    job = replace(job, source=exercises.program(exercise, job.source))
    run_id = await submit(request, job)
    address = f"{request.url.path}/{quote(run_id, safe='')}"
    if request.headers.get(FRAGMENT_HEADER):
        return await site.page(request, "_running.html", run_id=run_id, then=address)
    return RedirectResponse(address, 303)


async def checked(request: Request) -> Response:
    """An answer and what the check said of it, or how its run is going."""
    site = site_of(request)
    page, exercise = await _found(request)
    run_id = request.path_params["run_id"]
    job = await site.looking(site.assistant.runner.job, run_id)
    result = await site.looking(site.assistant.result, run_id)
    values: dict[str, Any] = {"run_id": run_id, "result": None, "view": None, "verdict": None, "then": request.url.path}
    if result is not None:
        said = exercises.verdict(result)
        shown = replace(result, stdout=said.printed)
        values |= {"verdict": said, "result": shown}
        values["view"] = await site.looking(lambda: run_view(shown, job, on_permalink=False))
    if request.headers.get(FRAGMENT_HEADER):
        return await site.page(request, "_checked.html" if result is not None else "_running.html", **values)
    values |= {"page": page, "exercise": exercise, "answer": exercises.answer_of(job.source)}
    values["blocks"] = await site.looking(told, page, exercise, site)
    return await site.page(request, "exercise.html", **values)


def told(page: Page, exercise: Exercise, site: Site) -> list[markup.Block]:
    """Return what the section of an exercise says, without its code."""
    section = next(section for section in page.sections if section.title == exercise.title)
    return without_exercise(markup.render(section.text, site.link))


def without_exercise(blocks: list[markup.Block]) -> list[markup.Block]:
    """Return blocks without the parts of an exercise, which are shown as a form."""
    return [block for block in blocks if not (isinstance(block, markup.Code) and block.role)]


async def _found(request: Request) -> tuple[Page, Exercise]:
    """Return the step and the exercise that an address names.

    Raises:
        Problem: there is none (404).
    """
    site = site_of(request)
    name, number = request.path_params["name"], request.path_params["number"]
    page = await site.looking(site.assistant.knowledge.page, f"guide:{name}") if len(name) <= MAX_SYMBOL else None
    found = exercises.exercises(page) if page is not None else ()
    if page is None or not 1 <= number <= len(found):
        raise Problem(404, "not-found", "There is no exercise of that number.", "All steps are listed at /learn.")
    return page, found[number - 1]
