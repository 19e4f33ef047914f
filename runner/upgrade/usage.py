"""Where each expression of a program stands, and where a name that it is given is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from runner.upgrade.analysis import Analysis, Scope, dotted
from runner.upgrade.walking import Reader


class Usage(Reader):
    """One walk over a module that notes what stands above each node, and every mention of a name or attribute."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._parents: dict[int, cst.CSTNode] = {}
        self._scopes: dict[int, Scope] = {}
        self._mentions: dict[tuple[int, str], list[cst.BaseExpression]] = defaultdict(list)
        self._paths: dict[str, list[cst.BaseExpression]] = defaultdict(list)
        self._above: cst.CSTNode = analysis.module_scope.node
        self._scope = analysis.module_scope
        self.read(analysis.module_scope.node)

    def read(self, node: cst.CSTNode) -> None:
        """Look at a node and at all below it."""
        above, scope = self._above, self._scope
        self._parents[id(node)] = above
        self._scope = self._analysis.scopes.get(id(node), scope)
        self._above = node
        super().read(node)
        self._above, self._scope = above, scope

    def visit_Name(self, node: cst.Name) -> None:
        above = self._parents[id(node)]
        if (isinstance(above, cst.Attribute) and node is above.attr) or (
            isinstance(above, cst.Arg) and node is above.keyword
        ):
            return
        self._scopes[id(node)] = self._scope
        owner = self._scope.owner(node.value)
        if owner is not None:
            self._mentions[id(owner), node.value].append(node)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._scopes[id(node)] = self._scope
        path = dotted(node)
        if path is not None and path.startswith("self."):
            self._paths[path].append(node)

    def visit_Call(self, node: cst.Call) -> None:
        self._scopes[id(node)] = self._scope

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        self._scopes[id(node)] = self._scope

    def above(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return what a node stands in; the module stands in itself."""
        return self._parents[id(node)]

    def scope(self, node: cst.CSTNode) -> Scope:
        """Return the scope that a name, attribute, call or operation stands in."""
        return self._scopes.get(id(node), self._analysis.module_scope)

    def call_of(self, arg: cst.CSTNode) -> cst.Call | None:
        """Return the call that an argument is of."""
        above = self.above(arg)
        return above if isinstance(above, cst.Call) and isinstance(arg, cst.Arg) else None

    def mentions(self, target: cst.BaseExpression, scope: Scope) -> Iterator[cst.BaseExpression]:
        """Return the mentions of a name, or of an attribute of `self`, also those that assign to it."""
        if isinstance(target, cst.Name):
            owner = scope.owner(target.value)
            yield from self._mentions.get((id(owner), target.value), ())
        elif isinstance(target, cst.Attribute):
            yield from self._paths.get(dotted(target) or "", ())

    def assigned_to(self, value: cst.CSTNode) -> cst.BaseExpression | None:
        """Return the name or attribute that gets a value by an assignment, part by part; else None."""
        above = self.above(value)
        if isinstance(above, cst.Assign) and len(above.targets) == 1 and value is above.value:
            return _target(above.targets[0].target)
        if isinstance(above, cst.AnnAssign) and value is above.value:
            return _target(above.target)
        if isinstance(above, cst.AugAssign) and value is above.value:
            return _target(above.target)
        if isinstance(above, cst.Element):
            several = self.above(above)
            assigned = self.above(several)
            if isinstance(several, cst.Tuple) and isinstance(assigned, cst.Assign) and several is assigned.value:
                target = assigned.targets[0].target
                if isinstance(target, cst.Tuple) and len(target.elements) == len(several.elements):
                    return _target(target.elements[list(several.elements).index(above)].value)
        return None


def _target(node: cst.BaseExpression) -> cst.BaseExpression | None:
    return node if isinstance(node, cst.Name | cst.Attribute) else None
