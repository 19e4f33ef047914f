"""Proof by running, in the real sandbox: numbers and shapes of what changed silently, old programs, the repair loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.job import Job, Limits
from runner.runner import Runner
from runner.upgrade import upgrade
from runner.upgrade.repair import Proof, upgraded_and_run

pytestmark = pytest.mark.sandbox
PROGRAMS = Path(__file__).with_name("programs")
LIMITS = Limits(wall_s=120.0, cpu_s=120.0, memory_bytes=3 * 2**30)

# Old code whose assertions hold in the Keras that it was written for; as it is, Keras 3 fails each of them.
SILENT = {
    "kernel-size": """
from keras.layers import Convolution2D, Input
x = Input((20, 20, 3))
assert Convolution2D(8, 3, 3, border_mode='valid')(x).shape == (None, 18, 18, 8)
""",
    "learning-rate-decay": """
from keras.optimizers import SGD
optimizer = SGD(lr=0.1, decay=0.5)
rate = optimizer.lr
schedule = optimizer._learning_rate
assert abs(float(schedule(0)) - 0.1) < 1e-7 and abs(float(schedule(2)) - 0.1 / (1 + 0.5 * 2)) < 1e-7
""",
    "metrics-names": """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
model = Sequential([Dense(1, input_dim=2)])
model.compile('sgd', 'mse', metrics=['mae'])
model.evaluate(np.ones((2, 2)), np.ones((2, 1)), verbose=0)
assert list(model.metrics_names) == ['loss', 'mae']
""",
    "accuracy-name": """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.callbacks import EarlyStopping
model = Sequential([Dense(1, input_dim=2, activation='sigmoid')])
model.compile('sgd', 'binary_crossentropy', metrics=['accuracy'])
stop = EarlyStopping(monitor='val_acc', patience=1)
history = model.fit(np.ones((8, 2)), np.ones(8), validation_split=0.5, nb_epoch=6, callbacks=[stop], verbose=0)
assert len(history.history['acc']) < 6 and stop.best is not None and stop.stopped_epoch > 0
""",
    "gru-reset-after": """
from keras.layers import GRU
from keras.models import Sequential
model = Sequential()
model.add(GRU(output_dim=5, input_dim=3, input_length=4))
assert model.count_params() == 3 * (5 * 3 + 5 * 5 + 5)
""",
    "optimizer-defaults": """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import Adagrad, Adamax, Nadam
model = Sequential([Dense(1, input_dim=2, init='one')])
model.compile(loss='mse', optimizer='adadelta')
assert abs(float(np.array(model.optimizer.lr)) - 1.0) < 1e-6
rates = [float(np.array(o.learning_rate)) for o in (Adagrad(), Adamax(), Nadam())]
assert np.allclose(rates, [0.01, 0.002, 0.002])
""",
    "backend-defaults": """
import numpy as np
from keras import backend as K
x = np.array([[1., 5., 2.], [7., 1., 3.]])
assert K.eval(K.argmax(x)).tolist() == [1, 0]
assert K.eval(K.concatenate([x, x])).shape == (2, 6)
assert K.eval(K.expand_dims(x)).shape == (2, 3, 1)
assert np.allclose(K.eval(K.l2_normalize(x, axis=1)) ** 2 @ np.ones(3), 1)
assert K.eval(K.cumsum(x)).tolist() == [[1, 5, 2], [8, 6, 5]]
""",
    "frozen-after-compile": """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import Adam
adam = Adam(lr=0.1)
critic = Sequential([Dense(1, input_dim=2, activation='sigmoid')])
critic.compile(optimizer=adam, loss='binary_crossentropy')
critic.trainable = False
maker = Sequential([Dense(2, input_dim=3)])
both = Sequential([maker, critic])
both.compile(optimizer=adam, loss='binary_crossentropy')
for _ in range(2):
    begun = critic.get_weights()[0]
    critic.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
    learned, made = critic.get_weights()[0], maker.get_weights()[0]
    assert abs(learned - begun).max() > 0.01
    both.train_on_batch(np.ones((4, 3)), np.ones((4, 1)))
    assert abs(critic.get_weights()[0] - learned).max() == 0
    assert abs(maker.get_weights()[0] - made).max() > 0.01
""",
    "gradients": """
import numpy as np
from keras import backend as K
from keras.models import Sequential
from keras.layers import Conv2D, Dense, GlobalAveragePooling2D
model = Sequential()
model.add(Conv2D(2, (3, 3), input_shape=(8, 8, 1), name='last'))
model.add(GlobalAveragePooling2D())
model.add(Dense(1, kernel_initializer='ones'))
inner = model.get_layer('last').output
values = K.function([model.input], [K.gradients(model.output[:, 0], inner)[0]])([np.ones((1, 8, 8, 1))])[0]
assert values.shape == (1, 6, 6, 2) and np.allclose(values, 1 / 36)
""",
    "metric-targets": """
