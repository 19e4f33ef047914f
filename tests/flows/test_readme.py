"""Every command that the README shows is run as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]
# Sets everything up and goes on until it is stopped; `make test` would run itself without end.
SERVES, RECURSES = "make run", "make test"


@pytest.fixture(scope="module")
def environment(data_dir: Path) -> dict[str, str]:
    path = f"{CHECKOUT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    # What `make test` itself was called with is not meant for the commands tried here.
    outer = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "ARGS")
    }
    return {**outer, "PATH": path, "LOBBY_DATA_DIR": str(data_dir)}


@pytest.fixture(scope="module")
def served(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run `make run` as a user does, on a free port, and yield the last line it printed."""
    log = tmp_path_factory.mktemp("served") / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            SERVES.split(), cwd=CHECKOUT, env={**environment, "LOBBY_PORT": "0"}, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 120
        while "Lobby is open at" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield log.read_text().splitlines()[-1]
    finally:
        process.terminate()
        process.wait(30)


def test_readme_shows_the_two_commands() -> None:
    assert SERVES in COMMANDS
    assert RECURSES in COMMANDS


def test_make_run_ends_with_one_line_that_gives_the_address(served: str) -> None:
    assert re.fullmatch(r"Lobby is open at http://127\.0\.0\.1:\d+ \(Ctrl-C closes it\)", served)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in (SERVES, RECURSES)])
def test_command_of_the_readme_works(command: str, served: str, environment: dict[str, str]) -> None:
    found = re.search(r"http://[\d.:]+", served)
    assert found is not None
    command = command.replace("http://127.0.0.1:8080", found[0])
    done = subprocess.run(
        command, shell=True, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stdout + done.stderr


def test_make_test_is_a_target() -> None:
    done = subprocess.run([*RECURSES.split(), "-n"], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0
    assert "pytest" in done.stdout


def test_every_file_and_picture_that_the_readme_links_exists() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (CHECKOUT / target).exists(), target
