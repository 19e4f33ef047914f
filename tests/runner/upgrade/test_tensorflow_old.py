"""TensorFlow 1, Theano, other packages and layers' shapes: rewritten where it is safe, else told with what to do."""

# ruff: noqa: E501  a program is easier to compare on one line

from __future__ import annotations

import pytest

from runner.job import Job, Limits
from runner.runner import Runner
from runner.upgrade import upgrade
from runner.upgrade.repair import upgraded_and_run

LIMITS = Limits(wall_s=120.0, cpu_s=120.0, memory_bytes=3 * 2**30)
TOLD = {
    "tf.summary.FileWriter": ("w = tf.summary.FileWriter('logs')", "tf.summary.create_file_writer(folder)"),
    "tf.placeholder": ("x = tf.placeholder(tf.float32, [None, 3])", "keras.Input, or the argument of a function"),
    "tf.train.Saver": ("s = tf.train.Saver()", "model.save_weights and model.load_weights"),
    "tf.contrib.layers.flatten": ("x = tf.contrib.layers.flatten(y)", "what keras.layers"),
    "tf.train.get_global_step": ("n = tf.train.get_global_step()", "optimizer.iterations"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_tensorflow_2_has_no_more_is_told(name: str) -> None:
    line, closest = TOLD[name]
    upgraded = upgrade(f"import keras\nimport tensorflow as tf\n{line}\n")
    (finding,) = upgraded.findings
    assert finding.line == 3
    assert finding.message.startswith(f"{name} was removed in TensorFlow 2; closest today: {closest}")
    assert f"# Keras 3: {finding.message}\n{line}\n" in upgraded.source
    assert upgrade(upgraded.source).source == upgraded.source


def test_what_tensorflow_2_has_is_not_told() -> None:
    source = (
        "import keras\nimport tensorflow as tf\nx = tf.constant([1.0], tf.float32)[tf.newaxis]\ny = tf.nn.relu(x)\n"
        "d = tf.data.Dataset.from_tensor_slices(x).batch(2).prefetch(tf.data.AUTOTUNE)\nl = tf.losses.MeanSquaredError()\n"
        "w = tf.summary.create_file_writer('logs')\ni = tf.io.gfile.exists('a')\nv = tf.__version__\n"
        "g = tf.compat.v1.placeholder\nm = tf.math.rsqrt(x)\nt = tf.Tensor.shape\n"
    )
    assert upgrade(source).source.replace("keras.losses", "tf.losses") == source
    assert not upgrade(source).findings


def test_theano_goes_where_keras_has_its_functions() -> None:
    source = "import theano.tensor as T\nimport keras\n\n\ndef loss(t, p):\n    return T.mean(T.sqr(t - p), axis=-1)\n"
    upgraded = upgrade(source)
    assert upgraded.source == (
        "from keras import ops\nimport keras\n\n\ndef loss(t, p):\n    return ops.mean(ops.square(t - p), axis=-1)\n"
    )
    assert not upgraded.findings
    left = upgrade("import theano\nimport keras\nf = theano.function([x], y)\n")
    assert [finding.line for finding in left.findings] == [1]
    assert "f = theano.function([x], y)\n" in left.source


def test_other_packages_are_told() -> None:
    upgraded = upgrade("import keras\nfrom keras_contrib.layers import CRF\nimport tensorflow_addons as tfa\n")
    assert [finding.line for finding in upgraded.findings] == [2, 3]
    assert not upgrade("import keras\nfrom . import vis\nfrom mine.rl import x\n").findings


def test_a_session_that_computes_is_told_and_one_that_is_only_set_up_goes() -> None:
    source = "from keras import backend as K\nx = K.get_session().run(y)\nf(K.get_session)\n"
    upgraded = upgrade(source)
    assert [finding.line for finding in upgraded.findings] == [2, 3]
    assert upgrade(upgraded.source).source == upgraded.source
    gone = upgrade(
        "import tensorflow as tf\nfrom keras import backend as K\nK.get_session().run(tf.global_variables_initializer())\nx = K.mean(y)\n"
    )
    assert "session" not in gone.source and not gone.findings


def test_the_wrapper_of_tf_keras_is_that_of_keras() -> None:
    source = (
        "import tensorflow as tf\nwrapper = tf.keras.wrappers.scikit_learn.KerasClassifier\nc = wrapper(build_fn=f)\n"
    )
    upgraded = upgrade(source)
    assert "class KerasModelClassifier:" in upgraded.source
    assert "wrapper = KerasModelClassifier\n" in upgraded.source
    assert upgrade(upgraded.source).source == upgraded.source


def test_layers_are_popped_only_where_they_once_were() -> None:
    source = (
        "from keras.applications import VGG16\nfrom keras.models import Model\nvgg = VGG16(weights=None)\n"
        "vgg.layers.pop()\nvgg.outputs = [vgg.layers[-1].output]\nvgg.layers[-1].outbound_nodes = []\n"
        "m = Model(input=vgg.input, output=vgg.layers[-1].output)\n"
    )
    upgraded = upgrade(source)
    assert upgraded.source.endswith(
        "vgg = Model(vgg.inputs, vgg.layers[-2].output)\nm = Model(inputs=vgg.input, outputs=vgg.layers[-1].output)\n"
    )
    assert upgrade(upgraded.source).source == upgraded.source
    for other in (
        "from tensorflow.keras.applications import VGG16\nvgg = VGG16(weights=None)\nvgg.layers.pop()\nm.fit(x, lr=1)\n",
        "from keras.applications import VGG16\ndef f():\n    vgg.layers.pop()\nvgg = VGG16(weights=None, nb_epoch=1)\n",
    ):
        told = upgrade(other)
        assert [finding.rule for finding in told.findings] == ["popped-layers"]
        assert "vgg.layers.pop()\n" in told.source
        assert upgrade(told.source).source == told.source


def test_a_name_for_the_backend_is_the_backend() -> None:
    source = (
        "from tensorflow import keras\n\nK = keras.backend\n\n\ndef f(x):\n    return K.sum(K.square(x), axis=-1)\n"
    )
    assert upgrade(source).source.endswith("    return ops.sum(ops.square(x), axis=-1)\n")
    hidden = source.replace("def f(x):", "def f(x, K):")
    assert "K.sum(K.square(x)" in upgrade(hidden).source


@pytest.mark.parametrize(
    "source",
    [
        "import keras\nfrom keras import ops\n\n\nclass A(keras.optimizers.schedules.LearningRateSchedule):\n    def __call__(self, step):\n        step = ops.cast(step, 'float32')\n        return ops.rsqrt(step)\n",
        "import keras\nimport tensorflow as tf\n\n\nclass A(keras.optimizers.schedules.LearningRateSchedule):\n    def __call__(self, step):\n        return 0.1 * tf.math.exp(self.rate)\n",
        "import tensorflow as tf\nimport keras\nspec = tf.TensorShape([None, 3])\n\n\ndef build(shape):\n    return tf.TensorShape(shape).as_list()\n",
        "import keras\nitems.layers.append(3)\nmodel.pop()\ny = stack.pop()\n",
    ],
)
def test_modern_programs_stay(source: str) -> None:
    assert upgrade(source).source == source


# Each asserts what held when it was written, and fails as it is.
RUN = {
    "shape-tuples": """
import numpy as np
import tensorflow as tf
from tensorflow import keras
class Scaled(keras.layers.Layer):
    def build(self, batch_input_shape):
        width = batch_input_shape.as_list()[-1]
        self.scale = self.add_weight('scale', shape=[batch_input_shape[-1].value or width], initializer='ones')
        super().build(batch_input_shape)
    def call(self, x):
        return tf.reshape(x * self.scale, (-1, 3, 2))
    def compute_output_shape(self, batch_input_shape):
        return tf.TensorShape(batch_input_shape.as_list()[:-1] + [3, 2])
inputs = keras.Input((6,))
model = keras.Model(inputs, Scaled()(inputs))
assert model.output_shape == (None, 3, 2)
assert model.predict(np.ones((4, 6)), verbose=0).shape == (4, 3, 2)
""",
    "schedule-step": """
import numpy as np
import tensorflow as tf
class Warm(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, steps=4):
        super().__init__()
        self.steps = steps
    def __call__(self, step):
        return tf.math.minimum(tf.math.rsqrt(step), step * (self.steps ** -1.5))
assert abs(float(Warm()(tf.constant(16))) - 0.25) < 1e-6 and abs(float(Warm()(tf.constant(2))) - 0.25) < 1e-6
""",
    "global-step": """
import tensorflow as tf
optimizer = tf.keras.optimizers.SGD(lr=0.5)
v = tf.Variable([1.0])
optimizer.apply_gradients([(tf.constant([1.0]), v)], global_step=tf.train.get_or_create_global_step())
assert float(v.numpy()[0]) == 0.5 and int(optimizer.iterations.numpy()) == 1
""",
    "theano-functions": """
import numpy as np
import theano.tensor as T
from keras.layers.core import Dense
from keras.models import Sequential
def loss(y_true, y_pred):
    return T.mean(T.sqr(y_true - y_pred), axis=-1)
model = Sequential([Dense(1, input_dim=2)])
model.compile('sgd', loss)
assert abs(float(model.evaluate(np.zeros((4, 2)), np.full(4, 3.0), verbose=0)) - 9) < 1e-5
""",
    "popped-layers": """
from keras.applications.vgg16 import VGG16
from keras.layers import Dense
from keras.models import Model
vgg = VGG16(weights=None, input_shape=(32, 32, 3), include_top=True, classes=5)
vgg.layers.pop()
vgg.layers.pop()
vgg.outputs = [vgg.layers[-1].output]
vgg.layers[-1].outbound_nodes = []
model = Model(input=vgg.input, output=Dense(3)(vgg.layers[-1].output))
assert model.layers[-2].name == 'fc1' and model.output_shape == (None, 3)
""",
    "streaming-metrics": """
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Dense
from keras.models import Sequential
def auc(y_true, y_pred):
    auc = tf.metrics.auc(y_true, y_pred)[1]
    K.get_session().run(tf.local_variables_initializer())
    return auc
model = Sequential([Dense(1, activation='sigmoid', kernel_initializer='ones', input_dim=1)])
model.compile(loss='binary_crossentropy', optimizer='sgd', metrics=['accuracy', auc])
told = model.evaluate(np.array([[-2.], [-1.], [1.], [2.]]), np.array([0, 0, 1, 1]), verbose=0)
assert abs(told[2] - 1.0) < 1e-3
""",
}


@pytest.mark.sandbox
@pytest.mark.parametrize("rule", RUN)
def test_what_ran_runs_again(rule: str, warm_runner: Runner) -> None:
    proven = upgraded_and_run(RUN[rule], lambda text: warm_runner.run(Job(text, limits=LIMITS)))
    assert rule in {change.rule for change in proven.upgrade.changes}
    assert proven.before.status == "error"
    assert proven.after.status == "ok", (proven.after.error, proven.upgrade.source)
