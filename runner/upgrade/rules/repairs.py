"""Rules that are tried only when a run's error calls for them: they look at what it says, and where."""

from __future__ import annotations

import re

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, elements, expression, tight, truth
from runner.upgrade.rule import MIGRATING, Rule
from runner.upgrade.rules.data import measured, with_float_targets


class Repair(Rule):
    """Base of the rules that look at the calls in the line of the error."""

    marks = False
    source = MIGRATING
    since = "Keras 3.0"
    statements = False

    def here(self, original: cst.Call, context: Context) -> bool:
        """Whether a call is in the line where the run failed."""
        if context.error is None:
            return False
        line = context.error[1]

        def lines() -> dict[int, tuple[int, int]]:
            positions = MetadataWrapper(context.module, unsafe_skip_copy=True).resolve(PositionProvider)
            return {
                id(node): (place.start.line, place.end.line)
                for node, place in positions.items()
                if isinstance(node, cst.Call)
            }

        found = context.remember("lines of calls", lines).get(id(original))
        return found is not None and (line is None or found[0] <= line <= found[1])


class UnknownArgument(Repair):
    """An argument that the called function does not know is left out."""

    name = "unknown-argument"
    matches = "a call whose argument the run refused: `unexpected keyword argument 'x'`"
    why = "Keras 3 refused this argument."
    on_error = r"unexpected keyword argument|Unrecognized keyword arguments|Argument(\(s\)|s) not recognized"
    methods = ("*",)
    calls = ("*",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not self.here(original, context) or context.error is None:
            return None
        message = context.error[0]
        refused = re.findall(r"argument '(\w+)'", message) or re.findall(r"'(\w+)':", message)
        arguments = Arguments(node)
        gone = [keyword for keyword in refused if arguments.remove(keyword) is not None]
        if not gone:
            return None
        for keyword in gone:
            context.find(self, original, f"`{keyword}` was left out, which Keras 3 refused here: see what it did")
        context.change(self, original, f"Keras 3 does not take `{gone[0]}` here; it was left out.")
        return arguments.call()


class ListsAsData(Repair):
    """Data is given as arrays."""

    name = "lists-as-data"
    matches = "`model.fit([[0, 1], [1, 0]], [0, 1])`"
    why = "Keras 3 takes arrays where plain lists of numbers did."
    on_error = r"Unrecognized data type: x=|Cannot take the length of shape|Failed to find data adapter"
    methods = ("fit", "evaluate", "predict", "train_on_batch", "predict_on_batch", "test_on_batch")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not self.here(original, context):
            return None
        arguments = Arguments(node)
        local = next((key for key, target in context.analysis.imports.items() if target == "numpy"), None)
        if local is None:
            local = context.needed.setdefault("numpy", "numpy")
        changed = False
        for keyword, position in (("x", 0), ("y", 1)):
            value = arguments.get(keyword, position)
            if value is not None and not code(value).startswith((f"{local}.array", "None")):
                arguments.replace(value, expression("{np}.array({x})", np=cst.Name(local), x=value))
                changed = True
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()


class NumpySizes(Repair):
    """Sizes are whole numbers of Python."""

    name = "numpy-sizes"
    matches = "`Dense(n)` where `n` is a number of NumPy, or a fraction"
    why = "Keras 3 takes whole numbers of Python only."
    on_error = r"expected a positive integer|cannot be interpreted as an integer|Cannot convert '.*' to a shape"
    calls = ("*",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        full = context.name(original.func) or ""
        if not full.startswith("keras.layers.") or not self.here(original, context):
            return None
        arguments = Arguments(node)
        changed = False
        for keyword in ("units", "filters", "output_dim", "input_dim", "n"):
            value = arguments.get(keyword, 0 if keyword != "input_dim" else None)
            if isinstance(value, cst.Name | cst.Attribute | cst.BinaryOperation | cst.Subscript):
                arguments.replace(value, expression("int({value})", value=value))
                changed = True
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()


class TensorFlowInLambda(Repair):
    """A TensorFlow function between layers goes into a `Lambda` layer."""

    name = "tensorflow-in-lambda"
    matches = "`tf.something(layer_output)` that has no counterpart in `keras.ops`"
    why = "A TensorFlow function takes symbolic tensors only within a `Lambda` layer."
    on_error = r"KerasTensor cannot be used as input to a TensorFlow function"
    calls = ("*",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        full = context.full_name(original.func) or ""
        if not full.startswith("tensorflow.") or not self.here(original, context) or not node.args:
            return None
        if full.startswith("tensorflow.keras"):
            return None
        first = node.args[0]
        if first.keyword is not None or first.star:
            return None
        rest = node.with_changes(args=[first.with_changes(value=cst.Name("tensor")), *node.args[1:]])
        context.change(self, original)
        return expression(
            "{Lambda}(lambda tensor: {body})({x})",
            Lambda=context.refer("keras.layers.Lambda"),
            body=rest,
            x=first.value,
        )


_STATEFUL = '''
class Stateful{layer}(keras.layers.{layer}):
    """A {layer} that begins with a copy of its state: PyTorch refuses to learn through one that is changed in place."""

    def call(self, sequences, initial_state=None, **options):
        if initial_state is None and self.stateful:
            initial_state = [state + 0.0 for state in self.states]
        return super().call(sequences, initial_state=initial_state, **options)
'''


class StatefulCopy(Repair):
    """A layer that keeps its state begins with a copy of it."""

    name = "stateful-copy"
    matches = "`LSTM(32, stateful=True)` that PyTorch trains"
    why = "The layer changes its state in place, through which PyTorch cannot learn; it begins with a copy instead."
    source = "https://keras.io/api/layers/recurrent_layers/rnn/"
    on_error = r"modified by an inplace operation"
    calls = ("keras.layers.LSTM", "keras.layers.GRU", "keras.layers.SimpleRNN")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if truth(Arguments(original).get("stateful")) is False or not Arguments(original).has("stateful"):
            return None
        layer = name.rpartition(".")[2]
        context.forget(original.func)
        context.change(self, original)
        return node.with_changes(func=context.helper(f"Stateful{layer}", _STATEFUL.format(layer=layer)))


class TrainingDefault(Repair):
    """A layer's `call` gives `training` a default."""

    name = "training-default"
    matches = "`def call(self, inputs, training)`"
    why = "Keras 2 passed `training` by itself; Keras 3 leaves it out where nobody says it, so it needs a default."
    source = "https://keras.io/guides/making_new_layers_and_models_via_subclassing/"
    on_error = r"missing (a required|1 required positional) argument: 'training'"
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(node, cst.FunctionDef) or node.name.value != "call" or not node.params.params:
            return None
        *front, last = node.params.params
        if last.name.value != "training" or last.default is not None:
            return None
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        params = [*front, last.with_changes(default=cst.Name("None"), equal=equal)]
        context.change(self, original)
        return node.with_changes(params=node.params.with_changes(params=params))


OPERATORS: dict[type[cst.BaseAugOp], type[cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
}


class InPlace(Repair):
    """A tensor that is still needed is not changed, a new one is made."""

    name = "in-place"
    matches = "`a *= mask` in a layer or loss that PyTorch trains"
    why = "PyTorch changes a tensor in place here, through which it cannot learn; a new tensor gets the same name."
    on_error = r"modified by an inplace operation"
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        small = node.body[0] if len(node.body) == 1 else None
        if not isinstance(small, cst.AugAssign) or not isinstance(small.target, cst.Name):
            return None
        operator = OPERATORS.get(type(small.operator))
        function = context.scope.node
        if operator is None or not isinstance(function, cst.FunctionDef) or "ops." not in code(function):
            return None
        value = small.value
        if isinstance(value, cst.BinaryOperation | cst.IfExp | cst.BooleanOperation | cst.Comparison):
            value = tight(value)
        made = cst.BinaryOperation(small.target, operator(), value)
        context.change(self, original)
        return [node.with_changes(body=[cst.Assign([cst.AssignTarget(small.target)], made)])]


class MetricsForOutputs(Repair):
    """Metrics of a model of which only the run showed that it has several outputs."""

    name = "metrics-for-outputs"
    matches = "`compile(metrics=['accuracy'])` of a model with as many outputs as a loop made"
    why = "One list of metrics was for every output; Keras 3 takes a list for each."
    source = "https://keras.io/api/models/model_training_apis/"
    on_error = r"Invalid `metrics`|as many entries as the model has outputs"
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        metrics = Arguments(original).get("metrics", 2)
        arguments = Arguments(node)
        held = elements(metrics)
        if metrics is None or not held or not isinstance(node.func, cst.Attribute):
            return None
        if any(isinstance(each, cst.List | cst.Tuple | cst.Dict) for each in held) or not self._meant(
            original, context
        ):
            return None
        mine = arguments.get("metrics", 2)
        if mine is None:
            return None
        arguments.replace(mine, expression("[{m}] * len({model}.outputs)", m=mine, model=node.func.value))
        context.change(self, original)
        return arguments.call()

    @staticmethod
    def _meant(compiled: cst.Call, context: Context) -> bool:
        """Whether the line of the error trains the model that is compiled here, or there is one model only."""
        every = context.analysis.method_calls.get("compile", ())
        if len(every) == 1 or context.error is None or context.error[1] is None:
            return True
        lines = context.code.splitlines()
        line = lines[context.error[1] - 1] if context.error[1] <= len(lines) else ""
        model = code(compiled.func.value) if isinstance(compiled.func, cst.Attribute) else ""
        return re.search(rf"(?<![\w.]){re.escape(model)}\.\w+\(", line) is not None


class FloatTargets(Repair):
    """True values of whole numbers in a metric of one's own are made numbers of the predictions' type."""

    name = "float-targets"
    matches = "`y_true * y_pred` in a function of the program, where `y_true` holds whole numbers"
    why = "Keras 2 gave metrics their true values in the predictions' type; Keras 3 gives them as they are."
    source = "https://keras.io/api/metrics/"
    on_error = (
        r"has type \w+ that does not match type|cannot compute \w+ as input #\d|[Tt]ensor conversion requested dtype"
    )
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        made = with_float_targets(node, context) if original.name.value in measured(context) else None
        if made is not None:
            context.change(self, original)
        return made


RULES: tuple[type[Rule], ...] = (
    MetricsForOutputs,
    FloatTargets,
    TrainingDefault,
    InPlace,
    UnknownArgument,
    ListsAsData,
    NumpySizes,
    TensorFlowInLambda,
    StatefulCopy,
)
