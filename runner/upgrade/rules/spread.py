"""Arguments that reach a call by a way round: a dictionary that is spread, `functools.partial`, another name."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import libcst as cst

from runner.upgrade.analysis import Scope, dotted
from runner.upgrade.context import Context
from runner.upgrade.moved import merged
from runner.upgrade.nodes import code, text_of
from runner.upgrade.provenance import MODEL_METHODS
from runner.upgrade.rule import KERAS_2, Rule

_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_SPACED = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
# Arguments that only Keras 1 and 2 had; a dictionary with one of them is meant for Keras.
_OLD = frozenset(
    (
        "nb_epoch", "border_mode", "nb_filter", "nb_row", "nb_col", "subsample", "dim_ordering", "W_regularizer",
        "b_regularizer", "U_regularizer", "W_constraint", "inner_init", "inner_activation", "dropout_W", "dropout_U",
        "samples_per_epoch", "nb_val_samples", "show_accuracy", "subsample_length", "filter_length", "consume_less",
    )
)  # fmt: skip
# The rules on single arguments, which also hold for a call by another name or of a part of the arguments.
_ARGUMENTS = ("layer_arguments", "positional")
Entry = tuple[str, cst.BaseExpression]
Wanted = dict[str, Entry | None]
"""What the entries of a dictionary become, by their keys; None: it is taken out."""
Plan = dict[int, Wanted]


@cache
def _rules() -> tuple[dict[str, list[Rule]], dict[str, list[Rule]]]:
    """Return the rules on calls, and those on methods, by what they match."""
    from runner.upgrade.rules import RULES  # these rules are among them

    calls: dict[str, list[Rule]] = {}
    methods: dict[str, list[Rule]] = {}
    for rule in RULES:
        if rule.on_error or rule.modern_only:
            continue
        for table, keys in ((calls, rule.calls), (methods, rule.methods)):
            for key in keys:
                table.setdefault(key, []).append(rule)
    return calls, methods


def _asked(name: str, method: str | None, context: Context) -> Iterable[tuple[Rule, str]]:
    calls, methods = _rules()
    several = [(rule, name) for rule in calls.get(name, ())]
    several += [(rule, method) for rule in methods.get(method, ())] if method is not None else []
    return [(rule, said) for rule, said in several if context.legacy or not rule.legacy_only]


def _quiet(context: Context, scope: Scope) -> Context:
    """Return a context like this one to which nothing is reported."""
    made = copy.copy(context)
    made.changes, made.findings, made.comments = [], [], [[]]
    made.needed, made.helpers, made.rewritten = dict(context.needed), {}, set()
    made.memory = dict(context.memory)
    made.scope = scope
    return made


def entries(node: cst.BaseExpression) -> list[Entry] | None:
    """Return what a dictionary holds that is written out, None where not all of its keys are."""
    if isinstance(node, cst.Dict):
        held = [
            (text_of(element.key), element.value) for element in node.elements if isinstance(element, cst.DictElement)
        ]
        if len(held) < len(node.elements) or any(key is None for key, _ in held):
            return None
        return [(key, value) for key, value in held if key is not None]
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        if any(arg.keyword is None for arg in node.args):
            return None
        return [(arg.keyword.value, arg.value) for arg in node.args if arg.keyword is not None]
    return None


def _with(node: Any, made: Wanted) -> Any:
    """Return a dictionary with other keys and values; None takes one out."""
    is_dict = isinstance(node, cst.Dict)
    kept = []
    for part in node.elements if is_dict else node.args:
        key = text_of(part.key) if is_dict else part.keyword.value
        new = made.get(key or "", (key or "", part.value))
        if new is None:
            continue
        if is_dict:
            quoted = part.key.with_changes(value=part.key.value.replace(key, new[0]))
            kept.append(part.with_changes(key=quoted, value=new[1]))
        else:
            kept.append(part.with_changes(keyword=part.keyword.with_changes(value=new[0]), value=new[1]))
    old = node.elements if is_dict else node.args
    if kept and len(kept) < len(old):
        kept[-1] = kept[-1].with_changes(comma=old[-1].comma)
    return node.with_changes(elements=kept) if is_dict else node.with_changes(args=kept)


class SpreadArguments(Rule):
    """Old arguments in a dictionary that a call spreads."""

    name = "spread-arguments"
    matches = "`conf = dict(border_mode='same')`, `Convolution2D(8, 3, 3, **conf)`; `kw = {'nb_epoch': 3}`, `fit(**kw)`"
    since = "Keras 2.0"
    why = "The call that this dictionary is spread in takes these arguments by other names today."
    source = KERAS_2
    calls = ("*",)
    dictionaries = True

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not (isinstance(original.func, cst.Name) and original.func.value == "dict"):
            return None
        made = self._made(node, original, context)
        return made if isinstance(made, cst.Call) else None

    def dictionary(self, node: cst.Dict, original: cst.Dict, context: Context) -> cst.Dict | None:
        made = self._made(node, original, context)
        return made if isinstance(made, cst.Dict) else None

    def _made(self, node: cst.BaseExpression, original: cst.BaseExpression, context: Context) -> Any:
        plan, unclear, clear = context.remember("spread dictionaries", lambda: _plan(context))
        if id(original) in unclear:
            context.find(self, original, unclear[id(original)])
            return None
        if id(original) not in plan:
            old = sorted(key for key, _ in entries(original) or () if key in _OLD)
            if old and context.provenance.uses_keras and id(original) not in clear:
                context.find(self, original, _message(old), comment=False)
            return None
        context.change(self, original)
        return _with(node, plan[id(original)])


def _plan(context: Context) -> tuple[Plan, dict[int, str], set[int]]:
    """Return what the dictionaries that are spread become, of which it cannot be told, and which go elsewhere."""
    plan: Plan = {}
    unclear: dict[int, str] = {}
    analysis = context.analysis
    for several in (*analysis.calls.values(), *analysis.method_calls.values()):
        for call, scope in several:
            for arg in call.args:
                if arg.star != "**":
                    continue
                kept = isinstance(arg.value, cst.Name | cst.Attribute)
                source = _assigned(arg.value, scope, context) if kept else arg.value
                held = entries(source) if source is not None else None
                if source is None or held is None:
                    continue
                wanted = _renamed(call, arg, held, scope, context)
                if wanted is None or (kept and wanted and _told_elsewhere(arg, context)):
                    known = (merged(context.kinds.resolve(call.func, scope) or "") or "").startswith("keras.")
                    keys = sorted(wanted or (key for key, _ in held if key in _OLD or known))
                    if keys:
                        unclear[id(source)] = _message(keys)
                elif _names(plan.get(id(source), wanted)) != _names(wanted):
                    unclear[id(source)] = _message(sorted({*plan[id(source)], *wanted}))
                else:
                    plan[id(source)] = wanted
    changed = {key: wanted for key, wanted in plan.items() if wanted and key not in unclear}
    return changed, unclear, set(plan) - set(changed)


def _names(wanted: Wanted) -> dict[str, str | None]:
    return {key: None if new is None else new[0] for key, new in wanted.items()}


def _message(keys: Sequence[str]) -> str:
    return (
        f"{', '.join(keys)} in this dictionary may be called otherwise today; see what the call takes that it goes to"
    )


def _assigned(node: cst.BaseExpression, scope: Scope, context: Context) -> cst.BaseExpression | None:
    """Return what a name or an attribute was assigned once."""
    if isinstance(node, cst.Name):
        owner = scope.owner(node.value)
        values = owner.assigned.get(node.value, []) if owner is not None else []
        return values[0][0] if len(values) == 1 and values[0][1] is None else None
    several = context.analysis.attributes.get(dotted(node) or "", ())
    return several[0][0] if len(several) == 1 else None


def _told_elsewhere(arg: cst.Arg, context: Context) -> bool:
    """Whether a dictionary is asked or changed in other ways than by being made and spread."""
    name = re.escape(code(arg.value))
    every = len(re.findall(rf"(?<![\w.]){name}\b(?!\s*=[^=])", context.code))
    spread = len(re.findall(rf"\*\*\s*{name}\b", context.code))
    return every > spread


def _renamed(call: cst.Call, spread: cst.Arg, held: list[Entry], scope: Scope, context: Context) -> Wanted | None:
    """Return what the entries of a dictionary become in a call; None where that cannot be told."""
    resolved = context.kinds.resolve(call.func, scope)
    name = (merged(resolved) or resolved) if resolved is not None else ""
    method = call.func.attr.value if isinstance(call.func, cst.Attribute) else None
    if method is not None and method in MODEL_METHODS and isinstance(call.func, cst.Attribute):
        if not context.provenance.may_be_keras(call.func.value, scope):
            return {}
    elif not name.startswith("keras."):
        function = context.analysis.functions.get(code(call.func))
        own = set() if function is None else {each.name.value for each in function.params.params}
        unknown = resolved is None and isinstance(call.func, cst.Name) and not own.issuperset(key for key, _ in held)
        return None if unknown else {}
    args: list[cst.Arg] = []
    for arg in call.args:
        if arg is spread:
            args += [cst.Arg(value, keyword=cst.Name(key), equal=_TIGHT, comma=_SPACED) for key, value in held]
        else:
            args.append(arg)
    made: cst.BaseExpression = call.with_changes(args=args)
    quiet = _quiet(context, scope)
    for rule, said in _asked(name, method, context):
        if isinstance(made, cst.Call) and rule.name != SpreadArguments.name:
            made = rule.call(made, made, said, quiet) or made
    if not isinstance(made, cst.Call):
        return None
    return _difference(call, held, made)


def _difference(call: cst.Call, held: list[Entry], made: cst.Call) -> Wanted | None:
    """Tell what became of the entries, by the values, which stay the same nodes."""
    keys = {id(arg.value): arg.keyword.value for arg in made.args if arg.keyword is not None}
    known = {id(value) for _, value in held} | {id(arg.value) for arg in call.args}
    new = [arg for arg in made.args if id(arg.value) not in known and arg.keyword is not None]
    gone = [key for key, value in held if id(value) not in keys]
    result: Wanted = {
        key: (keys[id(value)], value) for key, value in held if id(value) in keys and keys[id(value)] != key
    }
    given = {arg.keyword.value for arg in call.args if arg.keyword is not None}
    fresh = [arg for arg in new if arg.keyword is not None and arg.keyword.value not in given]
    if len(gone) == len(fresh) == 1 and isinstance(fresh[0].value, cst.SimpleString) and fresh[0].keyword is not None:
        result[gone[0]] = (fresh[0].keyword.value, fresh[0].value)
    elif gone and fresh:
        return None
    else:
        result.update(dict.fromkeys(gone))
    return result


class PartialArguments(Rule):
    """`functools.partial` of a layer or optimizer, and calls of what it gives."""

    name = "partial-arguments"
    matches = "`Conv = partial(Convolution2D, border_mode='same')`, `Conv(8, 3, 3)`; `Conv = Convolution2D`"
    since = "Keras 2.0"
    why = "What is called here by another name takes other arguments today."
    source = KERAS_2
    marks = False
    calls = ("*",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if name == "functools.partial":
            return self._partial(node, original, context)
        if name or not isinstance(original.func, cst.Name):
            return None
        stands_for = self._stands_for(original.func, context.scope, context)
        if stands_for is None:
            return None
        made = node
        for rule, said in _asked(stands_for, None, context):
            if type(rule).__module__.rpartition(".")[2] in _ARGUMENTS and rule.name not in _DEFAULTS:
                step = rule.call(made, original, said, context)
                made = step if isinstance(step, cst.Call) else made
        if made is node:
            return None
        context.change(self, original, f"`{original.func.value}` is `{stands_for}`, which takes other arguments today.")
        return made

    def _partial(self, node: cst.Call, original: cst.Call, context: Context) -> cst.BaseExpression | None:
        if not original.args or original.args[0].star or original.args[0].keyword is not None:
            return None
        resolved = context.full_name(original.args[0].value)
        name = merged(resolved) if resolved is not None else None
        if name is None:
            return None
        made = cst.Call(original.args[0].value, node.args[1:])
        inner = made
        for rule, said in _asked(name, None, context):
            if type(rule).__module__.rpartition(".")[2] in (*_ARGUMENTS, "optimizers") and rule.name not in _DEFAULTS:
                step = rule.call(made, original, said, context)
                made = step if isinstance(step, cst.Call) else made
        if made is inner:
            return None
        context.change(self, original)
        first = node.args[0]
        if not made.args:
            first = first.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return node.with_changes(args=[first, *made.args])

    @staticmethod
    def _stands_for(node: cst.Name, scope: Scope, context: Context) -> str | None:
        """Return the symbol of Keras that a name of the program stands for."""
        owner = scope.owner(node.value)
        if owner is None:
            return None
        values = owner.assigned.get(node.value, [])
        if not values or any(index is not None for _, index in values):
            return None
        names = set()
        for value, _ in values:
            target = value
            if isinstance(value, cst.Call):
                if context.kinds.resolve(value.func, owner) != "functools.partial" or not value.args:
                    return None
                target = value.args[0].value
            resolved = context.kinds.resolve(target, owner)
            names.add(merged(resolved) if resolved is not None else None)
        only = names.pop() if len(names) == 1 else None
        return only if only is not None and only.startswith("keras.layers.") else None


class ForwardedArguments(Rule):
    """Old arguments that a function of the program hands on to Keras."""

    name = "forwarded-arguments"
    matches = "`def conv(x, **options): return Convolution2D(8, 3, 3, **options)(x)`, `conv(x, border_mode='same')`"
    since = "Keras 2.0"
    why = "The function hands this on to Keras, which takes it by another name today."
    source = KERAS_2
    calls = ("*",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if name or "**" not in context.code:
            return None
        called = dotted(original.func) or ""
        function = context.analysis.functions.get(called.removeprefix("self."))
        if function is None or not isinstance(function.params.star_kwarg, cst.Param):
            return None
        inner = context.analysis.scopes[id(function)]
        own = set(inner.parameters)
        held = [(arg.keyword.value, arg.value) for arg in original.args if arg.keyword and arg.keyword.value not in own]
        handed = context.remember("handed on", lambda: _handed_on(context)).get(
            (id(inner), function.params.star_kwarg.name.value), ()
        )
        if not held or not handed:
            return None
        wanted = [_renamed(call, arg, held, scope, context) for call, arg, scope in handed]
        first = wanted[0]
        if first is None or any(each is None or _names(each) != _names(first) for each in wanted):
            old = sorted(key for key, _ in held if key in _OLD)
            if old:
                context.find(self, original, f"{', '.join(old)} may be called otherwise today where this is handed on")
            return None
        if not first or any(value is None for value in first.values()):
            return None
        context.change(self, original)
        args = []
        for arg in node.args:
            new = first.get(arg.keyword.value) if arg.keyword is not None else None
            if new is not None and arg.keyword is not None:
                value = new[1] if isinstance(new[1], cst.SimpleString) else arg.value
                arg = arg.with_changes(keyword=arg.keyword.with_changes(value=new[0]), value=value)
            args.append(arg)
        return node.with_changes(args=args)


def _handed_on(context: Context) -> dict[tuple[int, str], list[tuple[cst.Call, cst.Arg, Scope]]]:
    """Return the calls that spread a function's own `**options`, by its scope and their name."""
    found: dict[tuple[int, str], list[tuple[cst.Call, cst.Arg, Scope]]] = {}
    analysis = context.analysis
    for several in (*analysis.calls.values(), *analysis.method_calls.values()):
        for call, scope in several:
            for arg in call.args:
                owner = scope.owner(arg.value.value) if arg.star == "**" and isinstance(arg.value, cst.Name) else None
                if owner is not None and isinstance(arg.value, cst.Name):
                    found.setdefault((id(owner), arg.value.value), []).append((call, arg, scope))
    return found


# Rules that write out what is missing: a part of the arguments is not all of them.
_DEFAULTS = frozenset(("average-pool-size", "optimizer-defaults", "gru-reset-after", "moved-defaults"))
RULES: tuple[type[Rule], ...] = (SpreadArguments, PartialArguments, ForwardedArguments)
