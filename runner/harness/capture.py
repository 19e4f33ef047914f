"""What the snippet trains and builds: fits epoch by epoch, models with their summaries, and the end of the time box."""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
import time
import weakref
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from runner.harness import report

_FITS, _MODELS, _METRICS, _EPOCHS_KEPT = 32, 16, 40, 10_000
_SUMMARY_KEPT = 32_000


class TimeIsUp(BaseException):
    """Ends a fit between two batches when the run's time is nearly over; `except Exception` does not catch it."""


class _State:
    def __init__(self) -> None:
        self.deadline = math.inf
        self.last_batch = 0.0
        self.fits: list[dict[str, Any]] = []
        self.current: dict[int, dict[str, Any]] = {}
        # Keyed by their order: a set would hand them out in the order of their addresses.
        self.models: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self.order = itertools.count()
        self.told: weakref.WeakSet[Any] = weakref.WeakSet()
        self.models_told = 0
        self.draw: Callable[[Any], None] | None = None


_state = _State()


def start(wall_s: float, draw: Callable[[Any], None] | None = None) -> None:
    """Begin: `wall_s` is what this run may take from now on; `draw` is called with each model that is told of."""
    _state.draw = draw
    # A second is enough to report, draw and flush; a short run keeps most of its time.
    _state.deadline = time.monotonic() + wall_s - min(1.5, wall_s * 0.15)


def fits() -> list[dict[str, Any]]:
    """Return what was trained, oldest first."""
    return _state.fits


def patch_keras(keras: ModuleType) -> None:
    """Watch every `CallbackList` and every model of this Keras."""
    from_keras: Any = keras
    _patch_callbacks(from_keras.callbacks.CallbackList)
    _patch_models(from_keras.Model)
    # In a parent this says nothing; in a child it is the import of a Keras that no parent had ready.
    report.tell("backend", name=str(from_keras.backend.backend()))


def _patch_models(model_class: Any) -> None:
    # Not `compile`: Keras takes a model whose `compile` is not the original one for a custom model, and then loads it
    # without its loss.
    create = model_class.__new__

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        made = create(cls, *args, **kwargs)
        with contextlib.suppress(Exception):
            if not _is_inside_of_a_sequential(sys._getframe(1)):
                _state.models[next(_state.order)] = made
        return made

    model_class.__new__ = new


def _is_inside_of_a_sequential(frame: FrameType | None) -> bool:
    """A Sequential makes itself a second model, anew with each layer, in its `build`; none of them is the snippet's."""
    for _ in range(3):
        if frame is None:
            return False
        code = frame.f_code
        if code.co_name == "build" and code.co_filename.endswith("/keras/src/models/sequential.py"):
            return True
        frame = frame.f_back
    return False


def _patch_callbacks(callback_list: Any) -> None:
    begin, epoch_end = callback_list.on_train_begin, callback_list.on_epoch_end
    batch_end, end = callback_list.on_train_batch_end, callback_list.on_train_end

    def on_train_begin(self: Any, logs: Any = None) -> Any:
        with contextlib.suppress(Exception):
            _begin_fit(self)
        return begin(self, logs)

    def on_epoch_end(self: Any, epoch: int, logs: Any = None) -> Any:
        outcome = epoch_end(self, epoch, logs)
        with contextlib.suppress(Exception):
            _end_epoch(self, epoch, logs)
        return outcome

    def on_train_batch_end(self: Any, batch: int, logs: Any = None) -> Any:
        outcome = batch_end(self, batch, logs)
        now = time.monotonic()
        took, _state.last_batch = now - _state.last_batch, now
        if now + min(took, 5.0) > _state.deadline and report.is_owner():
            raise TimeIsUp("the time of this run is over; training was stopped between two batches")
        return outcome

    def on_train_end(self: Any, logs: Any = None) -> Any:
        outcome = end(self, logs)
        with contextlib.suppress(Exception):
            _end_fit(self)
        return outcome

    callback_list.on_train_begin = on_train_begin
    callback_list.on_epoch_end = on_epoch_end
    callback_list.on_train_batch_end = on_train_batch_end
    callback_list.on_train_end = on_train_end


def _begin_fit(callbacks: Any) -> None:
    _state.last_batch = time.monotonic()
    if len(_state.fits) >= _FITS or not report.is_owner():
        return
    fit: dict[str, Any] = {"epochs": 0, "history": {}}
    _state.fits.append(fit)
    _state.current[id(callbacks)] = {
        "fit": fit,
        "number": len(_state.fits),
        "started": time.monotonic(),
        "of": int((callbacks.params or {}).get("epochs") or 0),
        "first": None,
    }


def _end_epoch(callbacks: Any, epoch: int, logs: Any) -> None:
    running = _state.current.get(id(callbacks))
    if running is None or not report.is_owner():
        return
    fit = running["fit"]
    metrics = {str(name)[:100]: _number(value) for name, value in list((logs or {}).items())[:_METRICS]}
    fit["epochs"] += 1
    for name, value in metrics.items():
        values = fit["history"].setdefault(name, [])
        if len(values) < _EPOCHS_KEPT:
            values.append(value)
    spent = time.monotonic() - running["started"]
    left = max(running["of"] - epoch - 1, 0)
    report.tell(
        "epoch",
        fit=running["number"],
        epoch=epoch + 1,
        epochs=running["of"],
        metrics=metrics,
        seconds_left=round(spent / fit["epochs"] * left, 3),
    )


def _end_fit(callbacks: Any) -> None:
    running = _state.current.pop(id(callbacks), None)
    if running is not None:
        model = getattr(callbacks, "_model", None)
        if model is not None:
            _tell_model(model)


def _number(value: Any) -> float | None:
    with contextlib.suppress(Exception):
        figure = float(value)
        if math.isfinite(figure):
            return figure
    return None


def _tell_model(model: Any) -> None:
    if model in _state.told or _state.models_told >= _MODELS or not report.is_owner():
        return
    if not getattr(model, "built", False):
        return
    _state.told.add(model)
    _state.models_told += 1
    lines: list[str] = []
    model.summary(print_fn=lambda text, **_: lines.append(str(text)))
    summary = "\n".join(lines)[:_SUMMARY_KEPT]
    report.tell("model", name=str(model.name)[:200], parameters=int(model.count_params()), summary=summary)
    if _state.draw is not None:
        _state.draw(model)


def finish() -> None:
    """Tell of the fits and of every model that is still there and was built."""
    for fit in _state.fits:
        report.tell("fit", epochs=fit["epochs"], history=fit["history"])
    if "keras" not in sys.modules:
        return
    models = list(_state.models.values())
    inner: set[int] = set()
    for model in models:
        with contextlib.suppress(Exception):
            inner.update(id(layer) for layer in model._flatten_layers(include_self=False))
        with contextlib.suppress(Exception):
            inner.add(id(model._functional))  # a Sequential keeps its layers in a second model
    for model in models:
        if id(model) not in inner:
            with contextlib.suppress(Exception):
                _tell_model(model)
