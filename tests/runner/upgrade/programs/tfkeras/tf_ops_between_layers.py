import tensorflow as tf
from tensorflow.keras.layers import Input, Dense, Conv2D, Flatten
from tensorflow.keras.models import Model
import numpy as np

def spatial_attention(feature):
    avg_pool = tf.reduce_mean(feature, axis=3, keepdims=True)
    max_pool = tf.reduce_max(feature, axis=3, keepdims=True)
    concat = tf.concat([avg_pool, max_pool], axis=3)
    att = Conv2D(1, 3, padding='same', activation='sigmoid')(concat)
    return tf.multiply(feature, att)

inputs = Input((8, 8, 3))
x = Conv2D(4, 3, padding='same')(inputs)
x = tf.nn.relu(x)
x = spatial_attention(x)
x = tf.expand_dims(x, 1)
x = tf.squeeze(x, [1])
x = Flatten()(x)
x = tf.math.l2_normalize(x, axis=1)
outputs = Dense(2, activation='softmax')(x)
model = Model(inputs, outputs)
model.compile('adam', 'categorical_crossentropy')
model.fit(np.random.rand(8, 8, 8, 3), np.eye(2)[np.random.randint(0, 2, 8)], epochs=1, verbose=0)
