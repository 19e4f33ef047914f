"""One old form a rule, with what it becomes: the table that `test_rules` goes through."""

# ruff: noqa: E501  a program is easier to compare on one line

from __future__ import annotations

# rule → (before, after); the shortest program that shows it.
CASES: dict[str, tuple[str, str]] = {
    "tensorflow-keras": ("from tensorflow.keras.layers import Dense\n", "from keras.layers import Dense\n"),
    "merged-modules": (
        "from keras.engine.topology import Layer\nfrom keras.utils import np_utils\ny = np_utils.to_categorical(y, 3)\nx = Layer()\n",
        "from keras.layers import Layer\nfrom keras.utils import to_categorical\ny = to_categorical(y, 3)\nx = Layer()\n",
    ),
    "renamed-symbols": (
        "from keras.constraints import maxnorm\nc = maxnorm(3)\n",
        "from keras.constraints import MaxNorm\nc = MaxNorm(3)\n",
    ),
    "legacy-preprocessing": (
        "from keras.preprocessing.text import Tokenizer\nt = Tokenizer()\n",
        "from tensorflow.keras.preprocessing.text import Tokenizer\nt = Tokenizer()\n",
    ),
    "output-dim": (
        "import keras\nx = keras.layers.LSTM(output_dim=3)\n",
        "import keras\nx = keras.layers.LSTM(units=3)\n",
    ),
    "filters": (
        "import keras\nx = keras.layers.Conv2D(nb_filter=3, kernel_size=3, subsample=(2, 2))\n",
        "import keras\nx = keras.layers.Conv2D(filters=3, kernel_size=3, strides=(2, 2))\n",
    ),
    "padding": (
        "import keras\nx = keras.layers.Conv2D(3, 3, border_mode='same')\n",
        "import keras\nx = keras.layers.Conv2D(3, 3, padding='same')\n",
    ),
    "initializers": (
        "import keras\nx = keras.layers.Dense(3, init='normal')\n",
        "import keras\nx = keras.layers.Dense(3, kernel_initializer='normal')\n",
    ),
    "regularizers": (
        "import keras\nx = keras.layers.Dense(3, W_regularizer=r)\n",
        "import keras\nx = keras.layers.Dense(3, kernel_regularizer=r)\n",
    ),
    "use-bias": (
        "import keras\nx = keras.layers.Dense(3, bias=False)\n",
        "import keras\nx = keras.layers.Dense(3, use_bias=False)\n",
    ),
    "recurrent-arguments": (
        "import keras\nx = keras.layers.LSTM(3, dropout_W=0.2, inner_activation='sigmoid')\n",
        "import keras\nx = keras.layers.LSTM(3, dropout=0.2, recurrent_activation='sigmoid')\n",
    ),
    "forget-bias": (
        "import keras\nx = keras.layers.LSTM(3, forget_bias_init='one')\n",
        "import keras\nx = keras.layers.LSTM(3)\n",
    ),
    "dropped-layer-arguments": (
        "import keras\nx = keras.layers.LSTM(3, consume_less='gpu')\n",
        "import keras\nx = keras.layers.LSTM(3)\n",
    ),
    "dropout-rate": (
        "import keras\nx = keras.layers.Dropout(p=0.2)\n",
        "import keras\nx = keras.layers.Dropout(rate=0.2)\n",
    ),
    "noise-stddev": (
        "import keras\nx = keras.layers.GaussianNoise(sigma=0.2)\n",
        "import keras\nx = keras.layers.GaussianNoise(stddev=0.2)\n",
    ),
    "pool-size": (
        "import keras\nx = keras.layers.MaxPooling1D(pool_length=4, stride=2)\n",
        "import keras\nx = keras.layers.MaxPooling1D(pool_size=4, strides=2)\n",
    ),
    "upsampling-size": (
        "import keras\nx = keras.layers.UpSampling1D(length=2)\n",
        "import keras\nx = keras.layers.UpSampling1D(size=2)\n",
    ),
    "negative-slope": (
        "import keras\nx = keras.layers.LeakyReLU(alpha=0.2)\n",
        "import keras\nx = keras.layers.LeakyReLU(negative_slope=0.2)\n",
    ),
    "thresholded-relu": (
        "from keras.layers import ThresholdedReLU\nx = ThresholdedReLU(theta=0.5)\n",
        "from keras.layers import ReLU\nx = ReLU(threshold=0.5)\n",
    ),
    "data-format": (
        "import keras\nx = keras.layers.Flatten(dim_ordering='th')\n",
        "import keras\nx = keras.layers.Flatten(data_format='channels_first')\n",
    ),
    "shape-arguments": (
        "import keras\nx = keras.layers.Reshape(dims=(2, 3))\n",
        "import keras\nx = keras.layers.Reshape(target_shape=(2, 3))\n",
    ),
    "constraint-arguments": (
        "import keras\nx = keras.regularizers.l2(l=0.1)\n",
        "import keras\nx = keras.regularizers.l2(l2=0.1)\n",
    ),
    "spread-arguments": (
        "import keras\nconf = dict(border_mode='same', dim_ordering='th')\nx = keras.layers.Conv2D(8, 3, **conf)\n",
        "import keras\nconf = dict(padding='same', data_format='channels_first')\nx = keras.layers.Conv2D(8, 3, **conf)\n",
    ),
    "partial-arguments": (
        "import keras\nConv = keras.layers.Conv2D\nx = Conv(8, 3, border_mode='same')\n",
        "import keras\nConv = keras.layers.Conv2D\nx = Conv(8, 3, padding='same')\n",
    ),
    "forwarded-arguments": (
        "import keras\n\n\ndef conv(x, **options):\n    return keras.layers.Conv2D(8, 3, **options)(x)\n\n\nconv(x, border_mode='same')\n",
        "import keras\n\n\ndef conv(x, **options):\n    return keras.layers.Conv2D(8, 3, **options)(x)\n\n\nconv(x, padding='same')\n",
    ),
    "optimizer-positions": (
        "from keras.optimizers import RMSprop, SGD\na = RMSprop(0.001, 0.9, 1e-8)\nb = SGD(0.1, 0.9, True)\n",
        "from keras.optimizers import RMSprop, SGD\na = RMSprop(0.001, 0.9, epsilon=1e-8)\nb = SGD(0.1, 0.9, True)\n",
    ),
    "callback-positions": (
        "import keras\nc = keras.callbacks.TensorBoard('logs', 1, 32, True, write_images=True)\n",
        "import keras\nc = keras.callbacks.TensorBoard('logs', 1, write_graph=True, write_images=True)\n",
    ),
    "metric-names": (
        "import keras\nm.compile('sgd', 'mse', metrics=['mae'])\nh = m.fit(x, y)\nprint(h.history['val_mean_absolute_error'])\n",
        "import keras\nm.compile('sgd', 'mse', metrics=['mae'])\nh = m.fit(x, y)\nprint(h.history['val_mae'])\n",
    ),
    "kernel-size": (
        "from keras.layers import Convolution2D\nx = Convolution2D(8, 3, 5, 'uniform', activation='relu')\n",
        "from keras.layers import Conv2D\nx = Conv2D(8, (3, 5), kernel_initializer='uniform', activation='relu')\n",
    ),
    "deconvolution-output-shape": (
        "import keras\nx = keras.layers.Conv2DTranspose(3, 3, output_shape=s)\n",
        "import keras\nx = keras.layers.Conv2DTranspose(3, 3)\n",
    ),
    "convolution-1d": (
        "from keras.layers import Convolution1D\nx = Convolution1D(8, 3, 'uniform')\n",
        "from keras.layers import Conv1D\nx = Conv1D(8, 3, kernel_initializer='uniform')\n",
    ),
    "dense-initialization": (
        "import keras\nx = keras.layers.Dense(20, 64, init='normal')\n",
        "import keras\nx = keras.layers.Dense(64, kernel_initializer='normal', input_shape=(20,))\n",
    ),
    "average-pool-size": (
        "import keras\nx = keras.layers.AveragePooling2D()\n",
        "import keras\nx = keras.layers.AveragePooling2D(pool_size=2)\n",
    ),
    "batch-normalization-mode": (
        "import keras\nx = keras.layers.BatchNormalization(mode=0, axis=1)\n",
        "import keras\nx = keras.layers.BatchNormalization(axis=1)\n",
    ),
    "whole-numbers": (
        "import keras\nx = keras.layers.Dense(n / 2)\n",
        "import keras\nx = keras.layers.Dense(n // 2)\n",
    ),
    "theano-order": (
        "from keras.layers import Convolution2D\nmodel.add(Convolution2D(8, 3, 3, input_shape=(1, 28, 28)))\n",
        "from keras import backend\nfrom keras.layers import Conv2D\n\nbackend.set_image_data_format('channels_first')\n"
        "model.add(Conv2D(8, (3, 3), input_shape=(1, 28, 28)))\n",
    ),
    "input-length": (
        "import keras\nmodel.add(keras.layers.LSTM(8, input_dim=3, input_length=10))\n",
        "import keras\nmodel.add(keras.layers.LSTM(8, input_shape=(10, 3)))\n",
    ),
    "batch-input-shape": (
        "import keras\nmodel.add(keras.layers.LSTM(8, batch_input_shape=(2, 3, 4)))\n",
        "import keras\nmodel.add(keras.Input(batch_shape=(2, 3, 4)))\nmodel.add(keras.layers.LSTM(8))\n",
    ),
    "shape-tuple": ("import keras\nx = keras.Input(shape=(784))\n", "import keras\nx = keras.Input(shape=(784,))\n"),
    "input-layer-shape": (
        "import keras\nx = keras.layers.InputLayer(input_shape=(8,))\n",
        "import keras\nx = keras.layers.InputLayer(shape=(8,))\n",
    ),
    "embedding-dropout": (
        "import keras\nmodel.add(keras.layers.Embedding(9, 3, dropout=0.2))\n",
        "import keras\nmodel.add(keras.layers.Embedding(9, 3))\nmodel.add(keras.layers.SpatialDropout1D(0.2))\n",
    ),
    "initial-weights": (
        "import keras\nmodel.add(keras.layers.Dense(3, weights=w))\n",
        "import keras\nmodel.add(keras.layers.Dense(3))\nmodel.layers[-1].set_weights(w)\n",
    ),
    "merge-function": (
        "from keras.layers import merge\nx = merge([a, b], mode='concat', concat_axis=1)\n",
        "from keras.layers import concatenate\nx = concatenate([a, b], axis=1)\n",
    ),
    "merge-layer": (
        "from keras.layers import Merge, Dense\nfrom keras.models import Sequential\nm = Sequential()\nm.add(Merge([a, b], mode='sum'))\nm.add(Dense(3))\n",
        "from keras.layers import Dense, add\nfrom keras.models import Model\nm_output = add([a.outputs[0], b.outputs[0]])\n"
        "m_output = Dense(3)(m_output)\nm = Model([*a.inputs, *b.inputs], m_output)\n",
    ),
    "epochs": ("import keras\nm.fit(x, y, nb_epoch=3)\n", "import keras\nm.fit(x, y, epochs=3)\n"),
    "model-inputs": (
        "import keras\nm = keras.Model(input=a, output=b)\n",
        "import keras\nm = keras.Model(inputs=a, outputs=b)\n",
    ),
    "show-accuracy": (
        "import keras\nm.compile(loss='mse', optimizer='sgd')\nm.fit(x, y, show_accuracy=True)\n",
        "import keras\nm.compile(loss='mse', optimizer='sgd', metrics=['accuracy'])\nm.fit(x, y)\n",
    ),
    "dropped-training-arguments": ("import keras\nm.fit(x, y, workers=4)\n", "import keras\nm.fit(x, y)\n"),
    "metrics-list": (
        "import keras\nm.compile('sgd', 'mse', metrics='mae')\n",
        "import keras\nm.compile('sgd', 'mse', metrics=['mae'])\n",
    ),
    "loss-names": (
        "import keras\nm.compile('sgd', loss='logcosh')\n",
        "import keras\nm.compile('sgd', loss='log_cosh')\n",
    ),
    "generators": (
        "import keras\nm.fit_generator(g, steps_per_epoch=9, epochs=2)\n",
        "import keras\nm.fit(g, steps_per_epoch=9, epochs=2)\n",
    ),
    "predict-classes": (
        "import numpy as np\nimport keras\nc = m.predict_classes(x)\n",
        "import numpy as np\nimport keras\nc = np.argmax(m.predict(x), axis=-1)\n",
    ),
    "lists-of-numbers": (
        "import keras\nimport numpy as np\nm = keras.Sequential()\nxs = [1, -2.0]\nm.fit(xs, [[1], [2]])\n",
        "import keras\nimport numpy as np\nm = keras.Sequential()\nxs = [1, -2.0]\nm.fit(np.array(xs), np.array([[1], [2]]))\n",
    ),
    "metrics-names": ("import keras\nn = m.metrics_names[1]\n", "import keras\nn = list(m.get_metrics_result())[1]\n"),
    "sequential-tensors": (
        "import keras\nm = keras.Sequential()\nx = m.output\n",
        "import keras\nm = keras.Sequential()\nx = m.outputs[0]\n",
    ),
    "layer-shapes": ("import keras\ns = m.layers[0].output_shape\n", "import keras\ns = m.layers[0].output.shape\n"),
    "learning-rate": (
        "import keras\no = keras.optimizers.Adam(lr=0.1)\n",
        "import keras\no = keras.optimizers.Adam(learning_rate=0.1)\n",
    ),
    "learning-rate-decay": (
        "import keras\no = keras.optimizers.SGD(lr=0.1, decay=1e-6)\n",
        "import keras\no = keras.optimizers.SGD(learning_rate=keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=1e-6))\n",
    ),
    "optimizer-arguments": (
        "import keras\no = keras.optimizers.Adam(epsilon=None)\n",
        "import keras\no = keras.optimizers.Adam()\n",
    ),
    "optimizer-defaults": (
        "import keras\nm.compile(loss='mse', optimizer='adadelta')\nm.fit(x, y, nb_epoch=1)\n",
        "import keras\nm.compile(loss='mse', optimizer=keras.optimizers.Adadelta(learning_rate=1.0))\nm.fit(x, y, epochs=1)\n",
    ),
    "gru-reset-after": (
        "import keras\nx = keras.layers.GRU(output_dim=3)\n",
        "import keras\nx = keras.layers.GRU(units=3, reset_after=False)\n",
    ),
    "file-names": (
        "import keras\nm.save_weights('w.h5')\nm.load_weights('w.h5')\n",
        "import keras\nm.save_weights('w.weights.h5')\nm.load_weights('w.weights.h5')\n",
    ),
    "checkpoint-arguments": (
        "import keras\nc = keras.callbacks.ModelCheckpoint('a.keras', period=1)\n",
        "import keras\nc = keras.callbacks.ModelCheckpoint('a.keras')\n",
    ),
    "accuracy-name": (
        "import keras\nc = keras.callbacks.EarlyStopping(monitor='val_acc')\n",
        "import keras\nc = keras.callbacks.EarlyStopping(monitor='val_accuracy')\n",
    ),
    "compute-output-shape": (
        "import keras\nclass L(keras.layers.Layer):\n    def get_output_shape_for(self, s):\n        return s\n",
        "import keras\nclass L(keras.layers.Layer):\n    def compute_output_shape(self, s):\n        return s\n",
    ),
    "add-weight": (
        "import keras\nclass L(keras.layers.Layer):\n    def build(self, s):\n        self.w = self.add_weight('w', shape=s)\n",
        "import keras\nclass L(keras.layers.Layer):\n    def build(self, s):\n        self.w = self.add_weight(name='w', shape=s)\n",
    ),
    "initialized-weights": (
        "import keras\nclass L(keras.layers.Layer):\n    def build(self, s):\n        self.W = self.init(s, name='W')\n        self.trainable_weights = [self.W]\n",
        "import keras\nclass L(keras.layers.Layer):\n    def build(self, s):\n        self.W = self.add_weight(shape=s, initializer=self.init, name='W')\n",
    ),
    "add-loss": ("import keras\nself.add_loss(loss, inputs=x)\n", "import keras\nself.add_loss(loss)\n"),
    "backend-functions": (
        "from keras import backend as K\nx = K.mean(y, axis=1)\n",
        "from keras import ops\nx = ops.mean(y, axis=1)\n",
    ),
    "backend-arguments": (
        "from keras import backend as K\nx = K.clip(y, 0, 1)\nz = K.int_shape(y)\n",
        "from keras import ops\nx = ops.clip(y, 0, 1)\nz = y.shape\n",
    ),
    "backend-defaults": (
        "from keras import backend as K\nx = K.argmax(y)\n",
        "from keras import ops\nx = ops.argmax(y, axis=-1)\n",
    ),
    "backend-variables": ("import keras\nx = keras.backend.variable(0.)\n", "import keras\nx = keras.Variable(0.)\n"),
    "backend-random": (
        "from keras import backend as K\nx = K.random_normal((2, 3), mean=0., std=1.)\n",
        "from keras import random\nx = random.normal((2, 3), mean=0., stddev=1.)\n",
    ),
    "switch": (
        "from keras import backend as K\nx = K.switch(c, a, b)\n",
        "from keras import ops\nx = ops.where(c, a, b)\n",
    ),
    "safe-sqrt": (
        "from keras import backend as K\nx = K.sqrt(y)\n",
        "from keras import ops\nx = ops.sqrt(ops.maximum(y, 0.0))\n",
    ),
    "image-data-format": (
        "from keras import backend as K\nK.set_image_dim_ordering('th')\n",
        "from keras import backend as K\nK.set_image_data_format('channels_first')\n",
    ),
    "learning-phase": ("from keras import backend as K\nK.set_learning_phase(0)\nx = 1\n", "x = 1\n"),
    "sessions": (
        "import tensorflow as tf\nfrom keras import backend as K\nconfig = tf.ConfigProto()\nK.set_session(tf.Session(config=config))\nx = 1\n",
        "x = 1\n",
    ),
    "tensorflow-on-symbolic": (
        "import keras\nimport tensorflow as tf\nx = keras.Input((3,))\ny = tf.reduce_mean(x, axis=1)\n",
        "from keras import ops\nimport keras\nx = keras.Input((3,))\ny = ops.mean(x, axis=1)\n",
    ),
    "unknown-activation": (
        "import keras\nx = keras.layers.Dense(3, activation='LeakyReLU')\n",
        "import keras\nx = keras.layers.Dense(3, activation='leaky_relu')\n",
    ),
    "sync-batch-normalization": (
        "import keras\nx = keras.layers.SyncBatchNormalization()\n",
        "import keras\nx = keras.layers.BatchNormalization(synchronized=True)\n",
    ),
    "loss-reduction": ("import keras\nx = keras.losses.Reduction.NONE\n", "import keras\nx = 'none'\n"),
    "slice-arrays": ("from keras.engine.training import slice_X\nx = slice_X(X, 0, 9)\n", "x = X[0:9]\n"),
    "numpy-aliases": ("import numpy as np\nx = y.astype(np.float)\n", "import numpy as np\nx = y.astype(float)\n"),
    "moved-modules": (
        "import cPickle as pickle\nimport keras\nx = pickle.loads(y)\n",
        "import pickle\nimport keras\nx = pickle.loads(y)\n",
    ),
    "python2-calls": ("import keras\nfor k, v in d.iteritems(): pass\n", "import keras\nfor k, v in d.items(): pass\n"),
    "python2-builtins": ("import keras\nfor i in xrange(3): pass\n", "import keras\nfor i in range(3): pass\n"),
    "backend-keywords": (
        "from keras import backend as K\nx = K.expand_dims(y, dim=1)\n",
        "from keras import ops\nx = ops.expand_dims(y, axis=1)\n",
    ),
    "hard-sigmoid": (
        "from keras import backend as K\nx = K.hard_sigmoid(y)\n",
        "from keras import ops\nx = ops.clip(0.2 * y + 0.5, 0.0, 1.0)\n",
    ),
    "optimizer-decay": (
        "import keras\nx = m.optimizer.lr * (1. / (1. + m.optimizer.decay * m.optimizer.iterations))\n",
        "import keras\nx = m.optimizer.learning_rate\n",
    ),
    "layer-weights": ("import keras\nw = m.layers[0].W\n", "import keras\nw = m.layers[0].kernel\n"),
    "initializer-arguments": (
        "import keras\nx = keras.layers.Dense(3, kernel_initializer=lambda shape: f(shape))\n",
        "import keras\nx = keras.layers.Dense(3, kernel_initializer=lambda shape, dtype=None: f(shape))\n",
    ),
    "initializer-of-shape": (
        "from keras import initializations\nx = initializations.normal((3, 4), scale=0.1)\n",
        "from keras import initializers\nx = initializers.RandomNormal(stddev=0.1)((3, 4))\n",
    ),
    "theano-functions": (
        "import keras\nimport theano.tensor as T\nx = T.sqr(y)\n",
        "from keras import ops\nimport keras\nx = ops.square(y)\n",
    ),
    "shape-tuples": (
        "import keras\nimport tensorflow as tf\nclass A(keras.Layer):\n    def compute_output_shape(self, shape):\n        return tf.TensorShape([shape[0], 3])\n",
        "import keras\nclass A(keras.Layer):\n    def compute_output_shape(self, shape):\n        return tuple([shape[0], 3])\n",
    ),
    "schedule-step": (
        "import keras\nimport tensorflow as tf\nclass A(keras.optimizers.schedules.LearningRateSchedule):\n    def __call__(self, step):\n        return tf.math.rsqrt(step)\n",
        "from keras import ops\nimport keras\nimport tensorflow as tf\nclass A(keras.optimizers.schedules.LearningRateSchedule):\n    def __call__(self, step):\n        step = ops.cast(step, 'float32')\n        return tf.math.rsqrt(step)\n",
    ),
    "global-step": (
        "import keras\no.apply_gradients(pairs, global_step=step)\n",
        "import keras\no.apply_gradients(pairs)\n",
    ),
    "popped-layers": (
        "from keras.layers import Dense\nfrom keras.models import Sequential\nm = Sequential([Dense(3)])\nm.layers.pop()\n",
        "from keras.layers import Dense\nfrom keras.models import Sequential\nm = Sequential([Dense(3)])\nm.pop()\n",
    ),
    "loader-arguments": (
        "from keras.datasets import imdb\nx = imdb.load_data(path='imdb.pkl', num_words=3)\n",
        "from keras.datasets import imdb\nx = imdb.load_data(num_words=3)\n",
    ),
    "flow-counters": (
        "from keras.preprocessing.image import ImageDataGenerator\nf = ImageDataGenerator().flow(x)\nn = f.nb_sample // 32\n",
        "from tensorflow.keras.preprocessing.image import ImageDataGenerator\nf = ImageDataGenerator().flow(x)\nn = f.n // 32\n",
    ),
    "base-filter": (
        "from keras.preprocessing.text import Tokenizer, base_filter\nt = Tokenizer(filters=base_filter() + 'a')\n",
        "from string import punctuation\nfrom tensorflow.keras.preprocessing.text import Tokenizer\nt = Tokenizer(filters=punctuation.replace(\"'\", '') + '\\t\\n' + 'a')\n",
    ),
    "plain-operators": (
        "from keras import backend as K\ndef loss(t, p):\n    a = K.exp(t)\n    a *= p - 1\n    return a\n",
        "from keras import ops\ndef loss(t, p):\n    a = ops.exp(t)\n    a = a * (p - 1)\n    return a\n",
    ),
    "integer-division": (
        "import keras\nn = len(x) / 2\nprint(x[:n])\n",
        "import keras\nn = len(x) // 2\nprint(x[:n])\n",
    ),
    "python2-lists": ("import keras\nx = map(f, y)[0]\n", "import keras\nx = list(map(f, y))[0]\n"),
    "python2-itertools": (
        "import keras\nfrom itertools import izip\nx = izip(a, b)\n",
        "import keras\nx = zip(a, b)\n",
    ),
    "python2-compare": (
        "import keras\nx = sorted(y, cmp=f)\n",
        "import functools\nimport keras\nx = sorted(y, key=functools.cmp_to_key(f))\n",
    ),
    "python2-moved": (
        "import keras\nimport string\nx = string.letters\n",
        "import keras\nimport string\nx = string.ascii_letters\n",
    ),
    "compiled-loss": (
        "import keras\nloss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)\n",
        "import keras\nloss = self.compute_loss(y=y, y_pred=y_pred)\n",
    ),
    "compile-positions": (
        "import keras\nm.compile('adam', 'mse', ['accuracy'])\n",
        "import keras\nm.compile('adam', 'mse', metrics=['accuracy'])\n",
    ),
    "metrics-per-output": (
        "import keras\nm = keras.Model(x, [a, b])\nm.compile('adam', 'mse', metrics=['mae'])\n",
        "import keras\nm = keras.Model(x, [a, b])\nm.compile('adam', 'mse', metrics=[['mae'], ['mae']])\n",
    ),
    "single-target": (
        "import keras\nx = keras.Input((3,))\nm = keras.Model(x, x)\nm.fit(a, {'y': b}, validation_data=(a, {'y': b}))\n",
        "import keras\nx = keras.Input((3,))\nm = keras.Model(x, x)\nm.fit(a, b, validation_data=(a, b))\n",
    ),
    "generator-tuples": (
        "import keras\ndef batches():\n    while True:\n        yield [a, b], y\nm.fit(batches(), steps_per_epoch=3)\n",
        "import keras\ndef batches():\n    while True:\n        yield (a, b), y\nm.fit(batches(), steps_per_epoch=3)\n",
    ),
    "utility-arguments": (
        "from keras.utils import to_categorical\ny = to_categorical(y, nb_classes=3)\n",
        "from keras.utils import to_categorical\ny = to_categorical(y, num_classes=3)\n",
    ),
    "preprocessing-arguments": (
        "import keras\nx = keras.layers.CategoryEncoding(max_tokens=3, output_mode='binary')\n",
        "import keras\nx = keras.layers.CategoryEncoding(num_tokens=3, output_mode='multi_hot')\n",
    ),
    "print-summary": (
        "import keras\nkeras.utils.print_summary(model, line_length=80)\n",
        "import keras\nmodel.summary(line_length=80)\n",
    ),
    "backend-choice": (
        "import os\nos.environ['KERAS_BACKEND'] = 'theano'\nimport keras\n",
        "import os\nos.environ['KERAS_BACKEND'] = 'tensorflow'\nimport keras\n",
    ),
    "custom-activations": (
        "import keras\nkeras.utils.get_custom_objects().update({'swish2': keras.layers.Activation(swish2)})\n"
        "x = keras.layers.Dense(3, activation='swish2')\n",
        "import keras\nkeras.utils.get_custom_objects().update({'swish2': keras.layers.Activation(swish2)})\n"
        "x = keras.layers.Dense(3, activation=swish2)\n",
    ),
    "private-functions": (
        "import keras\nm._make_predict_function()\nrate = o._decayed_lr(t)\n",
        "import keras\nrate = o.learning_rate\n",
    ),
    "crossentropy-order": (
        "import keras\nx = keras.backend.categorical_crossentropy(y_pred, y_true)\n",
        "from keras import ops\nimport keras\nx = ops.categorical_crossentropy(y_true, y_pred)\n",
    ),
    "shared-variables": (
        "import keras\nm.optimizer.lr.set_value(0.1)\n",
        "import keras\nm.optimizer.learning_rate.assign(0.1)\n",
    ),
    "metric-reset": (
        "import keras\nclass M(keras.metrics.Metric):\n    def reset_states(self):\n        pass\n",
        "import keras\nclass M(keras.metrics.Metric):\n    def reset_state(self):\n        pass\n",
    ),
    "tensorflow-1-names": (
        "import tensorflow as tf\nx = tf.to_float(tf.log(y))\n",
        "import tensorflow as tf\nx = tf.cast(tf.math.log(y), tf.float32)\n",
    ),
    "tensorflow-1-arguments": (
        "import tensorflow as tf\nx = tf.reduce_sum(y, reduction_indices=1, keep_dims=True)\n",
        "import tensorflow as tf\nx = tf.reduce_sum(y, axis=1, keepdims=True)\n",
    ),
    "tensorflow-1-optimizers": (
        "import tensorflow as tf\nimport keras\nm.compile(tf.train.AdamOptimizer(0.1, beta1=0.5), 'mse')\n",
        "import keras\nm.compile(keras.optimizers.Adam(0.1, beta_1=0.5), 'mse')\n",
    ),
    "frozen-after-compile": (
        "import keras\nd.compile('sgd', 'mse')\nd.trainable = False\nfor i in range(3):\n    # first the one\n    a = d.train_on_batch(x, y)\n    b = d.train_on_batch(x, z)\n    c = both.train_on_batch(z, y)\n",
        "import keras\nd.compile('sgd', 'mse')\nd.trainable = False\nfor i in range(3):\n    # first the one\n    d.trainable = True\n    a = d.train_on_batch(x, y)\n    b = d.train_on_batch(x, z)\n    d.trainable = False\n    c = both.train_on_batch(z, y)\n",
    ),
    "shared-optimizer": (
        "import keras\no = keras.optimizers.Adam(0.1)\nd.compile(loss='mse', optimizer=o)\nboth.compile(loss='mse', optimizer=o)\nd.fit(x, y)\nboth.fit(x, y)\n",
        "import keras\no = keras.optimizers.Adam(0.1)\nd.compile(loss='mse', optimizer=o)\nboth.compile(loss='mse', optimizer=o.from_config(o.get_config()))\nd.fit(x, y)\nboth.fit(x, y)\n",
    ),
    "backend-tensorflow": (
        "from keras import backend as K\nx = K.tf.where(a, K.tf.log(b), K.tf.image.resize_bilinear(c, (8, 8)))\n",
        "import tensorflow as tf\nx = tf.where(a, tf.math.log(b), tf.image.resize(c, (8, 8)))\n",
    ),
    "learning-rate-key": (
        "from keras.callbacks import LearningRateScheduler\nh = m.fit(x, y)\nprint(h.history['acc'], history.history['lr'])\n",
        "from keras.callbacks import LearningRateScheduler\nh = m.fit(x, y)\nprint(h.history['accuracy'], history.history['learning_rate'])\n",
    ),
    "input-layer-tensor": (
        "import keras\ni = keras.Input((3,), name='image')\nm = keras.Model(i, keras.layers.Dense(3)(i))\nt = m.get_layer('image').input, m.layers[0].input\n",
        "import keras\ni = keras.Input((3,), name='image')\nm = keras.Model(i, keras.layers.Dense(3)(i))\nt = m.get_layer('image').output, m.layers[0].output\n",
    ),
    "tensor-shapes": (
        "import keras\ni = keras.Input((3,))\nn = i._keras_shape[1], i.get_shape().as_list()[1], i.get_shape()[1].value, i.shape.as_list()\n",
        "import keras\ni = keras.Input((3,))\nn = i.shape[1], list(i.shape)[1], i.shape[1], list(i.shape)\n",
    ),
    "merging-base": (
        "from keras.layers.merge import _Merge\nclass Mean(_Merge):\n    def _merge_function(self, inputs):\n        return inputs[0]\n",
        "from keras.layers import Layer\nclass Mean(Layer):\n    def call(self, inputs):\n        return inputs[0]\n\n"
        "    def compute_output_shape(self, input_shapes):\n        return input_shapes[0]\n",
    ),
    "fold-seeds": (
        "import keras\nfrom sklearn.model_selection import KFold\nk = KFold(n_splits=3, random_state=7), KFold(3, shuffle=True, random_state=7)\n",
        "import keras\nfrom sklearn.model_selection import KFold\nk = KFold(n_splits=3), KFold(3, shuffle=True, random_state=7)\n",
    ),
    "metric-targets": (
        "from keras import backend as K\ndef hits(y_true, y_pred):\n    return K.sum(y_true * y_pred)\nm.compile('sgd', 'mse', metrics=[hits])\n",
        "from keras import ops\ndef hits(y_true, y_pred):\n    y_true = ops.cast(y_true, y_pred.dtype)\n    return ops.sum(y_true * y_pred)\nm.compile('sgd', 'mse', metrics=[hits])\n",
    ),
    "graph-contexts": (
        "import keras\nimport tensorflow as tf\ngraph = tf.get_default_graph()\ndef f(x):\n    # in its graph\n    with graph.as_default():\n        return m.predict(x)  # all\n",
        "import keras\ndef f(x):\n    # in its graph\n    return m.predict(x)  # all\n",
    ),
    "callback-parameters": ("import keras\nn = self.params['nb_epoch']\n", "import keras\nn = self.params['epochs']\n"),
}

