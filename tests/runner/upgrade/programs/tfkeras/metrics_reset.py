import tensorflow as tf
m = tf.keras.metrics.SparseCategoricalAccuracy()
m.update_state([1, 2], [[0.1, 0.9, 0.0], [0.05, 0.9, 0.05]])
print('Final result:', m.result().numpy())
m.reset_states()
print(float(m.result()))
auc = tf.keras.metrics.AUC(num_thresholds=3)
auc.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
auc.reset_states()