import numpy as np
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense
def hits(y_true, y_pred):
    return K.sum(y_true * y_pred)
model = Sequential([Dense(1, input_dim=2, kernel_initializer='ones')])
model.compile('sgd', 'mse', metrics=[hits])
assert model.evaluate(np.ones((2, 2)), np.array([[0], [1]]), verbose=0)[1] == 2.0
""",
    "safe-sqrt": """
import numpy as np
from keras import backend as K
assert K.eval(K.sqrt(np.array([-4., 4.]))).tolist() == [0., 2.]
""",
    "theano-order": """
from keras.models import Sequential
from keras.layers import Convolution2D, BatchNormalization
model = Sequential()
model.add(Convolution2D(6, 5, 5, border_mode='same', input_shape=(1, 28, 28)))
assert model.output_shape == (None, 6, 28, 28)
""",
    "convolution-1d": """
from keras.layers import Convolution1D, Input
layer = Convolution1D(4, 3, 'uniform', border_mode='same')
assert layer(Input((10, 2))).shape == (None, 10, 4)
""",
    "recurrent-activation": """
import keras
import numpy as np
from keras.layers import LSTM
from keras.optimizers import SGD
assert abs(float(keras.activations.hard_sigmoid(np.array(1.0, 'float32'))) - (1 + 3) / 6) < 1e-6
optimizer = SGD(lr=0.1)
""",
    "compile-positions": """
import numpy as np
from keras.models import Model
from keras.layers import Dense, Input
x = Input((2,))
model = Model(input=x, output=[Dense(1, name='a')(x), Dense(1, name='b')(x)])
model.compile('sgd', 'mse', ['mae'])
history = model.fit(np.ones((4, 2)), [np.ones((4, 1)), np.zeros((4, 1))], nb_epoch=1, verbose=0).history
assert {'a_mae', 'b_mae'} <= set(history), history
""",
    "crossentropy-order": """
import numpy as np
from keras import backend as K
y_true, y_pred = np.array([[0.0, 1.0]]), np.array([[0.25, 0.75]])
assert abs(float(K.get_value(K.categorical_crossentropy(y_pred, y_true))[0]) + np.log(0.75)) < 1e-5
""",
    "adagrad-accumulator": """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
model = Sequential([Dense(1, input_dim=1, bias=False, init='zero')])
model.compile(loss='mse', optimizer='adagrad')
model.fit(np.ones((4, 1)), np.ones((4, 1)), nb_epoch=1, batch_size=4, verbose=0)
assert abs(float(model.get_weights()[0][0, 0]) - 0.01) < 1e-5, model.get_weights()
""",
    "metric-reset": """
import numpy as np
import keras
class Batches(keras.metrics.Metric):
    def __init__(self, **options):
        super().__init__(**options)
        self.seen = self.add_weight('seen', initializer='zeros')
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen.assign(self.seen + 1.)
    def result(self):
        return self.seen + 0.
    def reset_states(self):
        self.seen.assign(10.)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile('sgd', 'mse', metrics=[Batches(name='batches')])
history = model.fit(np.ones((8, 2)), np.ones(8), batch_size=4, epochs=2, verbose=0).history
assert history['batches'] == [2.0, 12.0], history
""",
    "compiled-loss": """
import numpy as np
from tensorflow import keras
class Model(keras.Model):
    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}
x = keras.Input((2,))
model = Model(x, keras.layers.Dense(1, kernel_initializer='ones')(x))
model.compile('sgd', 'mse', metrics=['mae'])
loss = model.evaluate(np.ones((4, 2)), np.zeros((4, 1)), verbose=0)[0]
assert abs(float(loss) - 4.0) < 1e-5, loss
""",
    "own-initializer": """
from keras import backend as K
from keras import initializations
from keras.engine.topology import Layer
from keras.layers import Input
class Scale(Layer):
    def __init__(self, gamma_init='one', **options):
        self.gamma_init = initializations.get(gamma_init)
        super(Scale, self).__init__(**options)
    def build(self, input_shape):
        self.gamma = self.gamma_init((input_shape[-1],), name='gamma')
        self.trainable_weights = [self.gamma]
    def call(self, x, mask=None):
        return x * self.gamma
layer = Scale()
layer(Input((3,)))
assert layer.count_params() == 3 and len(layer.trainable_weights) == 1
""",
    "batch-normalization-defaults": """
