"""A first model: learn from random points whether their coordinates add up to more than one.

Small enough to read in a minute: data, two layers, `compile`, `fit`, and what it says of two points it has not seen.
"""
# symbols: keras.Sequential, keras.Model.fit

import keras
import numpy as np

keras.utils.set_random_seed(7)
points = np.random.uniform(size=(512, 2)).astype("float32")
above = (points.sum(axis=1) > 1).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(2,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(points, above, epochs=3, batch_size=32, verbose=2)

for x, y in [(0.9, 0.8), (0.1, 0.2)]:
    probability = model.predict(np.array([[x, y]]), verbose=0)[0, 0]
    print(f"{x} + {y} > 1 with probability {probability:.2f}")
assert probability < 0.5  # the last pair adds up to 0.3
