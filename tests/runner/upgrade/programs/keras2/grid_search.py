import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD
from keras.wrappers.scikit_learn import KerasClassifier
from sklearn.model_selection import cross_val_score, KFold
from keras.utils import np_utils

def baseline_model(units=4):
    model = Sequential()
    model.add(Dense(units, input_dim=4, activation='relu'))
    model.add(Dense(3, activation='softmax'))
    model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
    return model

X = np.random.rand(30, 4)
Y = np.array([0, 1, 2] * 10)
estimator = KerasClassifier(build_fn=baseline_model, units=6, epochs=1, batch_size=10, verbose=0)
kfold = KFold(n_splits=2, shuffle=True)
results = cross_val_score(estimator, X, Y, cv=kfold)
print("Baseline: %.2f%% (%.2f%%)" % (results.mean() * 100, results.std() * 100))
