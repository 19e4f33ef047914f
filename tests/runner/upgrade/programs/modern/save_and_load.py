import keras

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.save("model.keras")
model.save_weights("model.weights.h5")
again = keras.saving.load_model("model.keras")
again.load_weights("model.weights.h5")
checkpoint = keras.callbacks.ModelCheckpoint("best-{epoch:02d}-{val_accuracy:.2f}.keras", monitor="val_accuracy")
