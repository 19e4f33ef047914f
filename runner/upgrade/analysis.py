"""What a program's names stand for: imports, scopes and what is assigned to what. Nothing is executed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import libcst as cst

from runner.upgrade.walking import Reader

ScopeNode = cst.FunctionDef | cst.Lambda | cst.ClassDef | cst.Module | cst.GeneratorExp | cst.ListComp


@dataclass
class Scope:
    """A function, class or the module: what it binds, and what is assigned to each name."""

    node: cst.CSTNode
    parent: Scope | None
    bound: set[str] = field(default_factory=set)
    parameters: list[str] = field(default_factory=list)
    assigned: dict[str, list[tuple[cst.BaseExpression, int | None]]] = field(default_factory=dict)
    returns: list[cst.BaseExpression] = field(default_factory=list)
    augmented: set[str] = field(default_factory=set)

    def owner(self, name: str) -> Scope | None:
        """Return the innermost scope that binds `name`, None when none does."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bound and (scope is self or not isinstance(scope.node, cst.ClassDef)):
                return scope
            scope = scope.parent
        return None


def dotted(node: cst.CSTNode) -> str | None:
    """Return `a.b.c` for a chain of plain names, None for anything else."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    parts.append(node.value)
    return ".".join(reversed(parts))


class Analysis(Reader):
    """One walk over a module that collects what the rules ask for."""

    def __init__(self, module: cst.Module) -> None:
        self.module_scope = Scope(module, None)
        self.scopes: dict[int, Scope] = {id(module): self.module_scope}
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        self.attributes: dict[str, list[tuple[cst.BaseExpression, Scope]]] = {}
        self.functions: dict[str, cst.FunctionDef] = {}
        self.classes: dict[str, cst.ClassDef] = {}
        self.calls: dict[str, list[tuple[cst.Call, Scope]]] = {}
        self.method_calls: dict[str, list[tuple[cst.Call, Scope]]] = {}
        self.strings: list[str] = []
        self.in_sequential: set[int] = set()
        self._scope = self.module_scope
        self.read(module)

    # -- scopes ----------------------------------------------------------------------------------------------

    def _enter(self, node: cst.CSTNode) -> None:
        self._scope = self.scopes[id(node)] = Scope(node, self._scope)

    def _leave(self) -> None:
        self._scope = self._scope.parent or self.module_scope

    def _parameters(self, parameters: cst.Parameters) -> None:
        every: list[cst.Param] = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
        for star in (parameters.star_arg, parameters.star_kwarg):
            if isinstance(star, cst.Param):
                every.append(star)
        self._scope.parameters = [parameter.name.value for parameter in every]
        self._scope.bound.update(self._scope.parameters)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._scope.bound.add(node.name.value)
        self.functions[node.name.value] = node
        self._enter(node)
        self._parameters(node.params)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._leave()

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self._enter(node)
        self._parameters(node.params)

    def leave_Lambda(self, original_node: cst.Lambda) -> None:
        self._leave()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._scope.bound.add(node.name.value)
        self.classes[node.name.value] = node
        self._enter(node)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._leave()

    def visit_Return(self, node: cst.Return) -> None:
        if node.value is not None:
            self._scope.returns.append(node.value)

    # -- bindings --------------------------------------------------------------------------------------------

    def visit_Import(self, node: cst.Import) -> bool:
        for alias in node.names:
            module = dotted(alias.name) or ""
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                self.imports[alias.asname.name.value] = module
            else:
                top = module.partition(".")[0]
                self.imports[top] = top
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        if node.relative or node.module is None:
            module = "." + (dotted(node.module) or "" if node.module else "")
        else:
            module = dotted(node.module) or ""
        if isinstance(node.names, cst.ImportStar):
            self.stars.append(module)
            return False
        for alias in node.names:
            name = alias.name.value if isinstance(alias.name, cst.Name) else ""
            local = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
            self.imports[str(local)] = f"{module}.{name}"
        return False

    def _bind(self, target: cst.BaseExpression, value: cst.BaseExpression, index: int | None = None) -> None:
        if isinstance(target, cst.Name):
            self._scope.bound.add(target.value)
            self._scope.assigned.setdefault(target.value, []).append((value, index))
        elif isinstance(target, cst.Tuple | cst.List):
            several = isinstance(value, cst.Tuple | cst.List) and len(value.elements) == len(target.elements)
            for number, element in enumerate(target.elements):
                each = value.elements[number].value if several else value  # type: ignore[attr-defined]
                self._bind(element.value, each, None if several else number)
        elif isinstance(target, cst.Attribute):
            path = dotted(target)
            if path is not None:
                self.attributes.setdefault(path, []).append((value, self._scope))

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._bind(target.target, node.value)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        if isinstance(node.target, cst.Name):
            self._scope.bound.add(node.target.value)
            self._scope.augmented.add(node.target.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, node.value)

    def visit_For(self, node: cst.For) -> None:
        self._loop(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._loop(node.target)

    def _loop(self, target: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name):
            self._scope.bound.add(target.value)
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._loop(element.value)

    def visit_AsName(self, node: cst.AsName) -> None:
        if isinstance(node.name, cst.Name):
            self._scope.bound.add(node.name.value)

    # -- mentions --------------------------------------------------------------------------------------------

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Name):
            self.calls.setdefault(node.func.value, []).append((node, self._scope))
        elif isinstance(node.func, cst.Attribute):
            self.method_calls.setdefault(node.func.attr.value, []).append((node, self._scope))
        self._note_sequential(node)

    def _note_sequential(self, node: cst.Call) -> None:
        """Remember the layers that are added to a `Sequential`, which may bring its input's shape with them."""
        func = node.func
        name = func.attr.value if isinstance(func, cst.Attribute) else getattr(func, "value", "")
        if not node.args:
            return
        value = node.args[0].value
        if name == "add" and isinstance(func, cst.Attribute) and len(node.args) == 1:
            self.in_sequential.add(id(value))
        elif name == "Sequential" and isinstance(value, cst.List | cst.Tuple):
            self.in_sequential.update(id(element.value) for element in value.elements)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if len(node.value) < 200:
            self.strings.append(node.value)

    def bound_anywhere(self) -> Iterable[str]:
        """Every name that the program gives a meaning."""
        for scope in self.scopes.values():
            yield from scope.bound
        yield from self.imports
