"""Siamese network: learn a distance, so that things of one kind lie close together.

The same encoder (the same weights) sees both items of a pair. A contrastive loss pulls pairs of one class
together and pushes others apart. Classes that never appeared in training are still told apart by distance.
"""
# symbols: keras.Model, keras.layers.UnitNormalization, keras.ops.sum

import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(9)
rng = np.random.default_rng(9)
centers = rng.normal(0, 1, (12, 6))  # the last four classes stay unseen
mixing = rng.normal(0, 1, (6, 20))


def items(classes):
    hidden = centers[classes] + rng.normal(0, 0.25, (len(classes), 6))
    return np.tanh(hidden @ mixing).astype("float32")


def pairs(classes, count):
    left = rng.choice(classes, count)
    same = rng.random(count) < 0.5
    right = np.where(same, left, rng.choice(classes, count))
    return items(left), items(right), (left == right).astype("float32")


encoder = keras.Sequential(
    [
        keras.Input(shape=(20,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(8),
        keras.layers.UnitNormalization(),
    ]
)
left, right = keras.Input(shape=(20,)), keras.Input(shape=(20,))
gap = keras.layers.Subtract()([encoder(left), encoder(right)])
model = keras.Model([left, right], ops.sum(ops.square(gap), axis=-1))


def contrastive(same, squared):
    distance = ops.sqrt(squared + 1e-7)
    return same * squared + (1 - same) * ops.square(ops.maximum(1.0 - distance, 0.0))


a, b, same = pairs(np.arange(8), 4000)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=contrastive)
model.fit([a, b], same, epochs=10, batch_size=64, verbose=0)

a, b, same = pairs(np.arange(8, 12), 500)
distance = np.sqrt(model.predict([a, b], verbose=0))
right_answers = np.mean((distance < 0.5) == (same == 1))
print(f"mean distance: same class {distance[same == 1].mean():.2f}, other class {distance[same == 0].mean():.2f}")
print(f"same or not, for four unseen classes: {right_answers:.2f} right")
assert right_answers > 0.75
