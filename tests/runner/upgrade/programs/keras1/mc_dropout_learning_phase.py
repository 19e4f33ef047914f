import numpy as np
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense, Dropout

model = Sequential()
model.add(Dense(16, input_dim=4, activation='relu'))
model.add(Dropout(p=0.5))
model.add(Dense(1))
model.compile('sgd', 'mse')
f = K.function([model.layers[0].input, K.learning_phase()], [model.layers[-1].output])
x = np.random.rand(3, 4)
samples = np.array([f([x, 1])[0] for _ in xrange(5)])
assert samples.shape == (5, 3, 1) and samples.std(axis=0).max() > 0
