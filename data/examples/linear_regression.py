"""Linear regression: recover the slope and the intercept behind noisy points.

One Dense unit without activation is the equation y = w * x + b. After training, its two weights are close
to the numbers that made the data.
"""
# symbols: keras.layers.Dense, keras.Layer.get_weights

import keras
import numpy as np

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)
x = rng.uniform(-2, 2, (512, 1)).astype("float32")
y = 3.0 * x - 1.0 + rng.normal(0, 0.1, x.shape).astype("float32")

model = keras.Sequential([keras.Input(shape=(1,)), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
history = model.fit(x, y, epochs=10, batch_size=32, verbose=0)

kernel, bias = model.layers[0].get_weights()
print(f"loss: {history.history['loss'][0]:.3f} after one epoch, {history.history['loss'][-1]:.3f} after ten")
print(f"y = {kernel[0, 0]:.2f} * x + {bias[0]:.2f}   (made with 3 and -1)")
assert abs(kernel[0, 0] - 3) < 0.1 and abs(bias[0] + 1) < 0.1
