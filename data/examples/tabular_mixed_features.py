"""Numbers and categories in one model: Normalization for the numbers, an Embedding for the category.

A flat's price depends on its area and its age, and on the district by a factor that the model has to find.
Two inputs with names take a dictionary of arrays. The words are turned into integers before the model,
which works on every backend.
"""
# symbols: keras.layers.StringLookup, keras.layers.Embedding, keras.layers.Concatenate

import keras
import numpy as np

keras.utils.set_random_seed(4)
rng = np.random.default_rng(4)
names = np.array(["harbour", "old town", "hill", "station"])
factor = np.array([1.6, 1.3, 1.0, 0.7])
which = rng.integers(0, 4, 1500)
numbers = np.stack([rng.uniform(20, 120, 1500), rng.uniform(0, 80, 1500)], axis=1).astype("float32")
price = (factor[which] * (3.0 * numbers[:, 0] - 0.5 * numbers[:, 1]) / 100).astype("float32")

lookup = keras.layers.StringLookup(vocabulary=list(names))
district = keras.ops.convert_to_numpy(lookup(names[which]))
normalize = keras.layers.Normalization()
normalize.adapt(numbers[:1200])

numbers_in = keras.Input(shape=(2,), name="numbers")
district_in = keras.Input(shape=(), dtype="int32", name="district")
embedded = keras.layers.Embedding(lookup.vocabulary_size(), 3)(district_in)
hidden = keras.layers.Concatenate()([normalize(numbers_in), embedded])
hidden = keras.layers.Dense(32, activation="relu")(hidden)
hidden = keras.layers.Dense(32, activation="relu")(hidden)
model = keras.Model([numbers_in, district_in], keras.layers.Dense(1)(hidden))

model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
train = {"numbers": numbers[:1200], "district": district[:1200]}
test = {"numbers": numbers[1200:], "district": district[1200:]}
model.fit(train, price[:1200], epochs=20, batch_size=32, verbose=0)

mae = model.evaluate(test, price[1200:], verbose=0, return_dict=True)["mae"]
print(f"prices run from {price.min():.2f} to {price.max():.2f}; the model is off by {mae:.2f} on average")
for index, name in enumerate(names):
    flat = {"numbers": np.array([[70.0, 20.0]], "float32"), "district": np.array([index + 1], "int32")}
    print(f"70 square metres, 20 years, {name}: {float(model.predict(flat, verbose=0)[0, 0]):.2f}")
assert mae < 0.15
