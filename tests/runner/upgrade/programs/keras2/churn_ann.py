# Artificial Neural Network for churn
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
import keras
from keras.models import Sequential
from keras.layers import Dense

dataset = pd.DataFrame(np.random.rand(60, 12))
X = dataset.iloc[:, 0:11].values
y = (dataset.iloc[:, 11].values > 0.5).astype(np.int)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
classifier = Sequential()
classifier.add(Dense(units=6, kernel_initializer='uniform', activation='relu', input_dim=11))
classifier.add(Dense(units=1, kernel_initializer='uniform', activation='sigmoid'))
classifier.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
classifier.fit(X_train, y_train, batch_size=10, epochs=1, verbose=0)
y_pred = classifier.predict_classes(X_test)
assert set(np.unique(y_pred)) <= {0, 1} and y_pred.shape == (12, 1)
