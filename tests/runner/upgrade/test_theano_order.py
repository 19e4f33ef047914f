"""Channels that stand first are found wherever an image's shape is written, and said once, after the imports."""

from __future__ import annotations

import pytest

from runner.upgrade import upgrade

HEAD = (
    "from keras.models import Sequential\nfrom keras.layers import Convolution2D, Input, Lambda, ConvLSTM2D\n"
    "import numpy as np\n"
)
SET = "backend.set_image_data_format('channels_first')\n"
FIRST = {
    "literal": "m.add(Convolution2D(8, 3, 3, input_shape=(1, 28, 28)))\n",
    "variable": "shape = (3, 32, 32)\nm.add(Convolution2D(8, 3, 3, input_shape=shape))\n",
    "variables": "c = 3\nrows = cols = 32\nm.add(Convolution2D(8, 3, 3, input_shape=(c, rows, cols)))\n",
    "several at once": "ch, row, col = 3, 40, 80\nm.add(Convolution2D(8, 3, 3, input_shape=(ch, row, col)))\n",
    "names": "m.add(Convolution2D(8, 3, 3, input_shape=(img_channels, img_rows, img_cols)))\n",
    "sum of tuples": "m.add(Convolution2D(8, 3, 3, input_shape=(1,) + (28, 28)))\n",
    "input": "x = Convolution2D(8, 3, 3)(Input(shape=(3, 64, 64)))\n",
    "lambda": "m.add(Lambda(f, input_shape=(3, 32, 32)))\nm.add(Convolution2D(8, 3, 3))\n",
    "default": "def f(shape=(1, 28, 28)):\n    return Convolution2D(8, 3, 3, input_shape=shape)\n",
    "argument": "def f(n, shape):\n    return Convolution2D(8, n, n, input_shape=shape)\n\n\nf(3, (1, 28, 28))\n",
    "method": "class Net:\n    def __init__(self, n, shape):\n"
    "        m.add(Convolution2D(n, 3, 3, input_shape=shape))\n\n\nNet(8, shape=(1, 28, 28))\n",
    "static method": "class Net:\n    @staticmethod\n    def build(width, height, depth):\n"
    "        m.add(Convolution2D(8, 3, 3, input_shape=(depth, height, width)))\n",
    "array": "X = np.zeros((20, 784))\nX = X.reshape(X.shape[0], 1, 28, 28)\nX = X.astype('float32')\nX /= 255\n"
    "m.add(Convolution2D(8, 3, 3, input_shape=X.shape[1:]))\n",
    "axes of an array": "X = np.random.rand(9, 3, 32, 32)\n"
    "m.add(Convolution2D(8, 3, 3, input_shape=(X.shape[1], X.shape[2], X.shape[3])))\n",
    "transposed": "X = np.zeros((9, 32, 32, 3)).transpose((0, 3, 1, 2))\n"
    "m.add(Convolution2D(8, 3, 3, input_shape=X.shape[1:]))\n",
    "batch": "m.add(Convolution2D(8, 3, 3, batch_input_shape=(16, 1, 28, 28)))\n",
    "frames": "m.add(ConvLSTM2D(nb_filter=8, nb_row=3, nb_col=3, input_shape=(10, 1, 40, 40)))\n",
    "images in time": "from keras.layers import TimeDistributed\n"
    "m.add(TimeDistributed(Convolution2D(8, 3, 3), input_shape=(5, 3, 32, 32)))\n",
    "noise": "from keras.layers import Reshape\nm.add(Reshape((128, 7, 7)))\nm.add(Convolution2D(64, 5, 5))\n",
}  # fmt: skip
NOT_FIRST = {
    "last": "m.add(Convolution2D(8, 3, 3, input_shape=(28, 28, 1)))\n",
    "last variables": "shape = (rows, cols, channels)\nm.add(Convolution2D(8, 3, 3, input_shape=shape))\n",
    "said": "m.add(Convolution2D(8, 3, 3, dim_ordering='th', input_shape=(1, 28, 28)))\n",
    "asked": "if K.image_dim_ordering() == 'th':\n    shape = (1, 28, 28)\nelse:\n    shape = (28, 28, 1)\n"
    "m.add(Convolution2D(8, 3, 3, input_shape=shape))\n",
    "frames": "m.add(ConvLSTM2D(nb_filter=8, nb_row=3, nb_col=3, input_shape=(3, 40, 40, 1)))\n",
    "noise": "from keras.layers import Reshape\nm.add(Reshape((7, 7, 128)))\nm.add(Convolution2D(64, 5, 5))\n",
}  # fmt: skip


@pytest.mark.parametrize("where", FIRST)
def test_channels_first_are_said(where: str) -> None:
    upgraded = upgrade(HEAD + FIRST[where])
    assert upgraded.source.count(SET) == 1
    line = next(line for line in upgraded.source.splitlines() if SET.strip() in line)
    assert f"\n\n{line}\n" in upgraded.source
    assert "theano-order" in {change.rule for change in upgraded.changes}
    assert upgrade(upgraded.source).source == upgraded.source


@pytest.mark.parametrize("where", NOT_FIRST)
def test_channels_last_and_what_says_its_order_stay(where: str) -> None:
    upgraded = upgrade("from keras import backend as K\n" + HEAD + NOT_FIRST[where])
    assert SET.split(".")[1] not in upgraded.source
    assert "theano-order" not in {item.rule for item in (*upgraded.changes, *upgraded.findings)}


@pytest.mark.parametrize(
    "program",
    [
        "m.add(Convolution2D(8, 3, 3, input_shape=shape_of_something))\n",
        "m.add(Convolution2D(8, 3, 3, input_shape=(3, 3, 3)))\n",
        "b = Convolution2D(8, 3, 3, input_shape=(1, 28, 28))\na = Convolution2D(8, 3, 3, dim_ordering='th')\n",
        "a = Convolution2D(8, 3, 3, input_shape=(1, 28, 28))\nb = Convolution2D(8, 3, 3, input_shape=(28, 28, 1))\n",
    ],
)
def test_where_nothing_tells_the_order_it_is_said_so(program: str) -> None:
    upgraded = upgrade(HEAD + program)
    assert SET not in upgraded.source
    assert [finding.line for finding in upgraded.findings if finding.rule == "theano-order"] == [4]


@pytest.mark.parametrize(
    "block",
    [
        "for split in ('a', 'b'):\n    print(split)\n    for n in (1, 2):\n        print(n)\n",
        "with open('a') as file:\n    print(file)\n",
        "if True:\n    print(1)\nelse:\n    print(2)\n",
        "try:\n    import h5py\nexcept ImportError:\n    h5py = None\n",
        "def f():\n    return 1\n",
    ],
)
def test_the_order_is_said_once_and_at_the_top(block: str) -> None:
    source = upgrade(f"{HEAD}{block}{FIRST['literal']}").source
    assert source.count(SET) == 1
    assert f"\n\n{SET}" in source
    assert source.index(SET) < source.index(block.split("\n")[0])


def test_the_order_is_said_after_the_import_that_it_needs() -> None:
    source = "import os\nos.environ['KERAS_BACKEND'] = 'theano'\n" + HEAD + FIRST["literal"]
    made = upgrade(source).source
    assert made.index("from keras import backend\n") < made.index(SET) < made.index("m.add")
    compile(made, "made.py", "exec")
