from keras.models import Model
from keras.layers import Input, concatenate, Conv2D, MaxPooling2D, Conv2DTranspose
from keras.optimizers import Adam
from keras import backend as K
from keras.callbacks import ModelCheckpoint
import numpy as np

K.set_image_data_format('channels_last')  # TF dimension ordering in this code
smooth = 1.

def dice_coef(y_true, y_pred):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2. * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)

def dice_coef_loss(y_true, y_pred):
    return -dice_coef(y_true, y_pred)

def get_unet():
    inputs = Input((16, 16, 1))
    conv1 = Conv2D(4, (3, 3), activation='relu', padding='same')(inputs)
    pool1 = MaxPooling2D(pool_size=(2, 2))(conv1)
    conv2 = Conv2D(8, (3, 3), activation='relu', padding='same')(pool1)
    up3 = concatenate([Conv2DTranspose(4, (2, 2), strides=(2, 2), padding='same')(conv2), conv1], axis=3)
    conv3 = Conv2D(1, (1, 1), activation='sigmoid')(up3)
    model = Model(inputs=[inputs], outputs=[conv3])
    model.compile(optimizer=Adam(lr=1e-5), loss=dice_coef_loss, metrics=[dice_coef])
    return model

model = get_unet()
model_checkpoint = ModelCheckpoint('weights.h5', monitor='val_loss', save_best_only=True)
imgs = np.random.rand(8, 16, 16, 1)
model.fit(imgs, (imgs > .5).astype('float32'), batch_size=4, epochs=1, verbose=0, shuffle=True,
          validation_split=0.25, callbacks=[model_checkpoint])
model.load_weights('weights.h5')
