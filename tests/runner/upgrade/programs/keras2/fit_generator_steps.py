import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Dense, Conv2D, Flatten
from keras.preprocessing.image import ImageDataGenerator
from keras.callbacks import ReduceLROnPlateau

x_train, y_train = np.random.rand(32, 8, 8, 3), keras.utils.to_categorical(np.random.randint(0, 5, 32), 5)
model = Sequential()
model.add(Conv2D(4, (3, 3), padding='same', input_shape=x_train.shape[1:]))
model.add(Flatten())
model.add(Dense(5, activation='softmax'))
opt = keras.optimizers.rmsprop(lr=0.0001, decay=1e-6)
model.compile(loss='categorical_crossentropy', optimizer=opt, metrics=['accuracy'])
datagen = ImageDataGenerator(rotation_range=10, fill_mode='nearest', data_format=None)
reduce_lr = ReduceLROnPlateau(monitor='val_loss', factor=0.2, epsilon=0.001)
model.fit_generator(datagen.flow(x_train, y_train, batch_size=8), steps_per_epoch=len(x_train) / 8, epochs=1,
                    validation_data=(x_train, y_train), workers=4, use_multiprocessing=False,
                    callbacks=[reduce_lr], verbose=0)
scores = model.evaluate_generator(datagen.flow(x_train, y_train, batch_size=8), steps=4)
preds = model.predict_generator(datagen.flow(x_train, batch_size=8, shuffle=False), steps=4, verbose=0)
assert preds.shape == (32, 5)
