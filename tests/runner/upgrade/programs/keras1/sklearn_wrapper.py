import numpy
from keras.models import Sequential
from keras.layers import Dense
from keras.wrappers.scikit_learn import KerasClassifier
from sklearn.cross_validation import StratifiedKFold
from sklearn.cross_validation import cross_val_score

def create_model():
    model = Sequential()
    model.add(Dense(12, input_dim=8, init='uniform', activation='relu'))
    model.add(Dense(1, init='uniform', activation='sigmoid'))
    model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
    return model

X = numpy.random.rand(40, 8)
Y = numpy.array([0, 1] * 20)
model = KerasClassifier(build_fn=create_model, nb_epoch=1, batch_size=10, verbose=0)
model.fit(X, Y)
print(model.predict(X)[:3])
