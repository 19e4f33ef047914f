"""What Python 3 and today's NumPy no longer have, which stops old scripts before Keras is reached."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.context import Context
from runner.upgrade.nodes import expression, tight
from runner.upgrade.rule import Rule

PORTING = "https://docs.python.org/3/howto/pyporting.html"
NUMPY = "https://numpy.org/doc/stable/release/1.20.0-notes.html#deprecations"


class NumpyAliases(Rule):
    """NumPy's names for Python's own types are gone."""

    name = "numpy-aliases"
    matches = "`np.float`, `np.int`, `np.bool`, `np.object`, `np.product`, `np.Inf`"
    since = "NumPy 1.24 and 2.0"
    why = "This alias is gone from NumPy."
    source = NUMPY
    marks = False
    _ALIASES: ClassVar[dict[str, str]] = {
        "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
        "long": "int", "unicode": "str",
    }  # fmt: skip
    _RENAMED: ClassVar[dict[str, str]] = {
        "product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all", "Inf": "inf",
        "Infinity": "inf",
        "NaN": "nan", "NAN": "nan", "float_": "float64", "int0": "intp", "in1d": "isin", "row_stack": "vstack",
        "trapz": "trapezoid", "unicode_": "str_", "string_": "bytes_", "complex_": "complex128",
    }  # fmt: skip
    references = tuple(f"numpy.{name}" for name in (*_ALIASES, *_RENAMED) if name != "bool")

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        symbol = name.rpartition(".")[2]
        if not isinstance(node, cst.Attribute):
            return None
        if symbol in self._ALIASES:
            made: cst.BaseExpression = cst.Name(self._ALIASES[symbol])
        else:
            made = node.with_changes(attr=cst.Name(self._RENAMED[symbol]))
        context.change(self, original, f"`np.{symbol}` is gone from NumPy.")
        return made


class MovedModules(Rule):
    """Modules of Python, scikit-learn and SciPy that have other names today."""

    name = "moved-modules"
    matches = "`import cPickle`, `import urllib2`, `from sklearn.cross_validation import …`"
    since = "Python 3.0, scikit-learn 0.20"
    why = "This module has another name today."
    source = PORTING
    marks = False
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if len(node.body) != 1 or not isinstance(node.body[0], cst.Import | cst.ImportFrom):
            return None
        text = context.module.code_for_node(node.with_changes(leading_lines=[])).strip()
        made = _IMPORTS.get(text)
        if made is None:
            return None
        context.change(self, original)
        new = cst.ensure_type(cst.parse_statement(made), cst.SimpleStatementLine)
        return [node.with_changes(body=new.body)]


_IMPORTS = {
    "import cPickle": "import pickle as cPickle",
    "import cPickle as pickle": "import pickle",
    "import cPickle as pkl": "import pickle as pkl",
    "import six.moves.cPickle as pickle": "import pickle",
    "from six.moves import cPickle": "import pickle as cPickle",
    "from six.moves import cPickle as pickle": "import pickle",
    "import urllib2": "import urllib.request as urllib2",
    "from urllib import urlretrieve": "from urllib.request import urlretrieve",
    "import Queue": "import queue as Queue",
    "from StringIO import StringIO": "from io import StringIO",
    "import StringIO": "import io as StringIO",
    "from scipy.misc import imsave": "from imageio import imwrite as imsave",
    "from sklearn.cross_validation import train_test_split": "from sklearn.model_selection import train_test_split",
    "from sklearn.cross_validation import StratifiedKFold": "from sklearn.model_selection import StratifiedKFold",
    "from sklearn.cross_validation import cross_val_score": "from sklearn.model_selection import cross_val_score",
    "from sklearn.grid_search import GridSearchCV": "from sklearn.model_selection import GridSearchCV",
    "from sklearn.externals import joblib": "import joblib",
    "from collections import Iterable": "from collections.abc import Iterable",
}


class Python2Calls(Rule):
    """Python 2's functions and methods of dictionaries."""

    name = "python2-calls"
    matches = "`xrange(n)`, `d.iteritems()`, `d.has_key(k)`, `raw_input()`"
    since = "Python 3.0"
    why = "Python 3 has this under another name."
    source = PORTING
    marks = False
    methods = ("iteritems", "itervalues", "iterkeys", "has_key", "next")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(node.func, cst.Attribute):
            return None
        if name == "next":
            known = isinstance(original.func, cst.Attribute) and context.kind(original.func.value) == "flow"
            if node.args or not known:
                return None
            context.change(self, original, "Python 3 calls the built-in function: `next(iterator)`.")
            return expression("next({x})", x=node.func.value)
        if name == "has_key":
            if len(node.args) != 1:
                return None
            context.change(self, original)
            return expression("({key} in {d})", key=node.args[0].value, d=tight(node.func.value))
        if node.args:
            return None
        context.change(self, original)
        return node.with_changes(func=node.func.with_changes(attr=cst.Name(name.removeprefix("iter"))))


class Python2Builtins(Rule):
    """Built-in functions of Python 2."""

    name = "python2-builtins"
    matches = "`xrange`, `raw_input`, `unicode`, `unichr`, `basestring`"
    since = "Python 3.0"
    why = "This built-in of Python 2 has another name today."
    source = PORTING
    marks = False
    _NAMES: ClassVar[dict[str, str]] = {
        "xrange": "range", "raw_input": "input", "unicode": "str", "unichr": "chr", "basestring": "str", "long": "int",
        "izip": "zip",
    }  # fmt: skip
    references = tuple(f"builtins.{name}" for name in _NAMES)

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        old = name.rpartition(".")[2]
        context.change(self, original, f"`{old}` is `{self._NAMES[old]}` in Python 3.")
        return cst.Name(self._NAMES[old])


RULES: tuple[type[Rule], ...] = (NumpyAliases, MovedModules, Python2Calls, Python2Builtins)
