import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.callbacks import Callback, EarlyStopping, ModelCheckpoint, RemoteMonitor

class LossHistory(Callback):
    def on_train_begin(self, logs={}):
        self.losses = []
        print('epochs:', self.params['nb_epoch'])

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))

model = Sequential([Dense(2, input_dim=4, init='uniform')])
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
history = LossHistory()
checkpointer = ModelCheckpoint(filepath="/tmp/weights.hdf5", verbose=0, save_best_only=True)
model.fit(np.random.rand(8, 4), np.eye(2)[np.random.randint(0, 2, 8)], batch_size=4, nb_epoch=2, verbose=0,
          validation_split=0.5, callbacks=[history, checkpointer, EarlyStopping('val_acc', patience=3)])
assert len(history.losses) == 2
