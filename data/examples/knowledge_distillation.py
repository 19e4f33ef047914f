"""Distillation: a large network teaches a small one with its doubts.

The teacher's softened probabilities say more than hard labels: that an image of a 3 looks a little like an
8. Trained on them, a tiny student comes near the teacher. No train_step is needed; the teacher's answers
simply are the targets.
"""
# symbols: keras.losses.CategoricalCrossentropy, keras.Model.predict, keras.ops.softmax

import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(10)
digits = load_digits()
x = (digits.data / 16.0).astype("float32")
y = digits.target
x_train, y_train, x_test, y_test = x[:1300], y[:1300], x[1300:], y[1300:]


def network(width, name):
    hidden = keras.layers.Dense(width, activation="relu")
    model = keras.Sequential([keras.Input(shape=(64,)), hidden, keras.layers.Dense(10)], name=name)
    print(f"{name}: {model.count_params()} weights")
    return model


teacher = network(256, "teacher")
hard = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
teacher.compile(optimizer=keras.optimizers.Adam(0.003), loss=hard)
teacher.fit(x_train, y_train, epochs=10, batch_size=32, verbose=0)

TEMPERATURE = 3.0
logits = teacher.predict(x_train, verbose=0)
soft_labels = keras.ops.convert_to_numpy(keras.ops.softmax(logits / TEMPERATURE))


def soft(y_true, y_pred):
    return keras.losses.categorical_crossentropy(y_true, y_pred / TEMPERATURE, from_logits=True)


student = network(8, "student")
student.compile(optimizer=keras.optimizers.Adam(0.02), loss=soft)
student.fit(x_train, soft_labels, epochs=25, batch_size=32, verbose=0)


def accuracy(model):
    return np.mean(model.predict(x_test, verbose=0).argmax(axis=1) == y_test)


print("a soft label:", soft_labels[0].round(2), "for a", int(y_train[0]))
print(f"accuracy: teacher {accuracy(teacher):.3f}, student {accuracy(student):.3f}")
assert accuracy(teacher) > 0.9 and accuracy(student) > accuracy(teacher) - 0.1
