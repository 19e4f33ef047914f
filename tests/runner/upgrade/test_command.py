"""`lobby upgrade`, as people and scripts call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import call

OLD = "from keras.layers.core import Dense\nmodel.fit(x, y, nb_epoch=3)\n"
NEW = "from keras.layers import Dense\nmodel.fit(x, y, epochs=3)\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "old.py"
    path.write_text(OLD)
    return path


def test_a_diff_with_reasons(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["upgrade", str(program)]) == 0
    shown = capsys.readouterr().out
    assert "\n-model.fit(x, y, nb_epoch=3)\n" in shown
    assert "\n+model.fit(x, y, epochs=3)\n" in shown
    assert "line 2: `nb_epoch` is `epochs` since Keras 2.0." in shown
    assert program.read_text() == OLD


def test_the_new_source_alone(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["upgrade", str(program), "--source"]) == 0
    assert capsys.readouterr().out == NEW


def test_json_has_the_published_fields(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["upgrade", str(program), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["changed", "source", "diff", "changes", "findings", "run_before", "run_after"]
    assert (told["changed"], told["source"], told["run_before"], told["run_after"]) == (True, NEW, None, None)
    assert list(told["changes"][0]) == ["line", "rule", "reason", "link"]


def test_runs_before_and_after(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old.py"
    path.write_text("from keras.layers.core import Dense\nprint 'units', Dense(output_dim=3).units\n")
    status = call(["upgrade", str(path), "--json", "--run", "--data-dir", str(tmp_path / "data")])
    told = json.loads(capsys.readouterr().out)
    assert status == 0
    assert told["run_before"]["status"] == "rejected"
    assert (told["run_after"]["status"], told["run_after"]["stdout"]) == ("ok", "units 3\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"import keras\ndef f(:\n", "Line 2"),
        (b"import keras\n\xff\xfe\x00", "not text"),
        (b"x" * 1_100_000, "512 KiB"),
    ],
)
def test_what_cannot_be_read(content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.py"
    path.write_bytes(content)
    assert call(["upgrade", str(path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["upgrade", str(tmp_path / "none.py")]) == 2
    assert "cannot be read" in capsys.readouterr().err
