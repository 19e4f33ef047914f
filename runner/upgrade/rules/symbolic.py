"""Symbolic tensors: what TensorFlow functions did to them, and losses made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, expression, same, whole
from runner.upgrade.rule import MIGRATING, OPS, Rule
from runner.upgrade.walking import Reader

# TensorFlow function → function of keras.ops, and what its arguments are called there.
_OPS: dict[str, tuple[str, dict[str, str]]] = {
    **{
        f"reduce_{name}": (new, {"input_tensor": "x", "keep_dims": "keepdims", "reduction_indices": "axis"})
        for name, new in (("mean", "mean"), ("sum", "sum"), ("max", "max"), ("min", "min"), ("prod", "prod"),
                          ("all", "all"),
                          ("any", "any"))
    },
    **{
        f"math.reduce_{name}": (new, {"input_tensor": "x"})
        for name, new in (("mean", "mean"), ("sum", "sum"), ("max", "max"), ("min", "min"), ("std", "std"),
                          ("variance", "var"))
    },
    **{
        name: (name.rpartition(".")[2], {})
        for name in ("abs", "exp", "square", "sqrt", "round", "sign", "maximum", "minimum", "add", "subtract",
                     "multiply", "divide", "expand_dims", "squeeze", "stack", "reshape", "cast", "matmul", "ones_like",
                     "zeros_like",
                     "argmax", "argmin", "tanh", "sigmoid", "cos", "sin", "shape", "einsum", "math.log", "math.exp",
                     "math.square", "math.sqrt", "math.abs", "math.add", "math.subtract", "math.multiply",
                     "math.divide",
                     "math.sigmoid", "math.tanh", "math.maximum", "math.minimum", "nn.relu", "nn.sigmoid", "nn.tanh",
                     "nn.softmax", "nn.elu", "nn.selu", "nn.softplus", "nn.leaky_relu", "nn.gelu", "nn.silu",
                     "stop_gradient", "where", "equal", "not_equal", "greater", "less", "math.cumsum", "cumsum",
                     "math.sign",
                     "math.log1p", "image.resize")
    },
    "log": ("log", {}),
    "pow": ("power", {}),
    "math.pow": ("power", {}),
    "tile": ("tile", {"multiples": "repeats", "input": "x"}),
    "concat": ("concatenate", {"values": "xs"}),
    "transpose": ("transpose", {"perm": "axes", "a": "x"}),
    "clip_by_value": ("clip", {"clip_value_min": "x_min", "clip_value_max": "x_max", "t": "x"}),
    "nn.swish": ("silu", {}),
    "reverse": ("flip", {}),
    "identity": ("copy", {}),
    "linalg.matmul": ("matmul", {}),
    "image.resize": ("image.resize", {}),
    "to_float": ("", {}),
}  # fmt: skip
_RENAMED_INPUT = {"input_tensor": "x", "features": "x", "input": "x", "tensor": "x", "logits": "x"}


class TensorFlowOnSymbolic(Rule):
    """A TensorFlow function takes no symbolic tensor of Keras."""

    name = "tensorflow-on-symbolic"
    matches = "`tf.reduce_mean(layer_output, axis=1)`, `tf.concat([a, b], -1)`, `tf.nn.relu(x)` between layers"
    since = "Keras 3.0"
    why = (
        "Between layers there are only symbolic tensors, which TensorFlow's functions refuse in Keras 3; `keras.ops` "
        "takes them on every backend."
    )
    source = OPS
    marks = False
    calls = tuple(f"{root}.{name}" for name in _OPS for root in ("tensorflow", "tensorflow.compat.v1"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not any(self._symbolic(arg.value, context) for arg in original.args):
            return None
        symbol = name.removeprefix("tensorflow.").removeprefix("compat.v1.")
        function, keywords = _OPS[symbol]
        arguments = Arguments(node)
        for old, new in {**_RENAMED_INPUT, **keywords}.items():
            arguments.rename(old, new)
        arguments.remove("name")
        if symbol.endswith("matmul"):
            if any(arguments.has(flag) for flag in ("transpose_a", "transpose_b", "adjoint_a", "adjoint_b")):
                second = arguments.get("b", 1)
                arguments.remove("transpose_b")
                if second is None or len(arguments) > 2:
                    return None
                arguments.replace(
                    second, expression("{f}({x}, -1, -2)", f=context.refer("keras.ops.swapaxes"), x=second)
                )
            arguments.rename("a", "x1")
            arguments.rename("b", "x2")
        if symbol == "concat" and whole(arguments.get("xs", 0)) is not None:
            return None  # TensorFlow before 1.0 took the axis first
        if not function:
            made: cst.BaseExpression = expression(
                "{cast}({x}, 'float32')", cast=context.refer("keras.ops.cast"), x=arguments.positional[0]
            )
        else:
            made = arguments.call(self._function(function, context))
        context.forget(original.func)
        context.change(self, original)
        return made

    @staticmethod
    def _function(function: str, context: Context) -> cst.BaseExpression:
        first, _, rest = function.partition(".")
        made = context.refer(f"keras.ops.{first}")
        return cst.Attribute(made, cst.Name(rest)) if rest else made

    @staticmethod
    def _symbolic(value: cst.BaseExpression, context: Context) -> bool:
        if isinstance(value, cst.List | cst.Tuple):
            return any(TensorFlowOnSymbolic._symbolic(element.value, context) for element in value.elements)
        return context.kind(value) == "tensor"


_ADD_LOSS = '''
class AddedLoss(keras.layers.Layer):
    """Passes its first input on, and adds the mean of its second to the model's loss."""

    def call(self, inputs):
        outputs, loss = inputs
        self.add_loss(keras.ops.mean(loss))
        return outputs

    def compute_output_shape(self, input_shapes):
        return input_shapes[0]
