def merge(parts, mode):
    return mode.join(parts)


class Convolution2D:
    def __init__(self, *sizes):
        self.sizes = sizes


import keras

print(merge(["a", "b"], mode="concat"), Convolution2D(8, 3, 3).sizes, keras.__version__)
options = {"lr": 0.1, "nb_epoch": 3, "acc": 1, "th": 2}
