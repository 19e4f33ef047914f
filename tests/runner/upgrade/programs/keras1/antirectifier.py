from __future__ import print_function
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Layer, Activation
from keras import backend as K

class Antirectifier(Layer):
    '''Samplewise L2 normalization and both parts of the activations.'''
    def get_output_shape_for(self, input_shape):
        shape = list(input_shape)
        assert len(shape) == 2  # only valid for 2D tensors
        shape[-1] *= 2
        return tuple(shape)

    def call(self, x, mask=None):
        x -= K.mean(x, axis=1, keepdims=True)
        x = K.l2_normalize(x, axis=1)
        pos = K.relu(x)
        neg = K.relu(-x)
        return K.concatenate([pos, neg], axis=1)

model = Sequential()
model.add(Dense(16, input_shape=(20,)))
model.add(Antirectifier())
model.add(Dropout(0.1))
model.add(Dense(4))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.fit(np.random.rand(32, 20), np.eye(4)[np.random.randint(0, 4, 32)], batch_size=16, nb_epoch=1, verbose=0)
assert model.layers[1].output_shape == (None, 32)
