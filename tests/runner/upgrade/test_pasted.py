"""Programs as they are pasted from sessions, notebooks and questions: read, and nothing else touched."""

# ruff: noqa: E501  a program is easier to compare on one line

from __future__ import annotations

import pytest

from runner.upgrade import upgrade

PASTED = {
    "prompts": (
        ">>> from keras.layers.core import Dense\n>>> for n in (1, 2):\n...     print Dense(output_dim=n).units\n...\n1\n2\n"
        ">>>\n>>> text = 'a >>> b'\n",
        "from keras.layers import Dense\nfor n in (1, 2):\n    print(Dense(units=n).units)\n\n# 1\n# 2\n\ntext = 'a >>> b'\n",
        {"pasted-prompts": 1, "python2-print": 3},
    ),
    "ipython": (
        "In [1]: from keras.layers.core import Dense\n\nIn [2]: def make(n):\n   ...:     return Dense(output_dim=n)\n"
        "   ...: \nIn [3]: make(2).units\nOut[3]: 2\n",
        "from keras.layers import Dense\n\ndef make(n):\n    return Dense(units=n)\n\nmake(2).units\n# Out[3]: 2\n",
        {"pasted-prompts": 1},
    ),
    "indented": (
        "\n    from keras.layers.core import Dense\n\n    def make(n):\n        return Dense(output_dim=n)\n\n    make(2)\n",
        "\nfrom keras.layers import Dense\n\ndef make(n):\n    return Dense(units=n)\n\nmake(2)\n",
        {"pasted-indent": 2},
    ),
    "indented but for the first line": (
        "from keras.layers.core import Dense\n    layer = Dense(output_dim=2)\n    layer.units\n",
        "from keras.layers import Dense\nlayer = Dense(units=2)\nlayer.units\n",
        {"pasted-indent": 2},
    ),
    "indented prompts of Python 2": (
        "    >>> import keras\n    >>> print 'x'\n    x\n",
        "import keras\nprint('x')\n# x\n",
        {"pasted-indent": 1, "pasted-prompts": 1, "python2-print": 2},
    ),
    "commands": (
        "%matplotlib inline\n!pip install keras\nfrom keras.layers.core import Dense\nif True:\n    !nvidia-smi\n"
        "x = (7\n     % 4)\n%time layer = Dense(output_dim=3)\nDense?\n",
        "# %matplotlib inline\n# !pip install keras\nfrom keras.layers import Dense\nif True:\n    pass  # !nvidia-smi\n"
        "x = (7\n     % 4)\nlayer = Dense(units=3)\n# Dense?\n",
        {"pasted-commands": 1},
    ),
    "a cell of the shell": (
        "%%bash\necho 'a'\nls\n\nimport keras\n",
        "# %%bash\n# echo 'a'\n# ls\n\n# import keras\n",
        {"pasted-commands": 1},
    ),
}


@pytest.mark.parametrize("how", PASTED)
def test_what_was_pasted_is_read(how: str) -> None:
    before, after, told = PASTED[how]
    upgraded = upgrade(before)
    assert upgraded.problem is None
    assert upgraded.source == after
    first: dict[str, int] = {}
    for change in upgraded.changes:
        first.setdefault(change.rule, change.line)
    assert {rule: line for rule, line in first.items() if rule.startswith(("pasted", "python2"))} == told
    assert upgrade(after).source == after


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_of_what_was_pasted_are_kept(ending: str) -> None:
    before, after, _ = PASTED["prompts"]
    assert upgrade(before.replace("\n", ending)).source == after.replace("\n", ending)


def test_places_are_those_of_what_was_sent() -> None:
    source = ">>> import keras\n>>> x = 1\n1\n>>> m.fit(x, y, nb_epoch=3)\n"
    assert {change.line for change in upgrade(source).changes if change.rule == "fit-arguments"} <= {4}
    assert "epochs=3" in upgrade(source).source


@pytest.mark.parametrize(
    "source",
    [
        'import keras\n\n\ndef f():\n    """Says more.\n\n    >>> f()\n    1\n    """\n    return 1\n',
        "import keras\ntext = '''\n%matplotlib inline\n!pip install\n'''\n",
        "import keras\nx = (5\n% 3)\n",
        "    # a comment\nimport keras\n",
    ],
)
def test_what_python_reads_stays_byte_for_byte(source: str) -> None:
    assert upgrade(source).source == source
    assert not upgrade(source).changes


def test_prompts_in_strings_stay_where_the_program_is_old() -> None:
    source = "import keras\n\ndef f():\n    '''\n    >>> f()\n    %time\n    '''\n    print 'x'\n"
    assert upgrade(source).source == source.replace("print 'x'", "print('x')")


def test_what_is_still_wrong_is_told_with_its_line() -> None:
    upgraded = upgrade(">>> import keras\n>>> f(a b)\n")
    assert (upgraded.problem or "").startswith("Line 2:")
    assert upgraded.source == ">>> import keras\n>>> f(a b)\n"
