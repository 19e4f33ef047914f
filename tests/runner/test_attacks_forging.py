"""Lies about the result: what is measured stays as measured, what is told is checked."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from runner.job import Result

Run = Callable[..., Result]

FRAME = """
import json, os, struct
def tell(**message):
    body = json.dumps(message).encode()
    os.write(3, struct.pack('!I', len(body)) + body)
"""


def test_failed_exit_is_an_error_whatever_is_told(run: Run) -> None:
    result = run(f"{FRAME}\ntell(kind='end', status='ok', exit_code=0)\nos._exit(7)")
    assert (result.status, result.exit_code) == ("error", 7)


def test_told_error_does_not_spoil_a_good_exit(run: Run) -> None:
    source = f"{FRAME}\ntell(kind='error', error={{'type': 'X', 'message': 'y'}}, memory=True)\nos._exit(0)"
    result = run(source)
    assert (result.status, result.exit_code, result.error) == ("ok", 0, None)


def test_rejection_cannot_be_told_after_the_start(run: Run) -> None:
    result = run(f"{FRAME}\ntell(kind='rejected', error={{'type': 'SyntaxError', 'message': 'no'}})\nos._exit(1)")
    assert result.status == "error"


def test_start_cannot_be_told_twice(run: Run) -> None:
    result = run(f"{FRAME}\ntell(kind='started', at=0)\nimport time; time.sleep(0.3)")
    assert result.status == "ok"
    assert 0.25 < result.duration_s < 5
    assert result.startup_ms is not None
    assert 0 < result.startup_ms < 60_000


@pytest.mark.parametrize("wall_s", [3.0, 30.0])
def test_time_up_cannot_be_claimed_early(run: Run, wall_s: float) -> None:
    told = f"{FRAME}\ntell(kind='error', error={{'type': 'TimeIsUp', 'message': 'x'}})\nos._exit(1)"
    assert run(told, wall_s=wall_s).status == "error"


def test_time_up_cannot_be_claimed_at_the_last_moment(run: Run) -> None:
    source = "import time\nclass TimeIsUp(BaseException): pass\ntime.sleep(3.5)\nraise TimeIsUp"
    result = run(source, wall_s=4.0)
    assert (result.status, result.exit_code) == ("error", 1)


def test_memory_cannot_be_claimed_by_a_chosen_exit(run: Run) -> None:
    told = f"{FRAME}\ntell(kind='error', error={{'type': 'MemoryError', 'message': 'x'}}, memory=True)"
    assert run(f"{told}\nos._exit(7)").status == "error"
    assert run(f"{told}\nos._exit(0)").status == "ok"


@pytest.mark.parametrize(
    "poison",
    [
        "os.write(3, b'\\xff\\xff\\xff\\xff')",
        "os.write(3, bytes(1000))",
        "os.write(3, os.urandom(5000))",
        "os.write(3, struct.pack('!I', 3) + b'[[[')",
        "os.write(3, struct.pack('!I', 4) + b'null')",
        "body = b'[' * 100_000; os.write(3, struct.pack('!I', len(body)) + body)",
        "tell(kind='error', error=[1, 2, 3]); tell(kind='error')",
        "tell(kind='fit', epochs=-1, history={'a': 'b'}); tell(kind='fit', epochs=1e300, history=None)",
        "tell(kind='model', name=1, summary=2); tell(kind='model')",
        "tell(kind='epoch'); tell(kind='epoch', fit='x', epoch={}, epochs=[], metrics=0)",
        "tell(kind='fault', what=['x'])",
        "[tell(kind='model', name='m', parameters=1, summary='s' * 60_000) for _ in range(100)]",
        "os.close(3)",
        "os.closerange(0, 100)",
        "os.dup2(0, 3)",
        "import socket; socket.socket(fileno=3).shutdown(2)",
    ],
)
def test_poisoned_report_changes_nothing_measured(cold: Run, poison: str) -> None:
    result = cold(f"{FRAME}\nprint('said', flush=True)\n{poison}\nos._exit(5)")
    assert (result.status, result.exit_code, result.stdout) == ("error", 5, "said\n")
    assert len(result.models) <= 16


def test_flood_of_reports_is_drained_and_bounded(run: Run) -> None:
    source = f"{FRAME}\nfor n in range(60_000): tell(kind='epoch', fit=1, epoch=n, epochs=9, metrics={{'a': n}})"
    result = run(source)
    assert result.status == "ok"
    assert sum(len(values) for fit in result.fits for values in fit.history.values()) <= 10_000


def test_told_figures_are_made_safe(run: Run) -> None:
    source = (
        f"{FRAME}\n"
        'body = b\'{"kind": "fit", "epochs": 2, "history": {"a\\\\u001b[31m": [NaN, Infinity, 1e999, 1, "x"]}}\'\n'
        "os.write(3, struct.pack('!I', len(body)) + body)\nos._exit(0)"
    )
    (fit,) = run(source).fits
    assert fit.history == {"a": [None, None, None, 1.0, None]}
    assert not any(math.isnan(value) for value in fit.history["a"] if value is not None)


def test_told_text_is_cleaned_and_cut(run: Run) -> None:
    source = (
        f"{FRAME}\ntell(kind='model', name='\\x1b[2J' + 'n' * 9000, parameters=3, summary='\\x00\\x07ok')\nos._exit(0)"
    )
    (model,) = run(source).models
    assert model.name == "n" * 196
    assert model.summary == "ok"


def test_exit_from_the_middle_is_told_as_such(run: Run) -> None:
    result = run("import os; print('a'); os._exit(0)")
    assert (result.status, result.exit_code, result.stdout) == ("ok", 0, "a\n")


@pytest.mark.parametrize(
    ("code", "exit_code", "status"),
    [("", 0, "ok"), ("0", 0, "ok"), ("3", 3, "error"), ("256", 0, "ok"), ("-1", 255, "error"), ("'words'", 1, "error"),
     ("10 ** 30", 255, "error"), ("[1]", 1, "error"), ("True", 1, "error")],
)  # fmt: skip
def test_exit_codes_are_those_of_python(cold: Run, code: str, exit_code: int, status: str) -> None:
    result = cold(f"raise SystemExit({code})")
    assert result.status == status
    assert result.exit_code == exit_code


def test_patched_json_and_struct_do_not_harm(run: Run) -> None:
    result = run("import json, struct, os\njson.dumps = struct.pack = os.write = None\n1 / 0")
    assert (result.status, result.exit_code) == ("error", 1)


def test_replaced_streams_do_not_harm(run: Run) -> None:
    result = run("import sys\nprint('a')\nsys.stdout = sys.stderr = sys.stdin = None\nprint('b')")
    assert (result.status, result.stdout) == ("ok", "a\n")


def test_streams_with_traps_do_not_harm(run: Run) -> None:
    source = """
        import sys
        class Trap:
            def __getattr__(self, name): raise SystemError('trap')
        sys.stdout = Trap()
    """
    assert run(source).status in ("ok", "error")


def test_closed_output_does_not_harm(run: Run) -> None:
    result = run("import os\nprint('a', flush=True)\nos.close(1); os.close(2)")
    assert (result.status, result.stdout) == ("ok", "a\n")


def test_exception_whose_text_hangs_is_a_timeout(run: Run) -> None:
    source = """
        class Sticky(Exception):
            def __str__(self):
                while True: pass
        raise Sticky
    """
    assert run(source, wall_s=0.8).status == "timeout"


def test_exception_whose_text_is_huge_is_cut(run: Run) -> None:
    result = run("raise ValueError('x' * 50_000_000)")
    assert result.status == "error"
    assert result.error is not None
    assert len(result.error.message) <= 4000
    assert len(result.error.traceback or "") <= 16_000


def test_exception_whose_text_raises_is_told(run: Run) -> None:
    source = """
        class Broken(Exception):
            def __str__(self): raise RuntimeError
        raise Broken
    """
    result = run(source)
    assert result.error is not None
    assert (result.status, result.error.type) == ("error", "Broken")


def test_exception_class_with_a_false_name_is_text_only(run: Run) -> None:
    source = "E = type('\\x1b[31mOK\\x00', (Exception,), {'__module__': 5, '__qualname__': 'x' * 9999})\nraise E('boo')"
    result = run(source)
    assert result.status == "error"
    assert result.error is not None
    assert len(result.error.type) <= 200
    assert "\x1b" not in str(result.to_dict())


def test_exception_with_a_ring_of_causes_ends(run: Run) -> None:
    source = """
        a, b = ValueError('a'), ValueError('b')
        a.__cause__, b.__cause__ = b, a
        raise a
    """
    result = run(source)
    assert result.error is not None
    assert (result.status, result.error.type) == ("error", "ValueError")


def test_base_exceptions_are_errors(run: Run) -> None:
    for name in ("KeyboardInterrupt", "GeneratorExit", "BaseException"):
        assert run(f"raise {name}('x')").status == "error"


def test_hooks_for_exceptions_do_not_change_the_status(run: Run) -> None:
    result = run("import sys\nsys.excepthook = lambda *a: sys.exit(0)\nsys.unraisablehook = None\n1 / 0")
    assert (result.status, result.exit_code) == ("error", 1)


def test_harness_reached_through_frames_can_lie_but_not_about_the_exit(run: Run) -> None:
    source = """
        import sys, os
        frame = sys._getframe()
        while frame:
            for name in list(frame.f_globals):
                if name in ('report', 'capture', 'faults', 'plots'): frame.f_globals[name] = None
            frame = frame.f_back
        os._exit(9)
    """
    result = run(source)
    assert (result.status, result.exit_code) == ("error", 9)


def test_broken_harness_is_a_failed_exit(run: Run) -> None:
    source = """
        import sys
        frame = sys._getframe()
        while frame:
            frame.f_globals['report'] = None
            frame = frame.f_back
    """
    result = run(source)
    assert result.status in ("error", "ok")
    assert result.exit_code in (0, 70)


def test_alarm_is_killed_with_its_name(run: Run) -> None:
    result = run("import signal, time; signal.alarm(1); time.sleep(20)")
    assert (result.status, result.signal) == ("killed", "SIGALRM")


def test_forked_child_cannot_speak_for_its_parent(run: Run) -> None:
    result = run("import os\nif os.fork() == 0:\n    raise ValueError('child')\nos.wait()\nprint('parent')")
    assert (result.status, result.error, result.stdout) == ("ok", None, "parent\n")
    assert "ValueError: child" in result.stderr
    assert "/opt/lobby" not in result.stderr


def test_traceback_shows_own_frames_only(run: Run) -> None:
    result = run("import json\ndef read(text):\n    return json.loads(text)\nread('{')")
    assert result.error is not None
    assert (result.error.line, result.error.source_line) == (4, "read('{')") or result.error.line == 3
    assert "json/decoder" not in (result.error.traceback or "")
    assert "runner" not in (result.error.traceback or "")
    assert 'File "snippet.py", line 3, in read' in (result.error.traceback or "")
