import numpy as np
from keras.models import Sequential
from keras.layers import Dense

def build(sizes):
	model = Sequential()
	for i in xrange(len(sizes)):
		if i == 0:
			model.add(Dense(sizes[i], input_dim=4))
		else:
			model.add(Dense(sizes[i]))
	model.compile('sgd', 'mse')
	return model

results = {'a': 1}
model = build([3, 1])
try:
	h = model.fit(np.random.rand(6, 4), np.random.rand(6), nb_epoch=1, verbose=0)
	print 'loss:', h.history['loss'][0]
except ValueError, e:
	print 'failed', e
if results.has_key('a'):
	for k, v in results.iteritems():
		print "%s=%d" % (k, v),
print
