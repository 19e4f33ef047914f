"""LoRA: adapt a trained network to new data by training a few thousand numbers instead of all.

`enable_lora(rank)` freezes the kernel of a Dense layer and adds two narrow matrices whose product corrects
it. The old task is a sum; the new one has the sign of one term turned round.
"""
# symbols: keras.layers.Dense.enable_lora, keras.Model.trainable_weights

import keras
import numpy as np

keras.utils.set_random_seed(9)
rng = np.random.default_rng(9)
x = rng.uniform(-1, 1, (2000, 6)).astype("float32")
old = (x @ np.array([1, 1, 1, -1, -1, -1]) > 0).astype("float32")
new = (x @ np.array([1, 1, -1, -1, -1, 1]) > 0).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(6,)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)


def count(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


def train(target, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["accuracy"])
    before = model.evaluate(x[1500:], target[1500:], verbose=0, return_dict=True)["accuracy"]
    model.fit(x[:1500], target[:1500], epochs=epochs, batch_size=50, verbose=0)
    after = model.evaluate(x[1500:], target[1500:], verbose=0, return_dict=True)["accuracy"]
    print(f"{count(model.trainable_weights):6} trainable numbers: accuracy {before:.2f} -> {after:.2f}")
    return after


first = train(old, epochs=8)
kernel = keras.ops.convert_to_numpy(model.layers[1]._kernel).copy()
for layer in model.layers[:2]:
    layer.enable_lora(rank=4)
model.layers[2].trainable = False
second = train(new, epochs=12)
unchanged = np.array_equal(kernel, keras.ops.convert_to_numpy(model.layers[1]._kernel))
print("the old kernel is untouched:", unchanged)
assert first > 0.95 and second > 0.93 and unchanged
