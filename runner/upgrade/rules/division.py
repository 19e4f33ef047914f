"""Python 2 divided whole numbers without a rest; what was an index or a size is a fraction in Python 3."""

from __future__ import annotations

import re
from typing import cast

import libcst as cst

from runner.upgrade.context import Context
from runner.upgrade.nodes import code
from runner.upgrade.python2 import masked
from runner.upgrade.rule import Rule
from runner.upgrade.usage import Usage
from runner.upgrade.walking import Reader

_SIZES = frozenset(
    f"numpy.{name}"
    for name in (
        "zeros", "ones", "empty", "full", "reshape", "resize", "eye", "identity", "repeat", "tile", "split",
        "array_split", "random.randint", "random.rand", "random.randn", "random.random", "random.permutation",
        "random.choice", "random.random_sample", "random.normal", "random.uniform", "broadcast_to",
    )
)  # fmt: skip
_STEPS = frozenset(
    (
        "batch_size", "epochs", "nb_epoch", "steps_per_epoch", "validation_steps", "steps", "samples_per_epoch",
        "nb_val_samples",
    )
)  # fmt: skip
_DIVIDES = re.compile(r"(?<!/)/=?\s*(?![/=]|\s|\d+\.|\d+e)")
"""A division by what is not written as a fraction."""
_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo)
_FRACTIONS = re.compile(r"\bfloat|mean\(|sqrt\(|random\(|time\(|\bexp\(|\blog\(|np\.float|std\(")


