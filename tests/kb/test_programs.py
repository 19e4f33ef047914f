"""Documentation's code becomes a program that runs, or is not given as one."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.programs import FAILING, failing, program, unbound, without_last_statement

HOMES = {
    "TextVectorization": "keras.layers",
    "Layer": "keras",
    "EarlyStopping": "keras.callbacks",
    "pad_sequences": "keras.utils",
    "shape": "keras.ops",
}


def home(name: str) -> str | None:
    return HOMES.get(name)


@pytest.mark.parametrize(
    ("code", "imports"),
    [
        ("layer = TextVectorization(9)", ["from keras.layers import TextVectorization"]),
        ("class Mine(Layer):\n    pass", ["from keras import Layer"]),
        ("x = pad_sequences([[1]])", ["from keras.utils import pad_sequences"]),
        ("x = keras.ops.ones(3) + np.ones(3)", ["import keras", "import numpy as np"]),
        ("print(os.getcwd(), math.pi)", ["import math", "import os"]),
        ("x = ops.ones(3)\nprint(layers.Dense(1)(x))", ["from keras import layers", "from keras import ops"]),
        (">>> m = keras.metrics.Mean()\n>>> m.result()\n0.0", ["import keras"]),
    ],
)
def test_what_documentation_leaves_out_is_imported(code: str, imports: list[str]) -> None:
    made = program(code, home)
    assert made is not None and made.complete
    assert made.source.split("\n\n")[0].splitlines() == imports


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("model.fit(x_train)", {"model", "x_train"}),
        ("y = shape(3)", {"shape"}),  # a reader's variable as likely as a function of ours
        ("x = x + 1", {"x"}),
        ("print(later)\nlater = 1", {"later"}),
        ("def f(a):\n    return a + seed\nf(1)", {"seed"}),
        ("[a for a in rows]", {"rows"}),
        ("total += 1", {"total"}),
        ("random.normal((2,))", {"random"}),
    ],
)
def test_a_name_that_nothing_binds_makes_no_program(code: str, missing: set[str]) -> None:
    made = program(code, home)
    assert made is not None and made.missing == missing and not made.complete and not made.runs


@pytest.mark.parametrize(
    "code",
    [
        "def outer(a, *b, c=1, **d):\n    def inner():\n        return a, b, c, d\n    return inner\nouter(1)",
        "class A:\n    size = 3\n    wide = size * 2\n    def f(self):\n        return super().__repr__(), A.size\nA()",
        "def f():\n    return g()\ndef g():\n    return 1\nf()",
        "for i, (a, b) in enumerate([(1, 2)]):\n    print(i, a, b)\nprint(a)",
        "with open(__file__) as f:\n    try:\n        f.read()\n    except ValueError as error:\n        print(error)",
        "if (n := 3) > 2:\n    print([n * m for m in range(n) if (k := m)], k)",
        "import a.b as c, d.e\nfrom f import *\nprint(c, d)",
        "x: int = 1\nx += 1\ny = lambda z, w=x: z + w\nprint({k: v for k, v in {1: 2}.items()}, y)",
        "def f():\n    global total\n    total = 1\nf()\n",
        "match 3:\n    case int() as n:\n        print(n)\n",
    ],
)
def test_names_that_are_bound_are_known(code: str) -> None:
    assert unbound(ast.parse(code)) == set()


@pytest.mark.parametrize(
    ("code", "complete", "offline"),
    [
        ("x = ...", False, True),
        ("def f():\n    ...\nf()", False, True),
        ("import numpy as np\nx = np.ones((2, 2))[..., 0]", True, True),
        ("import no_such_package_at_all\nno_such_package_at_all.f()", False, True),
        ("m = keras_hub.models.Backbone.from_preset('x')", True, False),
        ("m = keras.applications.VGG16()", True, False),
        ("m = keras.applications.VGG16(weights=None)", True, True),
        ("keras.datasets.mnist.load_data()", True, False),
    ],
)
def test_gaps_and_the_network(code: str, complete: bool, offline: bool) -> None:
    made = program(code, home)
    assert made is not None and (made.complete, made.offline) == (complete, offline)


def test_a_statement_that_is_meant_to_fail_is_left_out_of_a_session() -> None:
    made = program(">>> int('x')\nTraceback (most recent call last):\n  ...\nValueError: no\n>>> 1 + 1\n2\n")
    assert made is not None and made.source == "print(1 + 1)\n"


def test_what_was_seen_to_fail_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    made = program("print(1)")
    assert made is not None and made.runs
    monkeypatch.setattr("kb.programs.failing", lambda: {made.fingerprint: "x"})
    assert not made.runs
    assert FAILING.is_file() and all(len(key) == 16 and ": " in why for key, why in failing().items())


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="abk=.(),:[]'\"`>+-*/ \n\t0159\\\x00é", max_size=200))
def test_whatever_is_written_is_a_program_or_none(code: str) -> None:
    made = program(code, home)
    if made is not None:
        ast.parse(made.source)


def test_a_program_says_what_the_session_showed() -> None:
    made = program(">>> values = [1, 2,\n...           3]\n>>> sum(values)  # six\n6\n")
    assert made is not None
    said = subprocess.run([sys.executable, "-c", made.source], capture_output=True, text=True, check=True).stdout
    assert said == "6\n"


def test_what_leads_up_to_an_error_is_all_but_the_last_statement() -> None:
    assert without_last_statement("x = 1\ny = 2\nfail(x,\n     y)\n") == "x = 1\ny = 2"
    assert without_last_statement("fail()") == without_last_statement("x = = 1") == without_last_statement("") == ""
