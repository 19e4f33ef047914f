"""The address of a symbol's page on keras.io, where it is known for sure.

Keras' own site groups symbols by topic, and no rule leads from a name to its page; only what is listed here is used,
anything else is linked to its source line.
"""

from __future__ import annotations

import re

SITE = "https://keras.io/api/"

# Topic page → the symbols that it documents, below `keras.`.
TOPICS: dict[str, str] = {
    "models/model": "Model Model.summary Model.get_layer",
    "models/sequential": "Sequential Sequential.add Sequential.pop",
    "models/model_training_apis": "Model.compile Model.fit Model.evaluate Model.predict Model.train_on_batch "
    "Model.test_on_batch Model.predict_on_batch",
    "models/model_saving_apis/model_saving_and_loading": "Model.save saving.save_model saving.load_model",
    "models/model_saving_apis/weights_saving_and_loading": "Model.save_weights Model.load_weights",
    "models/model_saving_apis/model_config_serialization": "models.clone_model",
    "models/model_saving_apis/export": "Model.export export.ExportArchive",
    "models/model_saving_apis/serialization_utils": "saving.serialize_keras_object saving.deserialize_keras_object "
    "saving.CustomObjectScope saving.get_custom_objects saving.register_keras_serializable",
    "layers/base_layer": "Layer Layer.add_weight Layer.get_weights Layer.set_weights Layer.add_loss "
    "Layer.losses Layer.weights Layer.trainable_weights Layer.non_trainable_weights Layer.trainable",
    "layers/activations": "activations.relu activations.sigmoid activations.softmax activations.softplus "
    "activations.softsign activations.tanh activations.selu activations.elu activations.exponential "
    "activations.leaky_relu activations.relu6 activations.silu activations.hard_silu activations.gelu "
    "activations.hard_sigmoid activations.linear activations.mish activations.log_softmax",
    "layers/initializers": "initializers.RandomNormal initializers.RandomUniform initializers.TruncatedNormal "
    "initializers.Zeros initializers.Ones initializers.GlorotNormal initializers.GlorotUniform initializers.HeNormal "
    "initializers.HeUniform initializers.Orthogonal initializers.Constant initializers.VarianceScaling "
    "initializers.LecunNormal initializers.LecunUniform initializers.Identity",
    "layers/regularizers": "regularizers.Regularizer regularizers.L1 regularizers.L2 regularizers.L1L2 "
    "regularizers.OrthogonalRegularizer",
    "layers/constraints": "constraints.Constraint constraints.MaxNorm constraints.MinMaxNorm constraints.NonNeg "
    "constraints.UnitNorm",
    "callbacks/base_callback": "callbacks.Callback",
    "callbacks/learning_rate_scheduler": "callbacks.LearningRateScheduler",
    "callbacks/reduce_lr_on_plateau": "callbacks.ReduceLROnPlateau",
    "callbacks/csv_logger": "callbacks.CSVLogger",
    "callbacks/tensorboard": "callbacks.TensorBoard",
    "metrics/base_metric": "metrics.Metric",
    "metrics/accuracy_metrics": "metrics.Accuracy metrics.BinaryAccuracy metrics.CategoricalAccuracy "
    "metrics.SparseCategoricalAccuracy metrics.TopKCategoricalAccuracy metrics.SparseTopKCategoricalAccuracy",
    "metrics/probabilistic_metrics": "metrics.BinaryCrossentropy metrics.CategoricalCrossentropy "
    "metrics.SparseCategoricalCrossentropy metrics.KLDivergence metrics.Poisson",
    "metrics/regression_metrics": "metrics.MeanSquaredError metrics.RootMeanSquaredError metrics.MeanAbsoluteError "
    "metrics.MeanAbsolutePercentageError metrics.MeanSquaredLogarithmicError metrics.CosineSimilarity "
    "metrics.LogCoshError metrics.R2Score",
    "metrics/classification_metrics": "metrics.AUC metrics.Precision metrics.Recall metrics.TruePositives "
    "metrics.TrueNegatives metrics.FalsePositives metrics.FalseNegatives metrics.PrecisionAtRecall "
    "metrics.RecallAtPrecision metrics.SensitivityAtSpecificity metrics.SpecificityAtSensitivity metrics.F1Score "
    "metrics.FBetaScore",
    "metrics/segmentation_metrics": "metrics.IoU metrics.BinaryIoU metrics.OneHotIoU metrics.OneHotMeanIoU "
    "metrics.MeanIoU",
    "metrics/hinge_metrics": "metrics.Hinge metrics.SquaredHinge metrics.CategoricalHinge",
    "losses/probabilistic_losses": "losses.BinaryCrossentropy losses.BinaryFocalCrossentropy "
    "losses.CategoricalCrossentropy losses.CategoricalFocalCrossentropy losses.SparseCategoricalCrossentropy "
    "losses.Poisson losses.KLDivergence losses.binary_crossentropy losses.categorical_crossentropy "
    "losses.sparse_categorical_crossentropy losses.poisson",
    "losses/regression_losses": "losses.MeanSquaredError losses.MeanAbsoluteError losses.MeanAbsolutePercentageError "
    "losses.MeanSquaredLogarithmicError losses.CosineSimilarity losses.Huber losses.LogCosh",
    "losses/hinge_losses": "losses.Hinge losses.SquaredHinge losses.CategoricalHinge",
    "data_loading/image": "utils.image_dataset_from_directory utils.load_img utils.img_to_array utils.array_to_img "
    "utils.save_img",
    "data_loading/text": "utils.text_dataset_from_directory",
    "data_loading/audio": "utils.audio_dataset_from_directory",
    "data_loading/timeseries": "utils.timeseries_dataset_from_array utils.pad_sequences",
    "utils/model_plotting_utils": "utils.plot_model utils.model_to_dot",
    "utils/python_utils": "utils.set_random_seed utils.split_dataset utils.get_file utils.Progbar utils.PyDataset "
    "utils.to_categorical utils.normalize",
    "utils/config_utils": "version utils.clear_session config.enable_traceback_filtering "
    "config.disable_traceback_filtering config.is_traceback_filtering_enabled config.backend config.set_backend "
    "config.floatx config.set_floatx config.image_data_format config.set_image_data_format config.epsilon "
    "config.set_epsilon",
    "datasets/mnist": "datasets.mnist.load_data",
    "datasets/cifar10": "datasets.cifar10.load_data",
    "datasets/cifar100": "datasets.cifar100.load_data",
    "datasets/imdb": "datasets.imdb.load_data datasets.imdb.get_word_index",
    "datasets/reuters": "datasets.reuters.load_data datasets.reuters.get_word_index",
    "datasets/fashion_mnist": "datasets.fashion_mnist.load_data",
    "datasets/california_housing": "datasets.california_housing.load_data",
    "optimizers/learning_rate_schedules/learning_rate_schedule": "optimizers.schedules.LearningRateSchedule",
    "mixed_precision/policy": "dtype_policies.DTypePolicy config.dtype_policy config.set_dtype_policy",
    "mixed_precision/loss_scale_optimizer": "optimizers.LossScaleOptimizer",
    "random/seed_generator": "random.SeedGenerator",
}