'''


_SHAPE = '''
class ShapeOf(keras.layers.Layer):
    """The shape of a tensor, as a tensor."""

    def call(self, inputs):
        return keras.ops.convert_to_tensor(keras.ops.shape(inputs), dtype="int32")

    def compute_output_spec(self, inputs):
        return keras.KerasTensor((len(inputs.shape),), dtype="int32")
'''


class SymbolicShape(Rule):
    """The shape of a symbolic tensor is not known before the model runs."""

    name = "symbolic-shape"
    matches = "`K.shape(layer.output)` between layers"
    since = "Keras 3.0"
    why = "Between layers a shape holds None where the batch is; a layer tells it when the model runs."
    source = OPS
    marks = False
    calls = ("keras.backend.shape",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if len(original.args) != 1 or context.kind(original.args[0].value) != "tensor":
            return None
        helper = context.helper("ShapeOf", _SHAPE)
        context.forget(original.func)
        context.change(self, original)
        return cst.Call(cst.Call(helper), node.args)


class SymbolicLoss(Rule):
    """A loss made of symbolic tensors belongs into a layer."""

    name = "symbolic-loss"
    matches = "`vae.add_loss(vae_loss)`, `compile(loss=vae_loss)` with a loss that uses the encoder's tensors"
    since = "Keras 3.0"
    why = (
        "A loss that is computed from a model's own tensors has to be part of the model: a layer adds it and passes "
        "the output on."
    )
    source = MIGRATING
    marks = False
    statements = True
    methods = ("compile",)
    _DONE: ClassVar[str] = "AddedLoss"

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if len(node.body) != 1 or not isinstance(node.body[0], cst.Expr):
            return None
        call, before = node.body[0].value, original.body[0]
        if (
            not isinstance(call, cst.Call)
            or not isinstance(call.func, cst.Attribute)
            or not isinstance(before, cst.Expr)
        ):
            return None
        old = before.value
        if not isinstance(old, cst.Call) or not isinstance(old.func, cst.Attribute):
            return None
        model = call.func.value
        if not isinstance(model, cst.Name | cst.Attribute):
            return None
        if call.func.attr.value == "add_loss" and len(call.args) == 1:
            if context.kind(old.func.value) != "model" or context.kind(old.args[0].value) != "tensor":
                return None
            context.change(self, original)
            return [self._rebuilt(node, model, call.args[0].value, context)]
        if call.func.attr.value == "compile":
            return self._compiled(node, call, model, old, original, context)
        return None

    def _compiled(
        self,
        node: cst.SimpleStatementLine,
        call: cst.Call,
        model: cst.Name | cst.Attribute,
        old: cst.Call,
        original: cst.SimpleStatementLine,
        context: Context,
    ) -> list[cst.BaseStatement] | None:
        if not (isinstance(call.func, cst.Attribute) and isinstance(old.func, cst.Attribute)):
            return None
        arguments = Arguments(call)
        loss = arguments.get("loss", 1)
        if not isinstance(loss, cst.Name) or loss.value not in context.analysis.functions:
            return None
        if not _uses_tensors(loss.value, context) or not _trains_on_itself(code(call.func.value), context):
            return None
        value = expression("{loss}({m}.input, {m}.output)", loss=loss, m=model)
        if arguments.index("loss") is not None:
            arguments.remove("loss")
        else:
            arguments.remove_at(1)
        context.change(self, original)
        return [
            self._rebuilt(node, model, value, context),
            node.with_changes(body=[cst.Expr(arguments.call())], leading_lines=[]),
        ]

    def _rebuilt(
        self,
        node: cst.SimpleStatementLine,
        model: cst.Name | cst.Attribute,
        loss: cst.BaseExpression,
        context: Context,
    ) -> cst.SimpleStatementLine:
        helper = context.helper(self._DONE, _ADD_LOSS)
        made = expression(
            "{Model}({m}.input, {AddedLoss}()([{m}.output, {loss}]))",
            Model=context.refer("keras.models.Model"),
            m=model,
            AddedLoss=helper,
            loss=loss,
        )
        return node.with_changes(body=[cst.Assign([cst.AssignTarget(model)], made)])


def _uses_tensors(function: str, context: Context) -> bool:
    """Whether a function reads symbolic tensors from outside of itself."""
    return bool(_tensors_used(context.analysis.functions[function], context))


def _tensors_used(node: cst.FunctionDef, context: Context) -> list[str]:
    """Return the names of symbolic tensors that a function reads from outside of itself."""
    scope = context.analysis.scopes[id(node)]
    inner: set[str] = set()  # what the functions in it call their own
    for each in context.analysis.scopes.values():
        outer = each.parent
        while outer is not None and outer is not scope:
            outer = outer.parent
        if outer is scope:
            inner |= each.bound
    found: list[str] = []

    class Finder(Reader):
        def visit_Attribute(self, attribute: cst.Attribute) -> bool:
            self.read(attribute.value)
            return False

        def visit_Arg(self, arg: cst.Arg) -> bool:
            self.read(arg.value)
            return False

        def visit_Name(self, name: cst.Name) -> None:
            owner = scope.owner(name.value)
            if owner is None or owner is scope or name.value in inner:
                return
            if context.kinds.of(name, scope) == "tensor":
                found.append(name.value)

    Finder().read(node.body)
    return found


def _trains_on_itself(model: str, context: Context) -> bool:
    """Whether a model's targets are its inputs wherever it is fitted."""
    fits: Sequence[cst.Call] = [
        call
        for call, _ in context.analysis.method_calls.get("fit", ())
        if isinstance(call.func, cst.Attribute) and code(call.func.value) == model
    ]
    for call in fits:
        arguments = Arguments(call)
        x, y = arguments.get("x", 0), arguments.get("y", 1)
        if x is None or y is None or not same(x, y):
            return False
    return bool(fits)


class ClosedOverTensors(Rule):
    """A layer gets all symbolic tensors that it computes with as inputs."""

    name = "closed-over-tensors"
    matches = "a layer class whose methods read `z_mean` and `z_log_var` of the model around it"
    since = "Keras 3.0"
    why = "A layer may compute only with tensors that it is called with; others belong to another graph."
    source = "https://keras.io/guides/making_new_layers_and_models_via_subclassing/"
    marks = False
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(original, cst.ClassDef) or context.kinds.of_class(original, context.scope) != "layer":
            return None
        names: dict[str, None] = {}
        for scope in context.analysis.scopes.values():
            if isinstance(scope.node, cst.FunctionDef) and scope.parent is context.scope:
                names.update(dict.fromkeys(_tensors_used(scope.node, context)))
        if names:
            said = ", ".join(f"`{name}`" for name in names)
            message = f"{original.name.value} reads {said} from outside; call it with them among its inputs"
            context.find(self, original, message)
        return None


class ActivationNames(Rule):
    """Activations by their name of today."""

    name = "unknown-activation"
    matches = "`Activation('LeakyReLU')`, `Dense(8, activation='prelu')`"
    since = "Keras 3.0"
    why = "The activation is called 'leaky_relu' today."
    source = "https://keras.io/api/layers/activations/"
    marks = False
    texts = True

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        if value not in ("LeakyReLU", "leakyrelu", "LeakyRelu"):
            return None
        used = context.remember("activations", lambda: _activations(context))
        if id(original) not in used:
            return None
        context.change(self, original)
        return "leaky_relu"


def _activations(context: Context) -> set[int]:
    found: set[int] = set()
    for several in (*context.analysis.calls.values(), *context.analysis.method_calls.values()):
        for call, _ in several:
            for number, arg in enumerate(call.args):
                keyword = arg.keyword.value if arg.keyword is not None else ""
                if keyword == "activation" or (number == 0 and code(call.func).endswith("Activation")):
                    found.add(id(arg.value))
    return found


RULES: tuple[type[Rule], ...] = (TensorFlowOnSymbolic, SymbolicShape, SymbolicLoss, ClosedOverTensors, ActivationNames)
