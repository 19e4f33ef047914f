"""What the harness says, read with suspicion: sizes, shapes and numbers are checked; nothing here decides a status."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from runner import policy
from runner.job import BACKENDS, Backend, Fit, ModelInfo, RunError
from runner.output import clean_text

_KINDS = frozenset(
    ("waiting", "started", "rejected", "error", "epoch", "fit", "model", "end", "fault", "backend", "values", "drew")
)
_METRICS, _EPOCHS = 40, 10_000
_TEXT = 16_000
_SYMBOL = re.compile(r"keras(?:_hub|_tuner)?(?:\.[A-Za-z_]\w*)+")


class Frames:
    """Cuts the byte stream of one run into messages. After the first malformed one it is deaf, but keeps draining."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._total = 0
        self.deaf = False

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield each complete message that is an object with a known `kind`."""
        if self.deaf:
            return
        self._total += len(data)
        self._buffer += data
        if self._total > policy.REPORT_BYTES:
            self._go_deaf()
            return
        while len(self._buffer) >= 4:
            (size,) = struct.unpack_from("!I", self._buffer)
            if size > policy.FRAME_BYTES:
                self._go_deaf()
                return
            if len(self._buffer) < 4 + size:
                return
            body = bytes(self._buffer[4 : 4 + size])
            del self._buffer[: 4 + size]
            message = _parse(body)
            if message is None:
                self._go_deaf()
                return
            yield message

    def _go_deaf(self) -> None:
        self.deaf = True
        self._buffer.clear()


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("kind") not in _KINDS:
        return None
    return message


@dataclass
class Told:
    """What one run's harness told, as far as it made sense."""

    waiting: bool = False
    started_at: float | None = None
    rejected: RunError | None = None
    error: RunError | None = None
    memory_error: bool = False
    process_error: bool = False
    fits: list[Fit] = field(default_factory=list)
    live_fits: dict[int, Fit] = field(default_factory=dict)
    models: list[ModelInfo] = field(default_factory=list)
    ended: bool = False
    backend: Backend | None = None
    values: list[float] | None = None
    drew: bool = True
    fault: str | None = None
    epochs: int = 0

    def take(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Keep a message; return the data of an `epoch` event when it is one worth passing on."""
        kind = message["kind"]
        if kind == "waiting":
            self.waiting = True
        elif kind == "fault":
            self.fault = _text(message.get("what"), 500)
        elif kind == "rejected" and self.started_at is None:
            self.rejected = _error(message.get("error"))
        elif kind == "started" and self.started_at is None:
            at = message.get("at")
            self.started_at = _figure(at)
        elif self.started_at is None:
            return None
        elif kind == "error":
            self.error = _error(message.get("error"))
            self.memory_error = message.get("memory") is True
            self.process_error = message.get("processes") is True
        elif kind == "end":
            self.ended = True
        elif kind == "backend" and message.get("name") in BACKENDS:
            self.backend = message["name"]
        elif kind == "drew":
            self.drew = message.get("drew") is not False
        elif kind == "values":
            self.values = _values(message.get("values"))
        elif kind == "fit" and len(self.fits) < policy.FITS:
            fit = _fit(message)
            if fit is not None:
                self.fits.append(fit)
        elif kind == "model" and len(self.models) < policy.MODELS:
            model = _model(message)
            if model is not None:
                self.models.append(model)
        elif kind == "epoch":
            return self._epoch(message)
        return None

    def _epoch(self, message: dict[str, Any]) -> dict[str, Any] | None:
        number, epoch, epochs = message.get("fit"), message.get("epoch"), message.get("epochs")
        metrics, left = _history({}, message.get("metrics")), message.get("seconds_left")
        if metrics is None or not (_is_count(number) and _is_count(epoch) and _is_count(epochs)):
            return None
        if not 1 <= number <= policy.FITS:  # type: ignore[operator]
            return None
        fit = self.live_fits.get(number, Fit(0, {}))  # type: ignore[arg-type]
        history = {name: list(values) for name, values in fit.history.items()} if fit.epochs < 0 else fit.history
        for name, value in metrics.items():
            values = history.setdefault(name, [])
            if len(values) < _EPOCHS and len(history) <= _METRICS:
                values.append(value)
        self.live_fits[number] = Fit(min(fit.epochs + 1, _EPOCHS), history)  # type: ignore[index]
        self.epochs += 1
        if self.epochs > policy.EPOCH_EVENTS:
            return None
        seconds = max(0.0, figure) if (figure := _figure(left)) is not None else None
        return {"fit": number, "epoch": epoch, "epochs": epochs, "metrics": metrics, "seconds_left": seconds}

    def all_fits(self) -> tuple[Fit, ...]:
        """Return the fits as told at the end; of a run that was killed, what was told epoch by epoch."""
        if self.fits:
            return tuple(self.fits)
        return tuple(fit for _, fit in sorted(self.live_fits.items()))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and value == value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9


def _text(value: object, most: int = _TEXT) -> str:
    text = value if isinstance(value, str) else ""
    # Lone surrogates cannot be written anywhere.
    return clean_text(text[:most].encode("utf-8", "replace").decode())


def _figure(value: object) -> float | None:
    if not _is_number(value):
        return None
    figure = float(value)  # type: ignore[arg-type]
    return figure if math.isfinite(figure) else None


def _history(known: dict[str, float | None], value: object) -> dict[str, float | None] | None:
    if not isinstance(value, dict) or len(value) > _METRICS:
        return None
    return known | {_text(name, 100): _figure(figure) for name, figure in value.items()}


def _values(value: object) -> list[float] | None:
    if not isinstance(value, list) or len(value) > policy.VALUES:
        return None
    return [figure if (figure := _figure(item)) is not None else math.nan for item in value]


def _error(value: object) -> RunError | None:
    if not isinstance(value, dict):
        return None
    line, source, trace = value.get("line"), value.get("source_line"), value.get("traceback")
    where, called = value.get("raised_in"), value.get("called")
    return RunError(
        type=_text(value.get("type"), 200) or "Exception",
        message=_text(value.get("message")),
        line=line if _is_count(line) and line >= 1 else None,  # type: ignore[operator]
        source_line=_text(source, 500) if isinstance(source, str) else None,
        traceback=_text(trace) if isinstance(trace, str) else None,
        raised_in=where if isinstance(where, str) and where in ("", *policy.EXPLAINED) else None,
        called=_text(called, 200) if isinstance(called, str) and _SYMBOL.fullmatch(called) else None,
    )


def _fit(message: dict[str, Any]) -> Fit | None:
    epochs, history = message.get("epochs"), message.get("history")
    if not _is_count(epochs) or not isinstance(history, dict) or len(history) > _METRICS:
        return None
    lines: dict[str, list[float | None]] = {}
    for name, values in history.items():
        if not isinstance(values, list) or len(values) > _EPOCHS:
            return None
        lines[_text(name, 100)] = [_figure(value) for value in values]
    return Fit(int(epochs), lines)  # type: ignore[arg-type]


def _model(message: dict[str, Any]) -> ModelInfo | None:
    parameters = message.get("parameters")
    name, summary = message.get("name"), message.get("summary")
    if not isinstance(name, str) or not isinstance(summary, str):
        return None
    count = parameters if isinstance(parameters, int) and not isinstance(parameters, bool) and parameters >= 0 else None
    return ModelInfo(_text(name, 200), count, _text(summary, 2 * _TEXT))
