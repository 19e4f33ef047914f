"""One snippet from its arrival to its end, inside the cell.

The parent calls `prepare` once; each child calls `main`, which never returns.
"""

# Plain calls of `os` below: what is meant is the system call, and a child has milliseconds.
# ruff: noqa: PTH123, SIM115, S101

from __future__ import annotations

import atexit
import contextlib
import json
import linecache
import os
import resource
import struct
import sys
import threading
import time
import types
from time import sleep
from typing import Any, NoReturn

from runner import layout, policy
from runner.harness import capture, datasets, faults, goodbyes, imports, plots, report, seeds, warmup

_gate: imports.Gate | None = None
_own_names: list[str] = []
_UNTIL_ENDED_S = 60.0


def prepare(backend: str) -> None:
    """Get ready in the parent, after its imports: Keras is patched and put aside, hooks are made."""
    global _gate
    goodbyes.keep_few()
    _own_names.extend(name for name in sys.modules if name.partition(".")[0] == "runner")
    _gate = imports.Gate(backend)
    _gate.keep()
    keras = _gate.kept_keras
    if keras is not None:
        capture.patch_keras(keras)
        datasets.patch_keras(keras)
    # For a Keras that the child imports anew, because there is none here or it wants another backend.
    _gate.after("keras", capture.patch_keras)
    _gate.after("keras", datasets.patch_keras)
    _gate.after("matplotlib.pyplot", plots.patch_pyplot)


def main(output: int, errors: int, channel: int, warm: bool) -> NoReturn:
    """Wait for the job on `channel`, run it, tell how it went, and end this process."""
    code = 70
    try:
        _set_streams(output, errors, channel)
        report.own()
        assert _gate is not None
        seeds.reseed()
        if warm:
            warmup.first_operation(_gate.backend)
            _rehearse()
        report.tell("waiting")
        try:
            job = _receive()
        except EOFError:
            os._exit(0)
        code = _run(job)
    except BaseException as error:
        with contextlib.suppress(BaseException):
            report.tell("fault", what=f"{type(error).__name__}: {error}"[:500])
    finally:
        os._exit(code)


def _rehearse() -> None:
    """Walk the way of a job once without one, so that its pages are this child's own before somebody waits."""
    assert _gate is not None
    _gate.touch()
    seeds.remember()
    module: dict[str, Any] = {"__name__": "__main__"}
    exec(compile("import sys, os\nfor _ in range(2): pass", layout.SNIPPET, "exec", dont_inherit=True), module)  # noqa: S102
    json.loads(json.dumps({"source": "x", "files": {}}))
    faults.describe(ValueError("x"))


