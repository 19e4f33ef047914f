import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.layers import SimpleRNN
from keras.initializations import normal, identity
from keras.optimizers import RMSprop

learning_rate = 1e-6
model = Sequential()
model.add(SimpleRNN(output_dim=8,
                    init=lambda shape, name=None, **kw: normal(scale=0.001)(shape) if False else np.random.normal(0, 0.001, shape).astype('float32'),
                    inner_init='identity',
                    activation='relu',
                    input_shape=(10, 1)))
model.add(Dense(2))
model.add(Activation('softmax'))
rmsprop = RMSprop(lr=learning_rate)
model.compile(loss='categorical_crossentropy', optimizer=rmsprop, metrics=['accuracy'])
model.fit(np.random.rand(6, 10, 1), np.eye(2)[np.random.randint(0, 2, 6)], nb_epoch=1, verbose=0)
