from keras.models import Sequential
from keras.layers.core import Dense
from keras.regularizers import l2, activity_l2, l1l2, WeightRegularizer
from keras.constraints import maxnorm, nonneg, unitnorm
import numpy as np

model = Sequential()
model.add(Dense(8, input_dim=8, W_regularizer=l2(0.01), activity_regularizer=activity_l2(0.01)))
model.add(Dense(8, W_regularizer=l1l2(l1=0.01, l2=0.01), b_regularizer=WeightRegularizer(l1=0., l2=0.1)))
model.add(Dense(8, W_constraint=maxnorm(m=2), b_constraint=nonneg()))
model.add(Dense(1, W_constraint=unitnorm(), bias=False))
model.compile('sgd', 'mse')
model.fit(np.random.rand(8, 8), np.random.rand(8), nb_epoch=1, verbose=0)
