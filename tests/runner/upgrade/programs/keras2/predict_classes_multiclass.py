import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from sklearn.metrics import confusion_matrix, classification_report

X, y = np.random.rand(30, 5), np.random.randint(0, 3, 30)
classifier = Sequential()
classifier.add(Dense(output_dim=6, init='uniform', activation='relu', input_dim=5))
classifier.add(Dense(units=3, kernel_initializer='uniform', activation='softmax'))
classifier.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
classifier.fit(X, y, batch_size=10, epochs=1, verbose=0)
y_pred = classifier.predict_classes(X)
cm = confusion_matrix(y, y_pred)
assert y_pred.shape == (30,) and cm.sum() == 30
