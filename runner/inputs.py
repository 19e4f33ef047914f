"""From what people send to Python source: plain files, notebooks, Markdown with fenced code."""

from __future__ import annotations

import json
import re
from typing import Any

from runner.errors import RunnerError

_FENCE = re.compile(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+.-]*)[^\n]*\n(?P<code>.*?)"
    r"(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = frozenset(("python", "py", "python3", "ipython", "ipython3", "pycon", "python-repl"))
_MAGIC = re.compile(r"^(\s*)([%!].*|.*\?\??)$")


class BadInput(RunnerError):
    """What was sent is not code in a form that can be read."""


def read_source(content: bytes | str, name: str = "snippet.py") -> str:
    """Return the Python source in `content`; the suffix of `name` tells the form, else what it looks like.

    Raises:
        BadInput: it is not text, not a notebook although it should be one, or Markdown without Python.
    """
    text = _decode(content)
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if suffix == "ipynb" or (suffix != "py" and _looks_like_notebook(text)):
        return notebook_source(text)
    if suffix in ("md", "markdown") or (suffix != "py" and _FENCE.search(text)):
        return markdown_source(text)
    return text


def _decode(content: bytes | str) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("This file is not text in UTF-8.", "Save it as UTF-8 and send it again.") from None


def _looks_like_notebook(text: str) -> bool:
    return text.lstrip()[:1] == "{" and '"cells"' in text and '"nbformat"' in text


def notebook_source(text: str) -> str:
    """Return the code cells of a notebook, one after the other; magics and shell lines become comments.

    Raises:
        BadInput: it is not a notebook, or has no code.
    """
    try:
        notebook = json.loads(text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        parts = [_cell_source(cell) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise BadInput("This is not a notebook that can be read.", "Save it again from Jupyter as .ipynb.") from None
    code = "\n\n".join(part for part in parts if part.strip())
    if not code:
        raise BadInput("This notebook has no code cells.", "Send one that has code.")
    return code + "\n"


def _cell_source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    text = "".join(source) if isinstance(source, list) else str(source)
    if text.startswith("%%") and not text.startswith(("%%time", "%%capture", "%%python")):
        return "\n".join(f"# {line}" for line in text.splitlines())  # another language's cell
    return "\n".join(_plain_line(line) for line in text.splitlines())


def _plain_line(line: str) -> str:
    match = _MAGIC.match(line)
    if match is None or line.lstrip().startswith("#"):
        return line
    if line.lstrip().startswith(("%", "!")):
        return f"{match.group(1)}pass  # {match.group(2)}" if match.group(1) else f"# {line}"
    # A question mark at the end asks IPython for help; in Python it only ends strings and comments.
    return f"# {line}" if re.fullmatch(r"\s*[\w.]+\?\??", line) else line


def markdown_source(text: str) -> str:
    """Return the Python code blocks of Markdown, joined; blocks without a language count when none is marked Python.

    Raises:
        BadInput: there is no code block to run.
    """
    blocks = [(match["language"].lower(), _dedent(match["code"], match["indent"])) for match in _FENCE.finditer(text)]
    code = [block for language, block in blocks if language in _PYTHON]
    code = code or [block for language, block in blocks if not language]
    if not code:
        raise BadInput("There is no Python code block in this text.", "Put the code between ```python and ```.")
    return "\n\n".join(_without_prompts(block).strip("\n") for block in code) + "\n"


def _dedent(code: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True)) if indent else code


def _without_prompts(code: str) -> str:
    """Take the code out of an interactive session; other code stays as it is."""
    lines = code.splitlines()
    if not any(line.startswith(">>> ") for line in lines):
        return code
    return "\n".join(line[4:] for line in lines if line.startswith((">>> ", "... ")) or line in (">>>", "..."))
