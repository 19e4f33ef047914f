from keras import backend as K

print(K.epsilon(), K.floatx(), K.image_data_format())
K.set_image_data_format("channels_last")
K.clear_session()
