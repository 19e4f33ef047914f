"""Theano's order of axes, channels first, which programs for Keras 1 took for granted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import calling, code, text_of
from runner.upgrade.rule import Rule
from runner.upgrade.rules.layer_names import CONV_2D, CONV_3D, POOLING_2D, layers
from runner.upgrade.shapes import Axes, Shapes

Order = Literal["first", "last"]
_CONVOLUTIONS = frozenset((*CONV_2D, *CONV_3D, *layers("ConvLSTM2D LocallyConnected2D ZeroPadding2D")))
_SAID = ("data_format", "dim_ordering", "channels_first", "channels_last")
_CHANNELS = re.compile(r"chan|chn|color|colour|depth|^(?:nb_|n_|num_)?(?:c|ch|chs)$", re.IGNORECASE)
_SIDES = re.compile(r"row|col|height|width|size|^(?:img_)?(?:h|w)$", re.IGNORECASE)
MOST_CHANNELS = 4
"""Channels of an image: grey, colour, and colour with a mask; a side of an image is longer."""


def order_of(axes: Axes) -> Order | None:
    """Return whether the channels of an image stand first or last, None where its axes do not tell.

    Args:
        axes: of one sample without the batch; of several axes that are not channels, at least two.
    """
    first, last = axes[0], axes[-1]
    small = [axis.size is not None and 1 <= axis.size <= MOST_CHANNELS for axis in (first, last)]
    large = [axis.size is not None and axis.size > MOST_CHANNELS for axis in (first, last)]
    called = [_CHANNELS.search(axis.said) is not None for axis in (first, last)]
    sides = [_SIDES.search(axis.said) is not None and not _CHANNELS.search(axis.said) for axis in (first, last)]
    at_first = (small[0] and not small[1]) or (called[0] and not called[1] and (sides[1] or large[1]))
    at_last = (small[1] and not small[0]) or (called[1] and not called[0] and (sides[0] or large[0]))
    if at_first != at_last:
        return "first" if at_first else "last"
    sizes = [axis.size for axis in axes]
    if len(sizes) == 3 and None not in sizes and sizes[0] != sizes[2] and sizes[1] in (sizes[0], sizes[2]):
        return "first" if sizes[1] == sizes[2] else "last"  # a square image of many channels
    return None


class TheanoOrder(Rule):
    """Theano's order of axes, which was the default of the time, is said."""

    name = "theano-order"
    matches = (
        "`Convolution2D(32, 3, 3, input_shape=(1, 28, 28))`, `Input(shape=(channels, rows, cols))` or "
        "`input_shape=X.shape[1:]` where nothing says which axis holds the channels"
    )
    since = "Keras 1.2"
    why = (
        "The images have their channels first, as Theano had them: that was the default of the time and is to be said "
        "today, or the height is taken for one or three pixels."
    )
    source = "https://keras.io/api/utils/config_utils/"
    silent = True
    legacy_only = True
    blocks = True

    def block(
        self, body: list[cst.BaseStatement], original: Sequence[cst.CSTNode], context: Context
    ) -> list[cst.BaseStatement] | None:
        if original is not context.module.body:
            return None
        if any(word in context.code for word in _SAID):
            self._mixed(context)
            return None
        seen = _images(context)
        firsts = [call for call, order in seen if order == "first"]
        lasts = [call for call, order in seen if order == "last"]
        if firsts and lasts:
            for call in firsts:
                context.find(self, call, _BOTH, comment=False)
            return None
        if not firsts:
            for call in [] if lasts else [call for call, _ in seen]:
                context.find(self, call, _UNKNOWN, comment=False)
            return None
        at = _place(body)
        call = calling("{set}('channels_first')", set=context.refer("keras.backend.set_image_data_format"))
        line = cst.SimpleStatementLine([cst.Expr(call)], leading_lines=[cst.EmptyLine(indent=False)])
        context.change(self, original[min(at, len(original) - 1)])
        return [*body[:at], line, *body[at:]]

    def _mixed(self, context: Context) -> None:
        """Tell where some layers say that channels are first, and others, which took it for granted, do not."""
        if any(word in context.code for word in ("set_image_d", "image_data_format", "image_dim_ordering")):
            return
        said, silent = False, []
        for several in (*context.analysis.calls.values(), *context.analysis.method_calls.values()):
            for call, scope in several:
                if context.kinds.name(call.func, scope) not in _OF_IMAGES:
                    continue
                arguments = Arguments(call)
                order = arguments.get("data_format") or arguments.get("dim_ordering")
                if order is None and not arguments.spread:
                    silent.append(call)
                said = said or text_of(order) in ("th", "channels_first")
        if said and silent:
            context.find(self, silent[0], _MIXED, comment=False)


