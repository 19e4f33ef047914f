"""Where the things of old Keras are now: modules that were merged, and symbols that got another name or went away."""

from __future__ import annotations

import re
from functools import cache

# Prefixes under which Keras was reached; all mean the one package. Longest first.
ROOTS = (
    "tensorflow.contrib.keras.python.keras",
    "tensorflow.contrib.keras.api.keras",
    "tensorflow.contrib.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "tensorflow.python.keras.api.keras",
    "tensorflow.python.keras",
    "tensorflow.keras",
    "keras.api._v2.keras",
    "keras.api.keras",
    "keras.api",
)

# Modules that only grouped what one module holds today: old prefix → module of today.
_FLAT = {
    "keras.layers": (
        "core|convolutional|recurrent|embeddings|normalization|pooling|merge|merging|advanced_activations|noise"
        "|wrappers|local|convolutional_recurrent|cudnn_recurrent|dense_attention|attention|activation|regularization"
        "|reshaping|rnn|locally_connected|recurrent_v2|containers|preprocessing|layer|input_layer"
    ),
    "keras.utils": (
        "np_utils|generic_utils|data_utils|vis_utils|visualize_util|layer_utils|io_utils|test_utils|multi_gpu_utils"
        "|training_utils|all_utils|image_utils|tf_utils|conv_utils|image_dataset|dataset_utils|losses_utils"
    ),
    "keras.callbacks": "callbacks|callbacks_v1|tensorboard_v1|tensorboard_v2|history|early_stopping|model_checkpoint",
    "keras.backend": "tensorflow_backend|theano_backend|cntk_backend|common|load_backend",
    "keras.models": "models|cloning|functional|sequential|training",
    "keras.optimizers": (
        "adam_v2|gradient_descent_v2|rmsprop|adagrad_v2|adadelta_v2|nadam_v2|adamax_v2|optimizer_v2|optimizer_v1"
        "|optimizer_experimental|legacy|experimental|adam|sgd|gradient_descent|adagrad|adadelta|nadam|adamax"
    ),
    "keras.datasets": "",
    "keras.metrics": "metrics|base_metric",
    "keras.losses": "losses",
    "keras.initializers": "initializers_v1|initializers_v2|random_normal",
    "keras.regularizers": "",
}
_FLAT_PATTERNS = [
    (re.compile(rf"{re.escape(module)}\.(?:{names})(?:\.[a-z_0-9]+)*\.(?=[A-Za-z_]\w*$)"), module)
    for module, names in _FLAT.items()
    if names
]
_LAYER_MODULE = re.compile(r"keras\.layers\.(?:experimental(?:\.preprocessing)?)\.(?=\w+$)")
_ENGINE = re.compile(r"keras\.(?:engine|legacy)(?:\.[a-z_0-9]+)*\.(\w+)$")
_ENGINE_HOMES = {
    "Model": "keras.models.Model",
    "Sequential": "keras.models.Sequential",
    "Functional": "keras.models.Model",
    "Network": "keras.models.Model",
    "Container": "keras.models.Model",
}
_APPLICATIONS = {
    "mobilenetv2": "mobilenet_v2",
    "resnetv2": "resnet_v2",
    "resnext": "resnet",
    "resnet_common": "resnet",
}

# What only the legacy part of `tensorflow.keras` still has; it runs on every backend where TensorFlow is installed.
LEGACY_PREPROCESSING = frozenset(
    [
        *(
            f"keras.preprocessing.image.{name}"
            for name in (
                "ImageDataGenerator", "Iterator", "NumpyArrayIterator", "DirectoryIterator", "DataFrameIterator",
                "random_rotation", "random_shift", "random_shear", "random_zoom", "random_channel_shift",
                "random_brightness", "apply_affine_transform", "apply_channel_shift", "apply_brightness_shift",
            )
        ),
        *(
            f"keras.preprocessing.text.{name}"
            for name in ("Tokenizer", "text_to_word_sequence", "one_hot", "hashing_trick", "tokenizer_from_json")
        ),
        *(
            f"keras.preprocessing.sequence.{name}"
            for name in ("skipgrams", "make_sampling_table", "TimeseriesGenerator")
        ),
    ]
)  # fmt: skip
# Backend functions without a counterpart; on TensorFlow they are still there.
LEGACY_BACKEND = frozenset(
    f"keras.backend.{name}"
    for name in (
        "ctc_batch_cost", "ctc_decode", "ctc_label_dense_to_sparse", "foldl", "foldr", "resize_images",
        "resize_volumes",
        "rnn", "separable_conv2d", "depthwise_conv2d", "conv2d_transpose", "conv1d", "conv2d", "conv3d", "pool2d",
        "pool3d", "spatial_2d_padding", "spatial_3d_padding", "temporal_padding", "batch_get_value", "batch_set_value",
        "random_normal_variable", "random_uniform_variable", "to_dense", "is_sparse", "print_tensor",
    )
)  # fmt: skip

