# from before 1.0: Dense(inputs, outputs) and show_accuracy
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import SGD

X = np.random.rand(60, 20)
Y = np.eye(4)[np.random.randint(0, 4, 60)]

model = Sequential()
model.add(Dense(20, 16, init='uniform'))
model.add(Activation('tanh'))
model.add(Dropout(0.5))
model.add(Dense(16, 16, init='uniform'))
model.add(Activation('tanh'))
model.add(Dense(16, 4, init='uniform'))
model.add(Activation('softmax'))

sgd = SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd, class_mode='categorical')
model.fit(X, Y, nb_epoch=2, batch_size=16, show_accuracy=True, verbose=0)
score = model.evaluate(X, Y, batch_size=16, show_accuracy=True, verbose=0)
print('score', score)
