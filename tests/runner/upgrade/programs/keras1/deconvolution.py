import numpy as np
from keras.models import Sequential
from keras.layers import Deconvolution2D, Convolution2D

model = Sequential()
model.add(Convolution2D(4, 3, 3, subsample=(2, 2), border_mode='same', input_shape=(8, 8, 1)))
model.add(Deconvolution2D(1, 3, 3, output_shape=(None, 8, 8, 1), subsample=(2, 2), border_mode='same'))
model.compile('adam', 'mse')
x = np.random.rand(4, 8, 8, 1)
model.fit(x, x, nb_epoch=1, verbose=0)
assert model.output_shape == (None, 8, 8, 1)
