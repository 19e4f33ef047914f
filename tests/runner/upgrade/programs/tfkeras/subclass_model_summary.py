import tensorflow as tf
from tensorflow.keras.layers import Dense, Flatten, Conv2D
from tensorflow.keras import Model
import numpy as np

class MyModel(Model):
    def __init__(self):
        super(MyModel, self).__init__()
        self.conv1 = Conv2D(4, 3, activation='relu')
        self.flatten = Flatten()
        self.d1 = Dense(2, activation='softmax')

    def call(self, x):
        x = self.conv1(x)
        x = self.flatten(x)
        return self.d1(x)

model = MyModel()
model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['acc'])
history = model.fit(np.random.rand(6, 6, 6, 1), np.random.randint(0, 2, 6), epochs=1, verbose=0)
model.save_weights('my_weights')
print(history.history['acc'])
