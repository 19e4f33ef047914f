from keras.layers import Input, Conv2D, Flatten, Dense, Reshape, Lambda, LocallyConnected1D
from keras.models import Model
from keras import backend as K
import numpy as np

inp = Input(shape=(8, 8, 2))
x = Conv2D(4, 3, activation='relu')(inp)
shape = K.int_shape(x)
x = Reshape((shape[1] * shape[2], shape[3]))(x)
x = Lambda(lambda t: K.reverse(t, axes=1))(x)
x = Flatten()(x)
out = Dense(2)(x)
model = Model(inp, out)
model.compile('sgd', 'mse')
model.fit(np.random.rand(4, 8, 8, 2), np.random.rand(4, 2), epochs=1, verbose=0)
assert model.layers[1].output_shape == (None, 6, 6, 4)
