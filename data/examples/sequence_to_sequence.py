"""Encoder and decoder (sequence to sequence): write a sequence in reverse order.

The encoder's last state is all that the decoder gets. While training, the decoder is fed the right previous
symbol (teacher forcing); when it writes, it is fed its own. Both use the same layers, called in two models.
"""
# symbols: keras.layers.GRU, keras.layers.Embedding, keras.Model

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(14)
rng = np.random.default_rng(14)
SYMBOLS, LENGTH, WIDTH = 5, 3, 48
START = SYMBOLS
source = rng.integers(0, SYMBOLS, (2500, LENGTH)).astype("int32")
target = source[:, ::-1]
shifted = np.concatenate([np.full((len(target), 1), START, "int32"), target[:, :-1]], axis=1)

embed = layers.Embedding(SYMBOLS + 1, 16)
encode = layers.GRU(WIDTH)
decode = layers.GRU(WIDTH, return_sequences=True, return_state=True)
classify = layers.Dense(SYMBOLS, activation="softmax")

source_in = keras.Input(shape=(LENGTH,), dtype="int32")
previous_in = keras.Input(shape=(None,), dtype="int32")
sequence, _ = decode(embed(previous_in), initial_state=encode(embed(source_in)))
model = keras.Model([source_in, previous_in], classify(sequence))
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit([source[:2200], shifted[:2200]], target[:2200], epochs=8, batch_size=100, verbose=0)

encoder = keras.Model(source_in, encode(embed(source_in)))
state_in = keras.Input(shape=(WIDTH,))
sequence, state = decode(embed(previous_in), initial_state=state_in)
step = keras.Model([previous_in, state_in], [classify(sequence), state])


def translate(rows):
    state = encoder.predict(rows, verbose=0)
    symbol, written = np.full((len(rows), 1), START, "int32"), []
    for _ in range(LENGTH):
        probabilities, state = step.predict([symbol, state], verbose=0)
        symbol = probabilities.argmax(axis=-1).astype("int32")
        written.append(symbol)
    return np.concatenate(written, axis=1)


written = translate(source[2200:])
share = np.mean((written == target[2200:]).all(axis=1))
print(source[2200].tolist(), "->", written[0].tolist())
print(f"{share:.0%} of 300 new sequences are reversed without a mistake")
assert share > 0.8
