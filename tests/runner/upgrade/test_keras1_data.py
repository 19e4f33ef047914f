"""Data, gates and operators of Keras 1: rewritten or told, and run on TensorFlow and PyTorch."""

# ruff: noqa: E501  a program is easier to compare on one line

from __future__ import annotations

import string

import pytest

from runner.job import Job, Limits
from runner.runner import Runner
from runner.upgrade import upgrade

LIMITS = Limits(wall_s=120.0, cpu_s=120.0, memory_bytes=3 * 2**30)


def test_loaders_take_what_they_take_today() -> None:
    upgraded = upgrade(
        "from keras.datasets import imdb\n(a, b), (c, d) = imdb.load_data(path='imdb.pkl', nb_words=20000, test_split=0.2)\n"
    )
    assert upgraded.source.endswith("(a, b), (c, d) = imdb.load_data(num_words=20000)\n")
    assert [finding.rule for finding in upgraded.findings] == ["loader-arguments"]
    assert (
        "imdb.load_data('mine.npz')"
        in upgrade("from keras.datasets import imdb\nx = imdb.load_data('mine.npz')\n").source
    )
    reuters = upgrade(
        "from keras.datasets import reuters\nx = reuters.load_data('reuters.pkl', nb_words=3, test_split=0.2)\n"
    )
    assert reuters.source.endswith("reuters.load_data(num_words=3, test_split=0.2)\n")


def test_counters_of_iterators_that_a_function_is_given() -> None:
    source = (
        "import keras\n\n\ndef fit(batches):\n    model.fit_generator(batches, samples_per_epoch=batches.nb_sample)\n\n\n"
        "fit(gen.flow_from_directory('x'))\n"
    )
    assert "batches.nb_sample" not in upgrade(source).source
    own = "import keras\nflow = 1\nself.nb_sample = 3\nx = other.nb_sample\n"
    assert upgrade(own).source == own


def test_the_filter_of_signs_is_what_it_was() -> None:
    upgraded = upgrade("from keras.preprocessing.text import base_filter\nsigns = base_filter()\n")
    held: dict[str, str] = {}
    exec(upgraded.source, held)
    old = string.punctuation.replace("'", "") + "\t\n"
    assert held["signs"] == old


def test_gates_of_keras_1_are_told_once() -> None:
    source = "from keras.layers import LSTM\na = LSTM(output_dim=3)\nb = LSTM(output_dim=4)\n"
    findings = [finding for finding in upgrade(source).findings if finding.rule == "recurrent-activation"]
    assert [finding.line for finding in findings] == [2]
    assert "recurrent_activation=lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)" in findings[0].message
    assert not upgrade(source.replace("output_dim", "units")).findings


def test_a_gradient_penalty_is_told_where_it_belongs() -> None:
    source = "from keras import backend as K\ndef penalty(y_true, y_pred, x):\n    return K.gradients(y_pred, x)[0]\n"
    assert "train_step of a keras.Model" in upgrade(source).findings[0].message
    plain = source.replace("penalty(y_true, y_pred, x)", "f(y_pred, x)")
    assert "train_step" not in upgrade(plain).findings[0].message


@pytest.mark.parametrize(
    "source",
    [
        "import keras\n\n\nclass A(keras.Layer):\n    def call(self, x):\n        x += self.w\n        return x\n",
        "from keras.layers.core import Dense\n\n\ndef f(xs):\n    n = 0\n    for x in xs:\n        n += x.shape[0]\n    names = []\n    names += [n]\n    return names\n",
        "from keras.layers.core import Dense\nimport numpy as np\n\n\ndef f(image):\n    image /= 255.0\n    return image\n",
    ],
)
def test_what_is_no_tensor_is_changed_in_place(source: str) -> None:
    assert upgrade(source).source == source.replace("layers.core", "layers")


ATTENTION = """
import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import Dense, Input
from keras.models import Model
class Attention(Layer):
    def build(self, input_shape):
        self.W = self.add_weight((input_shape[-1], 1), initializer='ones', name='W')
        super(Attention, self).build(input_shape)
    def call(self, x, mask=None):
        a = K.exp(K.tanh(K.dot(x, self.W)))
        if mask is not None:
            a *= K.cast(mask, K.floatx())
        a /= K.cast(K.sum(a, axis=1, keepdims=True) + K.epsilon(), K.floatx())
        return K.sum(x * a, axis=1)
    def get_output_shape_for(self, input_shape):
        return (input_shape[0], input_shape[-1])
inputs = Input((2, 1))
model = Model(input=inputs, output=Attention()(inputs))
x = np.array([[[0.0], [1.0]]])
share = np.exp(np.tanh(1.0)) / (1 + np.exp(np.tanh(1.0)))
assert np.allclose(model.predict(x), share, atol=1e-5)
model.compile('sgd', 'mse')
model.fit(x, np.zeros((1, 1)), nb_epoch=1, verbose=0)
"""


@pytest.mark.sandbox
@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_layer_learns_on_every_backend(backend: str, warm_runner: Runner) -> None:
    upgraded = upgrade(ATTENTION)
    assert "plain-operators" in {change.rule for change in upgraded.changes}
    result = warm_runner.run(Job(upgraded.source, backend=backend, limits=LIMITS))
    assert result.status == "ok", result.error
