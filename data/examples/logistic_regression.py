"""Logistic regression: one Dense unit with a sigmoid learns a yes or no from two numbers.

Students pass when hours of study and hours of sleep together are enough. The model finds the weights of
both and the threshold; the printed line is the rule it learned, in the units of the data.
"""
# symbols: keras.layers.Dense, keras.losses.BinaryCrossentropy

import keras
import numpy as np

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
study = rng.uniform(0, 10, 1000)
sleep = rng.uniform(4, 10, 1000)
passed = (0.8 * study + 0.5 * sleep + rng.normal(0, 0.5, 1000) > 7.5).astype("float32")
x = np.stack([study, sleep], axis=1).astype("float32")
x_train, x_test, y_train, y_test = x[:800], x[800:], passed[:800], passed[800:]

normalize = keras.layers.Normalization()
normalize.adapt(x_train)
model = keras.Sequential([keras.Input(shape=(2,)), normalize, keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=keras.optimizers.Adam(0.1), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=15, batch_size=64, verbose=0)

weights, bias = model.layers[-1].get_weights()
print(f"score = {weights[0, 0]:.1f} * study + {weights[1, 0]:.1f} * sleep + {bias[0]:.1f}, in standard units")
for hours in [(9.0, 8.0), (2.0, 5.0)]:
    probability = float(model.predict(np.array([hours], "float32"), verbose=0)[0, 0])
    print(f"study {hours[0]} h, sleep {hours[1]} h: passes with probability {probability:.2f}")
accuracy = model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]
print(f"accuracy on 200 new students: {accuracy:.2f}")
assert accuracy > 0.88
