"""Rare class: why 96 % accuracy can mean nothing, and what class_weight changes.

One sample in twenty-five is positive. Without weights the model hardly dares to say yes; with weights that
make both classes count alike, it finds most of the positives, at the price of some false alarms. Recall
tells, accuracy does not.
"""
# symbols: keras.Model.fit, keras.metrics.Recall, keras.metrics.Precision

import keras
import numpy as np

rng = np.random.default_rng(5)
y = (rng.random(4000) < 0.04).astype("float32")
x = rng.normal(0, 1, (4000, 4)).astype("float32")
x[y == 1, :2] += 1.3
x_train, y_train, x_test, y_test = x[:3000], y[:3000], x[3000:], y[3000:]


def train(class_weight):
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input(shape=(4,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.Recall(name="recall"), keras.metrics.Precision(name="precision")],
    )
    model.fit(x_train, y_train, epochs=8, batch_size=64, class_weight=class_weight, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0, return_dict=True)


positives = y_train.mean()
balanced = {0: 0.5 / (1 - positives), 1: 0.5 / positives}
plain, weighted = train(None), train(balanced)
print(f"weights: no {balanced[0]:.2f}, yes {balanced[1]:.2f}")
for name, scores in [("plain", plain), ("weighted", weighted)]:
    print(
        f"{name:9} accuracy {scores['accuracy']:.2f} recall {scores['recall']:.2f} precision {scores['precision']:.2f}"
    )
assert weighted["recall"] > plain["recall"] + 0.2
