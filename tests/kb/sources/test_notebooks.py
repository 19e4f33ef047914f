import json

import nbformat
import pytest

from kb.pages import Page
from kb.sources import notebooks
from kb.sources.outside import Problem

LICENCE = "#@title Licensed under the Apache License, Version 2.0 (the 'License');\n# you may not use this file except"


def load(path, resolve):
    (found,) = notebooks.load(path, resolve)
    return found


def test_cells_become_sections_and_outputs_are_dropped_but_for_errors(tmp_path, resolve):
    v4 = nbformat.v4
    error = v4.new_output(
        "error", ename="ValueError", evalue="\x1b[1mInput 0 is incompatible\x1b[0m", traceback=["long\n" * 500]
    )
    text = v4.new_output("stream", name="stdout", text="Epoch 1/5 secret output")
    book = v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[
            v4.new_markdown_cell("##### Copyright 2021 The TensorFlow Authors."),
            v4.new_code_cell(LICENCE),
            v4.new_markdown_cell("# Masks"),
            v4.new_markdown_cell('<table class="tfo-notebook-buttons"><td>Run in Google Colab</td></table>\nIntro.'),
            v4.new_markdown_cell(
                "[![Open In Colab](https://colab.research.google.com/x.svg)](https://colab.research.google.com/github/x)"
            ),
            v4.new_code_cell("%load_ext tensorboard\n!pip install keras-tuner"),
            v4.new_markdown_cell("## How it works\nUse `keras.layers.Masking`. ![plot](attachment:x.png)"),
            v4.new_code_cell("keras.layers.Masking()(1)", outputs=[text, error]),
        ],
    )
    path = tmp_path / "masks.ipynb"
    nbformat.write(book, path)
    page = load(path, resolve)
    assert (page.title, page.symbols, page.kind) == ("Masks", ("keras.layers.Masking",), "guide")
    assert [part.title for part in page.sections] == ["", "How it works"]
    whole = "\n".join(part.text for part in page.sections)
    assert "```text\nValueError: Input 0 is incompatible\n```" in whole
    assert "!pip install keras-tuner" in whole
    for gone in ("Licensed", "Copyright", "colab", "Colab", "secret output", "load_ext", "attachment", "\x1b"):
        assert gone not in whole
    assert page.meta["licence"] == "Apache-2.0"
    assert page.meta["authors"] == ("The TensorFlow Authors",)


def test_notebooks_of_format_3_are_read(tmp_path, resolve):
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Old book"]},
        {"cell_type": "code", "input": ["import keras\n", "keras.layers.LSTM(4)"], "outputs": [], "language": "python"},
    ]
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]}))
    page = load(path, resolve)
    assert page.title == "Old book"
    assert page.sections[0].text == "```python\nimport keras\nkeras.layers.LSTM(4)\n```"
    assert page.symbols == ("keras.layers.LSTM",)


def test_nothing_in_a_notebook_is_run(tmp_path, resolve):
    trap = tmp_path / "trap"
    path = tmp_path / "run.ipynb"
    cells = [{"cell_type": "code", "source": f"open({str(trap)!r}, 'w')\n"}]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    assert isinstance(load(path, resolve), Page)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("cells", "says"), [([{}] * 5001, "more than 5,000 cells"), ([{"source": "x" * 200_001}], "a cell")]
)
def test_too_much_is_refused(tmp_path, cells, says):
    path = tmp_path / "big.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    found = load(path, lambda name: None)
    assert isinstance(found, Problem)
    assert says in found.what


def test_code_cannot_close_its_fence(tmp_path, resolve):
    path = tmp_path / "fence.ipynb"
    source = 'text = """\n```\n# Not a heading\n"""'
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}], "nbformat": 4}))
    page = load(path, resolve)
    assert page.sections[0].text == f"```python\n{source.replace('```', '`` `')}\n```"
