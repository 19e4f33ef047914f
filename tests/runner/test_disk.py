"""A folder that cannot be written to: said in one sentence, and no result is lost to who waits for it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import NoSpace
from runner.job import Job, Limits
from runner.runner import Runner, RunnerConfig

COLD = RunnerConfig(launch="cold", slots=1, cache_entries=0)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="MOUNTING A SMALL DISK NEEDS ROOT")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of one MiB."""
    place = tmp_path / "tiny"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


@needs_root
def test_full_disk_is_told_and_the_service_goes_on(tiny: Path) -> None:
    with Runner(tiny / "r", COLD) as runner:
        assert runner.run(Job("print(1)")).status == "ok"
        ballast = fill(tiny)
        with pytest.raises(NoSpace) as told:
            for number in range(50):  # the log has a little room left
                runner.run(Job(f"print({number})"))
        assert told.value.what == f"The disk is full: a run cannot be written down in {tiny / 'r'}."
        assert told.value.remedy == "Free some space there, or choose another --data-dir."
        ballast.unlink()
        assert runner.run(Job("print(2)")).stdout == "2\n"


@needs_root
def test_result_of_a_run_that_ends_on_a_full_disk_is_not_lost(tiny: Path) -> None:
    with Runner(tiny / "r", COLD) as runner:
        begun = threading.Event()
        run_id = runner.submit(
            Job("print('a'); import time; time.sleep(2); print('x' * 60_000)", limits=Limits(wall_s=20))
        )
        runner.subscribe(run_id, lambda event: begun.set())
        assert begun.wait(15)
        ballast = fill(tiny)
        last = list(runner.events(run_id))[-1]
        assert (last.kind, last.data["status"]) == ("done", "ok")
        result = runner.result(run_id)
        assert result is not None
        assert result.stdout.startswith("a\nxxx")
        ballast.unlink()
        assert runner.run(Job("print(3)")).status == "ok"
    with Runner(tiny / "r", COLD) as again:  # written down as soon as there was room
        assert again.result(run_id) == result


@needs_root
def test_full_disk_at_the_start_is_told(tiny: Path) -> None:
    fill(tiny)
    with pytest.raises(NoSpace, match="The disk is full"):
        Runner(tiny / "r", COLD)


@needs_root
def test_read_only_folder_is_told(tiny: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny)], check=True)
    with pytest.raises(NoSpace, match=r"Nothing can be written in .*read-only"):
        Runner(tiny / "r", COLD)


def test_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("")
    with pytest.raises(NoSpace, match="Nothing can be written in"):
        Runner(tmp_path / "r", COLD)


@needs_root
def test_file_for_which_there_is_no_room_is_named(tiny: Path) -> None:
    with Runner(tiny / "r", COLD) as runner:
        source = "for name in 'ab': open(name, 'wb').write(b'x' * 600_000)"
        result = runner.run(Job(source))
        assert result.status == "ok", result
        assert [each.name for each in result.artifacts] == ["a"]
        (left,) = result.left_out
        assert (left.name, left.size, left.why) == ("b", 600_000, "there was no room for it: No space left on device")
        assert not list((tiny / "r").rglob("*.partial"))
