import numpy as np
from keras.models import Sequential
from keras.layers import Merge, Dense

left_branch = Sequential()
left_branch.add(Dense(8, input_dim=12))
right_branch = Sequential()
right_branch.add(Dense(8, input_dim=12))
merged = Merge([left_branch, right_branch], mode='concat')

final_model = Sequential()
final_model.add(Merge([left_branch, right_branch], mode='concat'))
final_model.add(Dense(3, activation='softmax'))
final_model.compile(optimizer='rmsprop', loss='categorical_crossentropy')
final_model.fit([np.random.rand(16, 12), np.random.rand(16, 12)], np.eye(3)[np.random.randint(0, 3, 16)],
                nb_epoch=1, verbose=0)
