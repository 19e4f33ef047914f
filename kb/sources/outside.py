"""What all loaders of outside documents share: finding files and reading them, however they are meant.

Everything here reads what strangers wrote: files may be huge, binary, endless, nested without end, or links that lead
elsewhere. Whatever cannot be read becomes one `Problem` line; it never ends the reading of the rest.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.pages import Page

# Text that people write by hand is far shorter; what is longer was generated, and would drown everything else.
LONGEST_TEXT_BYTES = 2 * 2**20
# Notebooks and exports carry images and the like within them.
LONGEST_JSON_BYTES = 64 * 2**20
MOST_FILES = 200_000
DEEPEST_FOLDER = 40

# Folders that hold no documents, besides hidden ones.
SKIPPED_FOLDERS = frozenset(["node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"])


@dataclass(frozen=True, slots=True)
class Problem:
    """One file, or one entry of it, that could not be read. `where` names it, `what` is one line."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Unreadable(Exception):
    """A document cannot be read; the message is one line that fits after its name and a colon."""


# A name as written in code or text → the canonical symbol of today, or None.
Resolve = Callable[[str], str | None]
Found = Page | Problem


def unresolved(_: str) -> None:
    """Resolve nothing: the resolver where no symbols are known."""


def guarded(where: str, read: Callable[[], Found | None]) -> Iterator[Found]:
    """Yield what `read` returns, or one problem when it fails, whatever the failure."""
    try:
        found = read()
    except Unreadable as error:
        yield Problem(where, str(error))
    except RecursionError:
        yield Problem(where, "it is nested too deeply")
    except MemoryError:
        yield Problem(where, "it needs too much memory")
    except Exception as error:  # strangers' files find what nobody thought of; the rest is still read
        yield Problem(where, one_line(f"it has an unexpected form ({type(error).__name__}: {error})"))
    else:
        if found is not None:
            yield found


def one_line(text: str, longest: int = 200) -> str:
    """Return `text` as one short printable line."""
    flat = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * longest])
    flat = " ".join(flat.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def shown(path: Path, root: Path | None = None) -> str:
    """Return a file's name below `root` in printable form, with slashes."""
    if root is not None and path != root and path.is_relative_to(root):
        path = path.relative_to(root)
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in path.as_posix())


def label(location: Path | str) -> str:
    """Return a short name for a location that no other location has, fit for identifiers and addresses."""
    text = str(location).rstrip("/")
    name = re.sub(r"[^\w.-]+", "-", text.rpartition("/")[2].removesuffix(".git")).strip("-.") or "documents"
    name = "".join(sign for sign in name if sign.isprintable())[:60]
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=3).hexdigest()
    return f"{name}-{digest}"


def walk(root: Path, suffixes: frozenset[str]) -> Iterator[Path | Problem]:
    """Yield the regular files below `root` whose names end so, folder by folder, in a fixed order.

    Links are not followed: what one inside the folder points to is read where it lies, and what lies outside was not
    asked for.
    """
    folders: list[tuple[Path, int]] = [(root, 0)]
    count = 0
    while folders:
        folder, depth = folders.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Problem(shown(folder, root), f"the folder cannot be read ({error.strerror})")
            continue
        deeper: list[tuple[Path, int]] = []
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                if path.suffix.lower() in suffixes and not _leads_inside(path, root):
                    yield Problem(shown(path, root), "it is a link that leads outside the folder; it was not followed")
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS:
                    deeper.append((path, depth + 1))
            elif path.suffix.lower() in suffixes:
                count += 1
                if count > MOST_FILES:
                    yield Problem(shown(root), f"it holds more than {MOST_FILES:,} documents; the rest was not read")
                    return
                yield path
        if deeper and depth >= DEEPEST_FOLDER:
            yield Problem(shown(folder, root), f"folders lie more than {DEEPEST_FOLDER} deep; they were not read")
        else:
            folders.extend(reversed(deeper))


def _leads_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def open_regular(path: Path) -> int:
    """Open a file for reading and return its descriptor; neither links nor pipes nor devices are opened.

    Raises:
        Unreadable: there is no such regular file, or it may not be read.
    """
    try:
        # Without O_NONBLOCK a named pipe would keep us waiting for someone to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise Unreadable(f"it cannot be opened ({getattr(error, 'strerror', None) or error})") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("it is no regular file")
    return descriptor


def read_bytes(path: Path, longest: int) -> bytes:
    """Return a file's content.

    Raises:
        Unreadable: it cannot be opened or has more than `longest` bytes.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        try:
            data = file.read(longest + 1)
        except OSError as error:
            raise Unreadable(f"it cannot be read ({error.strerror})") from None
    if len(data) > longest:
        size = f"{longest // 2**20} MiB" if longest >= 2**20 else f"{longest // 2**10} KiB"
        raise Unreadable(f"it is longer than {size}")
    return data


_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, encoding: str | None = None) -> str:
    """Return the text of `data`: UTF-8, or what its byte order mark or `encoding` says.

    Raises:
        Unreadable: it is no text.
    """
    chosen = next((name for mark, name in _MARKS if data.startswith(mark)), encoding or "utf-8")
    if chosen in {"utf-8", "utf-8-sig"} and b"\x00" in data:
        raise Unreadable("it is binary, not text")
    try:
        return data.decode(chosen)
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not {chosen.upper()} text (byte {error.start:,})") from None


def read_text(path: Path, longest: int = LONGEST_TEXT_BYTES) -> str:
    """Return a file's text.

    Raises:
        Unreadable: it cannot be opened, is too long or no text.
    """
    return decode(read_bytes(path, longest))


def parse_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        Unreadable: it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"it is no valid JSON (line {error.lineno}: {error.msg})") from None
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(one_line(f"it is no valid JSON ({error})")) from None


def read_json(path: Path, longest: int = LONGEST_JSON_BYTES) -> Any:
    """Return the value of a JSON file.

    Raises:
        Unreadable: it cannot be opened, is too long or no JSON.
    """
    return parse_json(read_text(path, longest))


def as_dict(value: Any) -> dict[str, Any]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return `value` if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Return `value` if it is text, or the digits of a whole number, else nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20 else ""
