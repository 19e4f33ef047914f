import numpy as np
from keras.models import Sequential
from keras.layers import Dense

def generate_arrays(batch_size=8):
    while 1:
        x = np.random.rand(batch_size, 5)
        yield x, x.sum(axis=1)

model = Sequential()
model.add(Dense(4, input_dim=5, activation='relu'))
model.add(Dense(1))
model.compile(loss='mae', optimizer='nadam')
model.fit_generator(generate_arrays(batch_size=8), samples_per_epoch=32, nb_epoch=2,
                    validation_data=generate_arrays(), nb_val_samples=16, max_q_size=10, nb_worker=1,
                    pickle_safe=False, verbose=0)
loss = model.evaluate_generator(generate_arrays(), val_samples=16)
