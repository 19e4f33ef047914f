"""Where is it? A network that answers with a box: left, top, right, bottom.

Locating is regression: four numbers between 0 and 1, a mean absolute error as the loss. Flatten keeps the
place of every feature; global pooling would throw it away.
"""
# symbols: keras.layers.Flatten, keras.losses.MeanAbsoluteError

import keras
import numpy as np

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
SIZE = 24
images = rng.normal(0, 0.2, (1200, SIZE, SIZE, 1)).astype("float32")
boxes = np.zeros((1200, 4), "float32")
for picture, box in zip(images, boxes):
    width, height = rng.integers(5, 12, 2)
    left, top = rng.integers(0, SIZE - width), rng.integers(0, SIZE - height)
    picture[top : top + height, left : left + width, 0] += 1
    box[:] = np.array([left, top, left + width, top + height]) / SIZE

model = keras.Sequential(
    [
        keras.Input(shape=(SIZE, SIZE, 1)),
        keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(4, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mae")
model.fit(images[:1000], boxes[:1000], epochs=15, batch_size=32, verbose=0)

truth, guess = boxes[1000:], model.predict(images[1000:], verbose=0)
overlap = np.clip(np.minimum(truth[:, 2:], guess[:, 2:]) - np.maximum(truth[:, :2], guess[:, :2]), 0, None).prod(axis=1)
areas = sum((box[:, 2:] - box[:, :2]).prod(axis=1) for box in (truth, guess))
iou = np.mean(overlap / (areas - overlap))
print("truth", np.round(truth[0] * SIZE).astype(int).tolist(), "guess", np.round(guess[0] * SIZE).astype(int).tolist())
print(f"mean overlap (intersection over union) on 200 new pictures: {iou:.2f}")
assert iou > 0.65
