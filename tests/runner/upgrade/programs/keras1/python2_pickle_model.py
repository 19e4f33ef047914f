import cPickle as pickle
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation

model = Sequential()
model.add(Dense(4, input_dim=3, init="glorot_uniform"))
model.add(Activation("relu"))
model.add(Dense(1, init="glorot_uniform"))
model.compile(loss="mse", optimizer="sgd")
pickle.dump(model.get_weights(), open("w.pkl", "wb"))
weights = pickle.load(open("w.pkl", "rb"))
model.set_weights(weights)
print "parameters: %d" % model.count_params()