def _set_streams(output: int, errors: int, channel: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    # Out of the way first: the four may sit on each other's numbers.
    moved = [os.dup(descriptor) for descriptor in (nothing, output, errors, channel)]
    spare = [os.dup(descriptor) for descriptor in moved] if min(moved) <= report.CHANNEL else moved
    for number, descriptor in enumerate(spare):
        os.dup2(descriptor, number, inheritable=number != report.CHANNEL)
    os.closerange(report.CHANNEL + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when memory runs out, a snippet goes before anything of the host
    _open_streams()


def _open_streams() -> None:
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # type: ignore[misc]
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = open(number, "wb", buffering=0, closefd=False)
        stream = _text_stream(raw, "surrogateescape" if number == 1 else "backslashreplace")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _text_stream(raw: Any, errors: str) -> Any:
    import io

    stream = io.TextIOWrapper(raw, encoding="utf-8", errors=errors, write_through=True, line_buffering=True)
    stream.mode = "w"  # type: ignore[misc]
    return stream


def _receive() -> dict[str, Any]:
    (size,) = struct.unpack("!I", report.receive(4))
    job: dict[str, Any] = json.loads(report.receive(size))
    job["stdin"] = report.receive(job["stdin"])
    job["files"] = {name: report.receive(size) for name, size in job["files"].items()}
    return job


def _lay_out(job: dict[str, Any]) -> None:
    for name, content in job["files"].items():
        with open(f"{layout.WORK}/{name}", "wb") as file:
            file.write(content)
    if job["stdin"]:
        descriptor = os.memfd_create("stdin")
        with open(descriptor, "wb", closefd=False) as file:
            file.write(job["stdin"])
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.dup2(descriptor, 0)
        os.close(descriptor)
        sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # type: ignore[misc]
    os.environ.update(job["environment"])
    with open(layout.SNIPPET, "w", encoding="utf-8") as text:
        text.write(job["source"])
    datasets.lay_out()


def _main_module(source: str) -> types.ModuleType:
    module = types.ModuleType("__main__")
    module.__file__ = layout.SNIPPET
    module.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = module
    sys.argv = [layout.SNIPPET]
    sys.path.insert(0, layout.WORK)
    linecache.cache[layout.SNIPPET] = (len(source), None, source.splitlines(keepends=True), layout.SNIPPET)
    # The snippet may have a module of its own called like ours. The names are known beforehand: to look through all
    # modules would touch, and so copy, thousands of pages that are shared with the parent.
    for name in _own_names:
        sys.modules.pop(name, None)
    return module


def _run(job: dict[str, Any]) -> int:
    assert _gate is not None
    _lay_out(job)
    source: str = job["source"]
    try:
        code = compile(source, layout.SNIPPET, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        report.tell("rejected", error=faults.describe(error))
        return 1
    seeds.apply(job["seed"], _gate)
    seeds.remember()
    sys.meta_path.insert(0, _gate)
    capture.start(job["wall_s"], plots.draw_model if job["graph"] else None)
    module = _main_module(source)
    report.tell("started", at=time.monotonic())
    outcome: BaseException | None = None
    try:
        exec(code, module.__dict__)  # noqa: S102 - this is what the cell is for
    except BaseException as raised:
        outcome = raised
    return _finish(module, outcome)


def _finish(module: types.ModuleType, error: BaseException | None) -> int:
    exit_code = 0
    stopped = isinstance(error, capture.TimeIsUp) and report.is_owner()
    if not report.is_owner():  # a process that the snippet forked and let run to the end of its code
        exit_code = _exit_code(error)
        if error is not None and not isinstance(error, SystemExit):
            own = error.__traceback__.tb_next if error.__traceback__ is not None else None
            sys.excepthook(type(error), error.with_traceback(own), own)
    else:
        if error is not None:
            exit_code = _exit_code(error)
        if error is not None and exit_code:
            with contextlib.suppress(Exception):
                report.tell(
                    "error",
                    error=faults.describe(error),
                    memory=faults.is_memory(error),
                    processes=faults.is_process_limit(error),
                )
        with contextlib.suppress(BaseException):
            threading._shutdown()  # type: ignore[attr-defined]
        # Whatever the snippet did to what these use, its own exit code stays.
        with contextlib.suppress(Exception):
            capture.finish()
            plots.finish(capture.fits())
            report.tell("drew", drew=seeds.drew())
            _tell_values(module.__dict__.get("result"))
            report.tell("end")
    del error
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    with contextlib.suppress(BaseException):
        module.__dict__.clear()  # runs the snippet's own finalizers, as the end of an interpreter would
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    if stopped:
        # Whether the time is over is not ours to say: the clock outside ends this process and names the reason.
        sleep(_UNTIL_ENDED_S)
    return exit_code


def _tell_values(value: Any) -> None:
    """Tell the numbers of what the snippet called `result`, so that backends can be compared."""
    if value is None or isinstance(value, str | bytes | dict) or callable(value):
        return
    with contextlib.suppress(Exception):
        if hasattr(value, "detach"):
            value = value.detach()
        numpy = sys.modules.get("numpy")
        flat = [value] if isinstance(value, int | float) or numpy is None else numpy.ravel(numpy.asarray(value))
        report.tell("values", values=[float(number) for number in flat[: policy.VALUES]])


def _exit_code(error: BaseException | None) -> int:
    if error is None:
        return 0
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF if -(2**63) <= error.code < 2**63 else 255  # as the interpreter does
    with contextlib.suppress(BaseException):
        print(error.code, file=sys.stderr)
    return 1
