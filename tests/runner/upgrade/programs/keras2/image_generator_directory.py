import os
import numpy as np
from PIL import Image
from keras.preprocessing.image import ImageDataGenerator, img_to_array, load_img
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Activation, Dropout, Flatten, Dense
from keras import backend as K

for kind in ('cats', 'dogs'):
    os.makedirs('data/train/' + kind)
    for n in range(4):
        Image.fromarray(np.uint8(np.random.rand(20, 20, 3) * 255)).save('data/train/%s/%d.png' % (kind, n))
img_width, img_height = 16, 16
if K.image_data_format() == 'channels_first':
    input_shape = (3, img_width, img_height)
else:
    input_shape = (img_width, img_height, 3)
model = Sequential()
model.add(Conv2D(4, (3, 3), input_shape=input_shape))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
train_datagen = ImageDataGenerator(rescale=1. / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
train_generator = train_datagen.flow_from_directory('data/train', target_size=(img_width, img_height), batch_size=4, class_mode='binary')
model.fit_generator(train_generator, steps_per_epoch=8 // 4, epochs=1, validation_data=train_generator, validation_steps=1, verbose=0)
x = img_to_array(load_img('data/train/cats/0.png', target_size=(16, 16)))
model.save_weights('first_try.h5')
