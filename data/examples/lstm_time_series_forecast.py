"""Forecast the next value of a time series with an LSTM, and compare with the simplest guess.

Two weeks of hourly temperatures with a daily rhythm, a slow drift and noise.
`timeseries_dataset_from_array` cuts the windows. A forecast is worth something only if it beats "the same
as now".
"""
# symbols: keras.layers.LSTM, keras.utils.timeseries_dataset_from_array

import keras
import numpy as np

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
hours = np.arange(1500)
degrees = 12 + 8 * np.sin(2 * np.pi * hours / 24) + 3 * np.sin(2 * np.pi * hours / 400) + rng.normal(0, 0.4, 1500)
mean, spread = degrees[:1200].mean(), degrees[:1200].std()  # from the training part alone
series = ((degrees - mean) / spread).astype("float32")[:, None]
WINDOW = 24


def windows(values, shuffle):
    return keras.utils.timeseries_dataset_from_array(
        values[:-1], targets=values[WINDOW:], sequence_length=WINDOW, batch_size=64, shuffle=shuffle, seed=1
    )


train, test = windows(series[:1200], shuffle=True), windows(series[1200:], shuffle=False)
model = keras.Sequential([keras.Input(shape=(WINDOW, 1)), keras.layers.LSTM(16), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
model.fit(train, epochs=10, verbose=0)

mae = model.evaluate(test, verbose=0, return_dict=True)["mae"] * spread
naive = np.mean(np.abs(degrees[1200 + WINDOW :] - degrees[1200 + WINDOW - 1 : -1]))
print(f"off by {mae:.2f} degrees; 'the same as an hour ago' is off by {naive:.2f}")
latest = series[-WINDOW:][None]
print(f"next hour: {float(model.predict(latest, verbose=0)[0, 0]) * spread + mean:.1f} degrees")
assert mae < 0.7 * naive
