"""What does the network look at? Cover one patch after another and see where the answer changes.

Works with any model on any backend, because it needs predictions only. The class depends on a bright dot in
one corner; the map of the drop finds exactly this corner, and tells that the rest does not matter.
"""
# symbols: keras.Model.predict

import keras
import numpy as np

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)
images = rng.uniform(0, 0.4, (800, 12, 12, 1)).astype("float32")
labels = rng.integers(0, 2, 800).astype("float32")
images[labels == 1, 1:3, 8:10] += 0.6  # the dot: rows 1-2, columns 8-9

model = keras.Sequential(
    [
        keras.Input(shape=(12, 12, 1)),
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(images[:600], labels[:600], epochs=10, batch_size=32, verbose=0)

picture = images[600:][labels[600:] == 1][0]
covered = np.repeat(picture[None], 36, axis=0)
for index in range(36):
    row, column = 2 * (index // 6), 2 * (index % 6)
    covered[index, row : row + 2, column : column + 2] = 0.2
sure = model.predict(picture[None], verbose=0)[0, 0]
drop = (sure - model.predict(covered, verbose=0)[:, 0]).reshape(6, 6)
for line in drop:
    print(" ".join("#" if value == drop.max() else "+" if value > drop.max() / 4 else "." for value in line))
row, column = np.unravel_index(drop.argmax(), drop.shape)
print(
    f"probability {sure:.2f}; it drops most when rows {2 * row}-{2 * row + 1}, columns {2 * column}-{2 * column + 1} are covered"
)
assert sure > 0.8 and row in (0, 1) and column == 4
