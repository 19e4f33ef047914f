"""A language model in miniature: causal attention predicts the next token at every position.

The "language" counts upwards in steps of 1, 2 or 3, modulo 12; the step changes from line to line. The mask
keeps each position from looking at what comes after it, so one pass trains all positions at once, and
writing on is repeated prediction.
"""
# symbols: keras.layers.MultiHeadAttention, keras.layers.Embedding

import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(13)
rng = np.random.default_rng(13)
TOKENS, LENGTH, WIDTH = 12, 7, 32


def lines(count):
    start, step = rng.integers(0, TOKENS, (count, 1)), rng.integers(1, 4, (count, 1))
    return ((start + step * np.arange(LENGTH + 1)) % TOKENS).astype("int32")


class Positions(keras.Layer):
    """Adds a learned vector for each position."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=input_shape[1:], initializer="uniform")

    def call(self, tokens):
        return tokens + self.table


inputs = keras.Input(shape=(LENGTH,), dtype="int32")
hidden = Positions()(layers.Embedding(TOKENS, WIDTH)(inputs))
for _ in range(2):
    normal = layers.LayerNormalization()(hidden)
    hidden = hidden + layers.MultiHeadAttention(2, WIDTH // 2)(normal, normal, use_causal_mask=True)
    normal = layers.LayerNormalization()(hidden)
    hidden = hidden + layers.Dense(WIDTH)(layers.Dense(64, activation="gelu")(normal))
model = keras.Model(inputs, layers.Dense(TOKENS)(layers.LayerNormalization()(hidden)))

loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss=loss)
data = lines(2000)
model.fit(data[:, :-1], data[:, 1:], epochs=7, batch_size=50, verbose=0)


def continue_line(beginning):
    written = list(beginning)
    while len(written) < LENGTH:
        padded = np.array(
            [written + [0] * (LENGTH - len(written))], "int32"
        )  # what follows is masked: any value will do
        logits = ops.convert_to_numpy(model(padded, training=False))[0, len(written) - 1]
        written.append(int(logits.argmax()))
    return written


print("2 4 6 ...", continue_line([2, 4, 6]))
fresh = lines(300)
guess = model.predict(fresh[:, :-1], verbose=0).argmax(axis=-1)
accuracy = np.mean(guess[:, 1:] == fresh[:, 2:])  # the first token does not tell the step yet
print(f"next token right: {accuracy:.2f}; before the step is known: {np.mean(guess[:, 0] == fresh[:, 1]):.2f}")
assert accuracy > 0.95
