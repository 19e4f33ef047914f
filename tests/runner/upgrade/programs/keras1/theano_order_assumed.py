# Theano's order was the default of the time, so nothing says it
from keras.models import Sequential
from keras.layers.core import Dense, Activation, Flatten
from keras.layers.convolutional import Convolution2D, MaxPooling2D
import numpy as np

model = Sequential()
model.add(Convolution2D(6, 5, 5, border_mode='valid', input_shape=(1, 28, 28)))
model.add(Activation('tanh'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(10, init='normal'))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='sgd')
model.fit(np.random.rand(8, 1, 28, 28), np.eye(10)[np.random.randint(0, 10, 8)], batch_size=4, nb_epoch=1, verbose=0)
assert model.layers[0].output_shape == (None, 6, 24, 24)
