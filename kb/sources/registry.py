"""All kinds of outside sources, listed; which kind a location is; and the one way to read any of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from kb.errors import BadSource
from kb.pages import Page
from kb.sources import checkout, discord, discourse, folders, github, jsonfiles, matrix, stackexchange
from kb.sources.outside import Found, Problem, Resolve, Unreadable, open_regular, shown, unresolved, walk

Loader = Callable[[Path | str, Resolve], Iterator[Found]]

LOADERS: Mapping[str, Loader] = MappingProxyType(
    {
        "folder": folders.load,
        "git": checkout.load,
        "stackexchange": stackexchange.load,
        "github": github.load,
        "discourse": discourse.load,
        "discord": discord.load,
        "matrix": matrix.load,
    }
)

# How much of a file is looked at to tell what it is, and at how many files of a folder.
PEEK_BYTES = 256 * 1024
MOST_PEEKED = 5
_SIGNS = (
    ("discourse", re.compile(rb'"post_stream"\s{0,9}:')),
    ("discord", re.compile(rb'\A\W{0,20}"guild"\s{0,9}:|"exportedAt"\s{0,9}:[^\0]{0,4000}"messages"\s{0,9}:')),
    ("matrix", re.compile(rb'"(?:event_id|room_name|origin_server_ts)"\s{0,9}:')),
    ("github", re.compile(rb'"(?:html_url|url|issue_url)"\s{0,9}:\s{0,9}"https://(?:api\.)?github\.com/')),
)


def detect(location: Path | str) -> str:
    """Return the kind of a location, a name of `LOADERS`.

    Raises:
        BadSource: there is nothing, or nothing that is known.
    """
    text = str(location)
    if checkout.is_address(text):
        return "git"
    path = Path(location)
    remedy = "Give a folder, a Markdown, notebook or Python file, a Git address, or an export; see the documentation."
    try:
        if path.is_dir():
            return _folder_kind(path)
        if not path.is_file():
            raise BadSource(f"There is no file or folder {shown(path)}.", remedy)
    except (OSError, ValueError):
        raise BadSource(f"The location {shown(path)[:200]} cannot be read.", remedy) from None
    suffix = path.suffix.lower()
    if suffix in {".xml", ".7z"}:
        return "stackexchange"
    if suffix in folders.SUFFIXES:
        return "folder"
    kind = _json_kind(path.resolve()) if suffix in jsonfiles.SUFFIXES else None
    if kind is None:
        raise BadSource(f"{shown(path)} is of no kind that is known.", remedy)
    return kind


def _folder_kind(path: Path) -> str:
    if (path / "Posts.xml").is_file():
        return "stackexchange"
    if (path / "HEAD").is_file() and (path / "objects").is_dir():
        return "git"
    root = path.resolve()
    if next((one for one in walk(root, folders.SUFFIXES) if isinstance(one, Path)), None) is not None:
        return "folder"
    peeked = 0
    for one in walk(root, jsonfiles.SUFFIXES):
        if isinstance(one, Path) and peeked < MOST_PEEKED:
            peeked += 1
            kind = _json_kind(one)
            if kind:
                return kind
    return "folder"


def _json_kind(path: Path) -> str | None:
    try:
        with open(open_regular(path), "rb") as file:  # noqa: PTH123 - a descriptor, opened with care
            head = file.read(PEEK_BYTES)
    except (Unreadable, OSError):
        return None
    return next((kind for kind, sign in _SIGNS if sign.search(head)), None)


def load(location: Path | str, resolve: Resolve = unresolved, *, kind: str | None = None) -> Iterator[Found]:
    """Yield the pages of a location, each id once, and a problem for each thing that could not be read.

    Every page says in its `meta` where it comes from: `source`, the location, and `source_kind`.

    Args:
        location: what the user named: a path or an address.
        resolve: a name as written → its canonical symbol, or None.
        kind: a name of `LOADERS`; by default `detect` tells it.

    Raises:
        BadSource: there is nothing at the location, or it is of no known kind.
    """
    kind = kind or detect(location)
    if kind not in LOADERS:
        raise BadSource(f"There is no kind of source {kind!r}.", f"Choose one of: {', '.join(LOADERS)}.")
    seen: set[str] = set()
    source = source_name(location)
    for found in LOADERS[kind](location, resolve):
        if isinstance(found, Page) and found.id in seen:
            yield Problem(found.id, "the source holds it twice; the first one counts")
        elif isinstance(found, Page):
            seen.add(found.id)
            yield replace(found, meta={**found.meta, "source": source, "source_kind": kind})
        else:
            yield found


def source_name(location: Path | str) -> str:
    """Return what a location is called from now on: an address as given, a path in full."""
    text = str(location)
    return text if checkout.is_address(text) else shown(Path(location).resolve())
