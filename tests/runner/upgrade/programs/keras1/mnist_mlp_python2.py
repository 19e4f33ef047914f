import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import SGD, Adam, RMSprop
from keras.utils import np_utils

X_train = np.random.rand(100, 784).astype("float32")
y_train = np.random.randint(0, 10, 100)
print X_train.shape[0], 'train samples'
Y_train = np_utils.to_categorical(y_train, 10)

model = Sequential()
model.add(Dense(32, input_shape=(784,)))
model.add(Activation('relu'))
model.add(Dropout(0.2))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.001, rho=0.9, epsilon=1e-08, decay=0.0),
              metrics=['accuracy'])
for e in xrange(2):
    print "epoch %d" % e
    history = model.fit(X_train, Y_train, batch_size=50, nb_epoch=1, verbose=0)
score = model.evaluate(X_train, Y_train, verbose=0)
print "Test score: %f, accuracy: %f" % (score[0], score[1])
