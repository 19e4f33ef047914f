"""Files that a snippet left in its working folder, taken out when nothing inside is alive any more.

The runner holds a descriptor of the cell's scratch file system, so it reads after the last process is dead: nothing can
be swapped while it is read. Only regular files count, opened without following a link.
"""

# Plain calls of `os` below: what is meant is the system call, and a child has milliseconds.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import contextlib
import mimetypes
import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from runner import pictures
from runner.job import Artifact, LeftOut, Limits

_ODD = re.compile(r"[^\w.()+=@ -]", re.UNICODE)
_FOLDERS, _DEPTH, _FILES = 200, 6, 1000
_SKIPPED = frozenset(("__pycache__",))
_NAME_BYTES = 120
# How many files that were not kept are named; a snippet can leave a thousand.
_LEFT_OUT = 20
_UNKNOWN = "application/octet-stream"

Kept = tuple[tuple[Artifact, ...], tuple[LeftOut, ...]]


def collect(scratch: int, folder: Path, limits: Limits, given: Mapping[str, bytes]) -> Kept:
    """Copy what the snippet left in /work to `folder`, at most `limits.artifacts` files in the order of their names.

    Returns:
        What was kept, and what was not with the reason: too many, too large, or no room on this machine's disk.

    Args:
        scratch: descriptor of the cell's scratch file system.
        folder: made when there is something to put in.
        limits: how many files of what size.
        given: files that were laid in before the start, by name; they come back only when they were changed.
    """
    try:
        work = os.open("work", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=scratch)
    except OSError:
        return (), ()
    try:
        return _collect(work, folder, limits, given)
    finally:
        os.close(work)


def _collect(work: int, folder: Path, limits: Limits, given: Mapping[str, bytes]) -> Kept:
    kept: list[Artifact] = []
    left_out: list[LeftOut] = []
    taken: set[str] = set()
    unnamed = 0
    paths = sorted(_regular_files(work), key=lambda path: (path.count("/"), path))
    for place, path in enumerate(paths):
        if len(kept) >= limits.artifacts and len(left_out) >= _LEFT_OUT:
            unnamed += sum(path not in given for path in paths[place:])
            break
        if path in given and _unchanged(work, path, given[path]):
            continue
        name = _free_name(_plain_name(path), taken)
        try:
            source = _open_below(work, path)
        except OSError:
            continue
        try:
            size = os.fstat(source).st_size
            why = _too_much(len(kept), size, limits) or _copy(source, folder, name)
            if not why:
                taken.add(name)
                kept.append(Artifact(name, _media_type(name, source), size, str(folder / name)))
            elif len(left_out) < _LEFT_OUT:
                left_out.append(LeftOut(name, size, why))
            else:
                unnamed += 1
        finally:
            os.close(source)
    if unnamed:
        least = "at least " if len(paths) >= _FILES else ""
        left_out.append(LeftOut(f"{least}{unnamed} more", 0, f"{_LEFT_OUT} are named"))
    return tuple(kept), tuple(left_out)


def _too_much(already: int, size: int, limits: Limits) -> str:
    if size > limits.artifact_bytes:
        return f"a file may have {limits.artifact_bytes >> 20} MiB"
    return f"a run keeps {limits.artifacts} files" if already >= limits.artifacts else ""


def _media_type(name: str, source: int) -> str:
    """Return what a file is by its name; a picture must also be one, since pages show pictures."""
    kind = mimetypes.guess_type(name)[0] or _UNKNOWN
    return _UNKNOWN if kind.startswith("image/") and not pictures.is_whole(source, kind) else kind


def _unchanged(work: int, path: str, content: bytes) -> bool:
    try:
        source = _open_below(work, path)
    except OSError:
        return True
    with open(source, "rb") as file:
        return os.fstat(source).st_size == len(content) and file.read() == content


def _regular_files(work: int) -> list[str]:
    found: list[str] = []
    waiting = [("", 0)]
    folders = 0
    while waiting and folders < _FOLDERS and len(found) < _FILES:
        prefix, depth = waiting.pop(0)
        folders += 1
        try:
            here = os.open(prefix or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=work)
        except OSError:
            continue
        try:
            for name in sorted(os.listdir(here))[:2000]:
                status = os.stat(name, dir_fd=here, follow_symlinks=False)
                path = f"{prefix}/{name}" if prefix else name
                if stat.S_ISREG(status.st_mode):
                    found.append(path)
                elif stat.S_ISDIR(status.st_mode) and depth < _DEPTH and name not in _SKIPPED:
                    waiting.append((path, depth + 1))
        except OSError:
            continue
        finally:
            os.close(here)
    return found


def _copy(source: int, folder: Path, name: str) -> str:
    """Copy an open file to `folder`; return why that could not be, "" when it was done."""
    partial = folder / f".{os.getpid()}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(source, "rb", closefd=False) as reader, partial.open("wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
        partial.replace(folder / name)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        return f"there was no room for it: {error.strerror}"
    return ""


def _open_below(work: int, path: str) -> int:
    """Open a regular file step by step, so that no part of the way is a link.

    Raises:
        OSError: a part of the way is a link, or it is no regular file.
    """
    *folders, name = path.split("/")
    here = os.dup(work)
    try:
        for part in folders:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = below
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=here)
        if not stat.S_ISREG(os.fstat(found).st_mode):
            os.close(found)
            raise OSError("not a regular file")
        return found
    finally:
        os.close(here)


def _plain_name(path: str) -> str:
    """Return a file name that is safe to show, to store and to put into an address."""
    name = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    name = unicodedata.normalize("NFC", name).replace("/", "_")
    name = _ODD.sub("_", name).lstrip(".- ").rstrip(". ") or "file"
    while len(name.encode()) > _NAME_BYTES:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[:-1]}{dot}{suffix}" if dot and len(stem) > 1 and len(suffix) <= 10 else name[:-1]
    return name


def _free_name(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    stem, dot, suffix = name.rpartition(".")
    stem, tail = (stem, f"{dot}{suffix}") if dot and stem else (name, "")
    number = 2
    while f"{stem}-{number}{tail}" in taken:
        number += 1
    return f"{stem}-{number}{tail}"
