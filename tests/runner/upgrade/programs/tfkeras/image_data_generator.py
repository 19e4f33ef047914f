import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator
from tensorflow.keras.preprocessing import image
import numpy as np

datagen = ImageDataGenerator(rescale=1 / 255., validation_split=0.2, rotation_range=20)
x, y = np.random.rand(20, 8, 8, 3) * 255, np.array([0, 1, 0, 1] * 5)
train = datagen.flow(x, y, batch_size=4, subset='training')
model = tf.keras.models.Sequential([
    tf.keras.layers.Conv2D(4, (3, 3), activation='relu', input_shape=(8, 8, 3)), tf.keras.layers.MaxPooling2D(2, 2),
    tf.keras.layers.Flatten(), tf.keras.layers.Dense(1, activation='sigmoid')])
model.compile(loss='binary_crossentropy', optimizer=tf.keras.optimizers.RMSprop(lr=0.001), metrics=['acc'])
history = model.fit_generator(train, steps_per_epoch=4, epochs=1, verbose=0)
acc = history.history['acc']
