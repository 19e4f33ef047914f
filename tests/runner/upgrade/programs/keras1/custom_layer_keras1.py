import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras import initializations
from keras.models import Sequential
from keras.layers import Dense

class MyLayer(Layer):
    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        self.init = initializations.get('glorot_uniform')
        super(MyLayer, self).__init__(**kwargs)

    def build(self, input_shape):
        input_dim = input_shape[1]
        self.W = self.init((input_dim, self.output_dim), name='W')
        self.b = K.zeros((self.output_dim,), name='b')
        self.trainable_weights = [self.W, self.b]

    def call(self, x, mask=None):
        return K.dot(x, self.W) + self.b

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], self.output_dim)

model = Sequential()
model.add(MyLayer(6, input_shape=(10,)))
model.add(Dense(2, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='sgd')
model.fit(np.random.rand(16, 10), np.eye(2)[np.random.randint(0, 2, 16)], nb_epoch=1, verbose=0)
assert model.count_params() == 10 * 6 + 6 + 6 * 2 + 2
