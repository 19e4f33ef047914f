"""Find the odd one out: an autoencoder that knows only normal heartbeats.

It learns to squeeze a normal curve into three numbers and back. What it cannot rebuild well is unusual; the
threshold comes from the errors on normal data, because examples of the unusual are rarely at hand.
"""
# symbols: keras.Model.fit, keras.Model.predict

import keras
import numpy as np

keras.utils.set_random_seed(6)
rng = np.random.default_rng(6)
time = np.linspace(0, 1, 50)


def beats(count, width):
    place, height = rng.uniform(0.4, 0.6, (count, 1)), rng.uniform(0.8, 1.2, (count, 1))
    return (height * np.exp(-((time - place) ** 2) / width) + rng.normal(0, 0.03, (count, 50))).astype("float32")


normal, check, odd = beats(1000, 0.005), beats(300, 0.005), beats(100, 0.02)

model = keras.Sequential(
    [
        keras.Input(shape=(50,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(3),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(50),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse")
model.fit(normal, normal, epochs=25, batch_size=50, verbose=0)  # the input is its own target


def error(curves):
    return np.mean((model.predict(curves, verbose=0) - curves) ** 2, axis=1)


threshold = np.quantile(error(normal), 0.99)
found, false_alarms = np.mean(error(odd) > threshold), np.mean(error(check) > threshold)
print(
    f"threshold {threshold:.4f}; typical error: normal {np.median(error(check)):.4f}, odd {np.median(error(odd)):.4f}"
)
print(f"odd beats found: {found:.0%}; false alarms among new normal beats: {false_alarms:.0%}")
assert found > 0.95 and false_alarms < 0.1
