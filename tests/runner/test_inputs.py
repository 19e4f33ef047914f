"""Files, notebooks and Markdown become source."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.inputs import BadInput, read_source
from runner.pool import chosen_backend


def notebook(*cells: tuple[str, object]) -> bytes:
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": kind, "source": text} for kind, text in cells]}
    ).encode()


def test_plain_source_stays_as_it_is() -> None:
    assert read_source(b"print(1)\n") == "print(1)\n"
    assert read_source("# ```python\n# x\n# ```\n", "a.py") == "# ```python\n# x\n# ```\n"
    assert read_source(b"\xef\xbb\xbfx = 1") == "x = 1"


def test_code_cells_of_a_notebook_are_joined() -> None:
    content = notebook(("markdown", "# Title"), ("code", ["a = 1\n", "b = 2"]), ("code", ""), ("code", "print(a + b)"))
    assert read_source(content, "x.ipynb") == "a = 1\nb = 2\n\nprint(a + b)\n"
    assert read_source(content, "-") == "a = 1\nb = 2\n\nprint(a + b)\n"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1\n"),
        ("!pip install keras", "# !pip install keras\n"),
        ("if a:\n    !ls", "if a:\n    pass  # !ls\n"),
        ("%%bash\nls -la", "# %%bash\n# ls -la\n"),
        ("%%time\nfit()", "# %%time\nfit()\n"),
        ("model.fit?", "# model.fit?\n"),
        ("x = 5 % 3\ny = 'why?'", "x = 5 % 3\ny = 'why?'\n"),
    ],
)
def test_magics_become_comments(cell: str, shown: str) -> None:
    assert read_source(notebook(("code", cell)), "x.ipynb") == shown


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Look:\n```python\nx = 1\n```\nand\n~~~py\nprint(x)\n~~~\n", "x = 1\n\nprint(x)\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```bash\nls\n```\n```python title=a\nx\n```", "x\n"),
        ("```pycon\n>>> x = 1\n>>> x\n1\n```", "x = 1\nx\n"),
        ("````python\n'''\n```\n'''\n````", "'''\n```\n'''\n"),
        ("```python\nnot closed = 1", "not closed = 1\n"),
        ("  ```python\n  if x:\n      y\n  ```", "if x:\n    y\n"),
    ],
)
def test_fenced_python_of_markdown_is_joined(text: str, source: str) -> None:
    assert read_source(text, "post.md") == source


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xff\xfe\x00", "a.py"),
        (b"not json", "a.ipynb"),
        (b"[]", "a.ipynb"),
        (b'{"cells": 5}', "a.ipynb"),
        (b'{"cells": [5]}', "a.ipynb"),
        (b"[" * 100_000, "a.ipynb"),
        (notebook(("markdown", "only words")), "a.ipynb"),
        (b"only words", "a.md"),
        (b"```bash\nls\n```", "a.md"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, name: str) -> None:
    with pytest.raises(BadInput) as told:
        read_source(content, name)
    assert told.value.what
    assert told.value.remedy


@given(st.binary(max_size=200), st.sampled_from(["a.py", "a.ipynb", "a.md", "-"]))
def test_anything_is_source_or_bad_input(content: bytes, name: str) -> None:
    with contextlib.suppress(BadInput):
        assert isinstance(read_source(content, name), str)


@pytest.mark.parametrize(
    ("source", "backend"),
    [
        ("# Needs KERAS_BACKEND=torch\nimport keras", "torch"),
        ("import os\nos.environ['KERAS_BACKEND'] = 'jax'\nimport keras", "jax"),
        ("import keras\n# Needs KERAS_BACKEND=torch", None),
        ("# Needs KERAS_BACKEND=theano", None),
    ],
)
def test_backend_that_a_snippet_names_is_taken(source: str, backend: str | None) -> None:
    assert chosen_backend(source) == backend
