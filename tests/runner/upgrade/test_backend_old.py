"""Backend functions, optimizers, initializers and weights of the time: rewritten, and run for their numbers."""

# ruff: noqa: E501  a program is easier to compare on one line

from __future__ import annotations

import pytest

from runner.job import Job, Limits
from runner.runner import Runner
from runner.upgrade import upgrade
from runner.upgrade.repair import upgraded_and_run

LIMITS = Limits(wall_s=120.0, cpu_s=120.0, memory_bytes=3 * 2**30)
REWRITTEN = {
    "the axis was a dim": ("K.expand_dims(x, dim=1)", "ops.expand_dims(x, axis=1)"),
    "tiles": ("K.tile(x, n=2)", "ops.tile(x, repeats=2)"),
    "pack": ("K.pack([x, y])", "ops.stack([x, y])"),
    "map_fn": ("K.map_fn(f, elems=x, dtype='float32')", "ops.map(f, xs=x)"),
    "one hot": ("K.one_hot(x, nb_classes=3)", "ops.one_hot(x, num_classes=3)"),
    "hard sigmoid": ("K.hard_sigmoid(x + 1)", "ops.clip(0.2 * (x + 1) + 0.5, 0.0, 1.0)"),
    "hard sigmoid as a function": ("f(K.hard_sigmoid)", "f((lambda x: ops.clip(0.2 * x + 0.5, 0.0, 1.0)))"),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_backend_functions_keep_what_they_were_told(name: str) -> None:
    before, after = REWRITTEN[name]
    upgraded = upgrade(f"from keras import backend as K\nz = {before}\n")
    assert upgraded.source == f"from keras import ops\nz = {after}\n"
    assert upgrade(upgraded.source).source == upgraded.source


@pytest.mark.parametrize("inputs", ["[x, K.learning_phase()]", "[x] + [K.learning_phase()]"])
def test_the_learning_phase_goes_from_the_inputs(inputs: str) -> None:
    upgraded = upgrade(f"from keras import backend as K\nf = [K.function({inputs}, [out]) for out in outs]\n")
    assert "f = [backend_function([x], [out]) for out in outs]\n" in upgraded.source
    assert not upgraded.findings


def test_inputs_in_a_name_keep_it_without_the_learning_phase() -> None:
    source = "from keras import backend as K\nf = K.function(m.inputs + [K.learning_phase()], [out])\n"
    assert "f = backend_function(m.inputs, [out])\n" in upgrade(source).source


def test_streaming_metrics_are_told_and_replaced_among_the_metrics() -> None:
    source = (
        "import tensorflow as tf\nfrom keras import backend as K\n\n\ndef auc(y_true, y_pred):\n"
        "    value = tf.metrics.auc(y_true, y_pred)[1]\n    K.get_session().run(tf.local_variables_initializer())\n"
        "    return value\n\n\nmodel.compile('sgd', 'mse', metrics=['accuracy', auc])\nv = tf.metrics.mean_iou(a, b, 3)\n"
    )
    upgraded = upgrade(source)
    assert "metrics=['accuracy', AUC(name='auc')])\n" in upgraded.source
    assert [finding.line for finding in upgraded.findings if finding.rule == "streaming-metrics"] == [6, 12]
    assert (
        "    # Keras 3: tf.metrics.auc was removed in TensorFlow 2; closest today: keras.metrics.AUC()"
        in upgraded.source
    )
    assert upgrade(upgraded.source).source == upgraded.source


def test_a_decay_of_an_optimizer_is_told() -> None:
    source = "import keras\nd = model.optimizer.decay\nmy.decay = 2\n"
    upgraded = upgrade(source)
    assert [finding.line for finding in upgraded.findings] == [2]
    assert upgrade(upgraded.source).source == upgraded.source


@pytest.mark.parametrize(
    ("decay", "is_set"),
    [
        ("0.5", "model.optimizer.learning_rate = InverseTimeDecay(0.1, decay_steps=1, decay_rate=0.5)\n"),
        ("rate / epochs", "model.optimizer.learning_rate.assign(0.1)\n"),
    ],
)
def test_a_rate_that_decays_is_set_by_a_schedule(decay: str, is_set: str) -> None:
    source = (
        "from keras import backend as K\nfrom keras.optimizers import SGD\n"
        f"model.compile(SGD(lr=0.2, decay={decay}), 'mse')\nK.set_value(model.optimizer.lr, 0.1)\n"
    )
    upgraded = upgrade(source)
    assert upgraded.source.endswith(is_set)
    assert [finding.line for finding in upgraded.findings] == [4]
    assert upgrade(upgraded.source).source == upgraded.source
    plain = upgrade(source.replace(f", decay={decay}", ""))
    assert plain.source.endswith("model.optimizer.learning_rate.assign(0.1)\n") and not plain.findings


def test_a_callback_that_sets_a_rate_that_decays_is_told() -> None:
    source = (
        "from keras.callbacks import ReduceLROnPlateau\nfrom keras.optimizers import SGD\n"
        "model.compile(SGD(lr=0.2, decay=0.1), 'mse')\nmodel.fit(x, y, callbacks=[ReduceLROnPlateau()])\n"
    )
    assert [finding.line for finding in upgrade(source).findings] == [4]
    assert not upgrade(source.replace("decay=0.1", "decay=0.0")).findings


def test_weights_of_layers_of_one_s_own_keep_their_names() -> None:
    source = (
        "import keras\n\n\nclass Mine(keras.layers.Layer):\n    def build(self, shape):\n"
        "        self.W = self.add_weight(shape=(3,))\n\n\nlayer = Mine()\nw = layer.W\nb = thing.b\n"
    )
    assert upgrade(source).source == source


@pytest.mark.parametrize("parameters", ["shape, dtype", "shape, dtype=None", "shape, **options", "shape, *, dtype"])
def test_initializers_that_take_the_type_stay(parameters: str) -> None:
    source = (
        f"import keras\n\n\ndef f({parameters}):\n    return 0\n\n\nx = keras.layers.Dense(3, kernel_initializer=f)\n"
    )
    assert upgrade(source).source == source


# Each asserts what held when it was written, and fails as it is.
RUN = {
    "layer-weights": """
from keras.layers import Dense
from keras.models import Sequential
from keras import backend as K
model = Sequential()
model.add(Dense(3, input_dim=2))
W, b = model.layers[0].W, model.layers[0].b
assert K.get_value(W).shape == (2, 3) and K.get_value(b).shape == (3,)
""",
    "hard-sigmoid": """
from keras import backend as K
assert abs(float(K.eval(K.hard_sigmoid(K.variable([1.0])))[0]) - 0.7) < 1e-6
""",
    "optimizer-decay": """
import numpy as np
from keras import backend as K
from keras.callbacks import Callback
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam
told = []
class Rate(Callback):
    def on_epoch_end(self, epoch, logs={}):
        o = self.model.optimizer
        told.append(K.eval(o.lr * (1. / (1. + o.decay * K.cast(o.iterations, 'float32')))))
model = Sequential([Dense(1, input_dim=2)])
model.compile(Adam(lr=0.01, decay=0.1), 'mse')
model.fit(np.zeros((4, 2)), np.zeros(4), nb_epoch=2, batch_size=2, callbacks=[Rate()], verbose=0)
assert np.allclose(told, [0.01 / 1.2, 0.01 / 1.4], atol=1e-6), told
""",
    "initializer-arguments": """
import numpy as np
from keras import backend as K
from keras.layers import Dense
from keras.models import Sequential
def sevens(shape, name=None):
    return K.variable(np.full(shape, 7.0), name=name)
model = Sequential()
model.add(Dense(3, kernel_initializer=sevens, bias_initializer=lambda shape, name: K.ones(shape) * 2, input_dim=2))
W, b = model.get_weights()
assert W.shape == (2, 3) and (W == 7).all() and (b == 2).all()
""",
    "initializer-of-shape": """
import numpy as np
from keras.initializations import normal, uniform
from keras.layers import Dense
from keras.models import Sequential
def small(shape, name=None):
    return normal(shape, scale=1e-4, name=name)
model = Sequential()
model.add(Dense(200, init=small, input_dim=100))
model.add(Dense(200, init=lambda shape, name: uniform(shape, scale=0.5, name=name)))
one, other = model.get_weights()[0], model.get_weights()[2]
assert 0.8e-4 < one.std() < 1.2e-4 and 0.4 < np.abs(other).max() <= 0.5 and other.min() < -0.4
""",
    "initial-weights": """
from keras.layers import BatchNormalization, Dense
from keras.models import Sequential
model = Sequential()
model.add(Dense(3, input_dim=2))
model.add(BatchNormalization(epsilon=1e-06, mode=0, momentum=0.9, weights=None))
assert model.layers[-1].momentum == 0.9
""",
    "symbolic-shape": """
import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Input
from keras.models import Model
x = Input((None, None, 3))
model = Model(x, Conv2D(4, 3, padding='same', name='c', kernel_initializer='ones')(x))
layers = dict([(layer.name, layer) for layer in model.layers])
out = layers['c'].output
scaling = K.prod(K.cast(K.shape(out), 'float32'))
f = K.function([x], [K.sum(out) / scaling])
assert abs(float(f([np.ones((1, 9, 9, 3))])[0]) - 27 * (25 / 27) ** 2) < 1e-3
""",
}


@pytest.mark.sandbox
@pytest.mark.parametrize("rule", RUN)
def test_what_ran_runs_again(rule: str, warm_runner: Runner) -> None:
    proven = upgraded_and_run(RUN[rule], lambda text: warm_runner.run(Job(text, limits=LIMITS)))
    assert rule in {change.rule for change in proven.upgrade.changes}
    assert proven.before.status == "error"
    assert proven.after.status == "ok", (proven.after.error, proven.upgrade.source)