# Symbols with another name today, by where they were after the modules were merged.
RENAMED = {
    "keras.layers.Convolution1D": "keras.layers.Conv1D",
    "keras.layers.Convolution2D": "keras.layers.Conv2D",
    "keras.layers.Convolution3D": "keras.layers.Conv3D",
    "keras.layers.SeparableConvolution2D": "keras.layers.SeparableConv2D",
    "keras.layers.SeparableConvolution1D": "keras.layers.SeparableConv1D",
    "keras.layers.AtrousConvolution1D": "keras.layers.Conv1D",
    "keras.layers.AtrousConvolution2D": "keras.layers.Conv2D",
    "keras.layers.AtrousConv1D": "keras.layers.Conv1D",
    "keras.layers.AtrousConv2D": "keras.layers.Conv2D",
    "keras.layers.Deconvolution2D": "keras.layers.Conv2DTranspose",
    "keras.layers.Deconvolution3D": "keras.layers.Conv3DTranspose",
    "keras.layers.Deconv2D": "keras.layers.Conv2DTranspose",
    "keras.layers.Deconv3D": "keras.layers.Conv3DTranspose",
    "keras.layers.Convolution2DTranspose": "keras.layers.Conv2DTranspose",
    "keras.layers.Convolution3DTranspose": "keras.layers.Conv3DTranspose",
    "keras.layers.CuDNNLSTM": "keras.layers.LSTM",
    "keras.layers.CuDNNGRU": "keras.layers.GRU",
    "keras.layers.TimeDistributedDense": "keras.layers.Dense",
    "keras.layers.ThresholdedReLU": "keras.layers.ReLU",
    "keras.layers.SyncBatchNormalization": "keras.layers.BatchNormalization",
    "keras.layers.BatchNormalizationV1": "keras.layers.BatchNormalization",
    "keras.layers.BatchNormalizationV2": "keras.layers.BatchNormalization",
    "keras.layers.RandomWidth": "keras.layers.RandomZoom",
    "keras.layers.RandomHeight": "keras.layers.RandomZoom",
    "keras.layers.PreprocessingLayer": "keras.layers.Layer",
    "keras.layers.LSTMV2": "keras.layers.LSTM",
    "keras.layers.GRUV2": "keras.layers.GRU",
    "keras.layers.MaxoutDense": "",
    "keras.layers.ConvRecurrent2D": "",
    "keras.backend.set_image_dim_ordering": "keras.backend.set_image_data_format",
    "keras.backend.image_dim_ordering": "keras.backend.image_data_format",
    "keras.utils.plot": "keras.utils.plot_model",
    "keras.models.Functional": "keras.models.Model",
    "keras.models.Input": "keras.layers.Input",
    "keras.models.InputLayer": "keras.layers.InputLayer",
    "keras.models.Layer": "keras.layers.Layer",
    "keras.models.load_weights": "keras.saving.load_weights",
    "keras.losses.kullback_leibler_divergence": "keras.losses.kl_divergence",
    "keras.losses.cosine_proximity": "keras.losses.cosine_similarity",
    "keras.losses.cosine": "keras.losses.cosine_similarity",
    "keras.losses.logcosh": "keras.losses.log_cosh",
    "keras.losses.Logcosh": "keras.losses.LogCosh",
    "keras.metrics.kullback_leibler_divergence": "keras.metrics.kl_divergence",
    "keras.metrics.cosine_proximity": "keras.losses.cosine_similarity",
    "keras.metrics.cosine_similarity": "keras.losses.cosine_similarity",
    "keras.metrics.logcosh": "keras.losses.log_cosh",
    "keras.initializers.normal": "keras.initializers.RandomNormal",
    "keras.initializers.uniform": "keras.initializers.RandomUniform",
    "keras.initializers.zero": "keras.initializers.Zeros",
    "keras.initializers.one": "keras.initializers.Ones",
    "keras.regularizers.l1l2": "keras.regularizers.l1_l2",
    "keras.regularizers.WeightRegularizer": "keras.regularizers.L1L2",
    "keras.regularizers.ActivityRegularizer": "keras.regularizers.L1L2",
    "keras.regularizers.activity_l1": "keras.regularizers.l1",
    "keras.regularizers.activity_l2": "keras.regularizers.l2",
    "keras.regularizers.activity_l1l2": "keras.regularizers.l1_l2",
    "keras.constraints.maxnorm": "keras.constraints.MaxNorm",
    "keras.constraints.max_norm": "keras.constraints.max_norm",
    "keras.constraints.nonneg": "keras.constraints.NonNeg",
    "keras.constraints.unitnorm": "keras.constraints.UnitNorm",
    "keras.optimizers.rmsprop": "keras.optimizers.RMSprop",
    "keras.optimizers.RMSProp": "keras.optimizers.RMSprop",
    "keras.optimizers.sgd": "keras.optimizers.SGD",
    "keras.optimizers.adam": "keras.optimizers.Adam",
    "keras.optimizers.adagrad": "keras.optimizers.Adagrad",
    "keras.optimizers.adadelta": "keras.optimizers.Adadelta",
    "keras.optimizers.adamax": "keras.optimizers.Adamax",
    "keras.optimizers.nadam": "keras.optimizers.Nadam",
    "keras.mixed_precision.set_policy": "keras.mixed_precision.set_global_policy",
    "keras.utils.data_utils.get_file": "keras.utils.get_file",
    "keras.experimental.CosineDecay": "keras.optimizers.schedules.CosineDecay",
    "keras.experimental.CosineDecayRestarts": "keras.optimizers.schedules.CosineDecayRestarts",
}
for _short, _long in (
    ("mse", "mean_squared_error"),
    ("mae", "mean_absolute_error"),
    ("mape", "mean_absolute_percentage_error"),
    ("msle", "mean_squared_logarithmic_error"),
    ("kld", "kl_divergence"),
):
    for _module in ("losses", "metrics"):
        for _name in (_short, _short.upper()):
            RENAMED[f"keras.{_module}.{_name}"] = f"keras.{_module}.{_long}"
