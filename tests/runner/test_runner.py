"""The public face: run, submit, follow, cancel, what is refused, and what survives the death of the service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import QueueFull, UnknownRun
from runner.job import Event, Job, Limits, Result
from runner.runner import Runner, RunnerConfig

Run = Callable[..., Result]
COLD = RunnerConfig(launch="cold", slots=1, queue=2)


@pytest.fixture
def small(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path / "r", COLD)
    yield runner  # type: ignore[misc]
    runner.close()


def test_result_is_plain_json_and_comes_back_the_same(run: Run) -> None:
    result = run("open('/work/a.txt', 'w').write('x')\nprint('hello')")
    plain = json.loads(json.dumps(result.to_dict()))
    assert Result.from_dict(plain) == result
    assert plain["status"] == "ok"
    assert list(plain)[:3] == ["id", "status", "exit_code"]
    assert result.startup_ms is not None
    assert result.startup_ms < 5000
    assert result.cpu_s is not None
    assert result.peak_memory_bytes is not None
    assert result.keras_version is not None


def test_capability_says_how_code_is_kept_in(small: Runner) -> None:
    begun = time.monotonic()
    first = small.capability()
    assert first.available
    assert first.mode in ("root", "user")
    assert small.capability() is first
    assert time.monotonic() - begun < 10
    json.dumps(first.to_dict())


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("", "EmptySource"),
        (" \n\t\n", "EmptySource"),
        ("x = 1 # " + "a" * 65_536, "SourceTooLarge"),
        ("print('é')" + " " * 65_526, "SourceTooLarge"),
        ("print(1)\x00", "NotText"),
        ("\udcff\udcfe", "NotText"),
        ("\ufffd" * 100, "NotText"),
        ("x = (", "SyntaxError"),
        ("def f(:\n  pass", "SyntaxError"),
        ("  indented = 1", "IndentationError"),
        ("return 5", "SyntaxError"),
        ("x = " + "(" * 5000, "SyntaxError"),
        ("x = " + "-" * 60_000 + "1", "MemoryError"),
        ("f'{" * 200, "SyntaxError"),
        ("a" + ".b" * 30_000, "RecursionError"),
    ],
)
def test_what_cannot_start_is_rejected_with_a_reason(cold: Run, source: str, kind: str) -> None:
    result = cold(source, job={"source": source})
    assert result.status == "rejected"
    assert result.error is not None
    assert result.error.type == kind or (kind == "RecursionError" and result.error.type)
    assert (result.stdout, result.exit_code, result.startup_ms) == ("", None, None)


def test_source_at_the_limit_runs(cold: Run) -> None:
    source = "print(1) #".ljust(65_536, "a")
    assert cold(source).status == "ok"


def test_syntax_error_names_line_and_text(cold: Run) -> None:
    error = cold("a = 1\nb = = 2\n").error
    assert error is not None
    assert (error.line, error.source_line, error.message) == (2, "b = = 2", "invalid syntax")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", "a\x00b", "n" * 200])
def test_file_with_a_bad_name_is_rejected(cold: Run, name: str) -> None:
    result = cold("print(1)", job={"files": {name: b"x"}})
    assert result.status == "rejected"


def test_given_input_is_read(run: Run) -> None:
    source = "import sys; print(input()); print(sys.stdin.read().upper())"
    assert run(source, job={"stdin": b"one\ntwo\nthree"}).stdout == "one\nTWO\nTHREE\n"


def test_events_come_in_order_and_end_with_the_result(run: Run, runner: Runner, mode: str) -> None:
    seen: list[Event] = []
    job = Job("import time\nfor n in range(3): print(n); time.sleep(0.15)\nopen('a.txt', 'w').write('x')")
    result = runner.run(job, seen.append)
    assert [event.number for event in seen] == list(range(1, len(seen) + 1))
    assert "".join(event.data["text"] for event in seen if event.kind == "output") == result.stdout == "0\n1\n2\n"
    assert sum(event.kind == "output" for event in seen) > 1
    assert [event.kind for event in seen][-2:] == ["artifact", "done"]
    assert seen[-1].data == result.to_dict()


def test_events_can_be_resumed_while_it_runs_and_afterwards(small: Runner) -> None:
    run_id = small.submit(Job("import time\nfor n in range(4): print(n); time.sleep(0.12)"))
    first = next(small.events(run_id))
    rest = list(small.events(run_id, after=first.number))
    assert [event.number for event in rest] == list(range(2, rest[-1].number + 1))
    assert rest[-1].kind == "done"
    assert list(small.events(run_id, after=1)) == rest


def test_events_stop_quietly_after_the_timeout(small: Runner) -> None:
    run_id = small.submit(Job("import time; time.sleep(3)"))
    assert list(small.events(run_id, timeout_s=0.2)) == []
    small.cancel(run_id)


def test_subscriber_gets_every_event_once(small: Runner) -> None:
    seen: list[Event] = []
    run_id = small.submit(Job("print(1)"))
    stop = small.subscribe(run_id, seen.append)
    end = time.monotonic() + 20
    while time.monotonic() < end and not (seen and seen[-1].kind == "done"):
        time.sleep(0.02)
    stop()
    kinds = [event.kind for event in seen]
    assert kinds == ["output"] * (len(kinds) - 1) + ["done"]
    # A text and its newline may come in two pieces.
    assert "".join(event.data["text"] for event in seen[:-1]) == "1\n"
    assert [event.number for event in seen] == list(range(1, len(seen) + 1))


def test_result_is_none_until_it_is_over(small: Runner) -> None:
    run_id = small.submit(Job("import time; time.sleep(0.5)"))
    assert small.result(run_id) is None
    assert list(small.events(run_id))[-1].kind == "done"
    result = small.result(run_id)
    assert result is not None
    assert result.status == "ok"
    assert small.job(run_id).source == "import time; time.sleep(0.5)"


def test_unknown_run_is_told(small: Runner) -> None:
    for ask in (
        small.result,
        small.job,
        small.cancel,
        lambda i: list(small.events(i)),
        lambda i: small.subscribe(i, print),
    ):
        with pytest.raises(UnknownRun):
            ask("01JUNKNOWN0000000000000000")
    with pytest.raises(UnknownRun):
        small.artifact_path("../../etc", "passwd")


def test_artifact_is_found_by_its_name_only(small: Runner) -> None:
    result = small.run(Job("open('/work/a.txt', 'w').write('x')"))
    assert small.artifact_path(result.id, "a.txt").read_text() == "x"
    for name in ("b.txt", "../a.txt", "", ".", "../../runs.sqlite3"):
        with pytest.raises(FileNotFoundError):
            small.artifact_path(result.id, name)


def test_cancel_ends_a_running_snippet_and_keeps_its_words(small: Runner) -> None:
    run_id = small.submit(Job("print('begun'); import time; time.sleep(60)"))
    next(small.events(run_id))
    assert small.cancel(run_id)
    result = list(small.events(run_id))[-1].data
    assert result["status"] == "cancelled"
    assert result["stdout"].startswith("begun")
    assert not small.cancel(run_id)


def test_cancel_takes_a_waiting_run_out_of_the_queue(small: Runner) -> None:
    first = small.submit(Job("import time; time.sleep(30)"))
    second = small.submit(Job("print('never')"))
    assert small.cancel(second)
    result = small.result(second)
    assert result is not None
    assert (result.status, result.stdout) == ("cancelled", "")
    small.cancel(first)


def test_full_queue_says_when_to_come_back(small: Runner) -> None:
    running = small.submit(Job("import time; time.sleep(30)"))
    end = time.monotonic() + 10
    while small.status()["running"] < 1 and time.monotonic() < end:
        time.sleep(0.01)
    waiting = [small.submit(Job("print(1)")) for _ in range(2)]
    with pytest.raises(QueueFull) as refused:
        small.submit(Job("print(1)"))
    assert refused.value.retry_after_s >= 1
    assert small.run(Job("print(1)")).status == "rejected"
    small.cancel(running)
    assert [list(small.events(run_id))[-1].data["status"] for run_id in waiting] == ["ok", "ok"]


def test_backend_that_a_snippet_sets_itself_is_told(cold: Run) -> None:
    result = cold("import os\nos.environ['KERAS_BACKEND'] = 'torch'\nprint(os.environ['KERAS_BACKEND'])")
    assert (result.backend, result.stdout) == ("torch", "torch\n")


def test_seed_sets_what_is_random(cold: Run) -> None:
    source = "import random; print(random.random())"
    assert cold(source, job={"seed": 3}).stdout == cold(source, job={"seed": 3}).stdout


def test_close_lets_running_code_end_and_refuses_more(tmp_path: Path) -> None:
    runner = Runner(tmp_path / "r", COLD)
    run_id = runner.submit(Job("import time; time.sleep(0.4); print('done')"))
    time.sleep(0.2)
    runner.close(drain_s=20)
    again = Runner(tmp_path / "r", COLD)
    result = again.result(run_id)
    again.close()
    assert result is not None
    assert (result.status, result.stdout) == ("ok", "done\n")


def test_close_leaves_what_waits_for_the_next_service(tmp_path: Path) -> None:
    runner = Runner(tmp_path / "r", COLD)
    runner.submit(Job("import time; time.sleep(0.5)"))
    waiting = runner.submit(Job("print('later')"))
    follower = runner.events(waiting)
    runner.close(drain_s=20)
    assert list(follower) == []
    with Runner(tmp_path / "r", COLD) as again:
        assert list(again.events(waiting))[-1].data["stdout"] == "later\n"


SERVICE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from runner.runner import Runner, RunnerConfig
from runner.job import Job, Limits
runner = Runner(Path(sys.argv[2]), RunnerConfig(launch="cold", slots=1))
first = runner.submit(Job("print('once'); import time; time.sleep(60)", limits=Limits(wall_s=100)))
next(runner.events(first))
rest = [runner.submit(Job(f"print({n})")) for n in range(3)]
print(first, *rest, flush=True)
time.sleep(60)
"""