# Topic folder → symbols with a page of their own, whose name is the symbol's in snake case.
OWN_PAGES: dict[str, str] = {
    "layers/core_layers": "Dense Embedding Masking Lambda Activation Identity",
    "layers/convolution_layers": "SeparableConv1D=separable_convolution1d SeparableConv2D=separable_convolution2d "
    "DepthwiseConv1D=depthwise_convolution1d DepthwiseConv2D=depthwise_convolution2d Conv1D=convolution1d "
    "Conv2D=convolution2d Conv3D=convolution3d Conv1DTranspose=convolution1d_transpose "
    "Conv2DTranspose=convolution2d_transpose Conv3DTranspose=convolution3d_transpose",
    "layers/pooling_layers": "MaxPooling1D=max_pooling1d MaxPooling2D=max_pooling2d MaxPooling3D=max_pooling3d "
    "AveragePooling1D=average_pooling1d AveragePooling2D=average_pooling2d AveragePooling3D=average_pooling3d "
    "GlobalMaxPooling1D=global_max_pooling1d GlobalMaxPooling2D=global_max_pooling2d "
    "GlobalMaxPooling3D=global_max_pooling3d GlobalAveragePooling1D=global_average_pooling1d "
    "GlobalAveragePooling2D=global_average_pooling2d GlobalAveragePooling3D=global_average_pooling3d",
    "layers/recurrent_layers": "LSTM=lstm LSTMCell=lstm_cell GRU=gru GRUCell=gru_cell SimpleRNN=simple_rnn "
    "SimpleRNNCell=simple_rnn_cell TimeDistributed Bidirectional ConvLSTM1D=conv_lstm1d ConvLSTM2D=conv_lstm2d "
    "ConvLSTM3D=conv_lstm3d RNN=rnn StackedRNNCells=stacked_rnn_cell",
    "layers/preprocessing_layers/text": "TextVectorization",
    "layers/preprocessing_layers/numerical": "Normalization Discretization",
    "layers/preprocessing_layers/categorical": "CategoryEncoding Hashing StringLookup IntegerLookup HashedCrossing",
    "layers/preprocessing_layers/image_preprocessing": "Resizing Rescaling CenterCrop",
    "layers/preprocessing_layers/image_augmentation": "RandomCrop RandomFlip RandomTranslation RandomRotation "
    "RandomZoom RandomContrast RandomBrightness",
    "layers/normalization_layers": "BatchNormalization LayerNormalization UnitNormalization GroupNormalization",
    "layers/regularization_layers": "Dropout SpatialDropout1D=spatial_dropout1d SpatialDropout2D=spatial_dropout2d "
    "SpatialDropout3D=spatial_dropout3d GaussianDropout GaussianNoise ActivityRegularization AlphaDropout",
    "layers/attention_layers": "MultiHeadAttention GroupQueryAttention=group_query_attention Attention "
    "AdditiveAttention",
    "layers/reshaping_layers": "Reshape Flatten RepeatVector Permute Cropping1D=cropping1d Cropping2D=cropping2d "
    "Cropping3D=cropping3d UpSampling1D=up_sampling1d UpSampling2D=up_sampling2d UpSampling3D=up_sampling3d "
    "ZeroPadding1D=zero_padding1d ZeroPadding2D=zero_padding2d ZeroPadding3D=zero_padding3d",
    "layers/merging_layers": "Concatenate Average Maximum Minimum Add Subtract Multiply Dot",
    "layers/activation_layers": "ReLU=relu Softmax LeakyReLU=leaky_relu PReLU=prelu ELU=elu",
    "callbacks": "ModelCheckpoint BackupAndRestore EarlyStopping RemoteMonitor LambdaCallback TerminateOnNaN",
    "optimizers": "SGD=sgd RMSprop=rmsprop Adam AdamW=adamw Adadelta Adagrad Adamax Adafactor Nadam Ftrl Lion",
    "optimizers/learning_rate_schedules": "ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay "
    "CosineDecay CosineDecayRestarts",
}
# The module in which the symbols of a topic folder live.
HOMES = {"layers": "layers", "callbacks": "callbacks", "optimizers": "optimizers"}


def _table() -> dict[str, str]:
    pages: dict[str, str] = {}
    for topic, names in TOPICS.items():
        for name in names.split():
            pages[f"keras.{name}"] = f"{SITE}{topic}/"
    for folder, names in OWN_PAGES.items():
        home = HOMES[folder.split("/")[0]]
        if folder.endswith("schedules"):
            home = "optimizers.schedules"
        for item in names.split():
            name, _, page = item.partition("=")
            pages[f"keras.{home}.{name}"] = f"{SITE}{folder}/{page or _snake(name)}/"
    pages["keras.Input"] = f"{SITE}layers/core_layers/input/"
    return pages


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


PAGES = _table()


def page_url(symbol: str) -> str | None:
    """Return the address of `symbol` on keras.io, or None when it is not known for sure."""
    return PAGES.get(symbol)