for _merge in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"):
    RENAMED[f"keras.merge.{_merge}"] = f"keras.layers.{_merge}"
# A symbol renamed to nothing is gone, and no rule brings it back.
RENAMED = {old: new for old, new in RENAMED.items() if new and new != old}


# Gone from `keras.layers`, and known to a rule that brings them back.
BROUGHT_BACK = frozenset(f"keras.layers.{name}" for name in ("MaxoutDense", "Highway", "Merge", "merge"))


def rooted(name: str) -> str | None:
    """Return a dotted name below `keras`, whichever package it was reached through; None when it is not Keras'."""
    for root in ROOTS:
        if name == root or name.startswith(f"{root}."):
            return "keras" + name[len(root) :]
    return name if name == "keras" or name.startswith("keras.") else None


@cache
def merged(name: str) -> str | None:
    """Return where the symbol `name` is since the modules were merged, under its old name; None outside of Keras."""
    found = rooted(name)
    if found is None:
        return None
    if found.startswith("keras.src.") or found.startswith("keras._tf_keras."):
        return found
    found = re.sub(r"^keras\.objectives(?=\.|$)", "keras.losses", found)
    found = re.sub(r"^keras\.initializations(?=\.|$)", "keras.initializers", found)
    found = re.sub(r"^keras\.wrappers\.scikit_learn(?=\.|$)", "keras.wrappers", found)
    found = re.sub(r"^keras\.mixed_precision\.experimental(?=\.|$)", "keras.mixed_precision", found)
    found = re.sub(
        r"^keras\.optimizers\.(learning_rate_schedule|schedules\.\w+_schedule)\.", "keras.optimizers.schedules.", found
    )
    for old, new in _APPLICATIONS.items():
        found = re.sub(rf"^keras\.applications\.{old}(?=\.|$)", f"keras.applications.{new}", found)
    engine = _ENGINE.match(found)
    if engine is not None:
        return _ENGINE_HOMES.get(engine[1], f"keras.layers.{engine[1]}")
    found = _LAYER_MODULE.sub("keras.layers.", found)
    for pattern, module in _FLAT_PATTERNS:
        flat = pattern.match(found)
        if flat is not None and not (module == "keras.optimizers" and found[flat.end() :] in ("schedules",)):
            found = f"{module}.{found[flat.end() :]}"
            break
    return found


def current(name: str) -> str | None:
    """Return where the symbol `name` is today, under its name of today; None outside of Keras."""
    found = merged(name)
    if found is None:
        return None
    if found in LEGACY_PREPROCESSING or found in LEGACY_BACKEND:
        return f"tensorflow.{found}"
    return RENAMED.get(found, found)


@cache
def gone_module(name: str) -> bool:
    """Whether `name` is a module of old Keras whose content lies elsewhere today."""
    found = rooted(name)
    if found is None or found == "keras":
        return False
    probe = f"{found}.x"
    today = merged(probe)
    return today is not None and today != probe
