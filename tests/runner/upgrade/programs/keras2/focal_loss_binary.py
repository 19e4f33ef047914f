import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense

def focal_loss(gamma=2., alpha=.25):
    def focal_loss_fixed(y_true, y_pred):
        pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
        pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))
        return -K.mean(alpha * K.pow(1. - pt_1, gamma) * K.log(pt_1 + 1e-7)) - K.mean((1 - alpha) * K.pow(pt_0, gamma) * K.log(1. - pt_0 + 1e-7))
    return focal_loss_fixed

model = Sequential([Dense(1, activation='sigmoid', input_shape=(4,))])
model.compile(loss=[focal_loss(alpha=.25, gamma=2)], optimizer='nadam', metrics=["accuracy"])
model.fit(np.random.rand(16, 4), np.random.randint(0, 2, (16, 1)).astype('float32'), epochs=1, verbose=0)
