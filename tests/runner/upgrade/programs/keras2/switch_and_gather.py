from keras import backend as K
from keras.layers import Input, Lambda, Dense, Embedding
from keras.models import Model
import numpy as np

table = K.constant(np.random.rand(10, 3))
idx = Input((4,), dtype='int32')
looked = Lambda(lambda i: K.gather(table, i))(idx)
pooled = Lambda(lambda t: K.switch(K.greater(K.sum(t, axis=[1, 2], keepdims=True), 0.), t, K.zeros_like(t)))(looked)
tiled = Lambda(lambda t: K.repeat_elements(t, 2, axis=1))(pooled)
flat = Lambda(lambda t: K.batch_flatten(t))(tiled)
model = Model(idx, Dense(1)(flat))
model.compile('sgd', 'mse')
model.fit(np.random.randint(0, 10, (6, 4)), np.random.rand(6), epochs=1, verbose=0)
