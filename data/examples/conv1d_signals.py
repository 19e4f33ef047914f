"""Tell sine, square and saw waves apart with one-dimensional convolutions.

A signal of 64 steps and one channel has the shape (64, 1). Strides shorten it, GlobalAveragePooling1D makes
the answer independent of where the wave begins.
"""
# symbols: keras.layers.Conv1D, keras.layers.GlobalAveragePooling1D

import keras
import numpy as np

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
KINDS = ["sine", "square", "saw"]
labels = rng.integers(0, 3, 1500)
turns = rng.uniform(1.5, 4, (1500, 1)) * np.linspace(0, 1, 64) + rng.random((1500, 1))
waves = np.select(
    [labels[:, None] == 0, labels[:, None] == 1],
    [np.sin(2 * np.pi * turns), np.sign(np.sin(2 * np.pi * turns))],
    2 * (turns % 1) - 1,
)
x = (waves + rng.normal(0, 0.15, waves.shape)).astype("float32")[..., None]

model = keras.Sequential(
    [
        keras.Input(shape=(64, 1)),
        keras.layers.Conv1D(16, 7, strides=2, activation="relu"),
        keras.layers.Conv1D(32, 5, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1200], labels[:1200], epochs=10, batch_size=32, verbose=0)

for row, label in zip(model.predict(x[1200:1203], verbose=0), labels[1200:1203]):
    print(f"guess {KINDS[int(np.argmax(row))]}, truth {KINDS[label]}")
accuracy = model.evaluate(x[1200:], labels[1200:], verbose=0, return_dict=True)["accuracy"]
print(f"accuracy on 300 new waves: {accuracy:.2f}")
assert accuracy > 0.92
