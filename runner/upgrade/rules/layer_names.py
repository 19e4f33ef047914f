"""The layers of Keras 1, 2 and 3, by what their arguments have in common."""

from __future__ import annotations


def layers(names: str) -> tuple[str, ...]:
    """Return the dotted names of layers."""
    return tuple(f"keras.layers.{name}" for name in names.split())


CONV_1D = layers("Convolution1D Conv1D AtrousConvolution1D SeparableConvolution1D SeparableConv1D")
CONV_2D = layers(
    "Convolution2D Conv2D AtrousConvolution2D AtrousConv2D SeparableConvolution2D SeparableConv2D Deconvolution2D"
    " Conv2DTranspose Convolution2DTranspose Deconv2D"
)
CONV_3D = layers("Convolution3D Conv3D Deconvolution3D Conv3DTranspose Convolution3DTranspose")
LOCAL = layers("LocallyConnected1D LocallyConnected2D")
DEPTHWISE = layers("DepthwiseConv2D DepthwiseConv1D")
CONVOLUTIONS = (*CONV_1D, *CONV_2D, *CONV_3D, *LOCAL, *DEPTHWISE, *layers("ConvLSTM2D ConvLSTM1D ConvLSTM3D"))
POOLING_1D = layers("MaxPooling1D AveragePooling1D MaxPool1D AvgPool1D")
POOLING_2D = layers("MaxPooling2D AveragePooling2D MaxPool2D AvgPool2D")
POOLING_3D = layers("MaxPooling3D AveragePooling3D MaxPool3D AvgPool3D")
POOLING = (*POOLING_1D, *POOLING_2D, *POOLING_3D)
SPATIAL = layers(
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D UpSampling2D UpSampling3D Cropping1D Cropping2D Cropping3D"
    " GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D"
    " GlobalAveragePooling3D SpatialDropout1D SpatialDropout2D SpatialDropout3D Flatten"
)
DENSE = layers("Dense TimeDistributedDense MaxoutDense Highway")
RECURRENT = layers("LSTM GRU SimpleRNN CuDNNLSTM CuDNNGRU")
DROPOUTS = layers("Dropout GaussianDropout AlphaDropout SpatialDropout1D SpatialDropout2D SpatialDropout3D")
OTHERS = layers(
    "Embedding BatchNormalization Activation Reshape Permute RepeatVector Lambda Masking ActivityRegularization"
    " LeakyReLU PReLU ELU ThresholdedReLU ReLU Softmax GaussianNoise TimeDistributed Bidirectional InputLayer"
    " LayerNormalization ParametricSoftplus SReLU"
)
ALL = tuple(dict.fromkeys((*CONVOLUTIONS, *POOLING, *SPATIAL, *DENSE, *RECURRENT, *DROPOUTS, *OTHERS)))
