"""The record of verification: which file of the content folder ran on what, when, with which versions, how it went.

`lobby kb verify` notes each verdict as it comes, so that an interrupted run loses nothing. Pages read it::

    record = verified.load(settings.data_dir, settings.content_dir, "faq/stop-training-early.md")
    if record:
        print(f"verified with Keras {record.keras} on {', '.join(record.backends)} on {record.date}")

The record is `verified.json` in the data directory, replaced as a whole. What is said of a file holds for its code and
what the code is to do, known by a hash: once that is edited, the record is silent until it is verified again.

The content folder has a `verified.json` of its own: what held when its files were last verified as a whole (`publish`).
So whoever installs Lobby shows from the start what was verified, and verifies again only what differs.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bot import verify
from bot.verify import Document, Verdict
from runner.disk import writing_to
from runner.job import BACKENDS, Backend

FILE = "verified.json"
# What the outcome of a block may depend on beside its text. The backend's own package comes first.
PACKAGES = ("keras", "keras-hub", "keras-tuner", "numpy")


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one file as it is now.

    On all of `backends` its code did what its text says, with Keras `keras`; on `failed` it did not. `date` (ISO, UTC)
    is the day of the oldest of these runs.
    """

    keras: str
    backends: tuple[Backend, ...]
    date: str
    failed: tuple[Backend, ...] = ()


def versions(backend: Backend) -> dict[str, str]:
    """Return the versions that a verification on `backend` depends on, by package; `+cpu` and the like do not count."""
    return {name: metadata.version(name).partition("+")[0] for name in (backend, *PACKAGES)}


def note(data_dir: Path, content: Path, verdict: Verdict) -> None:
    """Write a verdict down, in place of what was known of this file on this backend.

    Files outside of the content folder are not recorded. Several processes may do this at once.

    Raises:
        NoSpace: the data directory cannot be written to.
    """
    name = _name(content, verdict.document)
    if name is None:
        return
    now = datetime.now(UTC).replace(microsecond=0)
    entry = {
        "content_hash": verdict.content_hash,
        "versions": versions(verdict.backend),
        "when": now.isoformat(),
        "outcome": verdict.outcome,
        "seconds": round(verdict.seconds, 2),
        "why": verdict.why,
        "not_run": list(verdict.not_run),
    }
    with writing_to(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True)
        with _alone(data_dir):
            kept = {file: dict(entries) for file, entries in _read(data_dir).items() if (content / file).is_file()}
            kept.setdefault(name, {})[verdict.backend] = entry
            _replace(data_dir / FILE, json.dumps(kept, indent=1, sort_keys=True))


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load(data_dir: Path, content: Path, name: str) -> Record | None:
    """Return what is known of a file of the content folder, or None.

    Args:
        data_dir: the folder of everything stateful.
        content: the content folder.
        name: the file below it, as `faq/stop-training-early.md`.
    """
    entries = _known(data_dir, content, name)
    if not entries:
        return None
    try:
        document = verify.read(content / name)
    except (OSError, ValueError):
        return None
    now = document.content_hash
    # What a file no longer speaks of, nobody asks.
    spoken = (each for each in BACKENDS if each in document.backends and each in entries)
    known = {each: entries[each] for each in spoken if entries[each]["content_hash"] == now}
    passed = tuple(each for each in known if known[each]["outcome"] == "passed")
    if not passed:
        return None
    oldest = min((known[each] for each in passed), key=lambda entry: str(entry["when"]))
    failed = tuple(each for each in known if known[each]["outcome"] == "failed")
    return Record(oldest["versions"]["keras"], passed, str(oldest["when"])[:10], failed)


def holds(data_dir: Path, content: Path, document: Document, backend: Backend) -> bool:
    """Tell whether a document passed as it is now, or had nothing to run, with today's versions."""
    name = _name(content, document.path)
    entry = _known(data_dir, content, name).get(backend) if name else None
    return (
        entry is not None
        and entry["outcome"] != "failed"
        and entry["content_hash"] == document.content_hash
        and entry["versions"] == versions(backend)
    )


def publish(data_dir: Path, content: Path, documents: Iterable[Document]) -> int:
    """Write what holds of `documents` into the content folder, in place of what is there; return how much that is.

    Raises:
        NoSpace: the content folder cannot be written to.
    """
    files: dict[str, dict[str, object]] = {}
    for document in documents:
        name = _name(content, document.path)
        holding = [each for each in BACKENDS if each in document.backends and holds(data_dir, content, document, each)]
        if name and holding:
            known = _known(data_dir, content, name)
            files[name] = {"content_hash": document.content_hash}
            files[name].update((each, [known[each]["outcome"], known[each]["when"]]) for each in holding)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(files[name])}" for name in sorted(files))
    head = json.dumps({backend: versions(backend) for backend in BACKENDS}, indent=1)
    with writing_to(content):
        _replace(content / FILE, f'{{"versions": {head},\n"files": {{\n{lines}\n}}}}\n')
    return sum(len(one) - 1 for one in files.values())


def _name(content: Path, document: Path) -> str | None:
    """Return a document's path below the content folder; None for one elsewhere."""
    path, top = document.resolve(), content.resolve()
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else None


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    with (data_dir / f"{FILE}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


Entries = Mapping[str, Mapping[str, Mapping[str, Any]]]


def _known(data_dir: Path, content: Path, name: str) -> Mapping[str, Mapping[str, Any]]:
    """Return what is known of a file by backend: from here or as it was published, whichever is newer."""
    published, own = _read(content).get(name, {}), _read(data_dir).get(name, {})
    newer = {each: one for each, one in own.items() if one["when"] >= published.get(each, one)["when"]}
    return {**published, **newer}


def _read(folder: Path) -> Entries:
    path = folder / FILE
    try:
        found = path.stat()
    except OSError:
        return {}
    return _parsed(path, found.st_mtime_ns, found.st_ino)


@lru_cache(maxsize=4)
def _parsed(path: Path, _changed: int, _inode: int) -> Entries:
    """Return the record; read once as long as the file is the same. A damaged one counts as none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if set(data) == {"versions", "files"}:
            data = _unfolded(data["versions"], data["files"])
        for entries in data.values():
            for entry in entries.values():
                entry["versions"]["keras"], entry["content_hash"], entry["outcome"], entry["when"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return data  # type: ignore[no-any-return]


def _unfolded(versions: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a published record in the form of one's own."""
    return {
        name: {
            each: {
                "content_hash": one["content_hash"],
                "versions": versions[each],
                "outcome": one[each][0],
                "when": one[each][1],
            }
            for each in BACKENDS
            if each in one
        }
        for name, one in files.items()
    }
