from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense
import numpy as np

def rmsle(y_true, y_pred):
    first_log = K.log(K.clip(y_pred, K.epsilon(), None) + 1.)
    second_log = K.log(K.clip(y_true, K.epsilon(), None) + 1.)
    return K.sqrt(K.mean(K.square(first_log - second_log), axis=-1))

model = Sequential([Dense(1, input_dim=3, init='uniform')])
model.compile(optimizer='sgd', loss=rmsle)
model.fit(np.random.rand(8, 3), np.random.rand(8), nb_epoch=1, verbose=0)
