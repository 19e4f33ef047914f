"""What a rule is: one thing that changed between an old Keras and Keras 3, and how to write it today.

A rule says what it matches by class attributes, so that one walk over the program asks only those that may apply,
and rewrites in the hook that fits: `call`, `reference`, `statement`, `block`, `definition` or `text`. A hook returns
the new node, or None to leave the node as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import libcst as cst

if TYPE_CHECKING:
    from runner.upgrade.context import Context

MIGRATING = "https://keras.io/guides/migrating_to_keras_3/"
KERAS_2 = "https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes"
KERAS_3 = "https://github.com/keras-team/keras/releases/tag/v3.0.0"
OPS = "https://keras.io/api/ops/"


class Rule:
    """Base of all rules; a subclass with a `name` is a rule, and its docstring is what people read about it."""

    name: ClassVar[str] = ""
    """How it is called in changes and on the rule page."""
    matches: ClassVar[str] = ""
    """What it looks for, in words and code."""
    since: ClassVar[str] = ""
    """The version that no longer takes the old form."""
    why: ClassVar[str] = ""
    """The reason, one sentence for the program's author."""
    source: ClassVar[str] = MIGRATING
    """Where the change is documented."""
    silent: ClassVar[bool] = False
    """Whether the old form still runs and computes something else."""
    legacy_only: ClassVar[bool] = False
    """Whether it applies only to a program that other rules have shown to be written for Keras 1."""
    modern_only: ClassVar[bool] = False
    """Whether its findings are for programs that no other rule shows to be written for Keras 1."""
    last_word: ClassVar[bool] = False
    """Whether its findings count only where the last round makes them too: an earlier one knew less of the program."""
    marks: ClassVar[bool] = True
    """Whether a change by this rule, where `since` is Keras 2.0, shows that the program was written for Keras 1."""
    on_error: ClassVar[str] = ""
    """A pattern: the rule is tried only after a run failed with a message that it matches. Empty: always."""

    calls: ClassVar[Sequence[str]] = ()
    """Dotted names whose calls it may rewrite, as `keras.layers.Dense`."""
    methods: ClassVar[Sequence[str]] = ()
    """Names of methods whose calls it may rewrite, on whatever object."""
    references: ClassVar[Sequence[str]] = ()
    """Dotted names whose every mention it may rewrite."""
    attributes: ClassVar[Sequence[str]] = ()
    """Names of attributes whose every mention it may rewrite, on whatever object."""
    of_any: ClassVar[bool] = False
    """Whether it is asked about a model's methods also on objects that are known to be no model."""
    statements: ClassVar[bool] = False
    """Whether it looks at every simple statement."""
    blocks: ClassVar[bool] = False
    """Whether it looks at every list of statements."""
    dictionaries: ClassVar[bool] = False
    """Whether it looks at every dictionary that is written out."""
    definitions: ClassVar[bool] = False
    """Whether it looks at every class and function."""
    operations: ClassVar[bool] = False
    """Whether it looks at every operation on two operands."""
    texts: ClassVar[bool] = False
    """Whether it looks at every string."""

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        """Rewrite a call of `name`, which is a dotted name or that of a method."""
        return None

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        """Rewrite a mention of `name` that is not the function of a call, or is and was left by `call`."""
        return None

    def dictionary(self, node: cst.Dict, original: cst.Dict, context: Context) -> cst.Dict | None:
        """Rewrite a dictionary that is written out."""
        return None

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        """Rewrite a line of simple statements; an empty list takes it out."""
        return None

    def block(
        self, body: list[cst.BaseStatement], original: Sequence[cst.CSTNode], context: Context
    ) -> list[cst.BaseStatement] | None:
        """Rewrite a list of statements; `original` holds them as they were."""
        return None

    def definition(
        self,
        node: cst.ClassDef | cst.FunctionDef,
        original: cst.ClassDef | cst.FunctionDef,
        context: Context,
    ) -> cst.ClassDef | cst.FunctionDef | None:
        """Rewrite a class or a function."""
        return None

    def operation(
        self, node: cst.BinaryOperation, original: cst.BinaryOperation, context: Context
    ) -> cst.BaseExpression | None:
        """Rewrite an operation on two operands."""
        return None

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        """Return what a string with this value should say."""
        return None
