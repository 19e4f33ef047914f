"""An answer for every step: mark the highest point of a hill, with a bidirectional LSTM.

Whether a point is a peak shows only one step later, so the network must read from both sides.
`return_sequences=True` gives an output a step. Read forwards alone, the same question cannot be answered.
"""
# symbols: keras.layers.Bidirectional, keras.layers.LSTM

import keras
import numpy as np

rng = np.random.default_rng(4)
x = rng.uniform(0, 1, (1000, 12, 1)).astype("float32")
peak = np.zeros((1000, 12, 1), "float32")
peak[:, 1:-1] = (x[:, 1:-1] > x[:, :-2]) & (x[:, 1:-1] > x[:, 2:])


def train(recurrent):
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input(shape=(12, 1)), recurrent, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.Adam(0.03), loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x[:800], peak[:800], epochs=12, batch_size=50, verbose=0)
    return model, model.evaluate(x[800:], peak[800:], verbose=0, return_dict=True)["accuracy"]


_, forwards = train(keras.layers.LSTM(12, return_sequences=True))
model, both = train(keras.layers.Bidirectional(keras.layers.LSTM(12, return_sequences=True)))
hills = np.array([0.1, 0.4, 0.8, 0.5, 0.2, 0.3, 0.1, 0.6, 0.9, 0.7, 0.4, 0.2], "float32")
marked = model.predict(hills[None, :, None], verbose=0)[0, :, 0] > 0.5
print(" ".join(f"[{value:.1f}]" if mark else f"{value:.1f}" for value, mark in zip(hills, marked)))
print(f"steps right: {forwards:.2f} read forwards, {both:.2f} read from both sides")
assert both > 0.91 and both > forwards + 0.03
