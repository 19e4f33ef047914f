"""The address of a symbol's page on keras.io, where it is known for sure.

Keras' own site groups symbols by topic, and no rule leads from a name to its page; only what is listed here is used,
anything else is linked to its source line. The addresses are those of `scripts/api_master.py` in keras-team/keras-io,
from which the site is made, slips of spelling included (`auto_constrast`, `Nadam`).
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
    "models/model_saving_apis/export": "Model.export export.ExportArchive export.ExportArchive.add_endpoint "
    "export.ExportArchive.add_variable_collection export.ExportArchive.track export.ExportArchive.write_out",
    "models/model_saving_apis/keras_file_editor": "saving.KerasFileEditor saving.KerasFileEditor.summary "
    "saving.KerasFileEditor.compare saving.KerasFileEditor.save saving.KerasFileEditor.rename_object "
    "saving.KerasFileEditor.delete_object saving.KerasFileEditor.add_object saving.KerasFileEditor.delete_weight "
    "saving.KerasFileEditor.add_weights",
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
    "metrics/metrics_wrappers": "metrics.MeanMetricWrapper metrics.Mean metrics.Sum",
    "losses/probabilistic_losses": "losses.BinaryCrossentropy losses.BinaryFocalCrossentropy "
    "losses.CategoricalCrossentropy losses.CategoricalFocalCrossentropy losses.SparseCategoricalCrossentropy "
    "losses.Poisson losses.CTC losses.KLDivergence losses.binary_crossentropy losses.categorical_crossentropy "
    "losses.sparse_categorical_crossentropy losses.poisson losses.ctc losses.kl_divergence",
    "losses/regression_losses": "losses.MeanSquaredError losses.MeanAbsoluteError losses.MeanAbsolutePercentageError "
    "losses.MeanSquaredLogarithmicError losses.CosineSimilarity losses.Huber losses.LogCosh losses.Tversky losses.Dice "
    "losses.mean_squared_error losses.mean_absolute_error losses.mean_absolute_percentage_error "
    "losses.mean_squared_logarithmic_error losses.cosine_similarity losses.huber losses.log_cosh losses.tversky "
    "losses.dice",
    "losses/hinge_losses": "losses.Hinge losses.SquaredHinge losses.CategoricalHinge losses.hinge losses.squared_hinge "
    "losses.categorical_hinge",
    "losses": "losses.Loss",
    "data_loading/image": "utils.image_dataset_from_directory utils.load_img utils.img_to_array utils.array_to_img "
    "utils.save_img",
    "data_loading/text": "utils.text_dataset_from_directory",
    "data_loading/audio": "utils.audio_dataset_from_directory",
    "data_loading/timeseries": "utils.timeseries_dataset_from_array utils.pad_sequences",
    "utils/model_plotting_utils": "utils.plot_model utils.model_to_dot",
    "utils/experiment_management_utils": "utils.Config",
    "utils/feature_space": "utils.FeatureSpace",
    "utils/tensor_utils": "utils.get_source_inputs utils.is_keras_tensor",
    "utils/python_utils": "utils.set_random_seed utils.split_dataset utils.pack_x_y_sample_weight utils.get_file "
    "utils.Progbar utils.PyDataset utils.to_categorical utils.normalize",
    "utils/config_utils": "version utils.clear_session config.enable_traceback_filtering "
    "config.disable_traceback_filtering config.is_traceback_filtering_enabled "
    "config.enable_interactive_logging config.disable_interactive_logging config.is_interactive_logging_enabled "
    "config.enable_unsafe_deserialization config.backend config.floatx config.set_floatx config.image_data_format "
    "config.set_image_data_format config.epsilon config.set_epsilon",
    "datasets/mnist": "datasets.mnist.load_data",
    "datasets/cifar10": "datasets.cifar10.load_data",
    "datasets/cifar100": "datasets.cifar100.load_data",
    "datasets/imdb": "datasets.imdb.load_data datasets.imdb.get_word_index",
    "datasets/reuters": "datasets.reuters.load_data datasets.reuters.get_word_index",
    "datasets/fashion_mnist": "datasets.fashion_mnist.load_data",
    "datasets/california_housing": "datasets.california_housing.load_data",
    "optimizers/learning_rate_schedules/learning_rate_schedule": "optimizers.schedules.LearningRateSchedule",
    "optimizers": "optimizers.Optimizer",
    "mixed_precision/policy": "dtype_policies.DTypePolicy dtype_policies.DTypePolicyMap "
    "dtype_policies.FloatDTypePolicy dtype_policies.QuantizedDTypePolicy dtype_policies.QuantizedFloat8DTypePolicy "
    "config.dtype_policy config.set_dtype_policy",
    "distribution/layout_map": "distribution.LayoutMap distribution.DeviceMesh distribution.TensorLayout "
    "distribution.distribute_tensor",
    "distribution/data_parallel": "distribution.DataParallel",
    "distribution/model_parallel": "distribution.ModelParallel",
    "distribution/distribution_utils": "distribution.set_distribution distribution.distribution "
    "distribution.list_devices distribution.initialize",
    "random/seed_generator": "random.SeedGenerator",
    "random/random_ops": "random.beta random.binomial random.categorical random.dropout random.gamma random.normal "
    "random.randint random.shuffle random.truncated_normal random.uniform",
    "applications/xception": "applications.Xception",
    "applications/efficientnet": "applications.EfficientNetB0 applications.EfficientNetB1 applications.EfficientNetB2 "
    "applications.EfficientNetB3 applications.EfficientNetB4 applications.EfficientNetB5 applications.EfficientNetB6 "
    "applications.EfficientNetB7",
    "applications/efficientnet_v2": "applications.EfficientNetV2B0 applications.EfficientNetV2B1 "
    "applications.EfficientNetV2B2 applications.EfficientNetV2B3 applications.EfficientNetV2S "
    "applications.EfficientNetV2M applications.EfficientNetV2L",
    "applications/convnext": "applications.ConvNeXtTiny applications.ConvNeXtSmall applications.ConvNeXtBase "
    "applications.ConvNeXtLarge applications.ConvNeXtXLarge",
    "applications/vgg": "applications.VGG16 applications.VGG19",
    "applications/resnet": "applications.ResNet50 applications.ResNet101 applications.ResNet152 "
    "applications.ResNet50V2 applications.ResNet101V2 applications.ResNet152V2",
    "applications/mobilenet": "applications.MobileNet applications.MobileNetV2 applications.MobileNetV3Small "
    "applications.MobileNetV3Large",
    "applications/densenet": "applications.DenseNet121 applications.DenseNet169 applications.DenseNet201",
    "applications/nasnet": "applications.NASNetLarge applications.NASNetMobile",
    "applications/inceptionv3": "applications.InceptionV3",
    "applications/inceptionresnetv2": "applications.InceptionResNetV2",
    "ops/core": "ops.associative_scan ops.cast ops.cond ops.convert_to_numpy ops.convert_to_tensor ops.custom_gradient "
    "ops.dtype ops.erf ops.erfinv ops.extract_sequences ops.fori_loop ops.in_top_k ops.is_tensor ops.logsumexp ops.map "
    "ops.rsqrt ops.saturate_cast ops.scan ops.scatter ops.scatter_update ops.segment_max ops.segment_sum ops.shape "
    "ops.slice ops.slice_update ops.stop_gradient ops.switch ops.top_k ops.unstack ops.vectorized_map ops.while_loop",
    "ops/image": "ops.image.affine_transform ops.image.crop_images ops.image.extract_patches ops.image.hsv_to_rgb "
    "ops.image.map_coordinates ops.image.pad_images ops.image.resize ops.image.rgb_to_hsv ops.image.rgb_to_grayscale",
    "ops/nn": "ops.average_pool ops.batch_normalization ops.binary_crossentropy ops.categorical_crossentropy ops.conv "
    "ops.conv_transpose ops.ctc_decode ops.ctc_loss ops.depthwise_conv ops.dot_product_attention ops.max_pool "
    "ops.moments ops.multi_hot ops.normalize ops.one_hot ops.psnr ops.relu ops.separable_conv ops.sigmoid ops.softmax "
    "ops.sparse_categorical_crossentropy",
    "ops/numpy": "ops.arange ops.argmax ops.clip ops.concatenate ops.dot ops.einsum ops.exp ops.expand_dims ops.log "
    "ops.matmul ops.max ops.maximum ops.mean ops.min ops.minimum ops.multiply ops.ones ops.pad ops.power ops.reshape "
    "ops.split ops.sqrt ops.square ops.squeeze ops.stack ops.std ops.sum ops.take ops.tile ops.transpose ops.where "
    "ops.zeros",
}

# Topic folder → symbols with a page of their own, whose name is the symbol's in snake case.
OWN_PAGES: dict[str, str] = {
    "layers/core_layers": "Dense EinsumDense Embedding Masking Lambda Activation Identity",
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
    "layers/preprocessing_layers/numerical": "Normalization SpectralNormalization Discretization",
    "layers/preprocessing_layers/categorical": "CategoryEncoding Hashing StringLookup IntegerLookup HashedCrossing",
    "layers/preprocessing_layers/image_preprocessing": "Resizing Rescaling CenterCrop AutoContrast=auto_constrast",
    "layers/preprocessing_layers/image_augmentation": "RandomCrop RandomFlip RandomTranslation RandomRotation "
    "RandomZoom RandomContrast RandomBrightness Solarization Pipeline",
    "layers/preprocessing_layers/audio_preprocessing": "MelSpectrogram",
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
    "layers/backend_specific_layers": "TorchModuleWrapper TFSMLayer=tfsm_layer JaxLayer FlaxLayer",
    "callbacks": "ModelCheckpoint BackupAndRestore EarlyStopping RemoteMonitor LambdaCallback ProgbarLogger "
    "TerminateOnNaN=terminate_on_nan SwapEMAWeights=swap_ema_weights",
    "optimizers": "SGD=sgd RMSprop=rmsprop Adam AdamW=adamw Adadelta Adagrad Adamax Adafactor Nadam=Nadam Ftrl Lion "
    "Lamb LossScaleOptimizer",
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
    pages["keras.InputSpec"] = f"{SITE}layers/core_layers/input_spec/"
    return pages


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


PAGES = _table()


def page_url(symbol: str) -> str | None:
    """Return the address of `symbol` on keras.io, or None when it is not known for sure."""
    return PAGES.get(symbol)
