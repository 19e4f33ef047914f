import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers.experimental import preprocessing
from tensorflow.keras.layers.experimental.preprocessing import Rescaling

data_augmentation = keras.Sequential([
    layers.experimental.preprocessing.RandomFlip("horizontal"),
    layers.experimental.preprocessing.RandomRotation(0.1),
])
inputs = keras.Input(shape=(16, 16, 3))
x = data_augmentation(inputs)
x = Rescaling(1.0 / 255)(x)
x = preprocessing.CenterCrop(height=12, width=12)(x)
x = layers.Conv2D(4, 3, strides=2, padding="same")(x)
x = layers.GlobalAveragePooling2D()(x)
model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(np.random.rand(4, 16, 16, 3), np.array([0, 1, 0, 1]), epochs=1, verbose=0)