def test_killed_service_loses_no_run_and_repeats_none(tmp_path: Path) -> None:
    here = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", SERVICE, here, str(tmp_path / "r")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        first, *rest = service.stdout.readline().split()
        os.kill(service.pid, signal.SIGKILL)
    again = Runner(tmp_path / "r", COLD)
    try:
        interrupted = again.result(first)
        assert interrupted is not None
        assert interrupted.status == "interrupted"
        outputs = [list(again.events(run_id))[-1].data for run_id in rest]
        assert [output["stdout"] for output in outputs] == ["0\n", "1\n", "2\n"]
    finally:
        again.close()


def groups_of(owner: str) -> list[Path]:
    return [path for path in Path("/sys/fs/cgroup").rglob(f"lobby-*{owner}*") if path.is_dir()]


def test_killed_service_leaves_no_groups_and_folders_to_the_next(tmp_path: Path) -> None:
    here = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", SERVICE, here, str(tmp_path / "r")]
    with Runner(tmp_path / "r", COLD) as living:
        living.run(Job("print(1)"))
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout is not None
            service.stdout.readline()
            (dead,) = {path.name for path in (tmp_path / "r" / "owners").iterdir()} - {living._owner.name}
            if living.status()["limits_by"] != "sampling":
                assert groups_of(dead)
            assert (tmp_path / "r" / "parents" / dead).is_dir()
            os.kill(service.pid, signal.SIGKILL)
        with Runner(tmp_path / "r", COLD):
            assert groups_of(dead) == []
            assert not (tmp_path / "r" / "parents" / dead).exists()
            assert not (tmp_path / "r" / "owners" / dead).exists()
            # Who lives keeps everything.
            assert living.run(Job("print(2)")).stdout == "2\n"


