import numpy as np
from keras.layers import Input, Dense, merge
from keras.models import Model

a = Input(shape=(6,))
b = Input(shape=(6,))
s = merge([a, b], mode='sum')
m = merge([a, b], mode='mul')
v = merge([a, b], mode='ave')
x = merge([a, b], mode='max')
d = merge([a, b], mode='dot', dot_axes=1)
c = merge([a, b], mode='cos', dot_axes=1)
f = merge([a, b], mode=lambda t: t[0] - t[1], output_shape=(6,))
allof = merge([s, m, v, x, d, c, f], mode='concat')
model = Model(input=[a, b], output=Dense(1)(allof))
model.compile(optimizer='sgd', loss='mse')
model.fit([np.random.rand(4, 6), np.random.rand(4, 6)], np.random.rand(4), nb_epoch=1, verbose=0)