_OF_IMAGES = _CONVOLUTIONS | frozenset(POOLING_2D)
_MIXED = (
    "other layers say that the channels come first, this one took it from the settings of Keras 1: say "
    "data_format='channels_first' here too, or keras.backend.set_image_data_format for all"
)
_BOTH = (
    "this image seems to have its channels first, as Theano had them, another one in this program last: say "
    "data_format='channels_first' in the layers that it goes through"
)
_UNKNOWN = (
    "Keras 1 took the order of an image's axes from its settings, and the program does not tell it: if the channels "
    "stand first, say keras.backend.set_image_data_format('channels_first') before the model"
)


def _images(context: Context) -> list[tuple[cst.Call, Order | None]]:
    """Return the calls that tell the shape of a convolution's images, each with the order of its axes."""
    shapes = Shapes(context.analysis, context.kinds)
    ranks: set[int] = set()
    frames = False
    asked: list[tuple[cst.Call, str, Axes | None]] = []
    reshaped: list[tuple[cst.Call, str, Axes | None]] = []
    for several in (*context.analysis.calls.values(), *context.analysis.method_calls.values()):
        for call, scope in several:
            name = context.kinds.name(call.func, scope) or ""
            if not name.startswith(("keras.layers.", "keras.Input")):
                continue
            if name in _CONVOLUTIONS:
                ranks.add(4 if "3D" in name else 3)
            frames = frames or name.endswith(_OF_FRAMES)
            arguments = Arguments(call)
            if name.endswith((".Input", ".InputLayer")):
                shape, batch = arguments.get("shape", 0) or arguments.get("input_shape"), arguments.get("batch_shape")
            else:
                shape, batch = arguments.get("input_shape"), arguments.get("batch_input_shape")
            if shape is not None or batch is not None:
                whole = shapes.axes(batch, scope) if shape is None else None
                asked.append((call, name, whole[1:] if whole is not None else shapes.axes(shape, scope)))
            if name.endswith(".Reshape"):
                target = arguments.get("target_shape", 0) or arguments.get("dims")
                reshaped.append((call, name, shapes.axes(target, scope)))
    found = _orders(asked, ranks, frames)
    if not any(order for _, order in found):
        # What comes from noise or from a vector gets the shape of an image on its way.
        found += [(call, order) for call, order in _orders(reshaped, ranks, frames) if order is not None]
    return found


_OF_FRAMES = (".ConvLSTM2D", ".TimeDistributed")


def _orders(
    asked: Sequence[tuple[cst.Call, str, Axes | None]], ranks: set[int], frames: bool
) -> list[tuple[cst.Call, Order | None]]:
    found: list[tuple[cst.Call, Order | None]] = []
    for call, name, axes in asked:
        if axes is None:
            # The shape is written somewhere else; only that of a convolution is surely an image's.
            if name in _CONVOLUTIONS:
                found.append((call, None))
            continue
        first_is_time = name.endswith(_OF_FRAMES) or (frames and len(axes) == 4 and 4 not in ranks)
        image = axes[1:] if first_is_time else axes
        if len(image) in ranks:
            order = order_of(image)
            if order is not None or name in _CONVOLUTIONS:
                found.append((call, order))
    return found


def _place(body: Sequence[Any]) -> int:
    """Return where the order is set: after what a program begins with, and after Keras is imported."""
    opening = next((number for number, node in enumerate(body) if not _opening(node)), len(body))
    keras = next((number + 1 for number, node in enumerate(body) if _imports_keras(node)), 0)
    after = keras
    while keras > opening and after < len(body) and _opening(body[after]):
        after += 1
    return max(opening, after)


def _imports_keras(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    imports = [code(small) for small in node.body if isinstance(small, cst.Import | cst.ImportFrom)]
    return any(re.search(r"\b(?:keras|tensorflow)\b", line) for line in imports)


def _opening(node: cst.CSTNode) -> bool:
    """Whether a statement is one of those that a program begins with: imports, seeds and the docstring."""
    if not isinstance(node, cst.SimpleStatementLine) or not node.body:
        return False
    small = node.body[0]
    if isinstance(small, cst.Import | cst.ImportFrom):
        return True
    return isinstance(small, cst.Expr) and (isinstance(small.value, cst.SimpleString) or "seed(" in code(small.value))


RULES: tuple[type[Rule], ...] = (TheanoOrder,)
