"""Which public symbol of Keras an error came through: what its frames were called for, by the name people know.

`'str' object has no attribute 'set_model'` says nothing; that it came through `keras.Model.fit` says where to look.
Keras writes the public path of what it exports on the object itself (`_api_export_path`, by its `namex` package).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

from runner import layout

_PATH = "_api_export_path"
_PACKAGES = ("keras.", "keras_hub.", "keras_tuner.")
# Keras' own frames are cut out of a traceback but for this one, which knows what it called.
_WRAPPER = "error_handler"
_LONGEST = 200


def called(frames: Sequence[FrameType]) -> str:
    """Return the public path of what the snippet had called when it failed, "" where there is none.

    That is what stands right below the snippet's last frame; or, when the snippet failed in what Keras had called, as
    a `train_step` of its own, that or what had called it.

    Args:
        frames: the frames of an error's traceback, outermost first.
    """
    own = [place for place, frame in enumerate(frames) if _is_own(frame)]
    last = own[-1] if own else -1
    for frame in (*frames[last + 1 :], *reversed(frames[: last + 1])):
        try:
            path = _path_of(frame)
        except Exception:  # the objects are the snippet's, and may do anything when they are looked at
            path = ""
        if path:
            return path
    return ""


def _is_own(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return name == layout.SNIPPET or name.startswith(f"{layout.WORK}/")


def _path_of(frame: FrameType) -> str:
    code = frame.f_code
    if not _is_own(frame) and not str(frame.f_globals.get("__name__")).startswith(_PACKAGES):
        return ""
    held = frame.f_locals
    if code.co_name == _WRAPPER and "fn" in held:
        function, arguments = held["fn"], held.get("args") or ()
        return _public(function, arguments[0] if arguments else None, str(getattr(function, "__name__", "")))
    first = code.co_varnames[0] if code.co_argcount else ""
    owner = held.get(first) if first in ("self", "cls") else None
    path = _public(frame.f_globals.get(code.co_name), owner, code.co_name)
    # A method of the snippet's own counts where it takes the place of one of Keras'.
    return path if not _is_own(frame) or path.endswith(f".{code.co_name}") else ""


def _public(function: Any, owner: Any, name: str) -> str:
    if path := next(_exported(function), ""):
        return path
    for base in type.mro(owner if isinstance(owner, type) else type(owner)):
        if path := next(_exported(base), ""):
            return f"{path}.{name}" if not name.startswith("_") and hasattr(base, name) else path
    return ""


def _exported(thing: Any) -> Iterator[str]:
    """Yield the paths written on a thing itself, not those that it inherits."""
    own = getattr(thing, "__dict__", {})
    paths = own.get(_PATH) if hasattr(own, "get") else None
    for path in [paths] if isinstance(paths, str) else paths if isinstance(paths, (list, tuple)) else ():
        if isinstance(path, str) and path.startswith(_PACKAGES) and len(path) <= _LONGEST:
            yield path
