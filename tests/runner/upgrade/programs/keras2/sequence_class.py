from keras.utils import Sequence
from keras.utils.data_utils import get_file
from keras.models import Sequential
from keras.layers import Dense
import numpy as np

class DataGenerator(Sequence):
    'Generates data for Keras'
    def __init__(self, x_set, y_set, batch_size):
        self.x, self.y = x_set, y_set
        self.batch_size = batch_size

    def __len__(self):
        return int(np.ceil(len(self.x) / float(self.batch_size)))

    def __getitem__(self, idx):
        return (self.x[idx * self.batch_size:(idx + 1) * self.batch_size],
                self.y[idx * self.batch_size:(idx + 1) * self.batch_size])

training_generator = DataGenerator(np.random.rand(20, 3), np.random.rand(20), 5)
model = Sequential([Dense(1, input_dim=3)])
model.compile(optimizer='sgd', loss='mse')
model.fit_generator(generator=training_generator, validation_data=training_generator, use_multiprocessing=True,
                    workers=6, max_queue_size=10, epochs=1, verbose=0)
