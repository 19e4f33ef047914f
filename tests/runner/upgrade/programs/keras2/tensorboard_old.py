from keras.callbacks import TensorBoard, ModelCheckpoint, EarlyStopping, CSVLogger, LambdaCallback
from keras.models import Sequential
from keras.layers import Dense
import numpy as np

model = Sequential([Dense(2, input_dim=3, activation='softmax')])
model.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
callbacks = [
    TensorBoard(log_dir='./logs', histogram_freq=0, batch_size=32, write_graph=False, write_grads=False),
    ModelCheckpoint('model-{epoch:03d}-{acc:03f}-{val_acc:03f}.h5', verbose=0, monitor='val_loss', save_best_only=True, period=1),
    EarlyStopping(monitor='val_acc', min_delta=0, patience=2, mode='auto'),
    CSVLogger('training.log'),
    LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs['acc'])),
]
model.fit(np.random.rand(12, 3), np.eye(2)[np.random.randint(0, 2, 12)], validation_split=0.25, epochs=2, verbose=0, callbacks=callbacks)
