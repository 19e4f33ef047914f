import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Input, Dense, Lambda
from tensorflow.keras.models import Model
import tensorflow.keras.backend as KB
import numpy as np

def root_mean_squared_error(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true)))

def huber(y_true, y_pred, clip_delta=1.0):
    error = y_true - y_pred
    cond = tf.keras.backend.abs(error) < clip_delta
    squared_loss = 0.5 * KB.square(error)
    linear_loss = clip_delta * (KB.abs(error) - 0.5 * clip_delta)
    return K.switch(cond, squared_loss, linear_loss)

inp = Input((3,))
x = Lambda(lambda t: K.concatenate([t, K.zeros_like(t)], axis=-1))(inp)
model = Model(inp, Dense(1)(x))
model.compile(optimizer='rmsprop', loss=huber, metrics=[root_mean_squared_error])
model.fit(np.random.rand(8, 3), np.random.rand(8, 1), epochs=1, verbose=0)
K.clear_session()
