import numpy as np
from keras.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array
from keras.models import Sequential
from keras.layers import Convolution2D, Flatten, Dense

datagen = ImageDataGenerator(featurewise_std_normalization=True, rotation_range=20, dim_ordering='tf')
x = np.random.rand(12, 8, 8, 3)
y = np.random.randint(0, 2, 12)
datagen.fit(x)
flow = datagen.flow(x, y, batch_size=6)
batch, labels = flow.next()
model = Sequential([Convolution2D(2, 3, 3, input_shape=(8, 8, 3)), Flatten(), Dense(1, activation='sigmoid')])
model.compile('sgd', 'binary_crossentropy')
for e in range(1):
    batches = 0
    for X_batch, Y_batch in datagen.flow(x, y, batch_size=6):
        loss = model.train_on_batch(X_batch, Y_batch)
        batches += 1
        if batches >= 2:
            break
