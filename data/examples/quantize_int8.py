"""Quantize a trained model to eight bits with one call, and see what it costs.

`quantize("int8")` replaces the weights of Dense and Embedding layers by integers with a scale. The file
shrinks to about a quarter; the accuracy hardly moves.
"""
# symbols: keras.Model.quantize

import keras
import numpy as np

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)
x = rng.uniform(-1, 1, (1500, 10)).astype("float32")
y = (np.sin(3 * x[:, 0]) + x[:, 1] ** 2 > 0.3).astype("float32")
model = keras.Sequential(
    [
        keras.Input(shape=(10,)),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:1200], y[:1200], epochs=8, batch_size=32, verbose=0)


def weigh():
    return sum(int(np.prod(weight.shape)) * np.dtype(weight.dtype).itemsize for weight in model.weights)


before = model.evaluate(x[1200:], y[1200:], verbose=0, return_dict=True)["accuracy"]
size_before = weigh()
model.quantize("int8")
model.compile(loss="binary_crossentropy", metrics=["accuracy"])
after = model.evaluate(x[1200:], y[1200:], verbose=0, return_dict=True)["accuracy"]
size_after = weigh()
print("type of the first kernel:", model.layers[0].kernel.dtype)
print(f"accuracy {before:.3f} -> {after:.3f}, weights {size_before // 1024} -> {size_after // 1024} KiB")
assert before > 0.9 and after > before - 0.02 and size_after < 0.3 * size_before
