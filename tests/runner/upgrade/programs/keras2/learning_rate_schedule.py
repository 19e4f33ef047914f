import numpy as np
from keras import backend as K
from keras.callbacks import LearningRateScheduler, Callback
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD

class Halve(Callback):
    def on_epoch_end(self, epoch, logs=None):
        lr = K.get_value(self.model.optimizer.lr)
        K.set_value(self.model.optimizer.lr, lr * 0.5)
        print('lr now', K.get_value(self.model.optimizer.lr))

model = Sequential([Dense(1, input_dim=3)])
model.compile(loss='mse', optimizer=SGD(lr=0.1))
def step_decay(epoch):
    return 0.1 * 0.5 ** (epoch // 2)
model.fit(np.random.rand(8, 3), np.random.rand(8), epochs=2, verbose=0, callbacks=[Halve()])
assert abs(float(K.get_value(model.optimizer.lr)) - 0.025) < 1e-6
model.fit(np.random.rand(8, 3), np.random.rand(8), epochs=1, verbose=0, callbacks=[LearningRateScheduler(step_decay)])
