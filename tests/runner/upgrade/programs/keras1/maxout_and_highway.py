import numpy as np
from keras.models import Sequential
from keras.layers.core import MaxoutDense, Highway, Dense, Dropout

model = Sequential()
model.add(MaxoutDense(8, nb_feature=3, input_dim=6))
model.add(Highway(activation='relu'))
model.add(Dropout(0.2))
model.add(Dense(1))
model.compile('adam', 'mse')
model.fit(np.random.rand(8, 6), np.random.rand(8), nb_epoch=1, verbose=0)
