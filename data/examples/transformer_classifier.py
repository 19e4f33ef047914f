"""A transformer block from Keras layers: does the sequence hold one number twice?

Attention lets every position look at every other one, which is what this question needs. Positions are not
needed here, so the block is attention, addition and normalization, a small dense network, and again
addition and normalization.
"""
# symbols: keras.layers.MultiHeadAttention, keras.layers.LayerNormalization, keras.layers.GlobalMaxPooling1D

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)
KINDS, LENGTH = 20, 6
x = np.stack([rng.permutation(KINDS)[:LENGTH] for _ in range(4000)]).astype("int32")
twice = rng.random(len(x)) < 0.5
for row in np.flatnonzero(twice):
    first, second = rng.permutation(LENGTH)[:2]
    x[row, second] = x[row, first]
y = twice.astype("float32")

inputs = keras.Input(shape=(LENGTH,), dtype="int32")
tokens = layers.Embedding(KINDS, 32)(inputs)
attended = layers.MultiHeadAttention(num_heads=2, key_dim=16)(tokens, tokens)
tokens = layers.LayerNormalization()(tokens + attended)
dense = layers.Dense(32)(layers.Dense(64, activation="relu")(tokens))
tokens = layers.LayerNormalization()(tokens + dense)
outputs = layers.Dense(1, activation="sigmoid")(layers.GlobalMaxPooling1D()(tokens))
model = keras.Model(inputs, outputs)

model.compile(optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:3500], y[:3500], epochs=12, batch_size=50, verbose=0)
accuracy = model.evaluate(x[3500:], y[3500:], verbose=0, return_dict=True)["accuracy"]
for row in ([3, 7, 1, 9, 4, 12], [3, 7, 1, 9, 7, 12]):
    print(row, f"-> {float(model.predict(np.array([row], 'int32'), verbose=0)[0, 0]):.2f}")
print(f"accuracy on 500 new sequences: {accuracy:.2f}")
assert accuracy > 0.9
