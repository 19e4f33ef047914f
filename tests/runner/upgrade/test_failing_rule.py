"""A rule that raises is left out, and said to be; the others upgrade the program."""

from __future__ import annotations

import libcst as cst
import pytest

from runner.upgrade import RULES, engine, upgrade
from runner.upgrade.context import Context
from runner.upgrade.rule import Rule

SOURCE = "import keras\n\nx = keras.layers.Dense(output_dim=3)\nmodel.fit(x, y, nb_epoch=2)\n"
UPGRADED = "import keras\n\nx = keras.layers.Dense(units=3)\nmodel.fit(x, y, epochs=2)\n"


class Raising(Rule):
    """Fails on what it is asked about."""

    name = "raising"
    since = "never"
    methods = ("fit",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        cst.Integer("-1")
        return None


class RaisingLater(Raising):
    """Fails only once another rule has rewritten the program."""

    name = "raising-later"

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if "units" in context.code:
            raise ValueError
        return None


class RaisingStatement(Rule):
    """Fails on a statement."""

    name = "raising-statement"
    since = "never"
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if isinstance(original.body[0], cst.Expr):
            raise KeyError(self.name)
        return None


@pytest.mark.parametrize("failing", [(Raising,), (RaisingLater,), (RaisingStatement,), (Raising, RaisingStatement)])
def test_a_rule_that_raises_is_left_out(failing: tuple[type[Rule], ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "RULES", (*(rule() for rule in failing), *RULES))
    upgraded = upgrade(SOURCE)
    assert upgraded.source == UPGRADED
    assert upgraded.problem is None
    told = {(finding.line, finding.rule) for finding in upgraded.findings}
    assert told == {(4, rule.name) for rule in failing}
    assert all("left out" in finding.message for finding in upgraded.findings)


def test_a_dot_product_without_axes_is_of_the_last_ones() -> None:
    source = "from keras.layers import merge\nx = merge([u, v], mode='dot')\ny = merge([u, v], mode='cos')\n"
    after = "from keras.layers import dot\nx = dot([u, v], axes=-1)\ny = dot([u, v], axes=-1, normalize=True)\n"
    assert upgrade(source).source == after
    assert not upgrade(source).findings
