from keras.layers.merge import concatenate, add, multiply
from keras.layers import Input, Dense
from keras.models import Model
from keras.utils.vis_utils import plot_model
import numpy as np

visible = Input(shape=(10,))
hidden1 = Dense(6, activation='relu')(visible)
hidden2 = Dense(6, activation='relu')(visible)
merged = concatenate([add([hidden1, hidden2]), multiply([hidden1, hidden2])])
output = Dense(1, activation='sigmoid')(merged)
model = Model(inputs=visible, outputs=output)
model.compile('adam', 'binary_crossentropy')
model.fit(np.random.rand(8, 10), np.random.randint(0, 2, 8), epochs=1, verbose=0)
