"""In the real sandbox: shapes and numbers of what changed without a word, before the upgrade and after."""

from __future__ import annotations

import pytest

from runner.job import Job, Limits
from runner.runner import Runner
from runner.upgrade.repair import upgraded_and_run

pytestmark = pytest.mark.sandbox
LIMITS = Limits(wall_s=120.0, cpu_s=120.0, memory_bytes=3 * 2**30)

# Old code whose assertions hold in the Keras that it was written for; as it is, Keras 3 fails each of them.
SILENT = {
    "channels of a variable and a function": """
from keras.models import Sequential, Model
from keras.layers import Convolution2D, Input, Lambda
import numpy as np
shape = (3, 32, 32)
model = Sequential()
model.add(Convolution2D(8, 3, 3, border_mode='same', input_shape=shape))
assert model.output_shape == (None, 8, 32, 32), model.output_shape
def build(channels=1, rows=28, cols=28):
    made = Sequential()
    made.add(Lambda(lambda x: x / 2., input_shape=(channels, rows, cols)))
    made.add(Convolution2D(4, 5, 5))
    return made
assert build().output_shape == (None, 4, 24, 24), build().output_shape
x = Input(shape=(3, 64, 48))
assert Model(x, Convolution2D(8, 3, 3)(x)).output_shape == (None, 8, 62, 46)
X = np.zeros((5, 784)).reshape(5, 1, 28, 28)
model = Sequential()
model.add(Convolution2D(8, 3, 3, input_shape=X.shape[1:]))
assert model.predict(X).shape == (5, 8, 26, 26)
""",
    "a kernel beside a dictionary": """
from functools import partial
from keras.layers import Convolution2D, Input
conf = dict(border_mode='same', init='one')
x = Convolution2D(4, 3, 3, **conf)(Input((9, 9, 1)))
assert tuple(x.shape) == (None, 9, 9, 4), x.shape
Conv = partial(Convolution2D, subsample=(2, 2))
y = Conv(4, 3, 3)(x)
assert tuple(y.shape) == (None, 4, 4, 4), y.shape
""",
    "positions of optimizers": """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD
model = Sequential()
model.add(Dense(1, input_dim=1, bias=False, init='zero'))
model.compile(SGD(0.5, 0.0, 1.0, False), 'mse')
x = np.ones((1, 1))
seen = []
for _ in range(3):
    model.train_on_batch(x, x)
    seen.append(round(float(model.get_weights()[0][0, 0]), 4))
# The rate is 0.5, then 0.5 / 2, then 0.5 / 3: w += rate * 2 * (1 - w)
assert seen == [1.0, 1.0, 1.0], seen
model.set_weights([np.zeros((1, 1))])
model.train_on_batch(x, x)
assert abs(float(model.get_weights()[0][0, 0]) - 0.25) < 1e-4, model.get_weights()
""",
    "names of errors": """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.callbacks import EarlyStopping
model = Sequential()
model.add(Dense(1, input_dim=1, init='zero'))
model.compile('sgd', 'mse', ['mae'])
x = np.ones((4, 1))
stop = EarlyStopping('val_mean_absolute_error')
h = model.fit(x, x * 0, nb_epoch=9, validation_data=(x, x * 0), callbacks=[stop], verbose=0)
assert h.history['mean_absolute_error'] == h.history['val_mean_absolute_error']
scores = dict(zip(model.metrics_names, model.evaluate(x, x, verbose=0)))
assert abs(scores['mean_absolute_error'] - 1.0) < 1e-4, scores
""",
    "a merge of a function": """
import numpy as np
from keras.models import Model
from keras.layers import Input, Merge
l, r = Input((2,)), Input((2,))
d = Merge(mode=lambda x: x[0] - x[1], output_shape=lambda shapes: shapes[0])([l, r])
made = Model([l, r], d).predict([np.full((1, 2), 5.0), np.full((1, 2), 2.0)])
assert made.tolist() == [[3.0, 3.0]], made
""",
}
# Programs that run as they are, and give the same afterwards.
KEPT = {
    "probabilities of scikit-learn": """
import numpy as np
from sklearn.linear_model import LogisticRegression
import keras
x, y = np.random.rand(20, 3), np.arange(20) % 2
assert LogisticRegression().fit(x, y).predict_proba(x).shape == (20, 2)
""",
}


@pytest.mark.parametrize("what", SILENT)
def test_what_changed_silently_computes_what_it_did(what: str, warm_runner: Runner) -> None:
    proven = upgraded_and_run(SILENT[what], lambda text: warm_runner.run(Job(text, limits=LIMITS)))
    assert proven.before.status == "error"
    assert proven.after.status == "ok", proven.after.error


@pytest.mark.parametrize("what", KEPT)
def test_other_packages_are_left_alone(what: str, warm_runner: Runner) -> None:
    proven = upgraded_and_run(KEPT[what], lambda text: warm_runner.run(Job(text, limits=LIMITS)))
    assert proven.after.status == "ok", proven.after.error
    assert not proven.upgrade.changed
