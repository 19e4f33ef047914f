"""A loss of your own: predict a range instead of one number, with the pinball loss.

Noise grows with x. Two outputs, the 5 % and the 95 % quantile, enclose about 90 % of new points. The loss
is an ordinary function of the truth and the prediction, written with keras.ops.
"""
# symbols: keras.losses.Loss, keras.ops.maximum

import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
x = rng.uniform(0, 1, (3000, 1)).astype("float32")
y = (2 * x + rng.normal(0, 1, x.shape) * (0.1 + 0.4 * x)).astype("float32")


def pinball(y_true, y_pred):
    quantiles = ops.convert_to_tensor([0.05, 0.95])
    error = y_true - y_pred  # (batch, 1) - (batch, 2): one column a quantile
    return ops.mean(ops.maximum(quantiles * error, (quantiles - 1) * error), axis=-1)


model = keras.Sequential([keras.Input(shape=(1,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(2)])
model.compile(optimizer=keras.optimizers.Adam(0.02), loss=pinball)
model.fit(x[:2000], y[:2000], epochs=30, batch_size=100, verbose=0)

low, high = model.predict(x[2000:], verbose=0).T
inside = np.mean((y[2000:, 0] > low) & (y[2000:, 0] < high))
narrow, wide = np.diff(model.predict(np.array([[0.05], [0.95]], "float32"), verbose=0), axis=1)[:, 0]
print(f"{inside:.0%} of new points lie inside (aim: 90%)")
print(f"width of the range: {narrow:.2f} where noise is small, {wide:.2f} where it is large")
assert 0.84 < inside < 0.96 and wide > 2 * narrow
