"""What gave lists in Python 2 and gives iterators, views and ranges in Python 3."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from runner.upgrade.context import Context
from runner.upgrade.nodes import code, expression
from runner.upgrade.rule import Rule
from runner.upgrade.usage import Usage
from runner.upgrade.walking import Reader

_LAZY = frozenset(("map", "filter", "zip"))
_VIEWS = frozenset(("keys", "values", "items"))
_ITERATES = frozenset(
    (
        "list", "tuple", "set", "dict", "frozenset", "sorted", "sum", "max", "min", "any", "all", "enumerate",
        "zip", "map", "filter", "iter", "next", "Counter", "OrderedDict", "join", "extend", "update",
        "writerows", "writelines", "from_iterable", "chain", "izip", "imap", "reduce", "defaultdict", "deque",
        "fromkeys",
    )
)  # fmt: skip
_OF_LISTS = frozenset(["append", "extend", "insert", "remove", "pop", "sort", "reverse"])
_TAKES_LISTS = frozenset(
    (
        "array", "asarray", "vstack", "hstack", "column_stack", "concatenate", "stack", "shuffle", "sample",
        "choice", "permutation", "DataFrame", "pad_sequences",
    )
)  # fmt: skip


_CALLED = re.compile(r"(?<!in )\b(?:map|filter|zip|range)\s*\(|(?<!in )\b[\w.]+\.(?:keys|values|items)\(\)")
"""A call of these that no loop goes through at once."""


class Lists(Rule):
    """What was a list is made one where a list is needed."""

    name = "python2-lists"
    matches = "`map(f, x)[0]`, `range(3) + [1]`, `d.keys()[0]`, `keys = d.keys(); keys.sort()`, `np.array(zip(x, y))`"
    since = "Python 3.0"
    why = "This gave a list in Python 2; in Python 3 it has to be made one before it is indexed, sorted or used twice."
    source = "https://docs.python.org/3/whatsnew/3.0.html#views-and-iterators-instead-of-lists"
    marks = False
    calls = ("*",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if id(original) not in context.remember("lists", lambda: _Finder(context).found):
            return None
        context.change(self, original)
        return expression("list({x})", x=node)


class _Finder(Reader):
    """Looks for calls whose result must be a list."""

    def __init__(self, context: Context) -> None:
        self.found: set[int] = set()
        self._context = context
        self._old = context.python2 and context.first  # the `zip` of a later round may have been an `izip`
        if _CALLED.search(context.code) is None:
            return
        self._usage: Usage = context.remember("usage", lambda: Usage(context.analysis))
        self.read(context.module)

    def visit_Call(self, node: cst.Call) -> None:
        what = self._what(node)
        if what and self._needed(node, what):
            self.found.add(id(node))

    def _what(self, node: cst.Call) -> str:
        """Return which of the built-in functions is called; nothing for others."""
        func = node.func
        if isinstance(func, cst.Name):
            known = func.value in _LAZY or func.value == "range"
            free = (
                self._usage.scope(node).owner(func.value) is None and func.value not in self._context.analysis.imports
            )
            return func.value if known and free and node.args else ""
        if isinstance(func, cst.Attribute) and func.attr.value in _VIEWS and not node.args:
            dictionary = (self._context.python2 or self._context.legacy) or code(func.value).endswith(".history")
            return func.attr.value if dictionary else ""
        return ""

    def _needed(self, node: cst.Call, what: str) -> bool:
        above = self._usage.above(node)
        certain = self._certain(node, what)
        if certain is not None:
            return certain
        target = self._usage.assigned_to(node)
        if target is not None and not isinstance(above, cst.AugAssign):
            if what in _LAZY and self._old:
                return True
            uses = self._usage.mentions(target, self._usage.scope(node))
            return self._alone(target, node) and any(self._certain(use, what) for use in uses)
        if what not in _LAZY or not self._old:
            return False
        if isinstance(above, cst.Assign):
            return not isinstance(above.targets[0].target, cst.Tuple | cst.List)
        return isinstance(above, cst.Return | cst.Element | cst.DictElement | cst.Lambda | cst.Yield) or (
            isinstance(above, cst.Expr) and what == "map"
        )

    def _alone(self, target: cst.BaseExpression, value: cst.BaseExpression) -> bool:
        """Whether a name is given this value only, so that its uses are uses of the value."""
        if not isinstance(target, cst.Name):
            return True
        owner = self._usage.scope(value).owner(target.value)
        return owner is not None and [each for each, _ in owner.assigned.get(target.value, ())] == [value]

    def _certain(self, node: cst.BaseExpression, what: str) -> bool | None:
        """Return whether an expression must be a list where it stands; None when its place does not tell."""
        above = self._usage.above(node)
        if isinstance(above, cst.For | cst.CompFor):
            return False
        if isinstance(above, cst.Subscript) and node is above.value:
            return what != "range" or self._stored(above)
        if isinstance(above, cst.Attribute) and node is above.value:
            called = self._usage.above(above)
            return isinstance(called, cst.Call) and above.attr.value in _OF_LISTS
        if isinstance(above, cst.BinaryOperation):
            numbers = isinstance(node, cst.Call) and node is above.right and isinstance(above.left, cst.SimpleString)
            return isinstance(above.operator, cst.Add | cst.Multiply) and not numbers
        if isinstance(above, cst.Arg):
            return self._argument(above, what)
        return None

    def _stored(self, node: cst.Subscript) -> bool:
        return isinstance(self._usage.above(node), cst.AssignTarget | cst.Del | cst.AugAssign)

    def _argument(self, arg: cst.Arg, what: str) -> bool | None:
        call = self._usage.call_of(arg)
        if call is None or arg.star:
            return False
        func = call.func.attr.value if isinstance(call.func, cst.Attribute) else code(call.func)
        if func == "len":
            return what in _LAZY
        if func == "reversed":
            return what in _LAZY
        if func in _ITERATES:
            return False
        if func in _TAKES_LISTS:
            return what != "range" or func == "shuffle"
        return what in _LAZY if self._old and isinstance(arg.value, cst.Call) else None


_MOVED = {"izip": "zip", "imap": "map", "ifilter": "filter"}
_RENAMED = {"izip_longest": "zip_longest", "ifilterfalse": "filterfalse"}


class Itertools(Rule):
    """`izip` and its like are the built-in functions."""

    name = "python2-itertools"
    matches = "`from itertools import izip`, `itertools.imap(f, x)`, `izip_longest`"
    since = "Python 3.0"
    why = "`zip`, `map` and `filter` are iterators in Python 3; `itertools` has no others."
    source = "https://docs.python.org/3/whatsnew/3.0.html#views-and-iterators-instead-of-lists"
    marks = False
    references = tuple(f"itertools.{name}" for name in (*_MOVED, *_RENAMED))
    statements = True

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        old = name.rpartition(".")[2]
        if isinstance(original, cst.Name) and original.value in context.analysis.module_scope.bound:
            return None  # a program that sees to both versions itself
        if old in _RENAMED:
            if isinstance(node, cst.Attribute):
                context.change(self, original)
                return node.with_changes(attr=cst.Name(_RENAMED[old]))
            if isinstance(node, cst.Name) and node.value == old:
                return cst.Name(_RENAMED[old])
            return None
        context.change(self, original, f"`{old}` is the built-in `{_MOVED[old]}` in Python 3.")
        return cst.Name(_MOVED[old])

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        small = node.body[0] if len(node.body) == 1 else None
        if not isinstance(small, cst.ImportFrom) or isinstance(small.names, cst.ImportStar) or small.module is None:
            return None
        if code(small.module) != "itertools" or original not in context.module.body:
            return None
        kept = []
        for alias in small.names:
            old = alias.evaluated_name
            if (alias.evaluated_alias or old) in context.analysis.module_scope.bound:
                return None
            if old in _RENAMED:
                kept.append(alias.with_changes(name=cst.Name(_RENAMED[old])))
            elif old not in _MOVED:
                kept.append(alias)
        if len(kept) == len(small.names) and all(a is b for a, b in zip(kept, small.names, strict=True)):
            return None
        context.change(self, original)
        if not kept:
            return []
        kept[-1] = kept[-1].with_changes(comma=small.names[-1].comma)
        return [node.with_changes(body=[small.with_changes(names=kept)])]


class Compare(Rule):
    """A comparing function is made a key."""

    name = "python2-compare"
    matches = "`sorted(x, cmp=f)`, `x.sort(f)`, `cmp(a, b)`"
    since = "Python 3.0"
    why = "Sorting takes a key in Python 3; `functools.cmp_to_key` makes one of a function that compares."
    source = "https://docs.python.org/3/howto/sorting.html#comparison-functions"
    marks = False
    calls = ("*",)
    methods = ("sort",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        func = original.func
        plain = isinstance(func, cst.Name) and context.scope.owner(func.value) is None
        free = plain and isinstance(func, cst.Name) and func.value not in context.analysis.imports
        if free and isinstance(func, cst.Name) and func.value == "cmp" and len(node.args) == 2:
            context.change(
                self, original, "`cmp` is gone from Python 3; the difference of two comparisons is the same."
            )
            first, second = (arg.value for arg in node.args)
            return expression("(({a} > {b}) - ({a} < {b}))", a=first, b=second)
        if not (free and isinstance(func, cst.Name) and func.value == "sorted") and name != "sort":
            return None
        for number, arg in enumerate(node.args):
            lone = name == "sort" and len(node.args) == 1 and isinstance(arg.value, cst.Lambda)
            compares = lone and isinstance(arg.value, cst.Lambda) and len(arg.value.params.params) == 2
            if (arg.keyword is not None and arg.keyword.value == "cmp") or (arg.keyword is None and compares):
                made = expression("{f}({x})", f=context.refer("functools.cmp_to_key"), x=arg.value)
                equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                args = list(node.args)
                args[number] = arg.with_changes(keyword=cst.Name("key"), value=made, equal=equal)
                context.change(self, original)
                return node.with_changes(args=args)
        return None


class MovedBuiltins(Rule):
    """What Python 3 has elsewhere."""

    name = "python2-moved"
    matches = "`reduce(f, x)` without an import, `string.letters`, `string.maketrans`, `sys.maxint`, `os.getcwdu()`"
    since = "Python 3.0"
    why = "Python 3 has this elsewhere, or under another name."
    source = "https://docs.python.org/3/whatsnew/3.0.html"
    marks = False
    _NAMES: ClassVar[dict[str, str]] = {
        "string.letters": "ascii_letters", "string.lowercase": "ascii_lowercase", "string.uppercase": "ascii_uppercase",
        "sys.maxint": "maxsize", "os.getcwdu": "getcwd",
    }  # fmt: skip
    references = (*_NAMES, "builtins.reduce", "string.maketrans")

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if name == "builtins.reduce":
            if context.analysis.stars:
                return None
            context.change(self, original, "`reduce` is in `functools` in Python 3.")
            return context.refer("functools.reduce")
        if not isinstance(node, cst.Attribute):
            return None
        context.change(self, original)
        if name == "string.maketrans":
            return expression("str.maketrans")
        return node.with_changes(attr=cst.Name(self._NAMES[name]))


RULES: tuple[type[Rule], ...] = (Lists, Itertools, Compare, MovedBuiltins)
