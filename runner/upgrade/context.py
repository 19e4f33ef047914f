"""What the rules share while one walk over a program goes on: names, guesses, and what they report."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import libcst as cst

from runner.upgrade.analysis import Analysis, Scope, dotted
from runner.upgrade.installed import missing
from runner.upgrade.kinds import Kind, Kinds
from runner.upgrade.layout import Places
from runner.upgrade.moved import current, merged
from runner.upgrade.provenance import Provenance
from runner.upgrade.rule import Rule

# Where a module or symbol is usually taken from, so that new code reads like code that people write.
_USUAL = {"keras.ops": "ops", "keras.backend": "backend", "keras.random": "random"}


# What gives a number of NumPy's own type, which Keras 3 refuses as a size.
_NUMPY_NUMBERS = frozenset(
    f"numpy.{name}" for name in ("max", "amax", "prod", "product", "sum", "min", "ceil", "floor")
)


class Context:
    """One walk's state. Rules read it and report through it; `refer` gives them names for what they need."""

    def __init__(
        self, module: cst.Module, code: str, legacy: bool = False, error: tuple[str, int | None] | None = None
    ) -> None:
        self.module = module
        self.code = code
        self.legacy = legacy
        self.error = error
        self.old = False
        """Whether an earlier round changed something: the program is not written for Keras 3."""
        self.python2 = False
        """Whether the program was written for Python 2."""
        self.first = True
        """Whether no round came before: what is there was written by the program's author."""
        self.analysis = Analysis(module)
        self.kinds = Kinds(self.analysis)
        self.scope: Scope = self.analysis.module_scope
        self.changes: list[tuple[Rule, cst.CSTNode, str]] = []
        self.findings: list[tuple[Rule, cst.CSTNode, str]] = []
        self.comments: list[list[str]] = [[]]
        self.needed: dict[str, str] = {}
        self.helpers: dict[str, str] = {}
        self.rewritten: set[str] = set()
        self.memory: dict[str, Any] = {}
        self.known: set[str] = set()
        self._taken = set(self.analysis.bound_anywhere())
        self.planned = self._plan()

    # -- asking ----------------------------------------------------------------------------------------------

    def full_name(self, node: cst.CSTNode) -> str | None:
        """Return the dotted name that a chain of names stands for, through whatever it was imported."""
        return self.kinds.resolve(node, self.scope)

    def name(self, node: cst.CSTNode) -> str | None:
        """Return a Keras symbol's dotted name after the modules were merged, under its old name; else None."""
        full = self.full_name(node)
        return None if full is None else merged(full)

    def kind(self, node: cst.BaseExpression) -> Kind | None:
        """Return what an expression of the original program holds, as far as it can be told."""
        return self.kinds.of(node, self.scope)

    def constant(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """Return the literal that a name was assigned once, else the expression itself."""
        if isinstance(node, cst.Name):
            owner = self.scope.owner(node.value)
            values = owner.assigned.get(node.value, []) if owner is not None else []
            if len(values) == 1 and values[0][1] is None and isinstance(values[0][0], cst.SimpleString | cst.Integer):
                return values[0][0]
        return node

    def is_python_number(self, node: cst.Name) -> bool:
        """Whether a name is, as far as can be told, a whole number of Python rather than one of NumPy."""
        owner = self.scope.owner(node.value)
        values = owner.assigned.get(node.value, []) if owner is not None else []
        for value, _ in values[-1:]:
            while isinstance(value, cst.BinaryOperation):
                value = value.left if not isinstance(value.left, cst.Integer) else value.right
            if isinstance(value, cst.Call):
                full = self.kinds.resolve(value.func, owner or self.scope) or ""
                if full in _NUMPY_NUMBERS:
                    return False
                if isinstance(value.func, cst.Attribute) and value.func.attr.value in ("max", "nunique"):
                    return bool(full)
        return True

    @cached_property
    def provenance(self) -> Provenance:
        """Where objects come from."""
        return Provenance(self.module, self.code, self.analysis, self.kinds, lambda: self.places.lines)

    def may_be_keras(self, node: cst.BaseExpression) -> bool:
        """Whether an object of the original program is Keras', or not known to be something else."""
        return self.provenance.may_be_keras(node, self.scope)

    @cached_property
    def places(self) -> Places:
        """Where each node of the original program begins."""
        return Places(self.module)

    def says(self, word: str) -> bool:
        """Whether a word is anywhere in the program; looked for once."""
        key = f"says {word}"
        if key not in self.memory:
            self.memory[key] = word in self.code
        return bool(self.memory[key])

    def remember(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what `make` gave the first time it was asked in this walk."""
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]

    # -- reporting -------------------------------------------------------------------------------------------

    def change(self, rule: Rule, node: cst.CSTNode, why: str = "") -> None:
        """Note that `rule` rewrote `node`, a node of the original program."""
        self.changes.append((rule, node, why or rule.why))

    def find(self, rule: Rule, node: cst.CSTNode, message: str, comment: bool = True) -> None:
        """Note what a person has to look at; with `comment`, also above the statement in the program."""
        self.findings.append((rule, node, message))
        if comment and message not in self.comments[-1]:
            self.comments[-1].append(message)

    def forget(self, node: cst.CSTNode) -> None:
        """Note that a mention of an imported name went away, so that its import may be no longer needed."""
        chain = dotted(node)
        if chain is not None:
            self.rewritten.add(chain.partition(".")[0])

    # -- new names -------------------------------------------------------------------------------------------

    def _plan(self) -> dict[str, str]:
        """Return the local name that each imported thing will have, by its name of today."""
        planned: dict[str, str] = {}
        for local, target in self.analysis.imports.items():
            today = current(target)
            if today is None:
                planned.setdefault(target, local)
                continue
            wish = today.rpartition(".")[2]
            stands_for = self.analysis.imports.get(wish)
            free = wish not in self._taken or (stands_for is not None and current(stands_for) == today)
            if target.rpartition(".")[2] == local and wish != local and free:
                planned[today] = wish
            else:
                planned.setdefault(today, local)
        return planned

    def refer(self, name: str) -> cst.BaseExpression:
        """Return an expression for the symbol `name`, as `keras.ops.mean`, and see to its import."""
        module, _, symbol = name.rpartition(".")
        if self.brought_by_star(name):
            return cst.Name(symbol)
        if name in self.planned and self._free(self.planned[name]):
            return cst.Name(self.planned[name])
        if not module or module == "keras":
            return self.dotted_name(name)
        local = self.planned.get(module)
        if local is not None and self._free(local):
            return cst.Attribute(cst.Name(local), cst.Name(symbol))
        if self.planned.get("keras") == "keras" and module not in ("keras.ops", "keras.random") and self._free("keras"):
            return self.dotted_name(name)
        if module in _USUAL:
            return cst.Attribute(cst.Name(self._local(module, _USUAL[module])), cst.Name(symbol))
        return cst.Name(self._local(name, symbol))

    def brought_by_star(self, name: str) -> bool:
        """Whether `from module import *` brings a symbol, given by its name of today."""
        module, _, symbol = name.rpartition(".")
        homes = self.remember(
            "stars", lambda: {(current(f"{star}.x") or "").removesuffix(".x") for star in self.analysis.stars}
        )
        return (
            module in homes
            and not missing(name)
            and symbol not in self.analysis.imports
            and self.scope.owner(symbol) is None
        )

    def dotted_name(self, name: str) -> cst.BaseExpression:
        """Return `keras.…` in full, and see to the import of the package."""
        top, *rest = name.split(".")
        value: cst.BaseExpression = cst.Name(self._local(top, top))
        for part in rest:
            value = cst.Attribute(value, cst.Name(part))
        return value

    def numpy(self, function: str) -> cst.BaseExpression:
        """Return an expression for a function of NumPy, and see to the import."""
        local = next((name for name, target in self.analysis.imports.items() if target == "numpy"), None)
        if local is None:
            local = self.needed.setdefault("numpy", "numpy")
        return cst.Attribute(cst.Name(local), cst.Name(function))

    def package(self, name: str, usual: str) -> cst.Name:
        """Return the name of a package, as `tf`, and see to the import under its usual one."""
        local = next((name_ for name_, target in self.analysis.imports.items() if target == name), None)
        return cst.Name(local or self._local(name, usual))

    def helper(self, name: str, code: str) -> cst.Name:
        """Return the name of a function or class that is put into the program, after its imports."""
        self.helpers[name] = code
        return cst.Name(name)

    def _free(self, local: str) -> bool:
        """Whether an imported name is not hidden by something else where we are."""
        owner = self.scope.owner(local)
        return owner is None or (owner is self.analysis.module_scope and local in self.analysis.imports)

    def _local(self, name: str, wish: str) -> str:
        """Return the local name of `name`, importing it if it is not there yet."""
        known = self.needed.get(name) or self.planned.get(name)
        if known is not None and self._free(known):
            return known
        local = wish
        if local in self._taken:
            local = f"keras_{wish}"
        self.needed[name] = local
        self._taken.add(local)
        return local
