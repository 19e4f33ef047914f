"""What belonged to graphs and sessions: learning phase, `K.function`, gradients, GPU settings."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from runner.upgrade.analysis import Scope, dotted
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, elements, expression
from runner.upgrade.rule import MIGRATING, Rule
from runner.upgrade.walking import Reader

_V1 = ("tensorflow", "tensorflow.compat.v1")


def _v1(names: str) -> tuple[str, ...]:
    return tuple(f"{root}.{name}" for root in _V1 for name in names.split())


class LearningPhase(Rule):
    """Whether a model trains is the argument `training`."""

    name = "learning-phase"
    matches = "`K.in_train_phase(a, b)`, `K.learning_phase()`, `K.set_learning_phase(0)`"
    since = "Keras 3.0"
    why = "There is no learning phase any more: a layer's `call` is told by its argument `training`."
    source = "https://keras.io/guides/making_new_layers_and_models_via_subclassing/"
    calls = tuple(f"keras.backend.{name}" for name in ("in_train_phase", "in_test_phase", "learning_phase"))
    statements = True
    definitions = True

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        symbol = name.rpartition(".")[2]
        training = context.scope.owner("training") is not None or self._told(context)
        if symbol == "learning_phase":
            if not training:
                if id(original) in context.remember("phases", lambda: _phases_of_functions(context)):
                    return None
                context.find(self, original, "K.learning_phase() was removed; give call() an argument `training`")
                return None
            context.forget(original.func)
            context.change(self, original)
            return cst.Name("training")
        one, other = arguments.get("x", 0), arguments.get("alt", 1)
        flag = arguments.get("training", 2) or (cst.Name("training") if training else None)
        if one is None or other is None:
            return None
        if flag is None:
            context.find(self, original, f"K.{symbol} was removed; give call() an argument `training` and choose by it")
            return None
        if symbol == "in_test_phase":
            one, other = other, one
        context.forget(original.func)
        context.change(self, original)
        return expression("({a} if {flag} else {b})", a=_called(one, context), b=_called(other, context), flag=flag)

    @staticmethod
    def _told(context: Context) -> bool:
        """Whether we are in the `call` of a layer, which then gets the argument `training`."""
        scope: Scope | None = context.scope
        while scope is not None and scope.parent is not None:
            node, outer = scope.node, scope.parent.node
            if isinstance(node, cst.FunctionDef) and node.name.value == "call" and isinstance(outer, cst.ClassDef):
                if context.kinds.of_class(outer, scope.parent) is None:
                    return False
                context.remember("told of training", set).add(id(node))
                return True
            scope = scope.parent
        return False

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(node, cst.FunctionDef) or id(original) not in context.remember("told of training", set):
            return None
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        training = cst.Param(cst.Name("training"), default=cst.Name("None"), equal=equal)
        return node.with_changes(params=node.params.with_changes(params=[*node.params.params, training]))

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        call = _only_call(original)
        if call is None or context.name(call.func) not in (
            "keras.backend.set_learning_phase", "keras.backend.manual_variable_initialization",
        ):  # fmt: skip
            return None
        context.forget(call.func)
        context.change(self, original)
        return []


def _called(value: cst.BaseExpression, context: Context) -> cst.BaseExpression:
    """Return the value; a function without arguments is called."""
    if isinstance(value, cst.Name) and value.value in context.analysis.functions:
        function = context.analysis.functions[value.value]
        if not function.params.params:
            return cst.Call(value)
    if isinstance(value, cst.Lambda) and not value.params.params:
        return value.body
    return value


def _phases_of_functions(context: Context) -> set[int]:
    """Return the calls that are inputs of `K.function`, which takes them out itself."""
    found: set[int] = set()
    analysis = context.analysis
    for call, _ in (*analysis.method_calls.get("function", ()), *analysis.calls.get("function", ())):
        given = Arguments(call).get("inputs", 0)
        while isinstance(given, cst.BinaryOperation):  # `[x] + [K.learning_phase()]`
            found.update(id(each) for each in elements(given.right) or ())
            given = given.left
        found.update(id(each) for each in elements(given) or ())
    return found


def _only_call(node: cst.SimpleStatementLine) -> cst.Call | None:
    if len(node.body) != 1 or not isinstance(node.body[0], cst.Expr):
        return None
    value = node.body[0].value
    return value if isinstance(value, cst.Call) else None


class Sessions(Rule):
    """There are no sessions; how much GPU memory is taken is said to TensorFlow itself."""

    name = "sessions"
    matches = "`K.set_session(tf.Session(config=config))`, `K.get_session()`, `tf.ConfigProto()`"
    since = "TensorFlow 2.0 and Keras 3.0"
    why = "TensorFlow 2 has no sessions, and takes GPU memory as it needs it when told so by `set_memory_growth`."
    source = "https://www.tensorflow.org/guide/gpu#limiting_gpu_memory_growth"
    marks = False
    statements = True
    removed: ClassVar[frozenset[str]] = frozenset(
        (
            "keras.backend.set_session",
            *_v1("disable_eager_execution disable_v2_behavior global_variables_initializer reset_default_graph"),
            *_v1("set_random_seed logging.set_verbosity enable_eager_execution enable_v2_behavior"),
        )
    )
    made: ClassVar[frozenset[str]] = frozenset(
        (*_v1("Session InteractiveSession ConfigProto GPUOptions get_default_graph"), "keras.backend.get_session")
    )

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if len(original.body) != 1:
            return None
        small = original.body[0]
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            return self._called(node, small.value, original, context)
        if isinstance(small, cst.Assign) and len(small.targets) == 1:
            return self._assigned(small, original, context)
        return None

    def _called(
        self, node: cst.SimpleStatementLine, call: cst.Call, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        name = context.name(call.func) or context.full_name(call.func) or ""
        if name in _v1("set_random_seed"):
            context.forget(call.func)
            context.change(self, original, "Keras seeds every generator with `keras.utils.set_random_seed`.")
            made = call.with_changes(func=context.refer("keras.utils.set_random_seed"))
            return [node.with_changes(body=[cst.Expr(made)])]
        session = isinstance(call.func, cst.Attribute) and call.func.attr.value in ("run", "close", "as_default")
        if session and isinstance(call.func, cst.Attribute) and context.kind(call.func.value) == "session":
            text = code(call)
            if "initializer" not in text and call.func.attr.value == "run":
                return None
        elif name not in self.removed:
            return None
        context.forget(call.func)
        for chain in _chains(call):
            context.forget(chain)
        context.change(self, original)
        return []

    def _assigned(
        self, small: cst.Assign, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        target = small.targets[0].target
        if isinstance(target, cst.Attribute):
            root: cst.BaseExpression = target
            while isinstance(root, cst.Attribute):
                root = root.value
            if context.kind(root) != "config":
                return None
        else:
            if not isinstance(small.value, cst.Call):
                return None
            name = context.name(small.value.func) or context.full_name(small.value.func)
            if name not in self.made or not isinstance(target, cst.Name):
                return None
            if not _only_for_sessions(target.value, context):
                context.find(
                    self,
                    original,
                    "sessions and graphs were removed in TensorFlow 2; call models and functions directly",
                )
                return None
        for chain in _chains(small.value):
            context.forget(chain)
        context.change(self, original)
        return []


def _chains(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """Return the chains of names within a node."""
    found: list[cst.BaseExpression] = []

    class Finder(Reader):
        def visit_Attribute(self, inner: cst.Attribute) -> bool:
            if dotted(inner) is not None:
                found.append(inner)
                return False
            return True

        def visit_Name(self, inner: cst.Name) -> None:
            found.append(inner)

    Finder().read(node)
    return found


def _only_for_sessions(name: str, context: Context) -> bool:
    """Whether every line that mentions a name is one that goes."""

    def lines() -> list[str]:
        return [line.split("#")[0].strip() for line in context.code.splitlines()]

    marks = ("Session(", "set_session(", "ConfigProto(", f"{name}.gpu_options", f"{name}.allow_soft", "initializer(",
             f"{name}.close(", "get_session(", "GPUOptions(", f"{name}.intra_op", f"{name}.inter_op",
             f"{name}.log_device", "get_default_graph(", "initializers(",
             f"with {name}.as_default()", "global ")  # fmt: skip
    used = [line for line in context.remember("lines", lines) if name in line.replace(".", " ").replace("(", " ")
            .replace(")", " ").replace(",", " ").replace("=", " ").split()]  # fmt: skip
    return all(any(mark in line for mark in marks) for line in used)


class BackendFunction(Rule):
    """`K.function` is a model from tensors to tensors."""

    name = "backend-function"
    matches = "`K.function([model.input], [layer.output])`"
    since = "Keras 3.0"
    why = "`K.function` is gone; a `keras.Model` between the same tensors gives the same values."
    source = "https://keras.io/guides/functional_api/"
    calls = ("keras.backend.function",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        inputs, outputs = arguments.get("inputs", 0), arguments.get("outputs", 1)
        given = Arguments(original)
        source, wanted = given.get("inputs", 0), given.get("outputs", 1)
        if inputs is None or outputs is None or source is None or wanted is None:
            return None
        while isinstance(inputs, cst.BinaryOperation) and _only_phase(inputs.right):
            inputs = inputs.left
        held = elements(inputs)
        if len(arguments) > 2:
            context.find(
                self,
                original,
                "K.function with updates was removed; closest today: a function with tf.GradientTape",
            )
            return None
        if held is not None:
            kept = [each for each in held if "learning_phase" not in code(each)]
            if len(kept) < len(held):
                inputs = cst.List([cst.Element(each) for each in kept])
        helper = context.helper("backend_function", _FUNCTION)
        context.forget(original.func)
        context.change(self, original)
        return cst.Call(helper, [cst.Arg(inputs), cst.Arg(outputs)])


def _only_phase(node: cst.BaseExpression) -> bool:
    """Whether a list holds the learning phase and nothing else."""
    held = elements(node)
    return held is not None and len(held) == 1 and "learning_phase" in code(held[0])


_FUNCTION = '''
def backend_function(inputs, outputs):
    """Return a function from a list of arrays to the list of values of `outputs`, as the backend's did."""
    model = keras.Model(inputs, outputs)

    def values(arrays):
        arrays = list(arrays)
        training = len(arrays) > len(model.inputs) and bool(arrays.pop())  # the learning phase came last
        result = model(arrays if len(arrays) > 1 else arrays[0], training=training)
        result = result if isinstance(result, (list, tuple)) else [result]
        return [keras.ops.convert_to_numpy(value) for value in result]

    return values
