"""Real handwritten digits, 8 x 8 pixels, that come with scikit-learn: no download.

The steps of every image classifier: scale the pixels, add the channel axis, split, train, look at the
mistakes.
"""
# symbols: keras.layers.Conv2D, keras.layers.Dropout, keras.Model.evaluate

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(2)
digits = load_digits()
images = (digits.images[..., None] / 16.0).astype("float32")  # (1797, 8, 8, 1), from 0 to 1
x_train, x_test, y_train, y_test = train_test_split(images, digits.target, test_size=0.25, random_state=0)

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.25),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=8, batch_size=64, validation_split=0.1, verbose=0)

guesses = model.predict(x_test, verbose=0).argmax(axis=1)
wrong = np.flatnonzero(guesses != y_test)
accuracy = 1 - len(wrong) / len(y_test)
print(f"accuracy on {len(y_test)} new digits: {accuracy:.3f}")
for index in wrong[:3]:
    print(f"taken for a {guesses[index]}, is a {y_test[index]}")
assert accuracy > 0.95
