import keras
from keras import optimizers
from keras.models import Sequential
from keras.layers import Dense, Activation
import numpy as np

X, y = np.random.rand(16, 4), np.random.rand(16, 1)
for opt in [optimizers.SGD(lr=0.01, clipnorm=1.), optimizers.SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True),
            optimizers.RMSprop(lr=0.001, rho=0.9, epsilon=None, decay=0.0),
            keras.optimizers.Adagrad(lr=0.01, epsilon=None, decay=0.0), keras.optimizers.Adadelta(lr=1.0, rho=0.95),
            keras.optimizers.Adam(lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=None, decay=1e-4, amsgrad=False),
            keras.optimizers.Nadam(lr=0.002, beta_1=0.9, beta_2=0.999, epsilon=None, schedule_decay=0.004)]:
    model = Sequential()
    model.add(Dense(4, kernel_initializer='uniform', input_shape=(4,)))
    model.add(Activation('tanh'))
    model.add(Dense(1))
    model.compile(loss='mean_squared_error', optimizer=opt)
    model.fit(X, y, epochs=1, verbose=0)
