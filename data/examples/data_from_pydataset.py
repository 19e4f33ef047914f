"""Data too large for memory: hand out batches yourself with PyDataset.

`__getitem__` makes or reads one batch, `__len__` says how many there are, `on_epoch_end` shuffles. Works
the same on every backend; `workers` and `use_multiprocessing` may speed it up when reading is slow.
"""
# symbols: keras.utils.PyDataset, keras.Model.fit

import math

import keras
import numpy as np


class Waves(keras.utils.PyDataset):
    """Sine waves, made when they are asked for; the label says whether the wave is fast."""

    def __init__(self, count, batch_size, seed, **kwargs):
        super().__init__(**kwargs)
        self.count, self.batch_size = count, batch_size
        self.rng = np.random.default_rng(seed)
        self.order = np.arange(count)
        self.speed = self.rng.uniform(1, 9, count)

    def __len__(self):
        return math.ceil(self.count / self.batch_size)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        time = np.linspace(0, 1, 40)
        waves = np.sin(2 * np.pi * self.speed[chosen, None] * time)
        return waves.astype("float32"), (self.speed[chosen] > 5).astype("float32")

    def on_epoch_end(self):
        self.rng.shuffle(self.order)


keras.utils.set_random_seed(12)
train, test = Waves(1000, 50, seed=0), Waves(210, 50, seed=1)
model = keras.Sequential(
    [keras.Input(shape=(40,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=test, epochs=8, verbose=0)

accuracy = model.evaluate(test, verbose=0, return_dict=True)["accuracy"]
print(f"{len(test)} batches, the last with {len(test[4][0])} waves; fast or slow: {accuracy:.2f} right")
assert accuracy > 0.93
