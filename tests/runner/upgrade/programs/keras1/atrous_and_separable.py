import numpy as np
from keras.models import Sequential
from keras.layers import AtrousConvolution2D, SeparableConvolution2D, AtrousConvolution1D, GlobalAveragePooling2D, Dense

model = Sequential()
model.add(AtrousConvolution2D(4, 3, 3, atrous_rate=(2, 2), border_mode='same', input_shape=(12, 12, 2)))
model.add(SeparableConvolution2D(4, 3, 3, border_mode='valid', activation='relu'))
model.add(GlobalAveragePooling2D())
model.add(Dense(2, activation='softmax'))
model.compile('rmsprop', 'categorical_crossentropy')
model.fit(np.random.rand(4, 12, 12, 2), np.eye(2)[[0, 1, 0, 1]], nb_epoch=1, verbose=0)
assert model.layers[1].output_shape == (None, 10, 10, 4)
