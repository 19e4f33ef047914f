import numpy as np
from keras import initializers
from keras.constraints import maxnorm, max_norm, non_neg, unit_norm
from keras.regularizers import l1, l2, l1_l2
from keras.models import Sequential
from keras.layers import Dense, Dropout, PReLU, ELU, ThresholdedReLU, GaussianNoise

model = Sequential()
model.add(Dense(6, input_dim=5, kernel_initializer=initializers.random_normal(stddev=0.01), kernel_constraint=maxnorm(3)))
model.add(PReLU())
model.add(Dropout(0.2, noise_shape=None))
model.add(Dense(6, kernel_initializer=initializers.RandomUniform(minval=-0.05, maxval=0.05), kernel_constraint=max_norm(2.)))
model.add(ThresholdedReLU(theta=0.5))
model.add(GaussianNoise(0.1))
model.add(Dense(4, kernel_regularizer=l2(0.01), activity_regularizer=l1(0.01), bias_regularizer=l1_l2(0.01, 0.01), kernel_constraint=unit_norm()))
model.add(ELU(alpha=1.0))
model.add(Dense(1, kernel_constraint=non_neg(), bias_initializer=initializers.Ones()))
model.compile(loss='logcosh', optimizer='sgd')
model.fit(np.random.rand(10, 5), np.random.rand(10), epochs=1, verbose=0)
