"""Export for phones and small boards: a .tflite file, with and without 8-bit weights.

The converter takes the Keras model; `Optimize.DEFAULT` stores weights in eight bits. The interpreter at the
end is what runs on the device.
"""
# backends: tensorflow
# symbols: keras.Model.export

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
x = rng.uniform(-1, 1, (1000, 8)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("int32")
model = keras.Sequential(
    [
        keras.Input(shape=(8,)),
        keras.layers.Dense(96, activation="relu"),
        keras.layers.Dense(96, activation="relu"),
        keras.layers.Dense(2),
    ]
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, metrics=["accuracy"])
model.fit(x[:800], y[:800], epochs=15, verbose=0)


def convert(small):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if small:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter.convert()


def accuracy_of(content):
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    right = 0
    for row, label in zip(x[800:], y[800:]):
        interpreter.set_tensor(source, row[None])
        interpreter.invoke()
        right += int(interpreter.get_tensor(sink)[0].argmax()) == label
    return right / 200


full, small = convert(False), convert(True)
keras_accuracy = model.evaluate(x[800:], y[800:], verbose=0, return_dict=True)["accuracy"]
print(f"Keras: accuracy {keras_accuracy:.2f}")
for name, content in [("tflite", full), ("8 bits", small)]:
    print(f"{name}: accuracy {accuracy_of(content):.2f}, {len(content)} bytes")
assert abs(accuracy_of(full) - keras_accuracy) < 0.02 and len(small) < 0.5 * len(full)
