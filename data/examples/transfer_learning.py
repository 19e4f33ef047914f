"""Transfer learning: train on much data, freeze, and reuse what was learned for a task with little data.

A base network learns eight digits from hundreds of pictures. Frozen, it serves a new task, telling the two
digits it never saw apart from only ten pictures of each. `trainable = False` comes before `compile`. It also
keeps BatchNormalization from moving its averages, which `training=False` alone would not do in `fit`.
"""
# symbols: keras.Layer.trainable, keras.Model.compile

import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(6)
digits = load_digits()
images = (digits.images[..., None] / 16.0).astype("float32")
old, new = digits.target >= 2, digits.target < 2

base = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        keras.layers.Conv2D(24, 3, padding="same"),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("relu"),
        keras.layers.Conv2D(24, 3, activation="relu"),
        keras.layers.Flatten(),
    ],
    name="base",
)
first = keras.Sequential([base, keras.layers.Dense(32, activation="relu"), keras.layers.Dense(8, activation="softmax")])
first.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
first.fit(images[old], digits.target[old] - 2, epochs=6, batch_size=32, verbose=0)

base.trainable = False
inputs = keras.Input(shape=(8, 8, 1))
outputs = keras.layers.Dense(1, activation="sigmoid")(base(inputs))
second = keras.Model(inputs, outputs)
second.compile(optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy", metrics=["accuracy"])

x, y = images[new], (digits.target[new] == 1).astype("float32")
few = np.concatenate([np.flatnonzero(y == 0)[:10], np.flatnonzero(y == 1)[:10]])
rest = np.setdiff1d(np.arange(len(x)), few)
before = [weight.copy() for weight in base.get_weights()]
second.fit(x[few], y[few], epochs=40, batch_size=20, verbose=0)

accuracy = second.evaluate(x[rest], y[rest], verbose=0, return_dict=True)["accuracy"]
untouched = all(np.array_equal(a, b) for a, b in zip(before, base.get_weights()))
trained = sum(int(np.prod(weight.shape)) for weight in second.trainable_weights)
print(f"weights trained in the second task: {trained}; the base stayed as it was: {untouched}")
print(f"0 or 1, from 20 examples: {accuracy:.2f} right on {len(rest)} new pictures")
assert untouched and accuracy > 0.9
