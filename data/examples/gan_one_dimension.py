"""A generative adversarial network on any backend, with train_on_batch and two compiled models.

The generator turns noise into numbers, the discriminator tells them from real ones (normal, mean 4,
deviation 1.25). Setting `discriminator.trainable` to False before the combined model is compiled means that
training it moves the generator alone.
"""
# symbols: keras.Model.train_on_batch, keras.Model.compile

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(9)
rng = np.random.default_rng(9)
BATCH, NOISE = 128, 4

generator = keras.Sequential([keras.Input(shape=(NOISE,)), layers.Dense(16, activation="relu"), layers.Dense(1)])


def build_discriminator():
    inputs = keras.Input(shape=(1,))
    hidden = layers.Concatenate()([inputs, layers.Lambda(lambda t: (t - 4) ** 2, output_shape=(1,))(inputs)])
    hidden = layers.Dense(16, activation="leaky_relu")(hidden)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))


discriminator = build_discriminator()
discriminator.compile(optimizer=keras.optimizers.Adam(0.003, beta_1=0.5), loss="binary_crossentropy")

judge = build_discriminator()  # the same judge, frozen, for the generator's turn
judge.trainable = False
combined = keras.Sequential([generator, judge])
combined.compile(optimizer=keras.optimizers.Adam(0.002, beta_1=0.5), loss="binary_crossentropy")

real, fake = np.ones((BATCH, 1), "float32"), np.zeros((BATCH, 1), "float32")
means = []
for step in range(500):
    noise = rng.normal(0, 1, (BATCH, NOISE)).astype("float32")
    numbers = np.concatenate([rng.normal(4, 1.25, (BATCH, 1)), generator.predict_on_batch(noise)])
    discriminator.train_on_batch(numbers.astype("float32"), np.concatenate([real, fake]))
    judge.set_weights(discriminator.get_weights())
    combined.train_on_batch(noise, real)
    if step % 100 == 99:
        made = generator.predict_on_batch(rng.normal(0, 1, (2000, NOISE)).astype("float32"))
        means.append(made.mean())
        print(f"step {step + 1}: mean {made.mean():.2f}, deviation {made.std():.2f}   (real: 4 and 1.25)")
assert abs(np.mean(means[-2:]) - 4) < 1.0
