"""Keras 1 and 2 code rewritten for Keras 3, one rule a class, each with its reason.

result = upgrade(source)
print(result.diff)
"""

from runner.upgrade.engine import upgrade
from runner.upgrade.rule import Rule
from runner.upgrade.rules import RULES
from runner.upgrade.values import Change, Finding, Upgrade

__all__ = ["RULES", "Change", "Finding", "Rule", "Upgrade", "upgrade"]
