import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Merge

wide = Sequential()
wide.add(Dense(1, input_dim=10))
deep = Sequential()
deep.add(Dense(input_dim=10, output_dim=8, activation='relu'))
deep.add(Dense(4, activation='relu'))
deep.add(Dense(1, activation='sigmoid'))
model = Sequential()
model.add(Merge([wide, deep], mode='concat', concat_axis=1))
model.add(Dense(1, activation='sigmoid'))
model.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])
X, y = np.random.rand(20, 10), np.random.randint(0, 2, 20)
model.fit([X, X], y, nb_epoch=1, batch_size=10, verbose=0)
loss, accuracy = model.evaluate([X, X], y, verbose=0)
print('\n', 'test accuracy:', accuracy)
