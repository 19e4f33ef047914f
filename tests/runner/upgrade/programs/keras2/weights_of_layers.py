import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Conv2D, Flatten

w = [np.random.rand(3, 3, 1, 4), np.zeros(4)]
model = Sequential()
model.add(Conv2D(4, (3, 3), weights=w, input_shape=(6, 6, 1)))
model.add(Flatten())
model.add(Dense(2, weights=[np.random.rand(64, 2), np.ones(2)], activation='softmax'))
model.compile('sgd', 'categorical_crossentropy')
assert np.allclose(model.get_weights()[0], w[0]) and np.allclose(model.layers[2].get_weights()[1], 1)
