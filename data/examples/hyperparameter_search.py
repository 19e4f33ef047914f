"""Let keras_tuner search: which width, which learning rate?

The function builds a model and asks `hp` for every choice; the tuner tries six combinations and keeps the
best by validation loss.
"""
# symbols: keras_tuner.RandomSearch, keras_tuner.HyperParameters

import tempfile

import keras
import keras_tuner
import numpy as np

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
x = rng.uniform(-1, 1, (600, 2)).astype("float32")
y = np.sin(4 * x[:, :1] * x[:, 1:]).astype("float32")


def build(hp):
    width = hp.Choice("width", [2, 16, 64])
    rate = hp.Choice("learning_rate", [1e-4, 1e-3, 2e-2])
    hidden = keras.layers.Dense(width, activation="relu")
    model = keras.Sequential([keras.Input(shape=(2,)), hidden, keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    return model


tuner = keras_tuner.RandomSearch(
    build, objective="val_loss", max_trials=6, seed=3, directory=tempfile.mkdtemp(), project_name="waves"
)
tuner.search(x[:400], y[:400], validation_data=(x[400:], y[400:]), epochs=6, verbose=0)

trials = sorted(tuner.oracle.get_best_trials(6), key=lambda trial: trial.score)
for trial in trials:
    print(f"val_loss {trial.score:.4f}  {trial.hyperparameters.values}")
best = tuner.get_best_hyperparameters()[0]
print("best:", best.values)
assert len(trials) == 6 and trials[0].score < 0.5 * trials[-1].score
