import numpy as np
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
from keras import models, layers

model = models.Sequential()
model.add(layers.Dense(8, activation='relu', input_shape=(10,)))
model.add(layers.Dense(1, activation='sigmoid'))
model.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])
history = model.fit(np.random.rand(40, 10), np.random.randint(0, 2, 40), epochs=3, batch_size=16,
                    validation_split=0.25, verbose=0)
acc = history.history['acc']
val_acc = history.history['val_acc']
loss = history.history['loss']
epochs = range(1, len(acc) + 1)
plt.plot(epochs, acc, 'bo', label='Training acc')
plt.plot(epochs, val_acc, 'b', label='Validation acc')
plt.legend()
