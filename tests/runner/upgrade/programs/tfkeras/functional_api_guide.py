import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

inputs = keras.Input(shape=(16,), name="img")
x = layers.Dense(8, activation="relu")(inputs)
x = layers.Dense(8, activation="relu")(x)
outputs = layers.Dense(10)(x)
model = keras.Model(inputs=inputs, outputs=outputs, name="mnist_model")
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), optimizer=keras.optimizers.RMSprop(), metrics=["accuracy"])
history = model.fit(np.random.rand(16, 16), np.random.randint(0, 10, 16), batch_size=8, epochs=1, validation_split=0.2, verbose=0)
model.save("path_to_my_model")
del model
model = keras.models.load_model("path_to_my_model")
test_scores = model.evaluate(np.random.rand(4, 16), np.random.randint(0, 10, 4), verbose=0)