from keras.layers import BatchNormalization
layer = BatchNormalization(mode=0)
assert (layer.momentum, layer.epsilon) == (0.99, 1e-3)
""",
}
SHARE = (
    "keras1/mnist_cnn_theano", "keras1/mnist_mlp_python2", "keras1/variational_autoencoder", "keras1/babi_memory",
    "keras1/custom_layer_keras1", "keras1/merge_modes", "keras2/fit_generator_steps", "keras2/deep_dream_gradients",
    "keras2/layer_outputs_function", "keras2/grid_search", "tfkeras/tf_ops_between_layers",
    "tfkeras/save_formats", "tfkeras/early_lists_as_data",
)  # fmt: skip


def proof(runner: Runner, source: str) -> Proof:
    return upgraded_and_run(source, lambda text: runner.run(Job(text, limits=LIMITS)))


@pytest.mark.parametrize("rule", SILENT)
def test_silent_changes_compute_what_they_did(rule: str, warm_runner: Runner) -> None:
    proven = proof(warm_runner, SILENT[rule])
    assert proven.before.status == "error"
    assert proven.after.status == "ok", proven.after.error


@pytest.mark.parametrize("name", SHARE)
def test_old_programs_run_again(name: str, warm_runner: Runner) -> None:
    proven = proof(warm_runner, (PROGRAMS / f"{name}.py").read_text())
    assert proven.before.status in ("error", "rejected")
    assert proven.after.status == "ok", proven.after.error


def test_a_run_s_error_calls_for_rules(warm_runner: Runner) -> None:
    source = "import keras\nlayer = keras.layers.Dense(3, some_old_option=2)\nprint('built')\n"
    assert not upgrade(source).changed
    proven = proof(warm_runner, source)
    assert proven.after.status == "ok"
    assert proven.after.stdout == "built\n"
    comment = "# Keras 3: `some_old_option` was left out, which Keras 3 refused here: see what it did\n"
    assert proven.upgrade.source == source.replace(", some_old_option=2", "").replace("layer", f"{comment}layer", 1)
    assert [(change.line, change.rule) for change in proven.upgrade.changes] == [(2, "unknown-argument")]


def test_products_of_batches_take_the_axes_they_took(warm_runner: Runner) -> None:
    source = """
import numpy as np
from keras import backend as K
from keras.layers import Input, Lambda
from keras.models import Model
c, u, v, w = Input((3, 5)), Input((3, 5, 4)), Input((5,)), Input((5,))
model = Model([c, u, v, w], [
    Lambda(lambda t: K.batch_dot(t[0], t[1], [2, 2]))([c, u]), Lambda(lambda t: K.batch_dot(t[0], t[1], 1))([v, w]),
    Lambda(lambda t: K.batch_dot(t[0], t[1], axes=[2, 1]))([c, v]),
    Lambda(lambda t: K.batch_dot(t[0], t[1]))([v, Lambda(lambda t: K.permute_dimensions(t, (0, 2, 1)))(c)]),
])
values = [np.random.rand(2, *t.shape[1:]).astype('float32') for t in (c, u, v, w)]
made = model.predict(values)
a, b, d, e = values
wanted = (np.einsum('bnt,bntd->bnd', a, b), (d * e).sum(-1, keepdims=True), np.einsum('bnt,bt->bn', a, d),
          np.einsum('bt,bnt->bn', d, a))
for one, other in zip(made, wanted):
    assert one.shape == other.shape and np.allclose(one, other, atol=1e-5)
"""
    proven = proof(warm_runner, source)
    assert proven.before.status == "error"
    assert proven.after.status == "ok", proven.after.error


def test_models_that_a_function_makes_have_their_own_optimizers(warm_runner: Runner) -> None:
    source = (
        "import numpy as np\nimport keras\nadam = keras.optimizers.Adam(0.1)\n\n\ndef make(n):\n"
        "    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(n)])\n"
        "    model.compile(optimizer=adam, loss='mse')\n    return model\n\n\nfor n in (1, 2):\n"
        "    make(n).fit(np.ones((4, 3)), np.ones((4, n)), verbose=0)\n"
    )
    proven = proof(warm_runner, source)
    assert proven.before.status == "error"
    assert proven.after.status == "ok", proven.after.error
    assert "optimizer=adam.from_config(adam.get_config())" in proven.upgrade.source


def test_a_run_tells_how_many_outputs_there_are(warm_runner: Runner) -> None:
    source = (
        "import numpy as np\nimport keras\nx = keras.Input((3,))\nends = []\nfor _ in range(2):\n"
        "    ends.append(keras.layers.Dense(1)(x))\nmodel = keras.Model(x, ends)\n"
        "model.compile('sgd', 'mse', metrics=['mae'])\nz = np.zeros((4, 1))\n"
        "model.fit(np.zeros((4, 3)), [z, z], verbose=0)\n"
    )
    proven = proof(warm_runner, source)
    assert proven.before.status == "error"
    assert proven.after.status == "ok", proven.after.error
    assert "metrics=[['mae']] * len(model.outputs)" in proven.upgrade.source


def test_what_nothing_mends_is_left_with_its_error(warm_runner: Runner) -> None:
    proven = proof(warm_runner, "import keras\nraise KeyError('mine')\n")
    assert not proven.upgrade.changed
    assert proven.after.status == "error"
    assert proven.after.error is not None and proven.after.error.type == "KeyError"
