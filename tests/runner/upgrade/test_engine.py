"""What holds for any program: layout kept, modern code untouched, hostile input answered, nothing executed."""

# ruff: noqa: E501  a program is easier to read on one line

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from runner.inputs import read_source
from runner.upgrade import upgrade

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = Path(__file__).with_name("programs")
OLD = sorted(path for era in ("keras1", "keras2", "tfkeras") for path in (PROGRAMS / era).glob("*.py"))
MODERN = [*sorted((PROGRAMS / "modern").glob("*.py")), *sorted((ROOT / "data" / "examples").glob("*.py"))]


@pytest.mark.parametrize("path", OLD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_old_programs_compile_and_a_second_upgrade_changes_nothing(path: Path) -> None:
    before = path.read_bytes().decode()
    upgraded = upgrade(before)
    assert upgraded.problem is None
    compile(upgraded.source, path.name, "exec", dont_inherit=True)
    assert upgrade(upgraded.source).source == upgraded.source
    lines = before.count("\n") + 1
    assert all(1 <= item.line <= lines for item in (*upgraded.changes, *upgraded.findings))
    assert upgraded.changed == bool(upgraded.changes)


@pytest.mark.parametrize("path", MODERN, ids=lambda path: path.stem)
def test_modern_programs_come_back_byte_for_byte(path: Path) -> None:
    source = path.read_bytes().decode()
    upgraded = upgrade(source)
    assert upgraded.source == source
    assert not upgraded.changes
    assert upgraded.diff == ""


def test_enough_programs() -> None:
    assert len(OLD) >= 150
    assert len(MODERN) >= 40


def test_solutions_of_the_faq_are_modern() -> None:
    """The blocks that run today stay as they are; a page shows what fails before it shows what helps."""
    checked = 0
    for page in sorted((ROOT / "data" / "faq").glob("*.md")):
        if page.name.startswith(("error-", "migrate-", "tf-keras", "model-checkpoint-file")):
            continue
        for block in re.findall(r"^```python[^\n]*\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            if "tf.keras" not in block and "tf_keras" not in block:
                assert upgrade(block).source == block, page.name
                checked += 1
    assert checked > 100


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("indent", ["    ", "\t", "  "])
def test_layout_is_kept(ending: str, mark: str, indent: str) -> None:
    lines = ["import keras  # why", "def f( x ):", f"{indent}# one", f"{indent}x.fit(a,b ,nb_epoch = 3 ) # two", ""]
    before = mark + ending.join(lines)
    after = before.replace("nb_epoch", "epochs")
    assert upgrade(before).source == after
    assert upgrade(after).source == after


def test_comments_above_an_import_that_goes_are_kept() -> None:
    source = (
        "import numpy as np\n# for the shapes\nfrom keras import backend as K\n\nx = K.int_shape(y)\n\n\ndef f(z):\n"
        "    # see the documentation\n    import keras.backend as K\n    return K.int_shape(z)\n"
    )
    after = source.replace("from keras import backend as K\n", "").replace("    import keras.backend as K\n", "")
    after = after.replace("K.int_shape(y)", "y.shape").replace("K.int_shape(z)", "z.shape")
    assert upgrade(source).source == after
    assert upgrade(after).source == after


def test_no_line_end_at_the_end() -> None:
    assert upgrade("import keras\nm.fit(x, nb_epoch=2)").source == "import keras\nm.fit(x, epochs=2)"
    assert "No newline at end" in upgrade("import keras\nm.fit(x, nb_epoch=2)").diff


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import keras\n\ndef f(:\n    pass\n", "Line 3"),
        ("import keras\nx = [1, 2\ny = 3\n", "Line 2"),
        ("import keras\n" + "(" * 5000 + ")" * 5000, "nested"),
        ("import keras\nx = " + "[" * 120 + "]" * 120, "nested"),
        ("import keras\nx = " + "+".join("a" * 1 for _ in range(20_000)), "nested"),
        ("import keras\nx = (\n" + "+\n".join("a" for _ in range(20_000)) + ")", "nested"),
        ("import keras\nx = " + "-" * 20_000 + "1", "nested"),
        (
            "import keras\n" + "".join(" " * n + "if x:\n" for n in range(150)) + " " * 150 + "pass",
            "levels of indentation",
        ),
        ("import keras\n\x00", "not text"),
        (b"import keras \xff\xfe".decode("utf-8", "surrogateescape"), "not text"),
        ("import keras\nx = 1\n" * 60_000, "512 KiB"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(source: str, said: str) -> None:
    begun = time.monotonic()
    upgraded = upgrade(source)
    assert upgraded.problem is not None
    assert said in upgraded.problem
    assert "\n" not in upgraded.problem
    assert upgraded.source == source
    assert time.monotonic() - begun < 60  # ends at all


def test_empty_and_foreign_programs_stay() -> None:
    for source in ("", "\n", "# nothing\n", "print('hello')\n", "import torch\nx = torch.ones(3)\n"):
        assert upgrade(source).source == source
        assert upgrade(source).problem is None


def test_nothing_is_executed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    upgrade(f"import keras\nopen({str(trap)!r}, 'w').write('x')\nm.fit(x, nb_epoch=1)\n")
    assert not trap.exists()


def test_python_2_is_read_only_where_python_3_refuses() -> None:
    old = "import keras\nprint 'a', x\nprint >>f, 'b'\nprint 'c',\ntry:\n\tpass\nexcept E, e:\n\traise E, 'x'\ny = `x` <> 0777L\n"
    new = (
        "import keras\nprint('a', x)\nprint('b', file=f)\nprint('c', end=' ')\ntry:\n\tpass\nexcept E as e:\n\traise E('x')\n"
        "y = repr(x) != 0o777\n"
    )
    assert upgrade(old).source == new
    plain = upgrade("import keras\nprint 'a %d' % 3, x  # why\ns = 'print this'\nif x: print 'y'\n")
    assert plain.source == "import keras\nprint('a %d' % 3, x)  # why\ns = 'print this'\nif x: print('y')\n"
    assert {change.rule for change in plain.changes} == {"python2-print"}
    modern = "import keras\nprint('a', x)\nprint(\n    'b'\n)\n"
    assert upgrade(modern).source == modern


def test_a_program_in_the_encoding_that_it_names_is_kept_in_utf_8() -> None:
    meant = "#!/usr/bin/python\n# -*- coding: latin-1 -*-\nfrom keras.layers.core import Dense  # für später\n"
    upgraded = upgrade(meant.encode("latin-1").decode("utf-8", "surrogateescape"))
    assert upgraded.before == meant
    assert upgraded.source == meant.replace("latin-1", "utf-8").replace("layers.core", "layers")
    first = upgraded.changes[0]
    assert (first.line, first.rule) == (2, "python2-encoding")
    assert upgrade(upgraded.source).source == upgraded.source
    other = meant.replace("latin-1", "no-such-code").encode("latin-1").decode("utf-8", "surrogateescape")
    assert "not text" in (upgrade(other).problem or "")


def test_raw_text_of_python_2_and_the_error_that_is_left() -> None:
    assert upgrade("import keras\nprint ur'a', 0777\n").source == "import keras\nprint(r'a', 0o777)\n"
    assert (upgrade("import keras\nprint 'a'\nf(a b)\n").problem or "").startswith("Line 3:")


def test_a_finding_is_told_once_with_its_line() -> None:
    source = (
        "import tensorflow as tf\nm = tf.keras.models.load_model('saved/1')\n"
        "q = tf.keras.experimental.load_from_saved_model('x')\n"
    )
    assert [finding.line for finding in upgrade(source).findings] == [2, 3]


def test_a_form_feed_ends_no_line_of_the_diff() -> None:
    diff = upgrade("from keras.layers import Dense\x0c\nm.fit(x, y, nb_epoch=2)\n").diff
    assert " from keras.layers import Dense\x0c\n-m.fit(x, y, nb_epoch=2)\n+m.fit(x, y, epochs=2)\n" in diff


def test_one_name_for_two_optimizers_is_not_one_that_is_shared() -> None:
    source = (
        "import keras\no = keras.optimizers.Adam(0.1)\na.compile(o, 'mse')\na.fit(x, y)\n"
        "o = keras.optimizers.Adam(0.2)\nb.compile(o, 'mse')\nb.fit(x, y)\n"
    )
    assert not upgrade(source).changed
    assert not upgrade(source.replace("o = keras.optimizers.Adam(0.2)\n", "").replace("b.fit(x, y)\n", "")).changed


def test_notebooks_are_read() -> None:
    cells = [
        {"cell_type": "code", "source": ["from keras.layers.core import Dense\n", "%matplotlib inline\n"]},
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": "model.fit(x, y, nb_epoch=2)"},
    ]
    source = read_source(json.dumps({"cells": cells, "nbformat": 4}), "old.ipynb")
    upgraded = upgrade(source)
    assert "from keras.layers import Dense" in upgraded.source
    assert "epochs=2" in upgraded.source


def test_local_names_are_not_mistaken_for_keras() -> None:
    source = (
        "from keras.layers import Dense\n\n\nclass Convolution2D:\n    pass\n\n\n"
        "def merge(a, mode):\n    return a\n\n\nx = merge([1], mode='concat')\ny = Convolution2D(8, 3, 3)\n"
        "def f(K):\n    return K.mean(K)\n"
    )
    assert upgrade(source).source == source


def test_a_function_s_own_names_are_not_taken_for_tensors_outside() -> None:
    source = (
        "import keras\n\nx = keras.Input((3,))\n\n\nclass Doubled(keras.layers.Layer):\n    def call(self, inputs):\n"
        "        return (lambda x: x + x)(inputs)\n"
    )
    assert not upgrade(source).findings
    assert upgrade(source.replace("(lambda x: x + x)(inputs)", "x + inputs")).findings


def test_what_pytorch_refuses_to_learn_through_is_copied() -> None:
    source = (
        "import keras\nfrom keras import ops\nlayer = keras.layers.LSTM(3, stateful=True)\n\n\n"
        "def call(x, mask):\n    a = ops.exp(x)\n    a *= mask\n    a /= ops.sum(a) + 1\n    return a\n"
    )
    refusal = (
        "RuntimeError: one of the variables needed for gradient computation has been modified by an inplace operation"
    )
    mended = upgrade(source, also={"stateful-copy", "in-place"}, error=(refusal, 1))
    assert "layer = StatefulLSTM(3, stateful=True)\n" in mended.source
    assert "    a = a * mask\n    a = a / (ops.sum(a) + 1)\n" in mended.source
    assert upgrade(source).source == source


def test_a_run_without_training_gives_it_a_default() -> None:
    source = (
        "import keras\n\n\nclass Block(keras.layers.Layer):\n    def call(self, x, training):\n        return x\n\n\n"
        "class Other:\n    def run(self, training):\n        return training\n"
    )
    refusal = "TypeError: missing a required argument: 'training'"
    mended = upgrade(source, also={"training-default"}, error=(refusal, 5))
    assert mended.source == source.replace("(self, x, training)", "(self, x, training=None)")
    assert upgrade(source).source == source
    assert not upgrade(mended.source, also={"training-default"}, error=(refusal, 5)).changed


def test_a_function_of_tensorflow_between_layers_goes_into_a_lambda() -> None:
    source = (
        "import tensorflow as tf\nimport keras\nx = keras.Input((8, 8, 3))\ny = tf.image.rot90(x, k=2)\n"
        "z = tf.image.rot90(array)\n"
    )
    refusal = "ValueError: A KerasTensor cannot be used as input to a TensorFlow function"
    mended = upgrade(source, also={"tensorflow-in-lambda"}, error=(refusal, 4))
    wrapped = "y = keras.layers.Lambda(lambda tensor: tf.image.rot90(tensor, k=2))(x)\n"
    assert mended.source == source.replace("y = tf.image.rot90(x, k=2)\n", wrapped)
    assert upgrade(source).source == source


def test_whole_numbers_in_a_metric_become_the_predictions_type() -> None:
    source = (
        "import keras\nimport tensorflow as tf\n\n\ndef hits(y_true, y_pred):\n    return tf.reduce_sum(y_true * y_pred)\n"
        "\n\nm.compile('sgd', 'mse', metrics=[hits])\n"
    )
    refusal = "TypeError: Input 'y' of 'Mul' Op has type float32 that does not match type int64 of argument 'x'."
    mended = upgrade(source, also={"float-targets"}, error=(refusal, 6))
    assert "(y_true, y_pred):\n    y_true = ops.cast(y_true, y_pred.dtype)\n    return" in mended.source
    assert upgrade(source).source == source
    assert not upgrade(mended.source, also={"float-targets"}, error=(refusal, 6)).changed


def test_names_brought_by_a_star() -> None:
    source = (
        "from keras.callbacks import *\nfrom keras.models import *\nfrom keras.layers.core import *\n"
        "m = Model(input=None, output=Dense(output_dim=3)(x))\n"
    )
    assert upgrade(source).source == (
        "from keras.callbacks import *\nfrom keras.models import *\nfrom keras.layers import *\n"
        "m = Model(inputs=None, outputs=Dense(units=3)(x))\n"
    )


def test_lines_stay_under_their_bracket() -> None:
    source = (
        "import keras\nmodel.fit_generator(flow, steps_per_epoch=3,\n                    epochs=[1,\n"
        "                            2],\n    verbose=0)\n"
    )
    assert upgrade(source).source == (
        "import keras\nmodel.fit(flow, steps_per_epoch=3,\n          epochs=[1,\n                  2],\n    verbose=0)\n"
    )


def test_large_programs_end() -> None:
    piece = "model.add(Convolution2D(8, 3, 3, border_mode='same'))\nx = K.mean(y, axis=1)\n"
    source = "from keras import backend as K\nfrom keras.layers import Convolution2D\n" + piece * 500
    upgraded = upgrade(source)
    assert len(upgraded.changes) >= 1500
    assert "Convolution2D" not in upgraded.source
