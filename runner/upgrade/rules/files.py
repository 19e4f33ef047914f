"""Files of models and weights: endings, formats, loaders."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from runner.upgrade.analysis import Scope
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import expression, string, text_of, truth
from runner.upgrade.rule import Rule

SAVING = "https://keras.io/guides/serialization_and_saving/"
_ENDING = re.compile(r"(\.weights)?(\.(h5|hdf5|hdf|h5py|keras|tf|ckpt|model|weights|pb|net))?$")

# A loss or metric by its short name, which Keras 3 does not find when it loads an .h5 model.
_SHORT = re.compile(r"['\"](?:mse|mae|mape|msle|MSE|MAE|MAPE|MSLE)['\"]")


def weights_name(name: str) -> str:
    """Return the file name that `save_weights` takes."""
    return name if name.endswith(".weights.h5") else _ENDING.sub("", name) + ".weights.h5"


def model_name(name: str) -> str:
    """Return the file name that `save` and `ModelCheckpoint` take."""
    return name if name.endswith(".keras") else _ENDING.sub("", name.rstrip("/")) + ".keras"


class FileNames(Rule):
    """Weights are kept in `.weights.h5` files, models in `.keras` files."""

    name = "file-names"
    matches = "`save_weights('w.h5')`, `ModelCheckpoint('best.hdf5')`, `model.save('folder')`, `model.save('model.h5')`"
    since = "Keras 3.0"
    why = (
        "Keras 3 tells the format by the ending: `.weights.h5` for weights, `.keras` for a model. A `.h5` model saved "
        "with a loss by name cannot be loaded again."
    )
    source = SAVING
    marks = False
    methods = ("save_weights", "save", "load_weights")
    calls = (
        "keras.callbacks.ModelCheckpoint", "keras.models.save_model", "keras.models.load_model",
        "keras.saving.save_model", "keras.saving.load_model",
    )  # fmt: skip
    texts = True
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        """A SavedModel and a checkpoint made their folders themselves; a file does not."""
        small = original.body[0] if len(original.body) == 1 else None
        call = small.value if isinstance(small, cst.Expr) else None
        if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or not call.args:
            return None
        said = text_of(context.constant(call.args[0].value))
        if call.func.attr.value not in ("save", "save_weights") or said is None or said not in self._renamed(context):
            return None
        folder = said.rstrip("/").rpartition("/")[0]
        if folder in ("", ".", "..", "/tmp") or "." in said.rpartition("/")[2]:  # noqa: S108
            return None
        made = expression("os.makedirs({folder}, exist_ok=True)", folder=string(folder, call.args[0].value))
        if context.analysis.imports.get("os") != "os":
            context.needed["os"] = "os"
        return [cst.SimpleStatementLine([cst.Expr(made)]), node]

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        changed = False
        value = arguments.get("filepath", self._position(name))
        if isinstance(value, cst.FormattedString | cst.BinaryOperation | cst.Call):
            made = self._tail(value, name, arguments)
            if made is not None:
                arguments.replace(value, made)
                changed = True
        if name in ("save", "keras.models.save_model") and arguments.has("save_format"):
            arguments.remove("save_format")
            changed = True
        if name in ("save", "save_weights") and arguments.has("include_optimizer") and name == "save_weights":
            arguments.remove("include_optimizer")
            changed = True
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        new = self._renamed(context).get(value)
        if new is None or new == value:
            return None
        context.change(self, original, f"`{value}` is `{new}`: {self.why}" if "{" not in value else self.why)
        return new

    @staticmethod
    def _position(name: str) -> int:
        return 1 if name.endswith("save_model") else 0

    def _tail(self, value: cst.BaseExpression, name: str, arguments: Arguments) -> cst.BaseExpression | None:
        """Correct the ending of a name that is put together."""
        weights = name == "save_weights" or truth(arguments.get("save_weights_only")) is True
        if name in ("load_weights", "keras.models.load_model", "keras.saving.load_model", "save"):
            return None
        fix = weights_name if weights else model_name
        if isinstance(value, cst.FormattedString) and value.parts:
            last = value.parts[-1]
            if isinstance(last, cst.FormattedStringText):
                new = fix(last.value)
                if new != last.value:
                    return value.with_changes(parts=[*value.parts[:-1], last.with_changes(value=new)])
        if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
            said = text_of(value.right)
            if said is not None and fix(said) != said:
                return value.with_changes(right=string(fix(said), value.right))
        if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Modulo):
            said = text_of(value.left)
            if said is not None and fix(said) != said:
                return value.with_changes(left=string(fix(said), value.left))
        if isinstance(value, cst.Call):
            inner = Arguments(value)
            target: cst.BaseExpression | None = None
            if isinstance(value.func, cst.Attribute) and value.func.attr.value == "format":
                said = text_of(value.func.value)
                if said is not None and fix(said) != said:
                    func = value.func.with_changes(value=string(fix(said), value.func.value))
                    return value.with_changes(func=func)
                return None
            if inner.positional and isinstance(value.func, cst.Attribute) and value.func.attr.value == "join":
                target = inner.positional[-1]
            said = text_of(target)
            if target is not None and said is not None and fix(said) != said:
                inner.replace(target, string(fix(said), target))
                return inner.call()
        return None

    def _renamed(self, context: Context) -> dict[str, str]:
        """Return what the names of files that the program writes have to become, wherever they are mentioned."""

        def collect() -> dict[str, str]:
            found: dict[str, str] = {}
            analysis = context.analysis
            for method, fix in (("save_weights", weights_name), ("save", self._saved)):
                for call, scope in analysis.method_calls.get(method, ()):
                    receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
                    if receiver is not None and not context.provenance.may_be_keras(receiver, scope):
                        continue
                    known = context.kinds.of(receiver, scope) if receiver is not None else None
                    is_model = known == "model" or (known is None and _model_like(receiver))
                    if method == "save" and not is_model:
                        continue
                    self._note(found, Arguments(call).get("filepath", 0), fix, context, scope)
            loads = (*analysis.calls.get("load_model", ()), *analysis.method_calls.get("load_model", ()))
            if all(truth(Arguments(call).get("compile")) is False for call, _ in loads):
                # A model in .h5 that nobody here loads to train on may stay one.
                found = {old: new for old, new in found.items() if not (old.endswith(".h5") and new.endswith(".keras"))}
            for name, calls in (*analysis.calls.items(), *analysis.method_calls.items()):
                if name not in ("ModelCheckpoint", "save_model"):
                    continue
                for call, scope in calls:
                    arguments = Arguments(call)
                    only = truth(arguments.get("save_weights_only")) or truth(arguments.get("_", 4))
                    fix = weights_name if only else model_name
                    if name == "save_model":
                        fix = self._saved
                    self._note(found, arguments.get("filepath", self._position(name)), fix, context, scope)
            if not context.old and not _SHORT.search(context.code):
                # Keras 3 writes and reads such a file; only a program that is old in other ways gets another.
                found = {old: new for old, new in found.items() if not (old.endswith(".h5") and new.endswith(".keras"))}
            return {old: new for old, new in found.items() if old != new}

        result: dict[str, str] = context.remember("file names", collect)
        return result

    @staticmethod
    def _saved(name: str) -> str:
        return model_name(name) if not name.endswith(".keras") else name

    @staticmethod
    def _note(found: dict[str, str], value: cst.BaseExpression | None, fix, context: Context, scope) -> None:  # type: ignore[no-untyped-def]
        if isinstance(value, cst.Name):
            value_name = value.value
            owner = scope.owner(value_name)
            values = owner.assigned.get(value_name, []) if owner is not None else []
            literals = [_ending(each) for each, index in values if index is None]
            value = literals[0] if len(literals) >= 1 else None
            for each in literals[1:]:
                FileNames._note(found, each, fix, context, scope)
            if not literals and owner is not None and value_name in owner.parameters:
                for given in _passed(value_name, owner, context):
                    FileNames._note(found, given, fix, context, context.analysis.module_scope)
        said = text_of(value)
        if said and len(said) < 200 and "://" not in said:
            found[said] = fix(said)


def _ending(value: cst.BaseExpression) -> cst.BaseExpression:
    """Return the last part of a path that is put together, as `os.path.join(folder, 'cp-{epoch}')`, else the value."""
    last = value
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute) and value.func.attr.value == "join":
        last = Arguments(value).positional[-1] if Arguments(value).positional else value
    elif isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
        last = value.right
    said = text_of(last)
    return last if said is not None and len(said) > 4 else value


def _passed(name: str, owner: Scope, context: Context) -> list[cst.BaseExpression]:
    """Return the strings that a function of the program is called with for one of its parameters."""
    function = owner.node
    if not isinstance(function, cst.FunctionDef):
        return []
    called = function.name.value
    position = owner.parameters.index(name)
    calls = [(call, position) for call, _ in context.analysis.calls.get(called, ())]
    calls += [(call, position - 1) for call, _ in context.analysis.method_calls.get(called, ())]
    values = [Arguments(call).get(name, at) for call, at in calls if at >= 0]
    return [value for value in values if isinstance(value, cst.SimpleString)]


def _model_like(node: cst.BaseExpression | None) -> bool:
    if not isinstance(node, cst.Name | cst.Attribute):
        return False
    name = (node.attr.value if isinstance(node, cst.Attribute) else node.value).lower()
    words = (
        "model",
        "net",
        "autoencoder",
        "encoder",
        "decoder",
        "generator",
        "discriminator",
        "classifier",
        "vae",
        "gan",
    )
    return any(name.endswith(word) for word in words)


class CheckpointArguments(Rule):
    """How often a checkpoint is written is `save_freq`."""

    name = "checkpoint-arguments"
    matches = "`ModelCheckpoint(…, period=5)`, `TensorBoard(write_grads=…)`, `ReduceLROnPlateau(epsilon=…)`"
    since = "Keras 3.0"
    why = "This argument of the callback is gone."
    source = "https://keras.io/api/callbacks/"
    calls = tuple(
        f"keras.callbacks.{name}" for name in ("ModelCheckpoint", "TensorBoard", "ReduceLROnPlateau", "EarlyStopping")
    )
    _GONE: ClassVar[tuple[str, ...]] = (
        "write_grads", "batch_size", "embeddings_layer_names", "embeddings_data", "load_weights_on_restart", "options",
    )  # fmt: skip

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        gone = [keyword for keyword in self._GONE if arguments.remove(keyword) is not None]
        if name.endswith("ModelCheckpoint"):
            period = arguments.remove("period")
            if period is not None:
                gone.append("period")
                if getattr(period, "value", "") != "1":
                    context.find(self, original, "period=… was removed; closest today: save_freq, counted in batches")
        if name.endswith("ReduceLROnPlateau") and arguments.rename("epsilon", "min_delta"):
            gone.append("epsilon")
        if not gone:
            return None
        context.change(self, original, f"`{gone[0]}` is gone from this callback.")
        return arguments.call()


class OldModelFiles(Rule):
    """What old Keras saved is not always read by Keras 3."""

    name = "old-model-files"
    matches = "`load_model('model.h5')`, `load_model('saved_model_folder')`, `model_from_yaml(…)`, `model.to_yaml()`"
    since = "Keras 3.0"
    why = "Keras 3 reads `.keras` and most `.h5` files; a SavedModel folder only through `keras.layers.TFSMLayer`."
    source = SAVING
    marks = False
    calls = ("keras.models.load_model", "keras.saving.load_model", "keras.models.model_from_yaml")
    methods = ("to_yaml",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if name.endswith("yaml"):
            context.forget(original.func)
            context.change(self, original, "YAML was removed for being unsafe; JSON holds the same.")
            if name == "to_yaml":
                if not isinstance(node.func, cst.Attribute):
                    return None
                return node.with_changes(func=node.func.with_changes(attr=cst.Name("to_json")))
            return node.with_changes(func=context.refer("keras.models.model_from_json"))
        arguments = Arguments(node)
        literal = context.constant(original.args[0].value) if original.args else None
        said = text_of(literal)
        if said is None:
            return None
        renamed = context.memory.get("file names", {})
        if said in renamed or said.endswith(".keras") or "://" in said:
            return None
        if re.search(r"\.(h5|hdf5|hdf)$", said):
            message = "an .h5 file of Keras 1 or 2 may need compile=False and custom_objects=…; save it again as .keras"
            context.find(self, original, message, comment=False)
        elif "." not in said.rpartition("/")[2] and len(arguments) == 1:
            layer = context.refer("keras.layers.TFSMLayer")
            message = "a SavedModel folder can only be called, not trained further; keras.layers.TFSMLayer reads it"
            context.find(self, original, message)
            context.forget(original.func)
            context.change(self, original)
            return expression(
                "{Layer}({path}, call_endpoint='serving_default')", Layer=layer, path=arguments.positional[0]
            )
        return None


class LatestCheckpoint(Rule):
    """The weights that were written last."""

    name = "latest-checkpoint"
    matches = "`model.load_weights(tf.train.latest_checkpoint(folder))`"
    since = "Keras 3.0"
    why = (
        "Keras 3 keeps weights in `.weights.h5` files, which TensorFlow's function does not know; the newest is taken."
    )
    source = SAVING
    marks = False
    calls = ("tensorflow.train.latest_checkpoint",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if "train.Checkpoint" in context.code or not re.search(r"ModelCheckpoint|save_weights", context.code):
            return None
        if len(node.args) != 1:
            return None
        context.forget(original.func)
        context.change(self, original)
        return node.with_changes(func=context.helper("latest_weights", _LATEST))


_LATEST = '''
def latest_weights(folder):
    """Return the file of weights in a folder that was written last, None when there is none."""
    import pathlib

    files = sorted(pathlib.Path(folder).glob("*.weights.h5"), key=lambda file: file.stat().st_mtime)
    return str(files[-1]) if files else None
'''

RULES: tuple[type[Rule], ...] = (LatestCheckpoint, FileNames, CheckpointArguments, OldModelFiles)
