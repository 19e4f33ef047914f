"""Jupyter notebooks → pages. They are read as data; nothing in them is ever run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kb.pages import Page
from kb.sources import markdown
from kb.sources.finish import clean, make_page
from kb.sources.markup import fenced, first_heading, plain_markdown
from kb.sources.outside import (
    Found,
    Resolve,
    Unreadable,
    as_dict,
    as_list,
    as_text,
    guarded,
    label,
    one_line,
    read_json,
    shown,
    unresolved,
)
from kb.sources.sites import Place, place, subjects, tensorflow_path_url, tensorflow_url

MOST_CELLS = 5_000
LONGEST_CELL = 200_000
LONGEST_ERROR = 300

_LICENCE = re.compile(
    r"Licensed under the Apache License|\bMIT License\b.{0,400}Permission is hereby granted", re.DOTALL
)
_COPYRIGHT = re.compile(
    r"^#{0,6}[ \t]{0,4}(Copyright (?:\(c\) )?(\d{4}) (.{1,80}?))\.?[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_BADGE = re.compile(r"colab-badge|tfo-notebook-buttons|colab\.research\.google\.com/github|mybinder\.org/badge")
_BADGE_LINK = re.compile(r"\[!\[[^\[\]]{0,100}\]\([^()\s]{0,500}\)\]\([^()\s]{0,500}\)")
# Volunteers' translations all begin with the same remark.
_TRANSLATION_NOTE = re.compile(
    r"^(?:\*\*)?(?:Note|Nota|注意|注|참고|Observação)[^\n]{0,400}(?:docs-l10n|tensorflow/docs)[^\n]*$", re.MULTILINE
)
_ANSI = re.compile(r"\x1b\[[0-9;]{0,20}m")


def load(location: Path | str, resolve: Resolve = unresolved) -> Iterator[Found]:
    """Yield the page of one notebook file, or what is wrong with it."""
    path = Path(location).resolve()
    where = place(path.name)
    yield from guarded(
        shown(path), lambda: read(path, where, identity=label(path), local=f"/sources/{label(path)}", resolve=resolve)
    )


def read(
    path: Path, where: Place, *, identity: str, local: str, resolve: Resolve, root_name: str = "", **meta: Any
) -> Page:
    """Return the page of a notebook.

    Args:
        path: the file.
        where: its language and place, told from its path.
        identity: what its id is to end with.
        local: its address where no public one is known.
        resolve: a name → its canonical symbol, or None.
        root_name: the name of the folder that it was found in.
        meta: what else is known of it.

    Raises:
        Unreadable: it is no notebook.
    """
    return page(read_json(path), where, identity=identity, local=local, resolve=resolve, root_name=root_name, **meta)


def page(
    notebook: Any, where: Place, *, identity: str, local: str, resolve: Resolve, root_name: str = "", **meta: Any
) -> Page:
    """Return the page of a notebook's JSON; see `read`.

    Raises:
        Unreadable: it is no notebook.
    """
    cells = _cells(notebook)
    about = as_dict(as_dict(notebook).get("metadata"))
    language = as_text(as_dict(about.get("kernelspec")).get("language")) or as_text(
        as_dict(about.get("language_info")).get("name")
    )
    code_language = language if re.fullmatch(r"\w{1,20}", language) else "python"
    url: str | None = None
    licence: str | None = None
    owner: str | None = None
    parts: list[str] = []
    for kind, source, outputs in cells:
        url = url or tensorflow_url(source, where)
        if _LICENCE.search(source[:2000]):
            licence = licence or ("Apache-2.0" if "Apache License" in source else "MIT")
            continue
        if kind == "code":
            parts.extend(_code(source, outputs, code_language))
            continue
        copyright_ = _COPYRIGHT.search(source[:500])
        owner = owner or (copyright_.group(3) if copyright_ else None)
        parts.append(plain_markdown(_without_furniture(source)))
    text = clean("\n\n".join(part.strip("\n") for part in parts if part.strip()))
    title = first_heading(text) or where.stem.replace("_", " ")
    return make_page(
        identity=f"guide:{identity}",
        kind="guide",
        title=title,
        url=url or tensorflow_path_url(where, root_name) or local,
        sections=markdown.sections(text),
        resolve=resolve,
        language=where.language,
        symbols=subjects(where),
        meta={**meta, "format": "notebook", "licence": licence, "authors": (owner,) if owner else ()},
    )


def _cells(notebook: Any) -> list[tuple[str, str, list[Any]]]:
    """Return kind, source and outputs of the cells of a notebook of format 3 or 4."""
    data = as_dict(notebook)
    cells = data.get("cells")
    if not isinstance(cells, list):
        sheets = as_list(data.get("worksheets"))
        if not sheets:
            raise Unreadable("it is no notebook: it has no cells")
        cells = [cell for sheet in sheets for cell in as_list(as_dict(sheet).get("cells"))]
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"it has more than {MOST_CELLS:,} cells")
    found = []
    for cell in map(as_dict, cells):
        kind = as_text(cell.get("cell_type"))
        source = cell.get("source", cell.get("input", ""))
        text = "".join(map(as_text, source)) if isinstance(source, list) else as_text(source)
        if len(text) > LONGEST_CELL:
            raise Unreadable(f"a cell of it is longer than {LONGEST_CELL:,} characters")
        if kind == "heading":  # format 3
            level = cell.get("level")
            text = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 2) + f" {text}"
        if kind in {"markdown", "code", "heading"}:
            found.append(("code" if kind == "code" else "markdown", text, as_list(cell.get("outputs"))))
    return found


def _without_furniture(source: str) -> str:
    """Return a text cell without copyright lines, rows of buttons and remarks on who translated it."""
    source = _COPYRIGHT.sub("", source)
    if _BADGE.search(source):
        start = source.find("<table")
        if start >= 0:
            end = source.find("</table>", start)
            source = source[:start] + (source[end + len("</table>") :] if end >= 0 else "")
        source = _BADGE_LINK.sub("", source)
        source = "\n".join(line for line in source.split("\n") if not _BADGE.search(line))
    return _TRANSLATION_NOTE.sub("", source)


def _code(source: str, outputs: list[Any], language: str) -> list[str]:
    """Return a code cell as fenced Markdown, with the error that it ended in, if it did."""
    lines = source.strip("\n").split("\n")
    if lines and lines[0].startswith("%%bash"):
        language, lines = "bash", lines[1:]
    lines = [line for line in lines if not re.match(r"^[ \t]{0,40}(?:%%?[a-z_]|#@title\s*$)", line)]
    code = "\n".join(lines)
    found = [fenced(code, language)] if code.strip() else []
    for output in map(as_dict, outputs):
        if as_text(output.get("output_type")) in {"error", "pyerr"}:
            said = f"{as_text(output.get('ename'))}: {as_text(output.get('evalue'))}"
            found.append(fenced(one_line(_ANSI.sub("", said), LONGEST_ERROR), "text"))
    return found
