"""Classify iris flowers into three species with a softmax.

Integer labels go with `sparse_categorical_crossentropy`; the last layer has one unit a class. scikit-learn
brings the data along, so nothing is downloaded.
"""
# symbols: keras.losses.SparseCategoricalCrossentropy, keras.layers.Normalization

import keras
import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(3)
iris = load_iris()
x_train, x_test, y_train, y_test = train_test_split(
    iris.data.astype("float32"), iris.target, test_size=0.3, stratify=iris.target, random_state=0
)

normalize = keras.layers.Normalization()
normalize.adapt(x_train)
model = keras.Sequential(
    [
        keras.Input(shape=(4,)),
        normalize,
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=40, batch_size=16, verbose=0)

probabilities = model.predict(x_test[:3], verbose=0)
for row, label in zip(probabilities, y_test[:3]):
    guess = iris.target_names[np.argmax(row)]
    print(f"guess {guess} ({row.max():.2f}), truth {iris.target_names[label]}")
accuracy = model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]
print(f"accuracy on {len(x_test)} flowers the model never saw: {accuracy:.2f}")
assert accuracy > 0.88
