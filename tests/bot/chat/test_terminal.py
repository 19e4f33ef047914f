"""`lobby chat` as people and pipes meet it: real processes on real rooms."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.terminal import NoFile, Terminal, unfinished, whole
from bot.settings import CHECKOUT

LOBBY = CHECKOUT / ".venv" / "bin" / "lobby"


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOBBY_", "LC_", "LANG"))}
    return {**kept, "LANG": "C.UTF-8", **more}


def piped(text: str, data_dir: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LOBBY, "chat", "--data-dir", data_dir, *arguments],
        input=text,
        text=True,
        capture_output=True,
        env=environment(**more),
        timeout=180,
    )


class Screen:
    """A person at a terminal."""

    # What it says it is; with a 4 in it, it draws sixels.
    attributes = "\x1b[?62c"

    def __init__(self, data_dir: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 800, 1000))
        self.process = subprocess.Popen(
            [LOBBY, "chat", "--data-dir", data_dir],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(TERM="xterm-256color", COLUMNS="100", LINES="40"),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.seen = ""
        self._read_to = 0

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, pattern: str, seconds: float = 60.0) -> str:
        """Wait until something new matches and return all that is new up to its end."""
        end = time.monotonic() + seconds
        while True:
            if match := re.search(pattern, self.seen[self._read_to :]):
                new = self.seen[self._read_to : self._read_to + match.end()]
                self._read_to += match.end()
                return new
            assert time.monotonic() < end, f"no {pattern!r} in {self.seen[self._read_to :]!r}"
            if select.select([self._master], [], [], 0.2)[0]:
                chunk = os.read(self._master, 65536).decode("utf-8", "replace")
                # What a terminal answers when it is asked where the cursor is, and what it is.
                if "\x1b[6n" in chunk:
                    self.type("\x1b[1;1R")
                if "\x1b[c" in chunk:
                    self.type(self.attributes)
                self.seen += chunk

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def screen(copy_of_knowledge: Path) -> Iterator[Screen]:
    opened = Screen(copy_of_knowledge)
    yield opened
    opened.close()


def test_pipe_gives_plain_text_in_order(copy_of_knowledge: Path) -> None:
    done = piped("how do I stop training when val_loss stops improving?\n!run print(6*7)\n:3\n", copy_of_knowledge)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "\u200b" not in done.stdout
    places = [done.stdout.index(word) for word in ("EarlyStopping", "TensorFlow", "PyTorch · Keras")]
    assert places == sorted(places)
    assert done.stdout.count("\n42\n") == 2


def test_program_of_many_lines_goes_through_a_pipe(copy_of_knowledge: Path) -> None:
    text = "run this on jax\\\n```python\nfor i in range(2):\n\n    print('line', i)\n```\\\nstdin: 5\n"
    done = piped(text, copy_of_knowledge)
    assert "JAX" in done.stdout
    assert "line 0\nline 1\n" in done.stdout


def test_json_gives_one_document_a_message(copy_of_knowledge: Path) -> None:
    done = piped("print(1)\n:docs keras.layers.Desne\n:quit\nnever\n", copy_of_knowledge, "--json")
    run, docs = map(json.loads, done.stdout.splitlines())
    assert run["replies"][0]["facts"]["stdout"] == "1\n"
    assert docs["replies"][0]["facts"]["nearest"][0] == "keras.layers.Dense"


def test_picture_is_kept_and_its_path_shown(copy_of_knowledge: Path) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('line.png')"
    done = piped(f"```python\n{code}\n```\n", copy_of_knowledge)
    path = re.search(r"line\.png: (\S+)", done.stdout)
    assert path, done.stdout
    assert Path(path[1]).read_bytes().startswith(b"\x89PNG")


def test_file_is_sent_along(copy_of_knowledge: Path, tmp_path: Path) -> None:
    (tmp_path / "my model.py").write_text("print('from a file')")
    done = piped(f":file '{tmp_path}/my model.py' run this\n:file /no/such.py\n:file\n", copy_of_knowledge)
    assert "from a file" in done.stdout
    assert "No such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_language_is_the_terminals(copy_of_knowledge: Path) -> None:
    assert "Posez une question" in piped(":help\n", copy_of_knowledge, LANG="fr_FR.UTF-8").stdout


def test_follow_up_works_in_a_later_session(copy_of_knowledge: Path) -> None:
    piped("how do I write a custom train step in jax?\n", copy_of_knowledge)
    done = piped("and for torch?\n", copy_of_knowledge)
    assert "loss.backward()" in done.stdout


def test_terminal_shows_colours_progress_and_history(screen: Screen) -> None:
    screen.wait_for("you>")
    screen.type("```python\r")
    screen.type("import time\rprint('typed')\rtime.sleep(2)\r```\r")
    shown = screen.wait_for(r"typed[\s\S]*?Run again")
    assert "\x1b[" in shown
    assert "Running on TensorFlow" in shown
    screen.wait_for("you>")
    screen.type("\x1b[A")
    screen.wait_for("sleep")


@pytest.mark.parametrize(("attributes", "drawn"), [("\x1b[?62c", "[▀▄]"), ("\x1b[?62;4c", r"\x1bP[\d;]*q")])
def test_picture_is_drawn_as_the_terminal_can(screen: Screen, attributes: str, drawn: str) -> None:
    screen.attributes = attributes
    screen.wait_for("you>")
    screen.type("!run import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.savefig('line.png')\r")
    shown = screen.wait_for(r"line\.png: [\s\S]*you>")
    assert re.search(drawn, shown)


def test_control_c_stops_the_run_and_not_the_program(screen: Screen) -> None:
    screen.wait_for("you>")
    screen.type("half a thought\x03")
    screen.wait_for("you>")
    screen.type("!run import time; time.sleep(25)\r")
    screen.wait_for("Running on")
    screen.type("\x03")
    screen.wait_for("Stopped on request")
    screen.wait_for("you>")
    screen.type("!run print(6 * 7)\r")
    screen.wait_for(r"m42\x1b[\s\S]*you>")
    screen.type("\x04")
    assert screen.process.wait(30) == 0


def test_end_of_input_in_an_open_fence_sends_what_there_is() -> None:
    assert unfinished("```python\nprint(1)")
    assert not unfinished("```python\nprint(1)\n```")
    assert unfinished("run on jax\\")
    assert whole(["run on jax\\", "```python", "x = 1 + \\", "2", "```"]) == "run on jax\n```python\nx = 1 + \\\n2\n```"


def test_numbers_press_buttons_and_other_text_does_not() -> None:
    terminal = Terminal(out=io.StringIO())
    assert terminal.message(":7").button == ""
    assert terminal.message("7").button == ""
    with pytest.raises(NoFile):
        terminal.message(":file ")
