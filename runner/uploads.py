"""Models, weights, arrays and pickles that people send: opened only inside a run, in safe mode, and described."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath

from runner.job import Job

_OPENERS = {
    ".keras": "model",
    ".h5": "model",
    ".hdf5": "model",
    ".npy": "arrays",
    ".npz": "arrays",
    ".pkl": "pickles",
    ".pickle": "pickles",
}
SUFFIXES = tuple(_OPENERS)
_FOLDER = Path(__file__).resolve().parent / "openers"


def is_upload(name: str) -> bool:
    """True when a file of this name is something to open, not something to run."""
    return PurePath(name).suffix.lower() in _OPENERS


def opening(template: Job, name: str, content: bytes) -> Job:
    """Return the run that opens a file and prints what it holds.

    Args:
        template: backend, limits and the rest of the run.
        name: how the file is called; its suffix, one of `SUFFIXES`, says how it is opened.
        content: the file, which only the run looks into.
    """
    suffix = PurePath(name).suffix.lower()
    # Under a name of ours: Keras goes by the suffix, and the given one may be any text.
    inside = f"upload.weights{suffix}" if PurePath(name).stem.lower().endswith(".weights") else f"upload{suffix}"
    program = (_FOLDER / f"{_OPENERS[suffix]}.py").read_text("utf-8").replace('FILE = ""', f"FILE = {inside!r}", 1)
    return replace(template, source=program, files={**template.files, inside: content})
