import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Flatten
from keras.layers.convolutional import Convolution3D, MaxPooling3D, ZeroPadding3D

model = Sequential()
model.add(Convolution3D(4, 3, 3, 3, activation='relu', border_mode='same', name='conv1', subsample=(1, 1, 1),
                        input_shape=(6, 8, 8, 1)))
model.add(MaxPooling3D(pool_size=(1, 2, 2), strides=(1, 2, 2), border_mode='valid', name='pool1'))
model.add(ZeroPadding3D(padding=(0, 1, 1)))
model.add(Flatten())
model.add(Dense(4, activation='relu', name='fc6'))
model.add(Dropout(.5))
model.add(Dense(2, activation='softmax', name='fc8'))
model.compile(loss='categorical_crossentropy', optimizer='sgd')
model.fit(np.random.rand(2, 6, 8, 8, 1), np.eye(2), nb_epoch=1, verbose=0)
