"""Random search for width and learning rate, in a dozen lines.

A function builds a model for given choices; the loop draws six combinations, trains each for a few epochs and keeps
the one with the smallest validation loss. The test part is used once, at the very end, for the winner alone.
"""
# symbols: keras.Model.fit, keras.utils.clear_session

import keras
import numpy as np

rng = np.random.default_rng(11)
x = rng.uniform(-1, 1, (900, 2)).astype("float32")
y = np.sin(4 * x[:, :1] * x[:, 1:]).astype("float32")
train, validation, test = slice(0, 500), slice(500, 700), slice(700, 900)


def build(width, learning_rate):
    keras.utils.clear_session()
    keras.utils.set_random_seed(11)
    hidden = keras.layers.Dense(width, activation="relu")
    model = keras.Sequential([keras.Input(shape=(2,)), hidden, keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="mse")
    return model


choices = [(width, rate) for width in (2, 32, 128) for rate in (1e-4, 1e-3, 1e-2)]
trials = []
for index in rng.permutation(len(choices))[:6]:
    model = build(*choices[index])
    history = model.fit(x[train], y[train], validation_data=(x[validation], y[validation]), epochs=6, verbose=0)
    trials.append((min(history.history["val_loss"]), choices[index]))

trials.sort()
for loss, (width, rate) in trials:
    print(f"val_loss {loss:.4f}  width {width}, learning rate {rate}")
best = build(*trials[0][1])
both = slice(0, 700)  # the winner may learn from all but the test part
best.fit(x[both], y[both], epochs=40, verbose=0)
loss = best.evaluate(x[test], y[test], verbose=0)
print(f"winner on data that no trial has seen: {loss:.4f}; always guessing the average: {np.var(y[test]):.4f}")
assert loss < 0.5 * np.var(y[test]) and trials[0][0] < trials[-1][0]
