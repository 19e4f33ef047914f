"""A variational autoencoder: a space from which new examples can be drawn.

The encoder answers with a mean and a log variance; a layer of our own samples between them and adds the KL
term with `add_loss`. The data lie on a ring; points that the decoder makes from pure noise lie on it too.
"""
# symbols: keras.random.SeedGenerator, keras.Layer.add_loss, keras.random.normal

import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)


class Sample(keras.Layer):
    """Draws a point from the normal distribution it is given, and charges for straying from the standard one."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(8)

    def call(self, mean, log_variance):
        kl = -0.5 * ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)
        self.add_loss(0.01 * ops.mean(kl))
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


angle = rng.uniform(0, 2 * np.pi, 2000)
ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, 0.05, (2000, 2))
ring = ring.astype("float32")

inputs = keras.Input(shape=(2,))
hidden = layers.Dense(32, activation="relu")(inputs)
hidden = layers.Dense(32, activation="relu")(hidden)
point = Sample()(layers.Dense(2)(hidden), layers.Dense(2)(hidden))
decoder = keras.Sequential(
    [keras.Input(shape=(2,)), layers.Dense(48, activation="relu"), layers.Dense(48, activation="relu"), layers.Dense(2)]
)
model = keras.Model(inputs, decoder(point))
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse")
model.fit(ring, ring, epochs=25, batch_size=50, verbose=0)

drawn = decoder.predict(rng.normal(0, 1, (1000, 2)).astype("float32"), verbose=0)
radius = np.linalg.norm(drawn, axis=1)
quarters = np.unique(2 * (drawn[:, 0] > 0) + (drawn[:, 1] > 0), return_counts=True)[1]
near = np.mean(abs(radius - 1) < 0.3)
print(f"{near:.0%} of 1000 points drawn from noise lie near the ring (radius {radius.mean():.2f})")
print("points in the four quarters:", quarters.tolist())
assert near > 0.6 and len(quarters) == 4 and quarters.min() > 80
