"""The same snippet on every backend, side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.channels.web import markup
from bot.channels.web.problems import Problem
from bot.channels.web.run_pages import submitted
from bot.channels.web.site import Site, site_of
from bot.channels.web.views import RunView, run_view
from bot.channels.web.wire import parse_run_form, read_form
from runner.compare import largest_difference, last_loss, printed_numbers
from runner.job import BACKENDS, Job, Result

# Between the ids in an address; no id holds it.
BETWEEN = "-"


@dataclass(frozen=True, slots=True)
class Column:
    """One backend's run; `difference` is the largest one between its printed numbers and the first column's."""

    run_id: str
    job: Job
    result: Result | None
    view: RunView | None
    last_loss: float | None
    difference: float | None


async def form(request: Request) -> Response:
    """`POST /compare`: the snippet form, run on all three."""
    site = site_of(request)
    job = parse_run_form(await read_form(request), wall_s=site.wall_clock["wall_s"])
    site.rates.use(request, "run", cost=len(BACKENDS))
    account = site.rates.account_of(request)
    run_ids = [await submitted(site, replace(job, backend=backend, account=account)) for backend in BACKENDS]
    return RedirectResponse(f"/compare/{quote(BETWEEN.join(run_ids), safe='')}", 303)


async def page(request: Request) -> Response:
    """`/compare/A-B-C`: three runs of one snippet, as they go and as they ended."""
    site = site_of(request)
    run_ids = request.path_params["name"].split(BETWEEN)
    if len(run_ids) > len(BACKENDS):
        raise Problem(404, "not-found", "A comparison has three runs at most.", "Start one in the playground.")
    columns = await site.looking(_columns, site, run_ids)
    source = columns[0].job.source
    if any(column.job.source != source for column in columns):
        raise Problem(404, "not-found", "These runs are not of one snippet.", "Start a comparison in the playground.")
    values = {"columns": columns, "done": all(column.result for column in columns), "first": run_ids[0]}
    lines = await site.looking(markup.highlighted_lines, source)
    return await site.page(request, "compare.html", source=source, lines=lines, **values)


def _columns(site: Site, run_ids: list[str]) -> list[Column]:
    """Return a column for each run.

    Raises:
        UnknownRun: there is no such run.
    """
    columns = []
    first: list[float] | None = None
    for run_id in run_ids:
        job, result = site.assistant.runner.job(run_id), site.assistant.result(run_id)
        if result is None:
            columns.append(Column(run_id, job, None, None, None, None))
            continue
        difference = None
        if result.status == "ok":
            numbers = printed_numbers(result.stdout)
            if first is None:
                first = numbers
            elif numbers:
                difference = largest_difference(first, numbers)
        view = run_view(result, job, on_permalink=False)
        columns.append(Column(run_id, job, result, view, last_loss(result), difference))
    return columns
