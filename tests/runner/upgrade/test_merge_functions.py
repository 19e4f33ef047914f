"""`merge` and `Merge` of a function are a `Lambda`; of a mode that is not known they stay, with a comment."""

from __future__ import annotations

import pytest

from runner.upgrade import upgrade

HEAD = "from keras.layers import Merge, merge\n"
CASES = {
    "Merge(mode=lambda x: x[0] - x[1], output_shape=shape)([l, r])": (
        "Lambda(lambda x: x[0] - x[1], output_shape=shape)([l, r])"
    ),
    "Merge([l, r], mode=lambda x: x[0] - x[1], output_shape=(3,), name='d')": (
        "Lambda(lambda x: x[0] - x[1], output_shape=(3,), name='d')([l.outputs[0], r.outputs[0]])"
    ),
    "merge([l, r], mode=lambda x: x[0], output_shape=shape, arguments=given)": (
        "Lambda(lambda x: x[0], output_shape=shape, arguments=given)([l, r])"
    ),
    "Merge(mode='concat', concat_axis=1)([l, r])": "Concatenate(axis=1)([l, r])",
}


@pytest.mark.parametrize("before", CASES)
def test_a_function_of_the_inputs(before: str) -> None:
    upgraded = upgrade(f"{HEAD}x = {before}\n")
    assert upgraded.source.endswith(f"x = {CASES[before]}\n")
    assert upgrade(upgraded.source).source == upgraded.source


def test_a_name_may_be_that_of_a_mode_or_a_function() -> None:
    upgraded = upgrade(
        f"{HEAD}m = 'mul'\nx = merge([l, r], mode=m)\n\n\ndef cos(t):\n    return t[0]\n\n\n"
        "y = merge([l, r], mode=cos)\n"
    )
    assert "x = multiply([l, r])\n" in upgraded.source
    assert "y = Lambda(cos)([l, r])\n" in upgraded.source


@pytest.mark.parametrize("call", ["merge([l, r], mode=mode)", "Merge(mode=mode)([l, r])", "Merge([l, r], mode=mode)"])
def test_a_mode_that_is_not_known_stays(call: str) -> None:
    source = f"{HEAD}\n\ndef f(mode):\n    return {call}\n"
    upgraded = upgrade(source)
    assert call in upgraded.source
    assert "    # Keras 3: " in upgraded.source
    assert len(upgraded.findings) == 1
    assert upgrade(upgraded.source).source == upgraded.source
