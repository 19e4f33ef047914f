"""A small convolutional network tells circles, squares and crosses apart.

The pictures are drawn in this file: 20 x 20 pixels, one channel, the shape somewhere in the frame, some
noise. `model.summary()` shows how convolution and pooling turn pixels into a few numbers a picture.
"""
# symbols: keras.layers.Conv2D, keras.layers.MaxPooling2D, keras.layers.GlobalAveragePooling2D

import keras
import numpy as np

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
SHAPES = ["circle", "square", "cross"]


def draw(kind):
    y, x = np.mgrid[:20, :20]
    radius = rng.integers(4, 7)
    y, x = y - rng.integers(radius, 20 - radius), x - rng.integers(radius, 20 - radius)
    if kind == 0:
        picture = x**2 + y**2 <= radius**2
    elif kind == 1:
        picture = np.maximum(abs(x), abs(y)) < radius
    else:
        picture = (np.minimum(abs(x), abs(y)) <= 1) & (np.maximum(abs(x), abs(y)) <= radius)
    return picture + rng.normal(0, 0.2, (20, 20))


labels = rng.integers(0, 3, 1000)
images = np.stack([draw(kind) for kind in labels])[..., None].astype("float32")  # (1000, 20, 20, 1)

model = keras.Sequential(
    [
        keras.Input(shape=(20, 20, 1)),
        keras.layers.Conv2D(16, 3, activation="relu", padding="same"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(24, 3, activation="relu", padding="same"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(images[:800], labels[:800], epochs=15, batch_size=32, verbose=0)
model.summary()

for row, label in zip(model.predict(images[800:803], verbose=0), labels[800:803]):
    print(f"guess {SHAPES[int(np.argmax(row))]}, truth {SHAPES[label]}")
accuracy = model.evaluate(images[800:], labels[800:], verbose=0, return_dict=True)["accuracy"]
print(f"accuracy on 200 new pictures: {accuracy:.2f}")
assert accuracy > 0.9
