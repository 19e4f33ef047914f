"""Python programs → pages: the module's docstring says what the program shows, the rest is its code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from kb.errors import BadSource
from kb.pages import Page, Section
from kb.symbols import PACKAGES

MOST_SYMBOLS = 3


def read(path: Path) -> Page:
    """Return the page of one program.

    Raises:
        BadSource: the file is no text or no valid Python.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSource(f"{path} cannot be read: {error}.", "Save it as UTF-8 text.") from None
    except SyntaxError as error:
        raise BadSource(f"{path}, line {error.lineno}: {error.msg}.", "Mend that line.") from None
    return parse(text, tree, path.stem)


def parse(text: str, tree: ast.Module, stem: str) -> Page:
    """Return the page of a program that was parsed."""
    doc = ast.get_docstring(tree) or stem.replace("_", " ")
    code = _without_docstring(text, tree)
    first, _, _ = doc.partition("\n\n")
    title = re.sub(r"\s+", " ", first).strip().rstrip(".")
    notes, code = _notes(code)
    symbols = notes.get("symbols") or _symbols(tree)
    return Page(
        id=f"example:{stem}",
        kind="example",
        title=title[:120],
        url=f"/learn#example-{stem}",
        sections=(
            Section("", doc.strip()),
            Section("Code", f"```python\n{code}\n```"),
        ),
        symbols=tuple(dict.fromkeys(symbols))[:MOST_SYMBOLS],
        meta={"source": "examples", "lobby_url": f"/learn#example-{stem}", "backends": notes.get("backends", [])},
    )


def _notes(code: str) -> tuple[dict[str, list[str]], str]:
    """Return what the comments right before a program say of it (`# symbols: a, b`), and the program without them."""
    notes: dict[str, list[str]] = {}
    while match := re.match(r"# (symbols|backends): *(.+)\n+", code):
        notes[match[1]] = re.findall(r"[\w.]+", match[2])
        code = code[match.end() :]
    return notes, code


def _without_docstring(text: str, tree: ast.Module) -> str:
    if ast.get_docstring(tree) is None:
        return text.strip("\n")
    return "\n".join(text.splitlines()[tree.body[0].end_lineno :]).strip("\n")


def _symbols(tree: ast.Module) -> list[str]:
    """Return the Keras names that a program uses, the telling ones first: those every program uses come last."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            path = _dotted(node)
            if path and path.split(".")[0] in PACKAGES and path.count(".") >= 2:
                found.append(path)
    common = ("layers.Dense", "layers.Input", "utils.set_random_seed", "keras.Sequential", "layers.Flatten")
    return sorted(dict.fromkeys(found), key=lambda path: path.endswith(common))


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else None
    return None
