from __future__ import annotations

import subprocess
import sys

import pytest

from bot.channels.web.snippets import runnable

SESSION = """\
>>> values = [1, 2,
...           3]
>>> # a remark
>>> sum(values)  # six
6
>>> print("said")
said
"""


def test_a_console_session_becomes_a_program_that_prints_the_same():
    program = runnable(SESSION)
    assert program is not None
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "6\nsaid\n"


def test_imports_that_documentation_leaves_out_are_added_once():
    program = runnable("x = np.zeros(3)\nmodel = keras.Sequential([layers.Dense(1)])\n")
    assert program is not None
    assert program.splitlines()[:3] == ["import keras", "from keras import layers", "import numpy as np"]


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nprint(np.pi)",
        "def fit(keras):\n    return keras\nprint(fit(1))",
        "for np in range(3):\n    print(np)",
    ],
)
def test_a_name_that_is_bound_is_not_imported(code):
    assert runnable(code) == code + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pip install keras",
        "keras",
        '"only a string"',
        "x = = 3",
        "$ python train.py",
        "{'loss': ...",
        "\x00",
        "x = 1\n" * 20_000,
        "(" * 500,
    ],
)
def test_what_is_no_program_gets_no_run_button(text):
    assert runnable(text) is None
