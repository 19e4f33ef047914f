"""The arguments of a call, to be renamed, removed and added without disturbing the layout around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import libcst as cst

_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_SPACED = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


class Arguments:
    """A changeable copy of a call's arguments; `call()` gives the call back with them."""

    def __init__(self, call: cst.Call) -> None:
        self._call = call
        self._args = list(call.args)

    def __iter__(self) -> Iterator[cst.Arg]:
        return iter(self._args)

    def __len__(self) -> int:
        return len(self._args)

    @property
    def spread(self) -> bool:
        """Whether `*args` or `**kwargs` hide what is passed."""
        return any(arg.star for arg in self._args)

    @property
    def positional(self) -> list[cst.BaseExpression]:
        """The values passed without a name, up to the first starred one."""
        values = []
        for arg in self._args:
            if arg.star or arg.keyword is not None:
                break
            values.append(arg.value)
        return values

    def keywords(self) -> set[str]:
        return {arg.keyword.value for arg in self._args if arg.keyword is not None}

    def index(self, keyword: str) -> int | None:
        for number, arg in enumerate(self._args):
            if arg.keyword is not None and arg.keyword.value == keyword:
                return number
        return None

    def get(self, keyword: str, position: int | None = None) -> cst.BaseExpression | None:
        """Return the value passed by this name, or at this position."""
        number = self.index(keyword)
        if number is not None:
            return self._args[number].value
        if position is not None and position < len(self.positional):
            return self._args[position].value
        return None

    def has(self, keyword: str, position: int | None = None) -> bool:
        return self.get(keyword, position) is not None

    def rename(self, old: str, new: str) -> bool:
        """Give the argument `old` the name `new`; False when it is not there, or `new` is already."""
        number = self.index(old)
        if number is None or self.index(new) is not None:
            return False
        keyword = cast(cst.Name, self._args[number].keyword)
        self._args[number] = self._args[number].with_changes(keyword=keyword.with_changes(value=new))
        return True

    def name_position(self, position: int, keyword: str) -> None:
        """Turn a positional argument into a named one."""
        self._args[position] = self._args[position].with_changes(keyword=cst.Name(keyword), equal=_TIGHT)

    def replace(self, old: cst.BaseExpression, new: cst.BaseExpression) -> None:
        """Put `new` where the value `old` is."""
        for number, arg in enumerate(self._args):
            if arg.value is old:
                self._args[number] = arg.with_changes(value=new)

    def set(self, keyword: str, value: cst.BaseExpression) -> None:
        """Pass `value` by the name `keyword`, at the end when it is new."""
        number = self.index(keyword)
        if number is not None:
            self._args[number] = self._args[number].with_changes(value=value)
        else:
            self._append(cst.Arg(value, keyword=cst.Name(keyword), equal=_TIGHT))

    def append(self, value: cst.BaseExpression) -> None:
        """Pass `value` as the last positional argument of a call without named ones."""
        self._append(cst.Arg(value))

    def _append(self, new: cst.Arg) -> None:
        where = len(self._args)
        if self._args and self._args[-1].star == "**":
            where -= 1
            self._args.insert(where, new.with_changes(comma=_SPACED))
            return
        if self._args:
            last = self._args[-1]
            comma = self._args[-2].comma if where > 1 and isinstance(self._args[-2].comma, cst.Comma) else _SPACED
            new = new.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
            self._args[-1] = last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
        self._args.append(new)

    def insert(self, position: int, value: cst.BaseExpression) -> None:
        """Pass `value` as the positional argument at `position`."""
        if position >= len(self._args):
            self._append(cst.Arg(value))
        else:
            self._args.insert(position, cst.Arg(value, comma=_SPACED))

    def remove(self, keyword: str) -> cst.BaseExpression | None:
        """Take the argument out and return its value; None when it is not there."""
        number = self.index(keyword)
        return None if number is None else self.remove_at(number)

    def remove_at(self, number: int) -> cst.BaseExpression:
        arg = self._args.pop(number)
        if number == len(self._args) and self._args:
            self._args[-1] = self._args[-1].with_changes(comma=arg.comma, whitespace_after_arg=arg.whitespace_after_arg)
        return arg.value

    def call(self, func: cst.BaseExpression | None = None) -> cst.Call:
        """Return the call with these arguments, and another function if one is given."""
        made = self._call.with_changes(args=self._args)
        if not self._args:
            made = made.with_changes(whitespace_before_args=cst.SimpleWhitespace(""))
        return made if func is None else made.with_changes(func=func)
