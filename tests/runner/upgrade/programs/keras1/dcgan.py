# generator and discriminator, trained in turns
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Reshape
from keras.layers.core import Activation
from keras.layers.normalization import BatchNormalization
from keras.layers.convolutional import UpSampling2D
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.layers.core import Flatten
from keras.optimizers import SGD

def generator_model():
    model = Sequential()
    model.add(Dense(input_dim=10, output_dim=16))
    model.add(Activation('tanh'))
    model.add(Dense(8 * 4 * 4))
    model.add(BatchNormalization())
    model.add(Activation('tanh'))
    model.add(Reshape((4, 4, 8), input_shape=(8 * 4 * 4,)))
    model.add(UpSampling2D(size=(2, 2)))
    model.add(Convolution2D(1, 5, 5, border_mode='same'))
    model.add(Activation('tanh'))
    return model

def discriminator_model():
    model = Sequential()
    model.add(Convolution2D(8, 5, 5, border_mode='same', input_shape=(8, 8, 1)))
    model.add(Activation('tanh'))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(1))
    model.add(Activation('sigmoid'))
    return model

def generator_containing_discriminator(generator, discriminator):
    model = Sequential()
    model.add(generator)
    discriminator.trainable = False
    model.add(discriminator)
    return model

discriminator = discriminator_model()
generator = generator_model()
discriminator_on_generator = generator_containing_discriminator(generator, discriminator)
d_optim = SGD(lr=0.0005, momentum=0.9, nesterov=True)
g_optim = SGD(lr=0.0005, momentum=0.9, nesterov=True)
generator.compile(loss='binary_crossentropy', optimizer="SGD")
discriminator_on_generator.compile(loss='binary_crossentropy', optimizer=g_optim)
discriminator.trainable = True
discriminator.compile(loss='binary_crossentropy', optimizer=d_optim)
noise = np.zeros((8, 10))
for i in range(8):
    noise[i, :] = np.random.uniform(-1, 1, 10)
image_batch = np.random.rand(8, 8, 8, 1)
generated_images = generator.predict(noise, verbose=0)
X = np.concatenate((image_batch, generated_images))
y = np.array([1] * 8 + [0] * 8)
d_loss = discriminator.train_on_batch(X, y)
discriminator.trainable = False
g_loss = discriminator_on_generator.train_on_batch(noise, np.array([1] * 8))
print("batch 0 d_loss : %f g_loss : %f" % (d_loss, g_loss))
generator.save_weights('generator', True)
