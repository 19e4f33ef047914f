import numpy as np
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense, Dropout

model = Sequential()
model.add(Dense(6, activation='relu', input_shape=(4,)))
model.add(Dropout(0.5))
model.add(Dense(2, activation='softmax'))
get_hidden = K.function([model.layers[0].input], [model.layers[0].output])
x = np.random.rand(5, 4)
layer_output = get_hidden([x])[0]
assert layer_output.shape == (5, 6)
f = K.function([model.input, K.learning_phase()], [model.layers[1].output])
test = f([x, 0])[0]
train = f([x, 1])[0]
assert np.allclose(test, layer_output, atol=1e-6)
assert (train == 0).any()
