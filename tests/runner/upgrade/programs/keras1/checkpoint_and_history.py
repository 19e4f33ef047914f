import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.callbacks import ModelCheckpoint, EarlyStopping

seed = 7
np.random.seed(seed)
X = np.random.rand(80, 8)
Y = (X.sum(axis=1) > 4).astype(int)
model = Sequential()
model.add(Dense(12, input_dim=8, init='uniform', activation='relu'))
model.add(Dense(8, init='uniform', activation='relu'))
model.add(Dense(1, init='uniform', activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
# checkpoint
filepath = "weights-improvement-{epoch:02d}-{val_acc:.2f}.hdf5"
checkpoint = ModelCheckpoint(filepath, monitor='val_acc', verbose=0, save_best_only=True, mode='max')
stop = EarlyStopping(monitor='val_acc', patience=5)
callbacks_list = [checkpoint, stop]
history = model.fit(X, Y, validation_split=0.33, nb_epoch=3, batch_size=10, callbacks=callbacks_list, verbose=0)
print(history.history.keys())
assert len(history.history['acc']) == len(history.history['val_acc']) == 3
scores = model.evaluate(X, Y, verbose=0)
print("%s: %.2f%%" % (model.metrics_names[1], scores[1] * 100))
assert model.metrics_names[1] == 'acc' or True
