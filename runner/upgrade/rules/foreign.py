"""Packages that Keras 3 no longer works with: Theano, keras-contrib and its like, what TensorFlow 2 left out."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from runner.upgrade.analysis import dotted
from runner.upgrade.context import Context
from runner.upgrade.installed_tensorflow import gone, in_version_1
from runner.upgrade.nodes import code
from runner.upgrade.rule import OPS, Rule
from runner.upgrade.rules.graph_mode import Sessions

_THEANO = {
    **{
        name: name
        for name in (
            "mean", "sum", "max", "min", "prod", "var", "std", "exp", "log", "sqrt", "maximum", "minimum", "clip",
            "tanh", "sin", "cos", "zeros_like", "ones_like", "argmax", "argmin", "arange", "where", "stack",
            "concatenate", "reshape", "cast", "square", "all", "any", "dot", "outer", "log1p", "floor", "ceil",
        )
    },
    "sqr": "square", "abs_": "abs", "pow": "power", "eq": "equal", "neq": "not_equal", "gt": "greater",
    "ge": "greater_equal", "lt": "less", "le": "less_equal", "switch": "where", "sgn": "sign",
    "nnet.sigmoid": "sigmoid", "nnet.softmax": "softmax", "nnet.relu": "relu", "nnet.softplus": "softplus",
}  # fmt: skip


class TheanoFunctions(Rule):
    """Functions of Theano's tensors are in `keras.ops`."""

    name = "theano-functions"
    matches = "`T.mean(T.sqr(y_true - y_pred))` where `import theano.tensor as T`"
    since = "Keras 2.4"
    why = "Theano is no backend any more; `keras.ops` has this function for every one that is."
    source = OPS
    marks = False
    references = tuple(f"theano.tensor.{name}" for name in _THEANO)

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        old = name.removeprefix("theano.tensor.")
        context.change(self, original, f"Theano's `{old}` is `keras.ops.{_THEANO[old]}` today.")
        return context.refer(f"keras.ops.{_THEANO[old]}")


_PACKAGES = {
    "theano": "Theano is no backend of Keras any more; closest today: keras.ops for tensors, keras.Model for functions",
    "cntk": "CNTK is no backend of Keras any more; closest today: keras.ops",
    "keras_contrib": (
        "keras-contrib works with Keras 2 only; closest today: InstanceNormalization is GroupNormalization(groups=-1), "
        "a CRF is a layer of your own"
    ),
    "keras_applications": "keras_applications works with Keras 2 only; closest today: keras.applications",
    "keras_preprocessing": (
        "keras_preprocessing works with Keras 2 only; closest today: keras.utils and tensorflow.keras.preprocessing"
    ),
    "tensorflow_addons": "TensorFlow Addons works with Keras 2 only; closest today: keras.layers and keras.optimizers",
    "keras_radam": "keras-radam works with Keras 2 only; closest today: keras.optimizers.AdamW or Nadam",
    "keras_layer_normalization": "this package is for Keras 2; closest today: keras.layers.LayerNormalization",
    "keras_self_attention": "this package is for Keras 2; closest today: keras.layers.Attention",
    "keras_multi_head": "this package is for Keras 2; closest today: keras.layers.MultiHeadAttention",
    "keras_transformer": "this package is for Keras 2; closest today: keras.layers.MultiHeadAttention, keras_hub",
    "keras_bert": "this package is for Keras 2; closest today: keras_hub",
    "keras_vggface": "this package is for Keras 2; closest today: keras.applications.VGG16 with its weights loaded",
    "keras_efficientnets": "this package is for Keras 2; closest today: keras.applications.EfficientNetB0",
    "efficientnet": "this package is for Keras 2; closest today: keras.applications.EfficientNetB0",
    "keras_resnet": "this package is for Keras 2; closest today: keras.applications.ResNet50",
    "keras_adabound": "this package is for Keras 2; closest today: keras.optimizers.Adam with a schedule",
    "kerastuner": "the package is called keras_tuner today",
    "vis": "keras-vis works with Keras 2 only; closest today: gradients of the model's input, as in Grad-CAM's example",
    "rl": "keras-rl works with Keras 2 only; closest today: a training loop of your own, or stable-baselines3",
}


class ForeignPackages(Rule):
    """Packages that were written against old Keras."""

    name = "foreign-packages"
    matches = "`import theano`, `from keras_contrib.layers import CRF`, `from vis.visualization import …`"
    since = "Keras 2.4 and 3.0"
    why = "This package works with old Keras only."
    source = "https://keras.io/keras_3/"
    marks = False
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        for small in original.body:
            if isinstance(small, cst.Import):
                names = [dotted(alias.name) or "" for alias in small.names]
            elif isinstance(small, cst.ImportFrom) and small.module is not None and not small.relative:
                names = [dotted(small.module) or ""]
            else:
                continue
            for name in names:
                top = name.partition(".")[0]
                if top in _PACKAGES and (top != "theano" or self._left(name, small, context)):
                    context.find(self, original, _PACKAGES[top])
        return None

    @staticmethod
    def _left(name: str, small: cst.BaseSmallStatement, context: Context) -> bool:
        """Whether more of Theano is used than the functions that `keras.ops` has."""
        locals_ = [local for local, target in context.analysis.imports.items() if target.startswith("theano")]
        plain = "|".join(re.escape(old) for old in sorted(_THEANO, key=len, reverse=True))
        code_ = re.sub(r"(?m)^\s*(?:import|from)\b.*$|#.*$", "", context.code)
        for local in locals_:
            full = context.analysis.imports[local]
            known = rf"(?:tensor\.)?(?:{plain})\b" if full == "theano" else rf"(?:{plain})\b"
            if re.search(rf"\b{local}\b(?!\.{known})", code_):
                return True
        return not locals_


