"""Old arguments that reach Keras by a way round: spread dictionaries, partial, other names, functions that hand on."""

# ruff: noqa: E501  a program is easier to compare on one line

from __future__ import annotations

import pytest

from runner.upgrade import upgrade

HEAD = "import keras\nfrom functools import partial\nfrom keras.layers import Dense, Embedding, Conv2D\n"
CASES = {
    "a kernel beside a dictionary": (
        "x = keras.layers.Convolution2D(3, 3, 3, **conf)\n",
        "x = keras.layers.Conv2D(3, (3, 3), **conf)\n",
    ),
    "dict": (
        "conf = dict(border_mode='same', init='uniform')\nx = Conv2D(3, 3, **conf)\n",
        "conf = dict(padding='same', kernel_initializer='uniform')\nx = Conv2D(3, 3, **conf)\n",
    ),
    "braces": (
        'kw = {"nb_epoch": 3,\n      "verbose": 0}  # how long\nmodel.fit(x, y, **kw)\n',
        'kw = {"epochs": 3,\n      "verbose": 0}  # how long\nmodel.fit(x, y, **kw)\n',
    ),
    "an argument that is gone": (
        "kw = dict(nb_epoch=3, nb_worker=2)\nmodel.fit_generator(g, **kw)\n",
        "kw = dict(epochs=3)\nmodel.fit(g, **kw)\n",
    ),
    "by the layer that it is for": (
        "x = Embedding(3, 4, **{'init': 'normal'})\ny = Dense(3, **{'init': 'normal'})\n",
        "x = Embedding(3, 4, **{'embeddings_initializer': 'normal'})\ny = Dense(3, **{'kernel_initializer': 'normal'})\n",
    ),
    "a value": (
        "conf = {'dim_ordering': 'th'}\nx = Conv2D(3, 3, **conf)\n",
        "conf = {'data_format': 'channels_first'}\nx = Conv2D(3, 3, **conf)\n",
    ),
    "several calls": (
        "conf = dict(activation='relu', W_regularizer='l2')\nx = Dense(3, **conf)\ny = Dense(4, **conf)\n",
        "conf = dict(activation='relu', kernel_regularizer='l2')\nx = Dense(3, **conf)\ny = Dense(4, **conf)\n",
    ),
    "an attribute": (
        "class A:\n    def f(self):\n        self.c = dict(init='one')\n        return Dense(3, **self.c)\n",
        "class A:\n    def f(self):\n        self.c = dict(kernel_initializer='one')\n        return Dense(3, **self.c)\n",
    ),
    "partial": (
        "Conv = partial(keras.layers.Convolution2D, border_mode='same', subsample=(2, 2))\nx = Conv(8, 3, 3)\n",
        "Conv = partial(keras.layers.Conv2D, padding='same', strides=(2, 2))\nx = Conv(8, (3, 3))\n",
    ),
    "another name": (
        "conv = keras.layers.Convolution2D\nx = conv(8, 3, 3, border_mode='same')\n",
        "conv = keras.layers.Conv2D\nx = conv(8, (3, 3), padding='same')\n",
    ),
    "handed on": (
        "\n\ndef conv(x, n, **more):\n    return Conv2D(n, 3, **more)(x)\n\n\nconv(x, n=3, border_mode='same')\n",
        "\n\ndef conv(x, n, **more):\n    return Conv2D(n, 3, **more)(x)\n\n\nconv(x, n=3, padding='same')\n",
    ),
    "a method that hands on": (
        "\n\nclass A:\n    def c(self, **more):\n        return Conv2D(8, 3, **more)\n\n    def d(self):\n"
        "        return self.c(border_mode='same')\n",
        "\n\nclass A:\n    def c(self, **more):\n        return Conv2D(8, 3, **more)\n\n    def d(self):\n"
        "        return self.c(padding='same')\n",
    ),
}
LEFT = {
    "changed later": "kw = {'nb_epoch': 3}\nkw['verbose'] = 0\nmodel.fit(x, **kw)\n",
    "for two that differ": "kw = {'init': 'normal'}\nx = Dense(3, **kw)\ny = Embedding(3, 4, **kw)\n",
    "a decay beside its rate": "kw = dict(lr=0.1, decay=1e-6)\no = keras.optimizers.SGD(**kw)\n",
    "for a function that is not known": "kw = {'nb_epoch': 3}\ntrain(**kw)\n",
}
NOT_KERAS = (
    "\n\ndef train(nb_epoch):\n    pass\n\n\nkw = {'nb_epoch': 3}\ntrain(**kw)\n",
    "import plots\nkw = {'init': 'normal'}\nplots.draw(**kw)\n",
    "\n\ndef conv(n, border_mode='same', **more):\n    return Conv2D(n, 3, padding=border_mode, **more)\n\n\nconv(3, border_mode='valid')\n",
    "def conv(*args):\n    return Conv2D(8, *args)\n",
)


@pytest.mark.parametrize("way", CASES)
def test_arguments_are_renamed_where_they_are_written(way: str) -> None:
    before, after = CASES[way]
    upgraded = upgrade(HEAD + before)
    assert upgraded.source.endswith(after)
    assert upgrade(upgraded.source).source == upgraded.source


@pytest.mark.parametrize("what", LEFT)
def test_what_cannot_be_told_is_left_with_a_comment(what: str) -> None:
    upgraded = upgrade(HEAD + LEFT[what])
    comments = [line for line in upgraded.source.splitlines() if line.startswith("# Keras 3: ")]
    assert len(comments) == 1
    assert upgraded.source.replace(f"{comments[0]}\n", "") == HEAD + LEFT[what]
    assert [finding.rule for finding in upgraded.findings] == ["spread-arguments"]
    assert upgrade(upgraded.source).source == upgraded.source


@pytest.mark.parametrize("source", NOT_KERAS)
def test_what_goes_elsewhere_stays(source: str) -> None:
    assert upgrade(HEAD + source).source == HEAD + source


def test_old_words_in_a_dictionary_are_told_wherever_it_goes() -> None:
    source = HEAD + "class Net:\n    conf = {'border_mode': 'same'}\n"
    upgraded = upgrade(source)
    assert not upgraded.changed
    assert [(finding.line, finding.rule) for finding in upgraded.findings] == [(5, "spread-arguments")]
