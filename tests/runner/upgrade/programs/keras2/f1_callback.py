import numpy as np
from keras.callbacks import Callback
from keras.models import Sequential
from keras.layers import Dense
from sklearn.metrics import f1_score

class Metrics(Callback):
    def __init__(self, data):
        super(Metrics, self).__init__()
        self.data = data

    def on_train_begin(self, logs={}):
        self.val_f1s = []

    def on_epoch_end(self, epoch, logs={}):
        x, y = self.data
        predicted = (np.asarray(self.model.predict(x, verbose=0))).round()
        self.val_f1s.append(f1_score(y, predicted))
        print('epoch', epoch, logs.get('acc'), logs.get('val_acc'))
        assert logs.get('val_acc') is not None
        return

X, Y = np.random.rand(40, 6), np.random.randint(0, 2, 40)
model = Sequential([Dense(4, input_shape=(6,), activation='relu'), Dense(1, activation='sigmoid')])
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
metrics = Metrics((X, Y))
model.fit(X, Y, epochs=2, validation_split=0.2, callbacks=[metrics], verbose=0)
