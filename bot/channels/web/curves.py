"""The history of a `fit` → the geometry of small line charts, drawn as inline SVG by a template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.job import Fit

WIDTH, HEIGHT = 256, 154
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 8, 24
MAX_CHARTS = 6
# More points than pixels tell nothing more.
MAX_POINTS = WIDTH


@dataclass(frozen=True, slots=True)
class Series:
    """One line: `path` is SVG path data, `dots` are drawn where there are few points, `last` is the latest figure."""

    label: str
    role: str
    path: str
    dots: tuple[tuple[float, float], ...]
    last: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One metric with its training and validation lines; ticks are (position in pixels, label)."""

    metric: str
    series: tuple[Series, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    description: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Curves:
    """All that is shown of one `fit`."""

    epochs: int
    charts: tuple[Chart, ...] = field(default=())
    left_out: int = 0


def curves(fit: Fit) -> Curves:
    """Draw one chart a metric, training and validation in one; losses first."""
    pairs: dict[str, dict[str, Sequence[float | None]]] = {}
    for name, values in fit.history.items():
        base = name.removeprefix("val_")
        pairs.setdefault(base, {})["validation" if name != base else "training"] = values
    order = sorted(pairs, key=lambda name: (name != "loss", "loss" not in name, name))
    charts = [chart for name in order if (chart := _chart(name, pairs[name])) is not None]
    return Curves(fit.epochs, tuple(charts[:MAX_CHARTS]), max(0, len(charts) - MAX_CHARTS))


def figure(value: float | None) -> str:
    """Write a metric's figure in at most four significant digits."""
    if value is None or not math.isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    return f"{value:.2e}"


def _chart(metric: str, lines: dict[str, Sequence[float | None]]) -> Chart | None:
    finite = [value for values in lines.values() for value in values if value is not None and math.isfinite(value)]
    if not finite:
        return None
    epochs = max(len(values) for values in lines.values())
    y_marks = _nice_marks(min(finite), max(finite))
    low, high = min(y_marks[0], *finite), max(y_marks[-1], *finite)

    def x_of(epoch: float) -> float:
        share = 0.5 if epochs == 1 else (epoch - 1) / (epochs - 1)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y_of(value: float) -> float:
        share = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    series = []
    for role in ("training", "validation"):
        if role not in lines:
            continue
        points = [(x_of(epoch), y_of(v)) if _finite(v) else None for epoch, v in _thinned(lines[role])]
        known = tuple(point for point in points if point is not None)
        label = metric if role == "training" else f"val_{metric}"
        dots = known if len(known) <= 30 else ()
        series.append(Series(label, role, _path(points), dots, figure(lines[role][-1] if lines[role] else None)))
    description = "; ".join(
        f"{line.label} over {epochs} epoch{'s' if epochs != 1 else ''}, last {line.last}" for line in series
    )
    x_ticks = tuple((x_of(epoch), str(epoch)) for epoch in _epoch_marks(epochs))
    y_ticks = tuple((y_of(mark), figure(mark)) for mark in y_marks)
    return Chart(metric, tuple(series), x_ticks, y_ticks, description)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _thinned(values: Sequence[float | None]) -> list[tuple[int, float]]:
    """Return (epoch, value) pairs, at most `MAX_POINTS`; a gap is NaN; first and last always stay."""
    step = max(1, math.ceil(len(values) / MAX_POINTS))
    kept = set(range(0, len(values), step)) | {len(values) - 1}
    gap = float("nan")
    return [(i + 1, gap if (value := values[i]) is None else value) for i in sorted(kept) if i >= 0]


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    parts: list[str] = []
    pen_down = False
    for point in points:
        if point is None:
            pen_down = False
            continue
        parts.append(f"{'L' if pen_down else 'M'}{point[0]:g} {point[1]:g}")
        pen_down = True
    return "".join(parts)


def _nice_marks(low: float, high: float) -> list[float]:
    """Return three to six round figures that cover the range."""
    span = high / 2 - low / 2
    if span <= 0 or not math.isfinite(span):
        return [low] if low == high else [low, high]
    raw = span * 2 / 4 if math.isfinite(span * 2) else span / 2
    magnitude = 10.0 ** math.floor(math.log10(raw)) if raw > 1e-300 else raw
    step = next((m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw), raw)
    first = math.floor(low / step) * step
    marks = [round(first + i * step, 12) if abs(step) > 1e-9 else first + i * step for i in range(8)]
    marks = marks[: next((i for i, mark in enumerate(marks) if mark >= high), len(marks) - 1) + 1]
    usable = len(marks) > 1 and all(math.isfinite(mark) for mark in marks) and marks[-1] > marks[0]
    return marks if usable else [low, high]


def _epoch_marks(epochs: int) -> list[int]:
    if epochs <= 6:
        return list(range(1, epochs + 1))
    step = math.ceil((epochs - 1) / 5)
    return list(range(1, epochs + 1, step))
