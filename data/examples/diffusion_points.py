"""Diffusion in two dimensions: learn to remove noise, then start from noise alone.

The network sees a noisy point and the time, and guesses the noise that was added: a plain regression with a
mean squared error. To draw, forty small steps remove the guessed noise again. The data are two moons' worth
of arcs.
"""
# symbols: keras.Model.fit, keras.Model.predict_on_batch

import keras
import numpy as np

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)
angle = rng.uniform(0, np.pi, 3000)
side = rng.integers(0, 2, 3000)
points = np.stack([np.cos(angle) + side - 0.5, np.where(side, -1, 1) * np.sin(angle) + 0.25 * (2 * side - 1)], axis=1)

STEPS = 40
keep = np.cumprod(1 - np.linspace(0.002, 0.25, STEPS))  # how much of the data is left after each step


def inputs(noisy, step):
    time = step[:, None] / STEPS
    return np.concatenate([noisy, time, np.sin(3 * time), np.cos(3 * time)], axis=1).astype("float32")


step = rng.integers(0, STEPS, 30000)
noise = rng.normal(0, 1, (30000, 2))
clean = points[rng.integers(0, len(points), 30000)]
noisy = np.sqrt(keep[step])[:, None] * clean + np.sqrt(1 - keep[step])[:, None] * noise

model = keras.Sequential(
    [
        keras.Input(shape=(5,)),
        keras.layers.Dense(96, activation="silu"),
        keras.layers.Dense(96, activation="silu"),
        keras.layers.Dense(2),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse")
model.fit(inputs(noisy, step), noise.astype("float32"), epochs=8, batch_size=250, verbose=0)

drawn = rng.normal(0, 1, (500, 2))
for now in reversed(range(STEPS)):
    guess = model.predict_on_batch(inputs(drawn, np.full(500, now)))
    alpha = keep[now] / (keep[now - 1] if now else 1.0)
    drawn = (drawn - (1 - alpha) / np.sqrt(1 - keep[now]) * guess) / np.sqrt(alpha)
    if now:
        drawn += np.sqrt(1 - alpha) * rng.normal(0, 1, drawn.shape)


def distance(some):
    return np.sqrt(((some[:, None] - points[None, :1000]) ** 2).sum(-1)).min(axis=1).mean()


print(
    f"distance to the moons: {distance(rng.normal(0, 1, (500, 2))):.2f} for noise, {distance(drawn):.2f} for drawn points"
)
assert distance(drawn) < 0.5 * distance(rng.normal(0, 1, (500, 2)))
