"""Residual blocks: add a layer's input to its output, and deep networks learn again.

Two networks with twenty layers, the same but for the shortcut. Without it the signal of the loss is lost on
the way back; with it the network trains as if it were shallow.
"""
# symbols: keras.layers.Add, keras.layers.LayerNormalization

import keras
import numpy as np

rng = np.random.default_rng(7)
x = rng.uniform(-1, 1, (1000, 2)).astype("float32")
y = (np.sin(4 * x[:, 0]) > x[:, 1]).astype("float32")  # above or below a wave


def network(shortcut, depth=20):
    keras.utils.set_random_seed(7)
    inputs = keras.Input(shape=(2,))
    hidden = keras.layers.Dense(16)(inputs)
    for _ in range(depth):
        step = keras.layers.LayerNormalization()(hidden) if shortcut else hidden
        step = keras.layers.Dense(16, activation="relu")(step)
        hidden = keras.layers.Add()([hidden, step]) if shortcut else step
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy", metrics=["accuracy"])
    return model


scores = {}
for name, shortcut in [("plain", False), ("residual", True)]:
    model = network(shortcut)
    model.fit(x[:800], y[:800], epochs=6, batch_size=50, verbose=0)
    scores[name] = model.evaluate(x[800:], y[800:], verbose=0, return_dict=True)["accuracy"]
    print(f"{name:9} {len(model.layers)} layers: {scores[name]:.2f} right")
assert scores["residual"] > 0.88 and scores["residual"] > scores["plain"] + 0.05
