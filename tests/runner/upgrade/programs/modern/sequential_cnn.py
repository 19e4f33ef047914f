import keras
import numpy as np
from keras import layers

model = keras.Sequential(
    [
        keras.Input(shape=(12, 12, 1)),
        layers.Conv2D(4, kernel_size=(3, 3), activation="relu"),
        layers.Conv2D(8, 3, 2, padding="same"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(np.random.rand(8, 12, 12, 1), np.eye(3)[np.random.randint(0, 3, 8)], verbose=0)
print(history.history["accuracy"])
