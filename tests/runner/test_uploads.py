"""Uploaded models, weights, arrays and pickles: opened only inside a run, and nothing in them is executed."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest

from runner.job import Job, Limits
from runner.runner import Runner
from runner.uploads import SUFFIXES, is_upload, opening

LOBBY = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "lobby"
LIMITS = Limits(wall_s=60)
MAKE = """
import keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), LAYER])
model.save("m.keras"); model.save("m.h5"); model.save_weights("m.weights.h5")
"""


@pytest.fixture(scope="module")
def made(warm_runner: Runner) -> dict[str, bytes]:
    result = warm_runner.run(Job(MAKE.replace("LAYER", "keras.layers.Dense(1)"), limits=LIMITS))
    assert result.status == "ok", result
    return {artifact.name: Path(artifact.path).read_bytes() for artifact in result.artifacts}


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_model_is_described(warm_runner: Runner, made: dict[str, bytes], name: str) -> None:
    result = warm_runner.run(opening(Job("", limits=LIMITS), name, made[name]))
    assert result.status == "ok", result
    assert "Dense" in result.stdout
    assert "(None, 1)" in result.stdout
    assert [model.parameters for model in result.models] == [19]


def test_weights_are_listed(warm_runner: Runner, made: dict[str, bytes]) -> None:
    result = warm_runner.run(opening(Job("", limits=LIMITS), "best.weights.h5", made["m.weights.h5"]))
    assert result.status == "ok", result
    assert "weights only" in result.stdout
    assert "float32[4, 3]" in result.stdout


def test_code_in_a_model_is_not_run(warm_runner: Runner) -> None:
    source = MAKE.replace("LAYER", "keras.layers.Lambda(lambda x: [x, print('I RAN')][0])")
    made = warm_runner.run(Job(source, limits=LIMITS))
    content = next(Path(artifact.path).read_bytes() for artifact in made.artifacts if artifact.name == "m.keras")
    result = warm_runner.run(opening(Job("", limits=LIMITS), "evil.keras", content))
    assert result.status == "error"
    assert "I RAN" not in result.stdout
    assert result.error is not None
    assert "safe_mode" in result.error.message


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo I RAN",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_read_and_not_loaded(runner: Runner, protocol: int) -> None:
    content = pickle.dumps({"weights": np.zeros(3), "evil": Evil()}, protocol)
    result = runner.run(opening(Job("", limits=LIMITS), "data.pkl", content))
    assert result.status == "ok", result
    assert "I RAN" not in result.stdout
    assert f"{os.system.__module__}.system   <- not plain data" in result.stdout


def test_arrays_are_described_and_objects_refused(runner: Runner) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.arange(6).reshape(2, 3))
    result = runner.run(opening(Job("", limits=LIMITS), "x.npz", buffer.getvalue()))
    assert result.stdout == "x: int64[2, 3]\n  from 0 to 5, mean 2.5\n", result
    buffer = io.BytesIO()
    np.save(buffer, np.array([Evil()], dtype=object), allow_pickle=True)
    result = runner.run(opening(Job("", limits=LIMITS), "x.npy", buffer.getvalue()))
    assert (result.status, result.stdout) == ("error", "")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"PK\x03\x04broken", b"\x89HDF\r\n\x1a\nbroken"])
def test_broken_file_is_an_error_and_no_crash(warm_runner: Runner, suffix: str, content: bytes) -> None:
    name = f"../../odd name'\"{suffix}"
    assert is_upload(name)
    result = warm_runner.run(opening(Job("", limits=LIMITS), name, content))
    assert result.status == "error", result
    assert result.error is not None


def test_command_line_opens_a_model(made: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(made["m.keras"])
    command = [str(LOBBY), "run", "--data-dir", str(tmp_path / "data"), str(tmp_path / "m.keras")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Dense" in done.stdout
