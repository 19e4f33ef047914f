from keras import backend as K
from keras.layers import Input, Lambda, Dense, Permute, RepeatVector, Flatten, Activation, multiply
from keras.models import Model
import numpy as np

inp = Input(shape=(5, 4))
x = Lambda(lambda t: K.mean(t, axis=1))(inp)
y = Lambda(lambda t: K.max(t, axis=1), output_shape=lambda s: (s[0], s[2]))(inp)
z = Lambda(lambda t: K.l2_normalize(t, axis=-1))(x)
w = Lambda(lambda t: K.permute_dimensions(t, (0, 2, 1)))(inp)
v = Lambda(lambda t: K.batch_dot(t[0], t[1], axes=[2, 1]))([w, inp])
s = Lambda(lambda t: K.stack(t, axis=1))([x, y, z])
r = Lambda(lambda t: K.reshape(t, (-1, 12)))(s)
e = Lambda(lambda t: K.squeeze(K.expand_dims(t, axis=1), 1))(r)
out = Dense(1)(e)
model = Model(inp, [out, v])
model.compile('sgd', 'mse')
model.fit(np.random.rand(8, 5, 4), [np.random.rand(8, 1), np.random.rand(8, 4, 4)], epochs=1, verbose=0)
