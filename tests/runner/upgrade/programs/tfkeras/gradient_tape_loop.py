import tensorflow as tf
import numpy as np

model = tf.keras.models.Sequential([tf.keras.layers.Dense(4, activation='relu', input_shape=(3,)), tf.keras.layers.Dense(1)])
loss_object = tf.keras.losses.MeanSquaredError()
optimizer = tf.keras.optimizers.SGD(lr=0.01)
train_loss = tf.keras.metrics.Mean(name='train_loss')

@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = loss_object(y, model(x))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)

dataset = tf.data.Dataset.from_tensor_slices((np.random.rand(8, 3).astype('float32'), np.random.rand(8, 1).astype('float32'))).batch(4)
for epoch in range(2):
    for x, y in dataset:
        train_step(x, y)
    print('Epoch {}, Loss: {}'.format(epoch + 1, train_loss.result()))
    train_loss.reset_states()
