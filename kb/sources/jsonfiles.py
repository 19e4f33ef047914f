"""JSON exports: one file or many, arrays, arrays one after the other (as paged tools print them), or a value a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from kb.pages import Page
from kb.sources.outside import (
    LONGEST_JSON_BYTES,
    LONGEST_TEXT_BYTES,
    Found,
    Problem,
    Unreadable,
    decode,
    guarded,
    one_line,
    open_regular,
    parse_json,
    read_text,
    shown,
    walk,
)

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})

# What names a document, and what reads it.
Part = tuple[str, Callable[[], Page | None]]


def files(location: Path | str) -> Iterator[Path | Problem]:
    """Yield the JSON files of a folder, or the one file, each as a resolved path."""
    root = Path(location)
    if not root.exists():
        yield Problem(shown(root), "there is no such file or folder")
    elif root.is_dir():
        yield from walk(root.resolve(), SUFFIXES)
    else:
        yield root.resolve()


def values(path: Path) -> Iterator[Any | Problem]:
    """Yield the values of a JSON file; what cannot be read is a problem, and what came before it counts.

    A file with a value a line is read line by line, whatever its size.
    """
    if path.suffix.lower() != ".json":
        yield from _lines(path)
        return
    try:
        text = read_text(path, LONGEST_JSON_BYTES)
    except Unreadable as error:
        yield Problem(shown(path), str(error))
        return
    decoder = json.JSONDecoder()
    place = _next(text, 0)
    if place == len(text):
        yield Problem(shown(path), "it is empty")
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            yield Problem(shown(path), f"it is no valid JSON (line {error.lineno}: {error.msg})")
            return
        except RecursionError:
            yield Problem(shown(path), "it is nested too deeply")
            return
        except ValueError as error:
            yield Problem(shown(path), one_line(f"it is no valid JSON ({error})"))
            return
        yield value
        place = _next(text, place)


def documents(location: Path | str, parts: Callable[[Path, Any], Iterable[Part]]) -> Iterator[Found]:
    """Yield the pages of a folder's JSON files, or of the one file.

    Args:
        location: the file or folder.
        parts: a file and a value of it → the documents in that value, each with what names it and what reads it; it may
            raise `Unreadable`.
    """
    for path in files(location):
        if isinstance(path, Problem):
            yield path
            continue
        for value in values(path):
            if isinstance(value, Problem):
                yield value
                continue
            try:
                found = list(parts(path, value))
            except Unreadable as error:
                yield Problem(shown(path), str(error))
                continue
            for where, read in found:
                yield from guarded(where, read)


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _lines(path: Path) -> Iterator[Any | Problem]:
    try:
        file = open(open_regular(path), "rb")  # noqa: PTH123, SIM115 - a descriptor, opened with care
    except Unreadable as error:
        yield Problem(shown(path), str(error))
        return
    number = 0
    with file:
        while line := file.readline(LONGEST_TEXT_BYTES + 1):
            number += 1
            if len(line) > LONGEST_TEXT_BYTES:
                yield Problem(
                    shown(path),
                    f"line {number:,} is longer than {LONGEST_TEXT_BYTES // 2**20} MiB; the rest was not read",
                )
                return
            if line.strip():
                try:
                    yield parse_json(decode(line))
                except Unreadable as error:
                    yield Problem(f"{shown(path)}, line {number:,}", str(error))
