import tensorflow as tf
from tensorflow.keras.mixed_precision import experimental as mixed_precision
policy = mixed_precision.Policy('float32')
mixed_precision.set_policy(policy)
inputs = tf.keras.Input(shape=(4,))
outputs = tf.keras.layers.Dense(2, dtype='float32')(inputs)
model = tf.keras.Model(inputs, outputs)
print(model.count_params())