class IntegerDivision(Rule):
    """A quotient that is used as an index, a size or a count is whole."""

    name = "integer-division"
    matches = "`n = len(x) / 2` where `x[:n]`, `range(n)` or `np.zeros(n)` follows"
    since = "Python 3.0"
    why = (
        "`/` of whole numbers gave a whole number in Python 2, and gives a fraction in Python 3; `//` does what it did."
    )
    source = "https://docs.python.org/3/howto/pyporting.html"
    marks = False
    operations = True
    statements = True

    def operation(
        self, node: cst.BinaryOperation, original: cst.BinaryOperation, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(original.operator, cst.Divide) or not isinstance(node.operator, cst.Divide):
            return None
        if id(original) not in _whole(context):
            return None
        context.change(self, original)
        operator = cst.FloorDivide(node.operator.whitespace_before, node.operator.whitespace_after)
        return node.with_changes(operator=operator)

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        made = list(node.body)
        for number, small in enumerate(original.body):
            new = made[number] if number < len(made) else None
            divides = isinstance(small, cst.AugAssign) and isinstance(small.operator, cst.DivideAssign)
            if divides and isinstance(new, cst.AugAssign) and id(small) in _whole(context):
                old = cast(cst.DivideAssign, new.operator)
                operator = cst.FloorDivideAssign(old.whitespace_before, old.whitespace_after)
                made[number] = new.with_changes(operator=operator)
                context.change(self, original)
        return [node.with_changes(body=made)] if any(a is not b for a, b in zip(made, node.body, strict=True)) else None


def _whole(context: Context) -> set[int]:
    """Return the divisions that gave whole numbers, by their identity."""
    return cast(set[int], context.remember("whole divisions", lambda: _Finder(context).found))


class _Finder(Reader):
    """Looks for divisions whose result ends where only whole numbers may be."""

    def __init__(self, context: Context) -> None:
        self.found: set[int] = set()
        self._context = context
        self._old = context.legacy or context.python2
        if _DIVIDES.search(masked(context.code)) is None:
            return
        if re.search(r"from\s+__future__\s+import[^\n]*\bdivision\b", context.code):
            return
        self._usage: Usage = context.remember("usage", lambda: Usage(context.analysis))
        self.read(context.module)

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if not isinstance(node.operator, cst.Divide) or self._fraction(node):
            return
        # Python 2 knew no other division of a count by a number; the ratio of two counts may be meant otherwise.
        if self._context.python2 and isinstance(node.right, cst.Integer) and self._counted(node.left):
            self.found.add(id(node))
            return
        wanted = self._wanted(node, set())
        if (wanted == "surely" and (self._old or self._counted(node))) or (wanted is not None and self._old):
            self.found.add(id(node))

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        if not self._old or not isinstance(node.operator, cst.DivideAssign) or self._fraction(node.value):
            return
        if isinstance(node.target, cst.Name | cst.Attribute) and self._used(node.target, set()) is not None:
            self.found.add(id(node))

    def _fraction(self, node: cst.BaseExpression) -> bool:
        """Whether a fraction is among the operands, so that Python 2 gave one as well."""
        if isinstance(node, cst.BinaryOperation):
            return self._fraction(node.left) or self._fraction(node.right)
        if isinstance(node, cst.UnaryOperation):
            return self._fraction(node.expression)
        if isinstance(node, cst.Float):
            return True
        if isinstance(node, cst.Call):
            return bool(_FRACTIONS.search(code(node))) and code(node.func) != "int"
        if isinstance(node, cst.Name):
            owner = self._usage.scope(node).owner(node.value)
            values = owner.assigned.get(node.value, ()) if owner is not None else ()
            return any(
                isinstance(value, cst.Float)
                or (isinstance(value, cst.Call) and code(value.func) in ("float", "np.float32"))
                for value, _ in values
            )
        return False

    def _counted(self, node: cst.BaseExpression, depth: int = 0) -> bool:
        """Whether an expression is surely made of whole numbers."""
        if isinstance(node, cst.BinaryOperation):
            return self._counted(node.left, depth) and self._counted(node.right, depth)
        if isinstance(node, cst.Call):
            return code(node.func) in ("len", "int")
        if isinstance(node, cst.Subscript):
            return code(node.value).endswith(".shape")
        if isinstance(node, cst.Name) and depth < 4:
            owner = self._usage.scope(node).owner(node.value)
            values = owner.assigned.get(node.value, ()) if owner is not None else ()
            return bool(values) and all(index is None and self._counted(value, depth + 1) for value, index in values)
        return isinstance(node, cst.Integer)

    def _wanted(self, node: cst.BaseExpression, seen: set[str]) -> str | None:
        """Return `surely` where Python 3 refuses a fraction in any case, `likely` where it does in most, else None."""
        above = self._usage.above(node)
        while (isinstance(above, cst.BinaryOperation) and isinstance(above.operator, _ARITHMETIC)) or isinstance(
            above, cst.UnaryOperation
        ):
            if isinstance(above, cst.BinaryOperation) and self._fraction(above):
                return None
            node, above = cast(cst.BaseExpression, above), self._usage.above(above)
        if isinstance(above, cst.Slice):
            return "surely"
        if isinstance(above, cst.Index):
            return "likely"
        if isinstance(above, cst.Arg):
            return self._argument(above, seen)
        target = self._usage.assigned_to(node)
        if target is not None:
            return self._used(target, seen)
        if isinstance(above, cst.Element):
            several = self._usage.above(above)
            arg = self._usage.above(several)
            if isinstance(several, cst.Tuple | cst.List) and isinstance(arg, cst.Arg):
                return self._argument(arg, seen, shape=True)
            if isinstance(several, cst.Tuple) and isinstance(arg, cst.Index):
                return "likely"
        return None

    def _used(self, target: cst.BaseExpression, seen: set[str]) -> str | None:
        """Return how far what has this name must be whole, by the uses of the name."""
        scope = self._usage.scope(target)
        owner = scope.owner(target.value) if isinstance(target, cst.Name) else None
        key = f"{id(owner)} {code(target)}"
        if key in seen:
            return None
        seen.add(key)
        likely = None
        for use in self._usage.mentions(target, scope):
            if isinstance(self._usage.above(use), cst.AssignTarget | cst.Param):
                continue
            wanted = self._wanted(use, seen)
            if wanted == "surely":
                return wanted
            likely = likely or wanted
        return likely

    def _argument(self, arg: cst.Arg, seen: set[str], shape: bool = False) -> str | None:
        call = self._usage.call_of(arg)
        if call is None:
            return None
        name = call.func.value if isinstance(call.func, cst.Name) else ""
        keyword = arg.keyword.value if arg.keyword is not None else ""
        scope = self._usage.scope(call)
        if name in ("range", "xrange"):
            return "surely"
        full = self._context.kinds.resolve(call.func, scope) or ""
        method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
        if full in _SIZES or method in ("reshape", "resize") or keyword in ("shape", "size", "target_size"):
            return None if keyword in ("low", "high", "loc", "scale", "p") else "likely"
        if keyword in _STEPS and self._context.python2:
            return "likely"
        if (self._context.kinds.name(call.func, scope) or "").startswith("keras.layers.") and not keyword:
            return "likely" if shape or arg is call.args[0] else None
        function = self._context.analysis.functions.get(name)
        if function is None or arg.star:
            return None
        names = [each.name.value for each in function.params.params]
        position = names.index(keyword) if keyword in names else list(call.args).index(arg)
        if (keyword and keyword not in names) or position >= len(names):
            return None
        inner = self._context.analysis.scopes[id(function)]
        key = f"{id(inner)} {names[position]}"
        if key in seen:
            return None
        seen.add(key)
        uses = self._usage.mentions(cst.Name(names[position]), inner)
        wanted = [self._wanted(use, seen) for use in uses if not isinstance(self._usage.above(use), cst.Param)]
        return "likely" if any(wanted) else None


RULES: tuple[type[Rule], ...] = (IntegerDivision,)
