import numpy as np
from keras.models import Model
from keras.layers import Input, Lambda, Dense, merge, Flatten
from keras.layers.advanced_activations import PReLU, ELU, LeakyReLU
import keras.backend as K

inp = Input(shape=(5, 3))
first = Lambda(lambda x: x[:, 0, :], output_shape=(3,))(inp)
total = Lambda(lambda x: K.sum(x, axis=1), output_shape=lambda s: (s[0], s[2]))(inp)
std = Lambda(lambda x: K.std(x, axis=1), output_shape=(3,))(inp)
clipped = Lambda(lambda x: K.clip(x, 0.1, 0.9))(first)
out = merge([first, total, std, clipped], mode='concat', concat_axis=1)
out = PReLU(init='zero')(Dense(4)(out))
out = LeakyReLU(alpha=.1)(Dense(4)(out))
model = Model(input=inp, output=Dense(1)(out))
model.compile(optimizer='adam', loss='mape')
model.fit(np.random.rand(4, 5, 3), np.random.rand(4) + 1, nb_epoch=1, verbose=0)
