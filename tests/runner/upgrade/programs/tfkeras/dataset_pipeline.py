import tensorflow as tf
from tensorflow.keras import layers
x, y = tf.random.normal([20, 3]), tf.random.normal([20, 1])
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(20).batch(5).repeat()
model = tf.keras.Sequential([layers.Dense(8, activation='relu', input_shape=(3,)), layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.RMSprop(lr=0.001), loss='mse', metrics=['mae', 'mse'])
model.fit(dataset, epochs=1, steps_per_epoch=3, verbose=0)
hist = model.evaluate(dataset, steps=2, verbose=0)
