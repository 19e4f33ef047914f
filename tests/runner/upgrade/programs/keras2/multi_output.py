from keras.layers import Input, Embedding, LSTM, Dense
import keras
from keras.models import Model
import numpy as np

main_input = Input(shape=(10,), dtype='int32', name='main_input')
x = Embedding(output_dim=8, input_dim=50, input_length=10)(main_input)
lstm_out = LSTM(8)(x)
auxiliary_output = Dense(1, activation='sigmoid', name='aux_output')(lstm_out)
auxiliary_input = Input(shape=(5,), name='aux_input')
x = keras.layers.concatenate([lstm_out, auxiliary_input])
x = Dense(8, activation='relu')(x)
main_output = Dense(1, activation='sigmoid', name='main_output')(x)
model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
model.compile(optimizer='rmsprop', loss={'main_output': 'binary_crossentropy', 'aux_output': 'binary_crossentropy'},
              loss_weights={'main_output': 1., 'aux_output': 0.2})
headline_data = np.random.randint(0, 50, (12, 10))
labels = np.random.randint(0, 2, (12, 1))
model.fit({'main_input': headline_data, 'aux_input': np.random.rand(12, 5)},
          {'main_output': labels, 'aux_output': labels}, epochs=1, batch_size=6, verbose=0)
