"""One network, two answers: a class and a number from the same layers.

Each output has a name; losses, metrics and loss weights are dictionaries with these names.
"""
# symbols: keras.Model, keras.Model.compile

import keras
import numpy as np

keras.utils.set_random_seed(6)
rng = np.random.default_rng(6)
x = rng.uniform(-1, 1, (2000, 2)).astype("float32")
radius = np.linalg.norm(x, axis=1).astype("float32")
quadrant = (2 * (x[:, 0] > 0) + (x[:, 1] > 0)).astype("int32")

inputs = keras.Input(shape=(2,))
shared = keras.layers.Dense(32, activation="relu")(inputs)
shared = keras.layers.Dense(32, activation="relu")(shared)
outputs = {
    "quadrant": keras.layers.Dense(4, activation="softmax", name="quadrant")(shared),
    "radius": keras.layers.Dense(1, name="radius")(shared),
}
model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss={"quadrant": "sparse_categorical_crossentropy", "radius": "mse"},
    loss_weights={"quadrant": 1.0, "radius": 5.0},
    metrics={"quadrant": ["accuracy"], "radius": ["mae"]},
)
targets = {"quadrant": quadrant, "radius": radius}
model.fit(x[:1600], {k: v[:1600] for k, v in targets.items()}, epochs=15, batch_size=32, verbose=0)

scores = model.evaluate(x[1600:], {k: v[1600:] for k, v in targets.items()}, verbose=0, return_dict=True)
print(f"quadrant: {scores['quadrant_accuracy']:.2f} right; radius: off by {scores['radius_mae']:.3f} on average")
answer = model.predict(np.array([[0.6, 0.8]], "float32"), verbose=0)
print({name: value.shape for name, value in answer.items()})
assert scores["quadrant_accuracy"] > 0.95 and scores["radius_mae"] < 0.08
