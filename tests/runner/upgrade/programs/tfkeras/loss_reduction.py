import tensorflow as tf
import numpy as np

bce = tf.keras.losses.BinaryCrossentropy(from_logits=True, reduction=tf.keras.losses.Reduction.NONE)
print(bce([[0.], [1.]], [[0.3], [0.6]]).numpy())
model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
model.compile(optimizer=tf.optimizers.Adam(lr=0.01), loss=tf.losses.BinaryCrossentropy(from_logits=True))
model.fit(np.random.rand(4, 2), np.array([0., 1., 0., 1.]), epochs=1, verbose=0)
