"""How sure is the model? Keep dropout on while predicting, and look at the spread.

The data lie between -1 and 1. Asked inside, a hundred passes with dropout agree; asked far outside, they
scatter. Calling the model with `training=True` is what keeps dropout on.
"""
# symbols: keras.layers.Dropout, keras.Model

import keras
import numpy as np

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)
x = rng.uniform(-1, 1, (1000, 1)).astype("float32")
y = np.sin(3 * x).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(1,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse")
model.fit(x, y, epochs=25, batch_size=50, verbose=0)

questions = np.array([[0.0], [0.5], [2.0], [4.0]], "float32")
passes = np.stack([keras.ops.convert_to_numpy(model(questions, training=True))[:, 0] for _ in range(100)])
for question, mean, spread in zip(questions[:, 0], passes.mean(0), passes.std(0)):
    print(f"x = {question:.1f}: {mean:+.2f} ± {spread:.2f}")
quiet = model.predict(questions, verbose=0)
print("predict switches dropout off, so it repeats itself:", np.allclose(quiet, model.predict(questions, verbose=0)))
assert passes[:, 3].std() > 2 * passes[:, 1].std()
