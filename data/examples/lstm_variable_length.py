"""Sequences of different lengths in one batch: pad them, and let a mask hide the padding.

The question is whether the last real number is larger than the first. `pad_sequences` fills up with zeros,
and the Masking layer tells the LSTM to skip them; without the mask the answer depends on how much padding
follows.
"""
# symbols: keras.layers.Masking, keras.utils.pad_sequences, keras.layers.LSTM

import keras
import numpy as np

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)
sequences = [rng.uniform(0.1, 1.0, rng.integers(3, 13)) for _ in range(1500)]
labels = np.array([sequence[-1] > sequence[0] for sequence in sequences], "float32")
x = keras.utils.pad_sequences(sequences, padding="post", dtype="float32", value=0.0)[..., None]  # (1500, 12, 1)

model = keras.Sequential(
    [
        keras.Input(shape=(None, 1)),
        keras.layers.Masking(mask_value=0.0),
        keras.layers.LSTM(24),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.015), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:1200], labels[:1200], epochs=15, batch_size=50, verbose=0)

short = np.array([[[0.2], [0.5], [0.9]]], "float32")
padded = np.concatenate([short, np.zeros((1, 9, 1), "float32")], axis=1)
a, b = (float(model.predict(row, verbose=0)[0, 0]) for row in (short, padded))
accuracy = model.evaluate(x[1200:], labels[1200:], verbose=0, return_dict=True)["accuracy"]
print(f"0.2, 0.5, 0.9: {a:.3f} as it is, {b:.3f} with nine zeros behind it")
print(f"accuracy on 300 new sequences: {accuracy:.2f}")
assert abs(a - b) < 1e-3 and accuracy > 0.88
