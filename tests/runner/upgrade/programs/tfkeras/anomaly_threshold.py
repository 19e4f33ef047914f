import tensorflow as tf
import pandas as pd
import numpy as np
frame = pd.DataFrame({'a': np.random.rand(20), 'b': np.random.rand(20)})
train_dataset = frame.sample(frac=0.8, random_state=0)
train_labels = train_dataset.pop('b')
def build_model():
    model = tf.keras.Sequential([
        tf.keras.layers.Dense(8, activation='relu', input_shape=[len(train_dataset.keys())]),
        tf.keras.layers.Dense(1)])
    optimizer = tf.keras.optimizers.RMSprop(0.001)
    model.compile(loss='mse', optimizer=optimizer, metrics=['mae', 'mse'])
    return model
model = build_model()
history = model.fit(train_dataset, train_labels, epochs=2, validation_split=0.2, verbose=0)
hist = pd.DataFrame(history.history)
hist['epoch'] = history.epoch
print(hist['val_mae'].tail())
