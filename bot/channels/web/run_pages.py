"""The pages for snippets: the posted form, a run's permalink, the playground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.channels.web import markup
from bot.channels.web.problems import Problem, from_runner
from bot.channels.web.site import FRAGMENT_HEADER, Site, site_of
from bot.channels.web.starters import STARTERS, starter
from bot.channels.web.views import run_view
from bot.channels.web.wire import parse_run_form, read_form
from runner.errors import RunnerError
from runner.job import Job


def empty_form() -> dict[str, str]:
    """Return the snippet form as a newcomer finds it."""
    return form_values({"source": STARTERS[0].source})


async def run_form(request: Request) -> Response:
    """A posted snippet: accepted at once, shown at its permalink (or, for a script, as a panel to follow)."""
    site = site_of(request)
    fields = await read_form(request)
    fragment = request.headers.get(FRAGMENT_HEADER)
    try:
        run_id = await submit(request, parse_run_form(fields, wall_s=site.wall_clock["wall_s"]))
    except (Problem, RunnerError) as error:
        if fragment:
            raise
        problem = from_runner(error) if isinstance(error, RunnerError) else error
        return await _playground(request, form_values(fields), problem=problem)
    if fragment:
        return await site.page(request, "_running.html", run_id=run_id)
    return RedirectResponse(_address(run_id), 303)


async def permalink(request: Request) -> Response:
    """A run's page: its code and how it ended, or how it is going."""
    site = site_of(request)
    run_id = request.path_params["run_id"]
    result = await site.looking(site.assistant.result, run_id)
    job = await site.looking(site.assistant.runner.job, run_id)
    fragment = request.headers.get(FRAGMENT_HEADER)
    view = await site.looking(lambda: run_view(result, job, on_permalink=not fragment)) if result else None
    if fragment:
        template = "_run.html" if result else "_running.html"
        return await site.page(request, template, result=result, view=view, run_id=run_id)
    lines = await site.looking(markup.highlighted_lines, job.source)
    return await site.page(request, "run.html", result=result, view=view, run_id=run_id, job=job, lines=lines)


async def stop_form(request: Request) -> Response:
    """A person wants a run to stop."""
    site = site_of(request)
    run_id = request.path_params["run_id"]
    await site.looking(site.assistant.runner.cancel, run_id)
    if request.headers.get(FRAGMENT_HEADER):
        return Response(status_code=204)
    return RedirectResponse(_address(run_id), 303)


async def playground(request: Request) -> Response:
    """The editor, with a starter (`?start=`) or a copy of a run (`?from=`) in it."""
    site = site_of(request)
    run_id = request.query_params.get("from")
    if run_id:
        job = await site.looking(site.assistant.runner.job, run_id)
        return await _playground(request, _form_of(job), from_run=run_id)
    name = request.query_params.get("start") or STARTERS[0].name
    chosen = starter(name)
    if chosen is None:
        raise Problem(404, "not-found", "There is no starting program of that name.", "Choose one in the playground.")
    return await _playground(request, form_values({"source": chosen.source}), chosen=chosen.name)


async def submit(request: Request, job: Job) -> str:
    """Hand a job to the runner, count it, and return the run's id.

    Raises:
        Problem: the address or the key has started too many (429), or the key is not known (401).
        RunnerError: the runner does not take it.
    """
    site = site_of(request)
    site.rates.use(request, "run")
    return await submitted(site, replace(job, account=site.rates.account_of(request)))


async def submitted(site: Site, job: Job) -> str:
    """Hand over a job that has been counted against somebody's share already; as `submit`."""
    run_id = await site.looking(site.assistant.submit, job)
    site.metrics.runs.labels(job.backend).inc()
    return run_id


async def _playground(
    request: Request,
    form: Mapping[str, str],
    *,
    problem: Problem | None = None,
    from_run: str | None = None,
    chosen: str | None = None,
) -> Response:
    values = {"form": form, "problem": problem, "from_run": from_run, "chosen": chosen, "starters": STARTERS}
    site = site_of(request)
    response = await site.page(request, "playground.html", problem.status if problem else 200, **values)
    response.headers.update(problem.headers if problem else {})
    return response


def form_values(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what the snippet form shows: the fields sent, and the defaults of the others."""
    blank = {"source": "", "backend": "tensorflow", "device": "auto", "seed": "", "stdin": "", "graph": ""}
    return {name: fields.get(name) or default for name, default in blank.items()}


def _form_of(job: Job) -> dict[str, str]:
    return {
        "source": job.source,
        "backend": job.backend,
        "device": job.device,
        "seed": "" if job.seed is None else str(job.seed),
        "stdin": job.stdin.decode("utf-8", "replace"),
        "graph": "true" if job.graph else "",
    }


def _address(run_id: str) -> str:
    return f"/r/{quote(run_id, safe='')}"
