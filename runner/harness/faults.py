"""From an exception to what a person needs: type, message, own line, own frames."""

from __future__ import annotations

import errno
import re
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from runner import layout, policy
from runner.harness.called import called

_SHOWN = "snippet.py"
_MESSAGE_KEPT = 4000
_TRACEBACK_KEPT = 16_000
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_ARGUMENTS = re.compile(r"\n+Arguments received by .*", re.DOTALL)
# TensorFlow writes the frames of a graph's operators into the message, down to those below the snippet.
_FRAME = re.compile(r'^  File "(?P<file>[^"\n]*)", line \d+, in .*\n+', re.MULTILINE)
_CHAIN, _STEPS = 5, 2000
_PACKAGE = re.compile(r"/site-packages/(\w+)/")


def describe(error: BaseException) -> dict[str, Any]:
    """Return the fields of `runner.job.RunError`; the snippet's own `__str__` runs here, under the run's limits."""
    message = _text(error)
    line: int | None = None
    source_line: str | None = None
    frames = _own_frames(error.__traceback__)
    for frame in frames:
        if frame.filename == layout.SNIPPET and frame.lineno:
            line, source_line = frame.lineno, (frame.line or "").strip() or None
    if isinstance(error, SyntaxError) and error.filename == layout.SNIPPET:
        line = error.lineno or line
        source_line = (error.text or "").strip("\n") or source_line
    return {
        "type": _type_name(error),
        "message": _ARGUMENTS.sub("", message).replace(f'"{layout.SNIPPET}"', f'"{_SHOWN}"')[:_MESSAGE_KEPT],
        "line": line if line and line > 0 else None,
        "source_line": source_line[:500] if source_line else None,
        "traceback": _format(error)[-_TRACEBACK_KEPT:],
        "raised_in": _raised_in(error),
        "called": next(filter(None, map(_called, _chain(error))), ""),
    }


def _called(error: BaseException) -> str:
    return called([step.tb_frame for step in _steps(error.__traceback__)])


def _raised_in(error: BaseException) -> str:
    """Return the first of our packages that stands in the error's frames, or in those of what led to it."""
    found: set[str] = set()
    for each in _chain(error, hidden=True):
        for trace in _steps(each.__traceback__):
            found.update(_PACKAGE.findall(trace.tb_frame.f_code.co_filename)[:1])
    return next((name for name in policy.EXPLAINED if name in found), "")


def _type_name(error: BaseException) -> str:
    kind = type(error)
    name = str(getattr(kind, "__qualname__", "Exception"))
    return name.rpartition(".")[2][:200] or "Exception"


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg or "invalid syntax")
    try:
        text = str(error)
    except Exception as inner:
        text = f"<no message: its __str__ raised {type(inner).__name__}>"
    return _FRAME.sub(_own_frame, _ANSI.sub("", text[: 4 * _TRACEBACK_KEPT]))


def _own_frame(frame: re.Match[str]) -> str:
    return frame[0] if frame["file"] == layout.SNIPPET or frame["file"].startswith(f"{layout.WORK}/") else ""


def _chain(error: BaseException, *, hidden: bool = False) -> Iterator[BaseException]:
    """Yield an error and what led to it, newest first; `hidden` also what `raise … from None` does not show."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < _CHAIN:
        seen.add(id(current))
        yield current
        shown = hidden or not current.__suppress_context__
        current = current.__cause__ or (current.__context__ if shown else None)


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the steps of a traceback, bounded: an endless recursion has as many as memory."""
    for _ in range(_STEPS):
        if trace is None:
            return
        yield trace
        trace = trace.tb_next


def _own_frames(trace: TracebackType | None) -> traceback.StackSummary:
    kept = []
    for step in _steps(trace):
        code = step.tb_frame.f_code
        if code.co_filename == layout.SNIPPET or code.co_filename.startswith(f"{layout.WORK}/"):
            kept.append((step.tb_frame, step.tb_lineno))
    if len(kept) > 20:  # endless recursion: both ends tell all
        kept = kept[:10] + kept[-10:]
    return traceback.StackSummary.extract(iter(kept))


def _format(error: BaseException) -> str:
    parts: list[str] = []
    for current in _chain(error):
        own = _own_frames(current.__traceback__)
        text = "".join(own.format()) if own else ""
        if isinstance(current, SyntaxError):
            text += "".join(traceback.TracebackException(type(current), current, None).format_exception_only())
        else:
            text += f"{_type_name(current)}: {_text(current)}\n"
        parts.append(f"Traceback (most recent call last):\n{text}" if own else text)
    joined = "\nThe above exception led to this one:\n\n".join(reversed(parts))
    return _ANSI.sub("", joined).replace(f'"{layout.SNIPPET}"', f'"{_SHOWN}"')


def is_memory(error: BaseException) -> bool:
    """True when an allocation failed in native code, not when the snippet itself said `raise MemoryError`."""
    return (isinstance(error, MemoryError) or _device_is_full(error)) and not _raised_by_hand(error)


def _device_is_full(error: BaseException) -> bool:
    """True for a framework's own error about the memory of a device, as a GPU."""
    kind = type(error)
    if kind.__name__ not in policy.MEMORY_ERRORS:
        return False
    framework = str(kind.__module__).partition(".")[0] in ("torch", "tensorflow", "jax", "jaxlib")
    # JAX has one class for everything that goes wrong below it.
    return framework and ("Runtime" not in kind.__name__ or "RESOURCE_EXHAUSTED" in _text(error))


def is_process_limit(error: BaseException) -> bool:
    """True when the kernel refused a process or a thread."""
    refused = isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN
    refused = refused or (isinstance(error, RuntimeError) and str(error) == "can't start new thread")
    return refused and not _raised_by_hand(error)


def _raised_by_hand(error: BaseException) -> bool:
    trace = error.__traceback__
    if trace is None:
        return True
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code.co_code
    raised = sys.modules["opcode"].opmap["RAISE_VARARGS"] if "opcode" in sys.modules else 130
    own = trace.tb_frame.f_code.co_filename == layout.SNIPPET
    return own and 0 <= trace.tb_lasti < len(code) and code[trace.tb_lasti] == raised
