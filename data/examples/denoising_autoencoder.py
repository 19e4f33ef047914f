"""Clean noisy pictures: a convolutional autoencoder gets the noisy one and must give the clean one.

Bars at random places, drowned in noise. The target is the picture before the noise was added; the network
learns what bars look like, and what noise looks like.
"""
# symbols: keras.layers.UpSampling2D, keras.layers.Conv2D

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
clean = np.zeros((600, 16, 16, 1), "float32")
for picture in clean:
    place = rng.integers(1, 13)
    if rng.random() < 0.5:
        picture[place : place + 3] = 1
    else:
        picture[:, place : place + 3] = 1
noisy = np.clip(clean + rng.normal(0, 0.5, clean.shape), 0, 1).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(16, 16, 1)),
        layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        layers.UpSampling2D(),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.UpSampling2D(),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="binary_crossentropy")
model.fit(noisy[:500], clean[:500], epochs=12, batch_size=25, verbose=0)

cleaned = model.predict(noisy[500:], verbose=0)
before, after = (np.mean((pictures - clean[500:]) ** 2) for pictures in (noisy[500:], cleaned))
for left, right in zip(noisy[500, ::4, :, 0], cleaned[0, ::4, :, 0]):
    print("".join(" .:#"[int(3.99 * v)] for v in left), "  ", "".join(" .:#"[int(3.99 * v)] for v in right))
print(f"mean squared error: {before:.3f} noisy, {after:.3f} cleaned")
assert after < before / 4