def test_two_services_may_share_a_folder(tmp_path: Path) -> None:
    one, two = Runner(tmp_path / "r", COLD), Runner(tmp_path / "r", COLD)
    try:
        run_id = one.submit(Job("import time; time.sleep(0.5); print('one')"))
        third = Runner(tmp_path / "r", COLD)
        third.close()
        assert two.run(Job("print('two')")).stdout == "two\n"
        assert list(one.events(run_id))[-1].data["stdout"] == "one\n"
        assert two.result(run_id) is not None
    finally:
        one.close()
        two.close()


def test_old_runs_are_forgotten_with_their_files(tmp_path: Path) -> None:
    config = RunnerConfig(launch="cold", kept_runs=5)
    runner = Runner(tmp_path / "r", config)
    try:
        for _ in range(12):
            runner.run(Job("open('/work/a', 'w').write('x')"))
        runner._prune()
        assert sum(runner.status()["stored"].values()) == 5
        assert len(list((tmp_path / "r" / "artifacts").iterdir())) == 5
    finally:
        runner.close()


def test_no_namespaces_is_unavailable_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A real refusal: a root folder that cannot be mounted upon makes the parent's first step fail.
    monkeypatch.setattr("runner.policy.interpreter_inside", lambda: "/nowhere/python")
    runner = Runner(tmp_path / "r", COLD)
    try:
        result = runner.run(Job("print(1)"))
        assert (result.status, result.stdout) == ("unavailable", "")
        capability = runner.capability()
        assert not capability.available
        assert capability.problems[0].remedy
    finally:
        runner.close()


def test_many_at_once_all_answer_and_leave_nothing(tmp_path: Path, count: Callable[[Runner], object]) -> None:
    runner = Runner(tmp_path / "r", RunnerConfig(launch="cold", slots=8, queue=100))
    try:
        runner.run(Job("print(1)"))
        before = count(runner)
        ids = [runner.submit(Job(f"print({n})", limits=Limits(wall_s=20))) for n in range(60)]
        results = [list(runner.events(run_id))[-1].data for run_id in ids]
        assert [result["stdout"] for result in results] == [f"{n}\n" for n in range(60)]
        assert count(runner) == before
    finally:
        runner.close()
