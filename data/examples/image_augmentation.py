"""Few pictures? Show them flipped and shifted: augmentation layers at work.

The same network is trained twice on forty pictures of arrows. Only the one that sees them shifted at random
learns that the place does not matter. The augmentation layers work in training only; in `predict` they let
pictures through unchanged.
"""
# symbols: keras.layers.RandomTranslation, keras.layers.RandomFlip

import keras
import numpy as np

rng = np.random.default_rng(3)


def arrow(up, row, column):
    picture = np.zeros((16, 16))
    for step in range(4):
        line = row + step if up else row + 3 - step
        picture[line, column - step : column + step + 1] = 1
    return picture + rng.normal(0, 0.1, (16, 16))


def arrows(count, places):
    up = rng.integers(0, 2, count)
    pictures = [arrow(u, rng.integers(*places), rng.integers(places[0] + 4, places[1] + 4)) for u in up]
    return np.stack(pictures)[..., None].astype("float32"), up.astype("float32")


x_train, y_train = arrows(40, (5, 7))  # always near the middle
x_test, y_test = arrows(400, (0, 12))  # anywhere


def train(augmentation):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input(shape=(16, 16, 1)),
            *augmentation,
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=60, batch_size=20, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]


plain = train([])
moved = train([keras.layers.RandomTranslation(0.35, 0.35, fill_mode="constant"), keras.layers.RandomFlip("horizontal")])
print(f"arrows anywhere in the frame: {plain:.2f} right without augmentation, {moved:.2f} with it")
assert moved > plain + 0.08