# Rules that put a helper into the program, or only say something: what must then be in the new source or a finding.
OTHERS: dict[str, tuple[str, str]] = {
    "unknown-models": (
        "import keras\nfrom mylib import Model\nm = Model()\nm.fit_generator(flow)\n",
        "if it is, `fit_generator` is fit(…) today",
    ),
    "own-updates": (
        "from keras.optimizers import Optimizer\nfrom keras.legacy import interfaces\nclass Own(Optimizer):\n    @interfaces.legacy_get_updates_support\n    def get_updates(self, loss, params):\n        return []\n",
        "import Optimizer\nclass Own(Optimizer):\n    # Keras 3: get_updates was removed; closest today: build(variables)",
    ),
    "latest-checkpoint": (
        "import keras\nimport tensorflow as tf\nm.save_weights('here/w')\nm.load_weights(tf.train.latest_checkpoint('here'))\n",
        "m.load_weights(latest_weights('here'))",
    ),
    "legacy-backend": (
        "from keras import backend as K\nx = K.ctc_batch_cost(a, b, c, d)\n",
        "tensorflow.keras.backend import ctc_batch_cost",
    ),
    "moved-defaults": (
        "import keras\nm.compile('adam', 'mse')\nm.fit(x, y, nb_epoch=1)\n",
        "Adam's epsilon was 1e-8 until Keras 2.1",
    ),
    "closed-over-tensors": (
        "import keras\nz = keras.Input((3,))\nclass Loss(keras.layers.Layer):\n    def call(self, x):\n        return x - z\n",
        "Loss reads `z` from outside",
    ),
    "multi-gpu": (
        "from keras.utils import multi_gpu_model\nm = multi_gpu_model(model, gpus=2)\n",
        "closest today: keras.distribution.DataParallel\nm = model\n",
    ),
    "foreign-packages": ("from keras_contrib.layers import CRF\n", "# Keras 3: keras-contrib works with Keras 2 only"),
    "tensorflow-gone": (
        "import keras\nimport tensorflow as tf\nw = tf.summary.FileWriter('logs')\n",
        "# Keras 3: tf.summary.FileWriter was removed in TensorFlow 2; closest today: tf.summary.create_file_writer",
    ),
    "session-left": (
        "from keras import backend as K\nx = K.get_session().run(y)\n",
        "# Keras 3: K.get_session was removed with TensorFlow's sessions",
    ),
    "loss-of-tensor": (
        "import keras\na = keras.Input((1,))\ndef f(b):\n    return lambda t, p: b * p\nm.compile('sgd', loss=f(a))\n",
        "# Keras 3: the loss uses the symbolic tensor `a`",
    ),
    "stateful-on-pytorch": (
        "import keras\nx = keras.layers.LSTM(output_dim=3, stateful=True)\n",
        "PyTorch cannot train a layer that keeps its state",
    ),
    "streaming-metrics": (
        "import keras\nimport tensorflow as tf\nx = tf.metrics.auc(a, b)\n",
        "# Keras 3: tf.metrics.auc was removed",
    ),
    "rate-of-schedule": (
        "import keras\no = keras.optimizers.SGD(lr=0.2, decay=0.1)\no.lr = 0.1\n",
        "o.learning_rate = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=0.1)",
    ),
    "reset-states": ("import keras\nmodel.reset_states()\n", "reset_states(model)"),
    "sklearn-wrappers": (
        "from keras.wrappers.scikit_learn import KerasClassifier\nc = KerasClassifier(build_fn=f)\n",
        "KerasModelClassifier(build_fn=f)",
    ),
    "maxout-dense": ("from keras.layers import MaxoutDense\nx = MaxoutDense(3)\n", "MaxoutDenseLayer(3)"),
    "removed": (
        "from keras.layers import LocallyConnected2D\nx = LocallyConnected2D(3, 3)\n",
        "# Keras 3: LocallyConnected2D was removed",
    ),
    "adadelta-default": ("import keras\no = keras.optimizers.Adadelta()\n", "Adadelta's default learning rate was 1.0"),
    "recurrent-activation": (
        "import keras\nx = keras.layers.LSTM(3, recurrent_activation='hard_sigmoid')\n",
        "relu6(x + 3) / 6",
    ),
    "old-model-files": ("import keras\nm = keras.models.load_model('m.h5')\n", "may need compile=False"),
    "backend-function": (
        "from keras import backend as K\nf = K.function([a], [b])\n",
        "f = backend_function([a], [b])",
    ),
    "gradients": ("from keras import backend as K\ng = K.gradients(loss, x)\n", "# Keras 3: K.gradients was removed"),
    "symbolic-shape": (
        "import keras\nfrom keras import backend as K\ns = K.shape(keras.Input((3,)))\n",
        "ShapeOf()(keras.Input((3,)))",
    ),
    "symbolic-loss": (
        "import keras\ni = keras.Input((3,))\no = keras.layers.Dense(3)(i)\nm = keras.Model(i, o)\nm.add_loss(i - o)\n",
        "AddedLoss()([m.output, i - o])",
    ),
}