'''


class Gradients(Rule):
    """Gradients with respect to a model's input are computed by a layer."""

    name = "gradients"
    matches = "`K.gradients(loss, model.input)`, `tf.gradients(…)`"
    since = "Keras 3.0"
    why = "Gradients of a graph are gone; a layer takes them with what the backend has, as `tf.GradientTape`."
    source = MIGRATING
    calls = ("keras.backend.gradients", *_v1("gradients"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        given = Arguments(original)
        wanted = given.get("variables", 1) or given.get("xs", 1)
        if wanted is None or context.kind(wanted) != "tensor" or len(node.args) != 2:
            function = context.scope.node
            penalty = isinstance(function, cst.FunctionDef) and (
                "y_true" in context.scope.parameters or re.search("penalty|loss", function.name.value) is not None
            )
            context.find(self, original, _IN_LOSS if penalty else _NO_GRADIENTS)
            return None
        helper = context.helper("backend_gradients", _GRADIENTS)
        context.forget(original.func)
        context.change(self, original)
        return node.with_changes(func=helper)


_NO_GRADIENTS = "K.gradients was removed; closest today: with tf.GradientTape() as tape: … tape.gradient(loss, x)"
_IN_LOSS = (
    "K.gradients was removed, and a loss is not told the inputs any more; closest today: a train_step of a keras.Model "
    "that calls the model on them and takes tape.gradient(output, inputs) within tf.GradientTape"
)

_GRADIENTS = '''
class InputGradient(keras.layers.Layer):
    """The gradient of a function of one tensor, at that tensor."""

    def __init__(self, function, **options):
        super().__init__(**options)
        self.function = function

    def call(self, inputs):
        backend = keras.backend.backend()
        if backend == "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                tape.watch(inputs)
                value = self.function(inputs)
            return tape.gradient(value, inputs)
        if backend == "jax":
            import jax

            return jax.grad(lambda x: keras.ops.sum(self.function(x)))(inputs)
        import torch

        with torch.enable_grad():
            inputs = inputs.detach().requires_grad_(True)
            return torch.autograd.grad(keras.ops.sum(self.function(inputs)), inputs)[0]

    def compute_output_shape(self, input_shape):
        return input_shape


def part_of(loss, tensor):
    """Return the output of a tensor's layer that a loss is made of: a Sequential calls its layers several times."""
    layer, waiting, seen = tensor._keras_history.operation, [loss], set()
    while waiting:
        each = waiting.pop()
        made = each._keras_history
        if made.operation is layer:
            return each
        if id(each) not in seen:
            seen.add(id(each))
            waiting += made.operation._inbound_nodes[made.node_index].input_tensors
    return tensor


def backend_gradients(loss, tensors):
    """Return the gradients of a symbolic loss for one or several inputs, as the backend's function did."""
    several = tensors if isinstance(tensors, (list, tuple)) else [tensors]
    several = [part_of(loss, tensor) for tensor in several]
    return [InputGradient(keras.Model(tensor, loss))(tensor) for tensor in several]
'''

RULES: tuple[type[Rule], ...] = (LearningPhase, Sessions, BackendFunction, Gradients)