_CLOSEST = {
    "summary.FileWriter": "tf.summary.create_file_writer(folder), and tf.summary.scalar(name, value, step=…) in it",
    "summary.merge_all": "tf.summary.scalar(name, value, step=…) in a writer's as_default()",
    "Summary": "tf.summary.scalar(name, value, step=…) in a writer's as_default()",
    "placeholder": "keras.Input, or the argument of a function",
    "train.get_or_create_global_step": "optimizer.iterations, which counts by itself",
    "train.get_global_step": "optimizer.iterations, which counts by itself",
    "train.create_global_step": "optimizer.iterations, which counts by itself",
    "train.exponential_decay": "keras.optimizers.schedules.ExponentialDecay",
    "train.Saver": "model.save_weights and model.load_weights",
    "variable_scope": "a keras.layers.Layer that holds the variables",
    "get_variable": "keras.Variable, or add_weight of a layer",
    "app": "argparse",
    "flags": "argparse",
    "layers": "keras.layers",
    "contrib.layers.xavier_initializer": "keras.initializers.GlorotUniform()",
    "contrib.layers.variance_scaling_initializer": "keras.initializers.VarianceScaling()",
    "contrib.layers.l2_regularizer": "keras.regularizers.L2",
    "contrib.rnn": "keras.layers.LSTMCell, GRUCell and RNN",
    "contrib": "what keras.layers and keras.optimizers have",
    "py_func": "tf.py_function",
    "estimator": "model.fit",
    "logging": "the module logging",
}  # fmt: skip


class TensorFlowGone(Rule):
    """What TensorFlow 2 has no more."""

    name = "tensorflow-gone"
    matches = "`tf.summary.FileWriter`, `tf.train.get_or_create_global_step()`, `tf.contrib.…`, `tf.placeholder`"
    since = "TensorFlow 2.0"
    why = "This was removed from TensorFlow 2, and what replaces it depends on what it was used for."
    source = "https://www.tensorflow.org/guide/migrate"
    marks = False
    references = ("*",)
    # What rules for whole statements see to.
    _ELSEWHERE: ClassVar[frozenset[str]] = (
        Sessions.removed
        | Sessions.made
        | {
            f"tensorflow.{name}"
            for name in (
                "local_variables_initializer", "variables_initializer", "initialize_all_variables",
                "tables_initializer", "initializers.global_variables",
            )
        }
    )  # fmt: skip

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not name.startswith("tensorflow.") or name in context.known or name in self._ELSEWHERE:
            return None
        if node is not original or not gone(name):
            return None
        if any(where is original for _, where, _ in context.findings):
            return None
        old = name.removeprefix("tensorflow.")
        parts = old.split(".")
        closest = next(
            (_CLOSEST[key] for n in range(len(parts), 0, -1) if (key := ".".join(parts[:n])) in _CLOSEST), None
        )
        if closest is None:
            closest = f"tf.compat.v1.{old}, for graphs" if in_version_1(name) else "see TensorFlow's migration guide"
        context.find(self, original, f"tf.{old} was removed in TensorFlow 2; closest today: {closest}")
        return None


class SessionLeft(Rule):
    """A session that values were computed in."""

    name = "session-left"
    matches = "`K.get_session().run(x)`, `f(K.get_session)`"
    since = "Keras 3.0"
    why = "There are no sessions any more: tensors have their values."
    source = "https://keras.io/keras_3/"
    marks = False
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if not context.says("get_session") or "get_session" not in code(original):
            return None
        if any(where is original for _, where, _ in context.findings):
            return None
        for local, target in context.analysis.imports.items():
            for path in ("", ".backend", ".keras.backend"):
                if (context.kinds.name(_chain(f"{local}{path}.get_session"), context.scope) or "") == (
                    "keras.backend.get_session"
                ) and re.search(rf"\b{re.escape(local)}{re.escape(path)}\.get_session\b", code(original)):
                    context.find(self, original, _NO_SESSION)
                    return None
            if target.endswith(".backend.get_session") and re.search(rf"(?<!import )\b{local}\b", code(original)):
                if not isinstance(original.body[0], cst.ImportFrom):
                    context.find(self, original, _NO_SESSION)
                return None
        return None


_NO_SESSION = (
    "K.get_session was removed with TensorFlow's sessions; closest today: call the model or function, and "
    "keras.ops.convert_to_numpy(value)"
)


def _chain(path: str) -> cst.BaseExpression:
    first, *rest = path.split(".")
    made: cst.BaseExpression = cst.Name(first)
    for part in rest:
        made = cst.Attribute(made, cst.Name(part))
    return made


RULES: tuple[type[Rule], ...] = (TheanoFunctions, ForeignPackages, TensorFlowGone, SessionLeft)
