import numpy as np
from keras.models import Sequential, model_from_yaml
from keras.layers import Dense

model = Sequential([Dense(3, input_dim=4, activation='relu'), Dense(1, activation='sigmoid')])
model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
model_yaml = model.to_yaml()
with open("model.yaml", "w") as yaml_file:
    yaml_file.write(model_yaml)
model.save_weights("model.h5")
with open('model.yaml', 'r') as yaml_file:
    loaded_model = model_from_yaml(yaml_file.read())
loaded_model.load_weights("model.h5")
X = np.random.rand(5, 4)
assert np.allclose(loaded_model.predict(X), model.predict(X), atol=1e-6)
