import numpy as np
from keras.models import Sequential
from keras.layers.core import TimeDistributedDense, Activation, Dropout
from keras.layers.recurrent import GRU

model = Sequential()
model.add(TimeDistributedDense(8, input_dim=5, input_length=7))
model.add(GRU(output_dim=6, inner_init='orthogonal', return_sequences=True, inner_activation='sigmoid'))
model.add(TimeDistributedDense(2))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop')
X = np.random.rand(10, 7, 5)
y = np.eye(2)[np.random.randint(0, 2, (10, 7))]
model.fit(X, y, nb_epoch=1, batch_size=5, verbose=0)
