import numpy as np
from keras import models, layers, optimizers

model = models.Sequential()
model.add(layers.Dense(8, activation='relu', input_dim=10))
model.add(layers.Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer=optimizers.RMSprop(lr=1e-4), metrics=['acc'])
history = model.fit(np.random.rand(40, 10), np.random.randint(0, 2, 40), epochs=2, verbose=0, validation_split=0.2)
print(history.history['acc'][-1], history.history['val_acc'][-1])
