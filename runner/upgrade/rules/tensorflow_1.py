"""TensorFlow 1 names within old Keras programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import expression, whole
from runner.upgrade.rule import Rule

TF_2 = "https://www.tensorflow.org/guide/migrate/upgrade"
# TensorFlow 1 → where the same function is in TensorFlow 2.
_MATH = (
    "log log1p lgamma digamma erf erfc rsqrt reciprocal ceil is_nan is_inf is_finite cumsum cumprod floordiv"
    " segment_sum segment_mean unsorted_segment_sum betainc polygamma bincount top_k confusion_matrix angle conj"
    " real imag rint squared_difference"
)
_KEPT = frozenset(["cumsum", "real", "imag"])  # TensorFlow 2 still has these at the top
_NAMES: dict[str, str] = {
    **{name: f"math.{name}" for name in _MATH.split() if name not in _KEPT},
    "random_normal": "random.normal", "random_uniform": "random.uniform", "truncated_normal": "random.truncated_normal",
    "multinomial": "random.categorical", "random_shuffle": "random.shuffle", "random_crop": "image.random_crop",
    "image.resize_images": "image.resize", "image.resize_image_with_crop_or_pad": "image.resize_with_crop_or_pad",
    "get_default_graph": "compat.v1.get_default_graph",
    "mod": "math.floormod", "div": "math.divide", "matrix_inverse": "linalg.inv", "diag": "linalg.diag",
    "matrix_diag": "linalg.diag", "diag_part": "linalg.diag_part", "matrix_determinant": "linalg.det",
    "svd": "linalg.svd", "trace": "linalg.trace", "cross": "linalg.cross", "cholesky": "linalg.cholesky",
    "depth_to_space": "nn.depth_to_space", "space_to_depth": "nn.space_to_depth", "batch_matmul": "matmul",
    "select": "where", "mul": "multiply", "sub": "subtract", "neg": "negative", "pack": "stack", "unpack": "unstack",
    "invert_permutation": "math.invert_permutation", "sparse_tensor_to_dense": "sparse.to_dense",
    "sparse_to_dense": "sparse.to_dense", "decode_raw": "io.decode_raw", "read_file": "io.read_file",
    "gfile.Exists": "io.gfile.exists", "gfile.MakeDirs": "io.gfile.makedirs", "gfile.Open": "io.gfile.GFile",
    "nn.softmax_cross_entropy_with_logits_v2": "nn.softmax_cross_entropy_with_logits",
    "losses.mean_squared_error": "keras.losses.mean_squared_error", "is_nan": "math.is_nan",
    "debugging.is_finite": "math.is_finite", "assert_equal": "debugging.assert_equal",
}  # fmt: skip
_CASTS = {
    "to_float": "float32", "to_double": "float64", "to_int32": "int32", "to_int64": "int64", "to_bfloat16": "bfloat16",
}  # fmt: skip
_OPTIMIZERS = {
    "AdamOptimizer": "Adam", "GradientDescentOptimizer": "SGD", "RMSPropOptimizer": "RMSprop",
    "AdagradOptimizer": "Adagrad", "AdadeltaOptimizer": "Adadelta", "FtrlOptimizer": "Ftrl",
    "MomentumOptimizer": "SGD",
}  # fmt: skip
_RESIZES = {
    "image.resize_bilinear": "bilinear", "image.resize_nearest_neighbor": "nearest", "image.resize_bicubic": "bicubic",
    "image.resize_area": "area",
}  # fmt: skip
_REDUCTIONS = tuple(f"reduce_{name}" for name in ("sum", "mean", "max", "min", "prod", "all", "any", "logsumexp"))


class TensorFlow1Names(Rule):
    """Functions of TensorFlow 1 are in modules today."""

    name = "tensorflow-1-names"
    matches = "`tf.log(x)`, `tf.random_normal(…)`, `tf.image.resize_images(…)`, `tf.to_float(x)`"
    since = "TensorFlow 2.0"
    why = "TensorFlow 2 has this function in a module."
    source = TF_2
    marks = False
    references = tuple(f"tensorflow.{name}" for name in _NAMES)
    calls = tuple(f"tensorflow.{name}" for name in (*_CASTS, *_RESIZES))

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        old = name.removeprefix("tensorflow.")
        root = _root(original)
        if root is None or context.analysis.imports.get(root.value) != "tensorflow":
            return None
        made: cst.BaseExpression = root
        for part in _NAMES[old].split("."):
            made = cst.Attribute(made, cst.Name(part))
        context.change(self, original, f"`tf.{old}` is `tf.{_NAMES[old]}` in TensorFlow 2.")
        return made

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        symbol = name.rpartition(".")[2]
        root = _root(original.func)
        if root is None or context.analysis.imports.get(root.value) != "tensorflow":
            return None
        resize = _RESIZES.get(name.removeprefix("tensorflow."))
        if resize is not None:
            arguments = Arguments(node)
            arguments.remove("align_corners")
            if resize != "bilinear":
                arguments.set("method", cst.SimpleString(repr(resize)))
            context.change(self, original, f"`tf.image.{symbol}` is `tf.image.resize` in TensorFlow 2.")
            return arguments.call(expression("{tf}.image.resize", tf=root))
        value = Arguments(node).get("x", 0)
        if value is None:
            return None
        context.change(self, original, f"`tf.{symbol}` is `tf.cast` in TensorFlow 2.")
        return expression(f"{{tf}}.cast({{x}}, {{tf}}.{_CASTS[symbol]})", tf=root, x=value)


def _root(node: cst.BaseExpression) -> cst.Name | None:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node if isinstance(node, cst.Name) else None


class BackendTensorFlow(Rule):
    """TensorFlow is imported by its own name."""

    name = "backend-tensorflow"
    matches = "`K.tf.where(…)`"
    since = "Keras 3.0"
    why = "The backend module gave TensorFlow away by chance: it is imported by itself."
    source = TF_2
    marks = False
    attributes = ("tf",)

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(original, cst.Attribute) or context.name(original.value) != "keras.backend":
            return None
        context.forget(original)
        context.change(self, original)
        return context.package("tensorflow", "tf")


class TensorFlow1Arguments(Rule):
    """Arguments of TensorFlow's functions are called like NumPy's."""

    name = "tensorflow-1-arguments"
    matches = "`tf.reduce_sum(x, keep_dims=True)`, `reduction_indices=`, `tf.expand_dims(x, dim=0)`"
    since = "TensorFlow 2.0"
    why = "This argument of TensorFlow's function is called like NumPy's since TensorFlow 2."
    source = TF_2
    marks = False
    _RENAMES: ClassVar[dict[str, str]] = {
        "keep_dims": "keepdims", "reduction_indices": "axis", "dimension": "axis", "squeeze_dims": "axis",
        "dim": "axis", "split_dim": "axis",
    }  # fmt: skip
    calls = tuple(
        f"tensorflow.{name}"
        for name in (
            *_REDUCTIONS, *(f"math.{name}" for name in _REDUCTIONS), "argmax", "argmin", "squeeze", "expand_dims",
            "nn.softmax", "nn.log_softmax", "nn.l2_normalize", "math.l2_normalize", "split", "norm", "concat",
        )
    )  # fmt: skip

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        done = [arguments.rename(old, new) for old, new in self._RENAMES.items()]
        args = node.args
        if name == "tensorflow.concat" and len(args) == 2 and whole(args[0].value) is not None:
            # Before TensorFlow 1.0 the axis came first.
            context.change(self, original, "`tf.concat` takes the tensors first, then the axis.")
            return node.with_changes(
                args=[args[0].with_changes(value=args[1].value), args[1].with_changes(value=args[0].value)]
            )
        if not any(done):
            return None
        context.change(self, original)
        return arguments.call()


class TensorFlow1Optimizers(Rule):
    """Keras trains with optimizers of its own."""

    name = "tensorflow-1-optimizers"
    matches = "`compile(optimizer=tf.train.AdamOptimizer(0.001))`"
    since = "TensorFlow 2.0"
    why = "The optimizers of TensorFlow 1 are gone; Keras has them all."
    source = TF_2
    marks = False
    calls = tuple(f"{root}.train.{name}" for name in _OPTIMIZERS for root in ("tensorflow", "tensorflow.compat.v1"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        symbol = name.rpartition(".")[2]
        arguments = Arguments(node)
        arguments.rename("beta1", "beta_1")
        arguments.rename("beta2", "beta_2")
        arguments.rename("decay", "rho")
        arguments.remove("use_locking")
        if symbol == "MomentumOptimizer":
            arguments.rename("use_nesterov", "nesterov")
        context.forget(original.func)
        context.change(self, original)
        return arguments.call(context.refer(f"keras.optimizers.{_OPTIMIZERS[symbol]}"))


class GraphContexts(Rule):
    """What stood in the context of a graph or session stands for itself."""

    name = "graph-contexts"
    matches = (
        "`with graph.as_default():`, `with session.as_default():`, `with tf.Graph().as_default():` around Keras code"
    )
    since = "TensorFlow 2.0 and Keras 3.0"
    why = "There are no graphs and sessions to choose from any more: models are called where they are."
    source = TF_2
    marks = False
    blocks = True

    def block(
        self, body: list[cst.BaseStatement], original: Sequence[cst.CSTNode], context: Context
    ) -> list[cst.BaseStatement] | None:
        before = {id(old): old for old in original}
        made: list[cst.BaseStatement] = []
        changed = False
        for number, node in enumerate(body):
            old = before.get(id(node)) or (original[number] if len(original) == len(body) else None)
            inner = self._unwrapped(node, old, context)
            made += [node] if inner is None else inner
            changed = changed or inner is not None
        return made if changed else None

    def _unwrapped(
        self, node: cst.BaseStatement, old: cst.CSTNode | None, context: Context
    ) -> list[cst.BaseStatement] | None:
        if not isinstance(node, cst.With) or not isinstance(old, cst.With) or node.asynchronous is not None:
            return None
        if not isinstance(node.body, cst.IndentedBlock) or any(line.comment for line in node.body.footer):
            return None
        if not all(self._is_graph(item, context) for item in old.items):
            return None
        for item in old.items:
            context.forget(item.item.func.value if isinstance(item.item, cst.Call) else item.item)  # type: ignore[attr-defined]
        context.change(self, old)
        first, *rest = node.body.body
        kept = first.with_changes(leading_lines=[*node.leading_lines, *first.leading_lines])  # type: ignore[attr-defined]
        return [kept, *rest]

    def _is_graph(self, item: cst.WithItem, context: Context) -> bool:
        call = item.item
        if item.asname is not None or not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
            return False
        if call.func.attr.value != "as_default" or call.args:
            return False
        held = call.func.value
        if context.kind(held) in ("graph", "session"):
            return True
        # A name whose assignment an earlier round took out held one, too.
        return isinstance(held, cst.Name) and context.scope.owner(held.value) is None


RULES: tuple[type[Rule], ...] = (
    BackendTensorFlow,
    GraphContexts, TensorFlow1Arguments, TensorFlow1Optimizers, TensorFlow1Names,
)  # fmt: skip
