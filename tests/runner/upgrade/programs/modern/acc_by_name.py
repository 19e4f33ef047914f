import keras
import numpy as np

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["acc"])
stop = keras.callbacks.EarlyStopping(monitor="val_acc", patience=2)
history = model.fit(np.random.rand(8, 3), np.random.randint(0, 2, 8), validation_split=0.5, callbacks=[stop], verbose=0)
print(history.history["val_acc"])
