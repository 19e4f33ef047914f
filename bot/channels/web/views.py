"""Answers and results → what the templates show of them. Plain functions on data; no request in sight."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from bot.channels.web import markup
from bot.channels.web.curves import Chart, curves, figure
from kb.answer import SEE_ALSO_TITLE
from kb.pages import Answer, Page, Source
from runner.job import Artifact, Fit, Job, Result, RunError

# Lines shown before and after the one that failed.
CONTEXT_LINES = 2
MAX_TABLE_ROWS = 100
# The pictures that pages show. The runner gives a file such a type only where it holds one, whatever its name.
PICTURE_TYPES = frozenset({"image/png", "image/jpeg"})
# The runner's pictures of models, with `graph`.
_GRAPH = re.compile(r"model-\d+\.png")
# The runner's own picture of a `fit`, which pages draw themselves, sharper and with the figures.
RUNNERS_CURVE = "training-curve.png"
# Signs of a table drawn with lines, such as a model's summary, which must not be wrapped.
_TABLE_SIGNS = ("━", "─", "═", "|--", "+--", "=====", "_____")


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer's text in blocks, its example unless the text holds it already, and what to read after it."""

    blocks: list[markup.Block]
    code: markup.Code | None
    after: list[markup.Block]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of code."""

    number: int
    html: Markup
    failed: bool


@dataclass(frozen=True, slots=True)
class File:
    """An artifact and its address."""

    name: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One epoch's figures, written out."""

    epoch: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a `fit`, an epoch a row."""

    names: list[str]
    rows: list[TableRow]
    left_out: int


@dataclass(frozen=True, slots=True)
class FitView:
    """One `fit` with its charts and its table; `left_out` counts the metrics without a chart."""

    epochs: int
    charts: tuple[Chart, ...]
    left_out: int
    table: Table


@dataclass(frozen=True, slots=True)
class RunView:
    """What a page shows of a result beyond its plain fields; `old` is its program where that is of an older Keras."""

    on_permalink: bool
    context: list[Row]
    suggestions: list[Source]
    pictures: list[File]
    graphs: list[File]
    downloads: list[File]
    fits: list[FitView]
    old: str


def answer_view(answer: Answer) -> AnswerView:
    """Prepare an answer for a page."""
    text, mark, rest = answer.text.partition(f"\n{SEE_ALSO_TITLE}\n")
    blocks = markup.render(text)
    shown = {block.source.strip() for block in blocks if isinstance(block, markup.Code)}
    code = answer.code if answer.code and answer.code.strip() not in shown else None
    return AnswerView(blocks, markup.code_block(code) if code else None, markup.render(mark + rest))


def run_view(result: Result, job: Job | None, *, on_permalink: bool) -> RunView:
    """Prepare a result for a page."""
    shown = [artifact for artifact in result.artifacts if _is_shown(artifact, result)]
    kept = [artifact for artifact in result.artifacts if artifact not in shown]
    graphs = [artifact for artifact in shown if job is not None and job.graph and _GRAPH.fullmatch(artifact.name)]
    return RunView(
        on_permalink=on_permalink,
        context=_context(result.error, job) if result.error is not None else [],
        suggestions=[source for item in result.suggestions if (source := as_source(item)) is not None],
        pictures=[_file(result.id, artifact) for artifact in shown if artifact not in graphs],
        graphs=[_file(result.id, artifact) for artifact in graphs],
        downloads=[_file(result.id, artifact) for artifact in kept],
        fits=[_fit(fit) for fit in result.fits],
        old=job.source if job is not None and (result.upgrade or {}).get("changed") else "",
    )


def address_of(source: Source | Page) -> str:
    """Return where to read a source or page: a page of ours where there is one."""
    if source.symbol:
        return f"/docs/{quote(source.symbol)}"
    kind, _, name = source.id.partition(":")
    if kind in {"example", "guide"} and source.url.startswith("/learn#"):
        return f"/learn/{quote(name, safe='')}"
    return source.url if source.url.startswith(("/", "https://", "http://")) else "/"


def holds_table(text: str) -> bool:
    """Say whether lines of a text belong under each other, so that none may be wrapped."""
    return any(sign in text for sign in _TABLE_SIGNS)


def artifact_url(run_id: str, name: str) -> str:
    """Return the address of an artifact."""
    return f"/api/runs/{quote(run_id, safe='')}/artifacts/{quote(name.encode('utf-8', 'replace'), safe='')}"


def as_source(data: dict[str, Any]) -> Source | None:
    """Rebuild a source from a result's suggestion; None when it is not one."""
    known = {name: data[name] for name in Source.__dataclass_fields__ if name in data}
    known["symbols"] = tuple(known.get("symbols") or ())
    try:
        return Source(**known)
    except TypeError:
        return None


def public_result(result: Result) -> dict[str, Any]:
    """Return a result as JSON data for people elsewhere: an artifact's path is its address here."""
    data = result.to_dict()
    data["artifacts"] = [public_artifact(result.id, artifact) for artifact in data["artifacts"]]
    return data


def public_artifact(run_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return an artifact's JSON data with its address instead of its place on this machine."""
    return {**data, "path": artifact_url(run_id, data["name"])}


def _context(error: RunError, job: Job | None) -> list[Row]:
    """Return the lines around the one that failed; only that one when the rest is not known."""
    if error.line is None:
        return []
    lines = markup.highlighted_lines(job.source) if job is not None else []
    if error.line > len(lines):
        text = error.source_line
        return [Row(error.line, markup.highlighted(text), True)] if text else []
    first = max(1, error.line - CONTEXT_LINES)
    last = min(len(lines), error.line + CONTEXT_LINES)
    return [Row(number, lines[number - 1], number == error.line) for number in range(first, last + 1)]


def _is_shown(artifact: Artifact, result: Result) -> bool:
    return artifact.media_type in PICTURE_TYPES and not (artifact.name == RUNNERS_CURVE and result.fits)


def _file(run_id: str, artifact: Artifact) -> File:
    return File(artifact.name, artifact.size, artifact_url(run_id, artifact.name))


def _fit(fit: Fit) -> FitView:
    drawn = curves(fit)
    return FitView(drawn.epochs, drawn.charts, drawn.left_out, _table(fit))


def _table(fit: Fit) -> Table:
    names = list(fit.history)[:12]
    epochs = max((len(fit.history[name]) for name in names), default=0)
    rows = [
        TableRow(i + 1, [figure(values[i]) if i < len(values := fit.history[name]) else "" for name in names])
        for i in range(min(epochs, MAX_TABLE_ROWS))
    ]
    return Table(names, rows, max(0, epochs - MAX_TABLE_ROWS))
