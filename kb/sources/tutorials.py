"""Python files → pages: keras.io tutorials, whose text stands in strings between the code, and plain programs."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kb.pages import Page, Section
from kb.sources import markdown
from kb.sources.finish import clean, make_page
from kb.sources.markup import fenced, plain_markdown
from kb.sources.outside import (
    Found,
    Resolve,
    Unreadable,
    decode,
    guarded,
    label,
    read_bytes,
    shown,
    unresolved,
)
from kb.sources.sites import Place, place, subjects

# What a file may say it is written in; the others are tricks rather than texts.
ENCODINGS = frozenset(
    [
        "utf-8",
        "utf-8-sig",
        "ascii",
        "iso-8859-1",
        "iso-8859-15",
        "cp1252",
        "gbk",
        "gb18030",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "big5",
    ]
)
# Parsing takes a second and a hundred megabytes for every so many bytes of the worst code.
LONGEST_PROGRAM_BYTES = 2**18
# Code is cut between top-level statements into blocks of about so many characters.
BLOCK = 900
_HEADER_FIELD = re.compile(
    r"^(Titles?|Authors?|Date created|Last modified|Description|Accelerator|Converted to Keras 3 by):[ \t]*(.*)$"
)
_KERAS = re.compile(r"\b(?:keras|tensorflow)\w*\b")


def load(location: Path | str, resolve: Resolve = unresolved) -> Iterator[Found]:
    """Yield the page of one Python file, or what is wrong with it."""
    path = Path(location).resolve()
    yield from guarded(
        shown(path),
        lambda: read(path, place(path.name), identity=label(path), url=f"/sources/{label(path)}", resolve=resolve),
    )


def read(
    path: Path, where: Place, *, identity: str, url: str, resolve: Resolve, only_keras: bool = False, **meta: Any
) -> Page | None:
    """Return the page of a Python file.

    Args:
        path: the file.
        where: its language and place, told from its path.
        identity: what its id is to end with.
        url: its address.
        resolve: a name → its canonical symbol, or None.
        only_keras: return None for a file that has nothing to do with Keras.
        meta: what else is known of it.

    Raises:
        Unreadable: it is no text or no Python.
    """
    text = _text(path)
    if only_keras and not _KERAS.search(text):
        return None
    tree = _parse(text)
    header, start = _header(tree)
    if header:
        return _tutorial(text, tree, header, start, where, identity=identity, url=url, resolve=resolve, **meta)
    doc = ast.get_docstring(tree) or ""
    lines = text.split("\n")
    body = tree.body[1:] if doc else tree.body
    title = doc.strip().partition("\n")[0].rstrip(".") or where.stem.replace("_", " ")
    sections = [
        Section("", doc),
        Section("Code", _code(lines, body, tree.body[0].end_lineno or 0 if doc else 0, len(lines))),
    ]
    return make_page(
        identity=f"example:{identity}",
        kind="example",
        title=title,
        url=url,
        sections=sections,
        resolve=resolve,
        language=where.language,
        meta={**meta, "format": "python"},
    )


def _text(path: Path) -> str:
    data = read_bytes(path, LONGEST_PROGRAM_BYTES)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data[:4096]).readline)
    except SyntaxError:
        raise Unreadable("it says that it is written in an unknown encoding") from None
    if encoding not in ENCODINGS:
        raise Unreadable(f"it says that it is written in {encoding[:40]!r}, which is not read")
    return decode(data, encoding).replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", " ")


def _parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # strangers' escapes are not ours to mend
            return ast.parse(text)
    except SyntaxError as error:
        raise Unreadable(f"it is no valid Python (line {error.lineno}: {error.msg})") from None
    except (RecursionError, MemoryError):
        raise Unreadable("it is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"it is no valid Python ({error})") from None


def _header(tree: ast.Module) -> tuple[dict[str, str], int]:
    """Return the fields of a tutorial's head (Title, Author, …) and how many statements they take."""
    doc = _string(tree.body[0]) if tree.body else None
    if doc is None or not doc.lstrip().startswith("Title:"):
        return {}, 0
    fields: dict[str, str] = {}
    last = ""
    for line in doc.strip().split("\n"):
        match = _HEADER_FIELD.match(line.strip())
        if match:
            last = (
                match.group(1).lower().rstrip("s")
                if match.group(1).startswith(("Title", "Author"))
                else match.group(1).lower()
            )
            fields[last] = match.group(2).strip()
        elif last and line.strip():
            fields[last] += f" {line.strip()}"
    return fields, 1


def _string(node: ast.stmt) -> str | None:
    """Return the text of a statement that is nothing but a string."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return None


def _tutorial(
    text: str,
    tree: ast.Module,
    header: dict[str, str],
    start: int,
    where: Place,
    *,
    identity: str,
    url: str,
    resolve: Resolve,
    **meta: Any,
) -> Page:
    lines = text.split("\n")
    parts = [header.get("description", "")]
    run: list[ast.stmt] = []
    done = tree.body[0].end_lineno or 0
    for node in [*tree.body[start:], None]:
        said = _string(node) if node is not None else ""
        if node is not None and said is None:
            run.append(node)
            continue
        parts.append(_code(lines, run, done, (node.lineno - 1) if node is not None else len(lines)))
        run = []
        if node is not None and said is not None:
            parts.append(_prose(said))
            done = node.end_lineno or 0
    authors = re.sub(r"\[([^\[\]]{0,100})\]\([^()]{0,300}\)", r"\1", header.get("author", ""))
    kind = "example" if where.neutral.startswith("examples/") else "guide"
    return make_page(
        identity=f"{kind}:{identity}",
        kind="example" if kind == "example" else "guide",
        title=header.get("title") or where.stem.replace("_", " "),
        url=url,
        sections=markdown.sections(clean("\n\n".join(part.strip("\n") for part in parts if part.strip()))),
        resolve=resolve,
        language=where.language,
        symbols=subjects(where),
        date=(header.get("last modified") or header.get("date created", "")).replace("/", "-")[:10],
        meta={
            **meta,
            "format": "tutorial",
            "authors": tuple(name.strip() for name in re.split(r",| and ", authors) if name.strip())[:10],
        },
    )


def _prose(said: str) -> str:
    """Return a text block as Markdown; `shell` blocks are commands, `invisible` ones are not shown."""
    if said.startswith("shell\n"):
        return fenced(said[6:], "shell")
    return "" if said.startswith("invisible\n") else plain_markdown(said)


def _code(lines: list[str], nodes: list[ast.stmt], after: int, before: int) -> str:
    """Return the code between two lines as fenced blocks, cut only between top-level statements.

    Args:
        lines: of the file.
        nodes: the statements in question.
        after: number of lines that come before them.
        before: number of the line before which they end, counted as `after`.
    """
    blocks: list[str] = []
    start = after
    for node, following in zip(nodes, [*nodes[1:], None], strict=False):
        # Comments and decorators above a statement belong to it.
        end = before if following is None else node.end_lineno or start
        if following is None or sum(len(line) + 1 for line in lines[start : _end_of(following)]) > BLOCK:
            code = "\n".join(lines[start:end]).strip("\n")
            if code.strip():
                blocks.append(fenced(code))
            start = end
    return "\n\n".join(blocks)


def _end_of(node: ast.stmt) -> int:
    return node.end_lineno or 0
