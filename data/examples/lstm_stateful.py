"""A stateful LSTM remembers from one batch to the next, until it is reset.

A sequence of twelve steps arrives in three pieces. With `stateful=True` the state after one piece is the
start of the next, so that the prediction in pieces equals the one in one go. Forget `reset_state`, and the
last sequence leaks into the new one.
"""
# symbols: keras.layers.LSTM, keras.layers.RNN

import keras
import numpy as np

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
x = rng.integers(0, 2, (1024, 12, 1)).astype("float32")
y = (x.sum(axis=(1, 2)) > 6).astype("float32")  # more ones than zeros?

model = keras.Sequential(
    [keras.Input(shape=(12, 1)), keras.layers.LSTM(16, name="memory"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:768], y[:768], epochs=12, batch_size=64, verbose=0)
accuracy = model.evaluate(x[768:], y[768:], verbose=0, return_dict=True)["accuracy"]

stream = keras.Sequential(
    [
        keras.Input(batch_shape=(4, 4, 1)),  # a stateful layer needs a fixed batch size
        keras.layers.LSTM(16, stateful=True, name="memory"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
stream.set_weights(model.get_weights())


def read(piece):  # calling the model keeps the state on every backend; on JAX, `predict` drops it
    return keras.ops.convert_to_numpy(stream(piece, training=False))[:, 0]


batch = x[768:772]
whole = model.predict(batch, verbose=0)[:, 0]
for piece in range(3):
    in_pieces = read(batch[:, 4 * piece : 4 * piece + 4])
print("in one go   ", np.round(whole, 3))
print("in pieces   ", np.round(in_pieces, 3))

read(batch[:, :4])  # goes on from the old state: wrong for a new sequence
stream.get_layer("memory").reset_state()
for piece in range(3):
    again = read(batch[:, 4 * piece : 4 * piece + 4])
print("after reset ", np.round(again, 3))
print(f"accuracy: {accuracy:.2f}")
assert np.allclose(whole, in_pieces, atol=1e-4) and np.allclose(whole, again, atol=1e-4) and accuracy > 0.9
