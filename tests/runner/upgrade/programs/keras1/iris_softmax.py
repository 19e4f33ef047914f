import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation
from keras.utils.np_utils import to_categorical

X = np.random.rand(30, 4)
y = to_categorical(np.random.randint(0, 3, 30), 3)
model = Sequential()
model.add(Dense(output_dim=8, input_dim=4, init='he_normal'))
model.add(Activation('sigmoid'))
model.add(Dense(output_dim=3))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='sgd', metrics=['accuracy'])
model.fit(X, y, nb_epoch=2, batch_size=5, verbose=0)
loss, accuracy = model.evaluate(X, y, verbose=0)
print("Accuracy = {:.2f}".format(accuracy))
