import pandas
import numpy
from keras.models import Sequential
from keras.layers import Dense
from keras.wrappers.scikit_learn import KerasRegressor
from sklearn.preprocessing import StandardScaler

frame = pandas.DataFrame(numpy.random.rand(30, 5))
dataset = frame.values
X, Y = dataset[:, 0:4], dataset[:, 4]
def baseline_model():
    model = Sequential()
    model.add(Dense(13, input_dim=4, kernel_initializer='normal', activation='relu'))
    model.add(Dense(1, kernel_initializer='normal'))
    model.compile(loss='mean_squared_error', optimizer='adam')
    return model
estimator = KerasRegressor(build_fn=baseline_model, epochs=2, batch_size=5, verbose=0)
X = StandardScaler().fit_transform(X)
estimator.fit(X, Y)
print(estimator.predict(X)[:2], estimator.score(X, Y))
