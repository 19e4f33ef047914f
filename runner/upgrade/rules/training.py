"""Compiling and training: arguments that were renamed or went, generators, and methods that are gone."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.analysis import dotted
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import elements, expression, string, text_of, truth, whole
from runner.upgrade.rule import Rule
from runner.upgrade.rules.layer_arguments import RenamedArguments

TRAINING = "https://keras.io/api/models/model_training_apis/"
_FITS = ("fit", "fit_generator", "train_on_batch", "evaluate", "evaluate_generator", "predict", "predict_generator")


class Epochs(RenamedArguments):
    """The number of epochs is `epochs`."""

    name = "epochs"
    matches = "`fit(x, y, nb_epoch=10)`"
    methods = ("fit", "fit_generator")
    calls = tuple(f"keras.wrappers.{name}" for name in ("KerasClassifier", "KerasRegressor"))
    renames: ClassVar[dict[str, str]] = {"nb_epoch": "epochs"}


class ModelInputs(RenamedArguments):
    """A functional model takes `inputs` and `outputs`."""

    name = "model-inputs"
    matches = "`Model(input=a, output=b)`"
    calls = ("keras.models.Model", "keras.Model")
    renames: ClassVar[dict[str, str]] = {"input": "inputs", "output": "outputs"}


class ShowAccuracy(Rule):
    """Accuracy is a metric that is asked for in `compile`."""

    name = "show-accuracy"
    matches = "`fit(…, show_accuracy=True)`"
    since = "Keras 1.0"
    why = "`show_accuracy` is gone since Keras 1.0: `compile(metrics=['accuracy'])` asks for it."
    source = TRAINING
    methods = (*_FITS, "compile", "test_on_batch")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if name == "compile":
            wanted = context.remember("shows accuracy", lambda: _passes(context, "show_accuracy"))
            if not wanted or arguments.has("metrics") or not arguments.has("loss"):
                return None
            metrics = cst.List([cst.Element(string("accuracy", arguments.get("loss")))])
            arguments.set("metrics", metrics)
        elif arguments.remove("show_accuracy") is None:
            return None
        context.change(self, original)
        return arguments.call()


def _passes(context: Context, keyword: str) -> bool:
    """Whether any method is called with this argument as True."""
    return any(
        arg.keyword is not None and arg.keyword.value == keyword and truth(arg.value) is not False
        for calls in context.analysis.method_calls.values()
        for call, _ in calls
        for arg in call.args
    )


class DroppedTrainingArguments(Rule):
    """Arguments of `fit` and `compile` that are gone."""

    name = "dropped-training-arguments"
    matches = "`workers=`, `use_multiprocessing=`, `max_q_size=`, `nb_worker=`, `class_mode=`, `sample_weight_mode=`"
    since = "Keras 3.0 (some: Keras 1.0 and 2.0)"
    why = (
        "This argument is gone; how data is fetched is said by the data set itself, for a `keras.utils.PyDataset` in "
        "its constructor."
    )
    source = TRAINING
    methods = (*_FITS, "compile", "test_on_batch", "predict_on_batch")
    _GONE = ("workers", "use_multiprocessing", "max_queue_size", "max_q_size", "nb_worker", "pickle_safe", "wait_time")
    _COMPILE = ("class_mode", "sample_weight_mode", "theano_mode", "target_tensors", "experimental_run_tf_function")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        receiver = original.func.value if isinstance(original.func, cst.Attribute) else None
        if receiver is not None and (context.full_name(receiver) or "").partition(".")[0] == "sklearn":
            return None
        gone = [
            key for key in (self._COMPILE if name == "compile" else self._GONE) if arguments.remove(key) is not None
        ]
        if name in ("train_on_batch", "test_on_batch", "predict_on_batch") and arguments.remove("reset_metrics"):
            gone.append("reset_metrics")
        if name == "fit" and text_of(arguments.get("class_weight")) == "auto":
            arguments.remove("class_weight")
            gone.append("class_weight='auto'")
        if not gone:
            return None
        context.change(
            self, original, f"`{gone[0]}` is gone. {self.why}" if name != "compile" else f"`{gone[0]}` is gone."
        )
        return arguments.call()


class MetricsList(Rule):
    """`metrics` is a list."""

    name = "metrics-list"
    matches = "`compile(metrics='accuracy')`"
    since = "Keras 3.0"
    why = "`metrics` has to be a list, also with one metric."
    source = TRAINING
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        value = arguments.get("metrics")
        if value is None or text_of(value) is None:
            return None
        arguments.replace(value, cst.List([cst.Element(value)]))
        context.change(self, original)
        return arguments.call()


class CompilePositions(Rule):
    """The third argument of `compile` is `loss_weights`; it was `metrics`."""

    name = "compile-positions"
    matches = "`model.compile('adam', 'mse', ['accuracy'])`"
    since = "Keras 3.0"
    why = "After the optimizer and the loss come the weights of losses in Keras 3; metrics are given by name."
    source = TRAINING
    silent = True
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        positional = arguments.positional
        held = elements(positional[2]) if len(positional) > 2 else None
        if not held or arguments.has("metrics") or all(_is_number(each) for each in held):
            return None
        if len(positional) > 3:
            arguments.name_position(3, "loss_weights")
        arguments.name_position(2, "metrics")
        context.change(self, original)
        return arguments.call()


class LossNames(Rule):
    """Losses and metrics whose short or old name no longer counts."""

    name = "loss-names"
    matches = "`loss='kullback_leibler_divergence'`, `'cosine_proximity'`, `'logcosh'`, `metrics=['fmeasure']`"
    since = "Keras 2.0 and 3.0"
    why = "This loss goes by another name today."
    source = "https://keras.io/api/losses/"
    marks = False
    methods = ("compile",)
    calls = tuple(f"keras.{module}.get" for module in ("losses", "metrics"))
    _NAMES: ClassVar[dict[str, str]] = {
        "kullback_leibler_divergence": "kl_divergence",
        "cosine_proximity": "cosine_similarity",
        "cosine": "cosine_similarity",
        "logcosh": "log_cosh",
        "mean_absolute_deviation": "mean_absolute_error",
    }
    _GONE = ("fmeasure", "fbeta_score", "matthews_correlation")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        positions = ("loss", 1), ("metrics", 2), ("identifier", 0)
        changed = False
        for keyword, position in positions if name != "compile" else positions[:2]:
            value = arguments.get(keyword, position)
            made = self._renamed(value, original, context) if value is not None else None
            if value is not None and made is not None:
                arguments.replace(value, made)
                changed = True
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()

    def _renamed(self, value: cst.BaseExpression, original: cst.Call, context: Context) -> cst.BaseExpression | None:
        said = text_of(value)
        if said is not None:
            if said in self._GONE:
                closest = "keras.metrics.F1Score" if "f" in said[:2] else "a metric of your own"
                context.find(self, original, f"the metric '{said}' was removed in Keras 2.0; closest today: {closest}")
            return string(self._NAMES[said], value) if said in self._NAMES else None
        if isinstance(value, cst.List | cst.Tuple):
            made = [self._renamed(element.value, original, context) for element in value.elements]
            if any(made):
                return value.with_changes(
                    elements=[
                        element.with_changes(value=new or element.value)
                        for element, new in zip(value.elements, made, strict=True)
                    ]
                )
        if isinstance(value, cst.Dict):
            changed, kept = False, []
            for pair in value.elements:
                new = self._renamed(pair.value, original, context)
                changed = changed or new is not None
                kept.append(pair.with_changes(value=new or pair.value))
            return value.with_changes(elements=kept) if changed else None
        return None


class Generators(Rule):
    """`fit`, `evaluate` and `predict` take generators themselves."""

    name = "generators"
    matches = "`fit_generator(…)`, `evaluate_generator(…)`, `predict_generator(…)`"
    since = "Keras 3.0"
    why = "`fit`, `evaluate` and `predict` take generators; the methods of their own are gone."
    source = TRAINING
    methods = ("fit_generator", "evaluate_generator", "predict_generator")
    _POSITIONS: ClassVar[dict[str, tuple[str, ...]]] = {
        "fit_generator": (
            "x",
            "steps_per_epoch",
            "epochs",
            "verbose",
            "callbacks",
            "validation_data",
            "validation_steps",
        ),
        "evaluate_generator": ("x", "steps"),
        "predict_generator": ("x", "steps"),
    }

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(node.func, cst.Attribute):
            return None
        arguments = Arguments(node)
        names = self._POSITIONS[name]
        for position in range(min(len(arguments.positional), len(names)) - 1, 0, -1):
            arguments.name_position(position, names[position])
        arguments.rename("generator", "x")
        source = arguments.get("x", 0)
        self._steps(arguments, source, original, context)
        context.change(self, original)
        method = name.partition("_")[0]
        return arguments.call(node.func.with_changes(attr=cst.Name(method)))

    def _steps(
        self, arguments: Arguments, source: cst.BaseExpression | None, original: cst.Call, context: Context
    ) -> None:
        """Turn numbers of samples, as Keras 1 counted, into numbers of batches."""
        for old, new, data in (
            ("samples_per_epoch", "steps_per_epoch", source),
            ("nb_val_samples", "validation_steps", arguments.get("validation_data")),
            ("val_samples", "steps", source),
        ):
            count = arguments.get(old)
            if count is None:
                continue
            if (data is not None and elements(data) is not None) or not arguments.rename(old, new):
                arguments.remove(old)
                continue  # validation data that is no generator needs no number
            batch = _batch_size(data, context)
            if batch is None:
                batch = cst.Integer("32")
                message = f"{old} counted samples, {new} counts batches: put the size of your batches for 32"
                context.find(self, original, message)
            if whole(count) is not None and whole(batch) and not isinstance(count, cst.Name):
                steps = max(1, -(-(whole(count) or 1) // (whole(batch) or 1)))
                arguments.set(new, cst.Integer(str(steps)))
            else:
                count = count if not isinstance(count, cst.BinaryOperation) else _bracketed(count)
                arguments.set(new, expression("max(1, {count} // {batch})", count=count, batch=batch))


def _bracketed(node: cst.BaseExpression) -> cst.BaseExpression:
    return node if node.lpar else node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _batch_size(source: cst.BaseExpression | None, context: Context, depth: int = 0) -> cst.BaseExpression | None:
    """Return how many samples a batch of a generator has, as far as the program says."""
    if isinstance(source, cst.Name) and depth < 4:
        owner = context.scope.owner(source.value)
        for value, _ in owner.assigned.get(source.value, ()) if owner is not None else ():
            found = _batch_size(value, context, depth + 1)
            if found is not None:
                return found
    if isinstance(source, cst.Call):
        arguments = Arguments(source)
        given = arguments.get("batch_size")
        if given is not None:
            return given
        method = source.func.attr.value if isinstance(source.func, cst.Attribute) else ""
        if method == "flow":
            return arguments.get("batch_size", 2) or cst.Integer("32")
        if method in ("flow_from_directory", "flow_from_dataframe"):
            return cst.Integer("32")
        function = context.analysis.functions.get(dotted(source.func) or "")
        if function is not None:
            for number, parameter in enumerate(function.params.params):
                if "batch" in parameter.name.value:
                    positional = arguments.positional
                    return positional[number] if number < len(positional) else parameter.default
    for name in ("batch_size", "BATCH_SIZE", "batchsize", "bs", "nb_batch"):
        if context.analysis.module_scope.owner(name) is not None or context.scope.owner(name) is not None:
            return cst.Name(name)
    return None


class ListsOfNumbers(Rule):
    """Data is given as arrays."""

    name = "lists-of-numbers"
    matches = "`model.fit([1, 2, 3], [2, 4, 6])`, `xs = [1.0, 2.0]` and `model.fit(xs, ys)`"
    since = "Keras 3.0"
    why = "Keras 3 takes arrays where plain lists of numbers did."
    source = TRAINING
    marks = False
    methods = ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        receiver = original.func.value if isinstance(original.func, cst.Attribute) else None
        if receiver is None or context.kind(receiver) != "model":
            return None
        arguments, given = Arguments(node), Arguments(original)
        changed = False
        for keyword, position in (("x", 0), ("y", 1)):
            if keyword == "y" and name.startswith("predict"):
                continue
            value, old = arguments.get(keyword, position), given.get(keyword, position)
            if value is not None and old is not None and _is_list_of_numbers(old, context):
                arguments.replace(value, expression("{array}({value})", array=context.numpy("array"), value=value))
                changed = True
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()


def _is_list_of_numbers(node: cst.BaseExpression, context: Context, depth: int = 0) -> bool:
    """Whether an expression, or what a name was assigned once, is a list of numbers, or of such lists."""
    if isinstance(node, cst.Name) and depth == 0:
        owner = context.scope.owner(node.value)
        values = owner.assigned.get(node.value, []) if owner is not None else []
        return len(values) == 1 and values[0][1] is None and _is_list_of_numbers(values[0][0], context, 1)
    if isinstance(node, cst.List) and node.elements:
        held = elements(node)
        return held is not None and all(_is_number(each) or _is_list_of_numbers(each, context, 2) for each in held)
    if isinstance(node, cst.BinaryOperation) and depth < 8:
        # `[1] * n + [0] * n`
        sides = [_is_list_of_numbers(side, context, max(depth, 1) + 1) for side in (node.left, node.right)]
        return (
            all(sides) if isinstance(node.operator, cst.Add) else isinstance(node.operator, cst.Multiply) and any(sides)
        )
    return False


def _is_number(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        node = node.expression
    return isinstance(node, cst.Integer | cst.Float)


RULES: tuple[type[Rule], ...] = (
    Epochs, ModelInputs, ShowAccuracy, DroppedTrainingArguments, CompilePositions, MetricsList, LossNames, Generators,
    ListsOfNumbers,
)  # fmt: skip
