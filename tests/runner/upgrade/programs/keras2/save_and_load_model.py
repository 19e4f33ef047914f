from keras.models import Sequential, load_model
from keras.layers import Dense
import numpy as np

X, y = np.random.rand(20, 4), np.random.rand(20)
model = Sequential()
model.add(Dense(4, input_dim=4))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam', metrics=['mae'])
model.fit(X, y, epochs=1, verbose=0)
model.save('my_model.h5')  # creates a HDF5 file 'my_model.h5'
before = model.predict(X)
del model
model = load_model('my_model.h5')
assert np.allclose(before, model.predict(X), atol=1e-6)
model.fit(X, y, epochs=1, verbose=0)
