"""Pictures: open matplotlib figures, and a curve of the training when the snippet drew nothing."""

# Plain calls of `os` below: what is meant is the system call, and a child has milliseconds.
# ruff: noqa: PTH208

from __future__ import annotations

import contextlib
import math
import os
import sys
from typing import Any

from runner import layout
from runner.harness import report

_MOST = 10


def patch_pyplot(pyplot: Any) -> None:
    """Make `show` do what it does on a desk: show the open figures once, and close them."""

    def show(*args: object, **kwargs: object) -> None:
        save_open_figures(pyplot)
        pyplot.close("all")

    pyplot.show = show


def save_open_figures(pyplot: Any) -> None:
    """Save every open figure as the next free `plot-N.png`."""
    if not report.is_owner():
        return
    for number in pyplot.get_fignums()[:_MOST]:
        path = _free("plot", "png")
        if path is None:
            return
        with contextlib.suppress(Exception):
            figure = pyplot.figure(number)
            figure.savefig(path, dpi=100, bbox_inches="tight")


def draw_model(model: Any) -> None:
    """Draw a model's layers with their shapes as the next free `model-N.png`, with graphviz."""
    path = _free("model", "png")
    if path is not None:
        with contextlib.suppress(Exception):
            keras = sys.modules["keras"]
            keras.utils.plot_model(model, to_file=path, show_shapes=True, show_layer_names=True, dpi=96)


def _free(stem: str, suffix: str) -> str | None:
    for number in range(1, _MOST + 1):
        path = f"{layout.WORK}/{stem}-{number}.{suffix}"
        if not os.path.lexists(path):
            return path
    return None


def finish(fits: list[dict[str, Any]]) -> None:
    """Save what is open; draw the curve of the first fit of two epochs or more when there is no picture."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        with contextlib.suppress(BaseException):
            save_open_figures(pyplot)
    if any(fit["epochs"] > 1 for fit in fits):
        with contextlib.suppress(BaseException):
            if not any(name.endswith((".png", ".jpg", ".svg", ".pdf")) for name in os.listdir(layout.WORK)):
                from_history = next(fit for fit in fits if fit["epochs"] > 1)
                _draw(from_history["history"], f"{layout.WORK}/training-curve.png")


_COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a")


def _ticks(low: float, high: float) -> list[float]:
    """Return the round values, three to seven, between which all figures lie."""
    if high - low <= 1e-9 * abs(high):
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    step = 10.0 ** math.floor(math.log10((high - low) / 5))
    step *= next(times for times in (1, 2, 5, 10) if (high - low) / (times * step) <= 5)
    return [number * step for number in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _draw(history: dict[str, list[float | None]], path: str) -> None:
    """Draw a small line chart with Pillow, which is a tenth of matplotlib's time."""
    from PIL import Image, ImageDraw, ImageFont

    scale, width, height = 2, 640, 360
    left, right, top, bottom = 64, 16, 44, 36
    picture = Image.new("RGB", (width * scale, height * scale), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(13 * scale)
    lines = {name: values for name, values in list(history.items())[: len(_COLOURS)] if len(values) > 1}
    figures = [value for values in lines.values() for value in values if value is not None]
    if not figures:
        return
    ticks = _ticks(min(figures), max(figures))
    low, high = ticks[0], ticks[-1]
    count = max(len(values) for values in lines.values())

    def place(index: int, value: float) -> tuple[float, float]:
        x = left + (width - left - right) * index / max(count - 1, 1)
        y = top + (height - top - bottom) * (high - value) / (high - low)
        return x * scale, y * scale

    for value in ticks:
        x, y = place(0, value)
        draw.line((x, y, (width - right) * scale, y), fill="#d8dee4", width=scale)
        draw.text((x - 8 * scale, y), f"{value:.4g}", fill="#57606a", font=font, anchor="rm")
    for index in sorted({0, (count - 1) // 2, count - 1}):
        x, _ = place(index, low)
        draw.text((x, (height - bottom + 8) * scale), f"{index + 1}", fill="#57606a", font=font, anchor="ma")
    draw.text(
        ((left + width - right) / 2 * scale, (height - 4) * scale), "epoch", fill="#57606a", font=font, anchor="ms"
    )
    x = left * scale
    for colour, (name, values) in zip(_COLOURS, lines.items(), strict=False):
        points = [place(index, value) for index, value in enumerate(values) if value is not None]
        draw.line(points, fill=colour, width=2 * scale, joint="curve")
        draw.line((x, 22 * scale, x + 16 * scale, 22 * scale), fill=colour, width=3 * scale)
        draw.text((x + 22 * scale, 22 * scale), name[:24], fill="#24292f", font=font, anchor="lm")
        x += int(36 * scale + draw.textlength(name[:24], font=font))
    picture.resize((width, height), Image.Resampling.LANCZOS).save(path)
