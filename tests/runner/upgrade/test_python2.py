"""What Python 2 left in programs that Python 3 reads: rewritten, and then run for what Python 2 gave."""

# ruff: noqa: E501  a program is easier to compare on one line

from __future__ import annotations

import contextlib
import io

import pytest

from runner.upgrade import upgrade

# name → (program of Python 2, what is written today, what Python 2 printed).
LEFTOVERS = {
    "a quotient as the end of a slice": (
        "X = [1, 2, 3, 4, 5]  # for keras\nn = len(X) / 2\nprint X[:n], X[n:]\n",
        "X = [1, 2, 3, 4, 5]  # for keras\nn = len(X) // 2\nprint(X[:n], X[n:])\n",
        "[1, 2] [3, 4, 5]\n",
    ),
    "a quotient within a sum": (
        "X = list('abcdefghijk')  # keras\nat = len(X) - len(X) / 10\nprint X[at:]\n",
        "X = list('abcdefghijk')  # keras\nat = len(X) - len(X) // 10\nprint(X[at:])\n",
        "['k']\n",
    ),
    "a quotient through other names": (
        "size, parts = 7, 2  # keras\nhalf = size / parts\nend = half + 1\ndef take(n):\n    return range(n)\n"
        "print list(take(end)), 7 / 2., size * 1. / parts\n",
        "size, parts = 7, 2  # keras\nhalf = size // parts\nend = half + 1\ndef take(n):\n    return range(n)\n"
        "print(list(take(end)), 7 / 2., size * 1. / parts)\n",
        "[0, 1, 2, 3] 3.5 3.5\n",
    ),
    "a quotient made in place": (
        "n = 7  # keras\nn /= 2\nprint 'ab' * 1, [0, 1, 2, 3, 4][n]\n",
        "n = 7  # keras\nn //= 2\nprint('ab' * 1, [0, 1, 2, 3, 4][n])\n",
        "ab 3\n",
    ),
    "a count by a number": (
        "x = [5, 6, 7]  # keras\nprint len(x) / 2, 7 / 2, 7 / 2 / 1.0, len(x) / float(2)\n",
        "x = [5, 6, 7]  # keras\nprint(len(x) // 2, 7 // 2, 7 // 2 / 1.0, len(x) / float(2))\n",
        "1 3 3.0 1.5\n",
    ),
    "an index": (
        "x = [5, 6, 7]  # keras\nprint x[len(x) / 2], 1 / 2.0\n",
        "x = [5, 6, 7]  # keras\nprint(x[len(x) // 2], 1 / 2.0)\n",
        "6 0.5\n",
    ),
    "an attribute": (
        "class Data:  # keras\n    def __init__(self, n):\n        self.steps = n / 3\n    def all(self):\n"
        "        return [i for i in xrange(self.steps)]\nprint Data(7).all()\n",
        "class Data:  # keras\n    def __init__(self, n):\n        self.steps = n // 3\n    def all(self):\n"
        "        return [i for i in range(self.steps)]\nprint(Data(7).all())\n",
        "[0, 1]\n",
    ),
    "pairs": (
        "pairs = zip([1, 2], 'ab')  # keras\nprint pairs[0], len(pairs)\nfor a, b in zip([1], [2]): print a\n",
        "pairs = list(zip([1, 2], 'ab'))  # keras\nprint(pairs[0], len(pairs))\nfor a, b in zip([1], [2]): print(a)\n",
        "(1, 'a') 2\n1\n",
    ),
    "keys": (
        "d = {'b': 1, 'a': 2}  # keras\nkeys = d.keys()\nkeys.sort()\nprint keys, d.values()[0], range(2) + [9]\n",
        "d = {'b': 1, 'a': 2}  # keras\nkeys = list(d.keys())\nkeys.sort()\n"
        "print(keys, list(d.values())[0], list(range(2)) + [9])\n",
        "['a', 'b'] 1 [0, 1, 9]\n",
    ),
    "map": (
        "seen = []  # keras\nmap(seen.append, [1, 2])\nprint seen, map(str, seen), sum(map(int, '12'))\n",
        "seen = []  # keras\nlist(map(seen.append, [1, 2]))\nprint(seen, list(map(str, seen)), sum(map(int, '12')))\n",
        "[1, 2] ['1', '2'] 3\n",
    ),
    "itertools": (
        "from itertools import izip, chain  # keras\nfrom itertools import imap\nfor a, b in izip([1], [2]): print a + b\n"
        "print sum(imap(int, '12')), list(chain([1], [2]))\n",
        "from itertools import chain  # keras\nfor a, b in zip([1], [2]): print(a + b)\n"
        "print(sum(map(int, '12')), list(chain([1], [2])))\n",
        "3\n3 [1, 2]\n",
    ),
    "iterators without an end": (
        "from itertools import imap, count  # keras\nsquares = imap(lambda n: n * n, count())\nprint squares.__next__()\n",
        "from itertools import count  # keras\nsquares = map(lambda n: n * n, count())\nprint(squares.__next__())\n",
        "0\n",
    ),
    "compare": (
        "x = [3, 1, 2]  # keras\nprint sorted(x, cmp=lambda a, b: b - a), cmp(1, 2)\nx.sort(lambda a, b: cmp(a, b))\nprint x\n",
        "from functools import cmp_to_key\nx = [3, 1, 2]  # keras\n"
        "print(sorted(x, key=cmp_to_key(lambda a, b: b - a)), ((1 > 2) - (1 < 2)))\n"
        "x.sort(key=cmp_to_key(lambda a, b: ((a > b) - (a < b))))\nprint(x)\n",
        "[3, 2, 1] -1\n[1, 2, 3]\n",
    ),
    "moved": (
        "import string, sys  # keras\nprint reduce(lambda a, b: a + b, [1, 2, 3]), string.lowercase[:3], sys.maxint > 5\n",
        "from functools import reduce\nimport string, sys  # keras\n"
        "print(reduce(lambda a, b: a + b, [1, 2, 3]), string.ascii_lowercase[:3], sys.maxsize > 5)\n",
        "6 abc True\n",
    ),
}


@pytest.mark.parametrize("name", LEFTOVERS)
def test_python_2_gave_the_same(name: str) -> None:
    before, after, printed = LEFTOVERS[name]
    upgraded = upgrade(before)
    assert upgraded.source == after
    assert upgrade(after).source == after
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(upgraded.source, "program", "exec", dont_inherit=True), {})
    assert told.getvalue() == printed


@pytest.mark.parametrize(
    "source",
    [
        "import keras\nrate = 1 / 2\nx = keras.layers.Dropout(rate)\ny = x_train / 255\nz = d[a / b]\n",
        "import keras\nd = {1: 2}\nfor k in d.keys():\n    print(k, list(d.items())[0])\nr = range(10)[2]\n",
        "import keras\nframe = load()\nname = frame.keys()[0]\nfor a, b in zip(x, y):\n    print(a / b)\n",
        "import keras\ntry:\n    from itertools import izip\nexcept ImportError:\n    izip = zip\npairs = izip(a, b)\n",
        "import keras\nh = int(len(x) / 2)\ny = x[:h]\nsame = map_fn(x)[0]\nz = x[: round(n / 2)]\n",
        "import keras\nitems.sort(key=lambda item: item[1])\nwords = sorted(d, key=d.get)\n",
    ],
)
def test_modern_programs_keep_their_fractions_and_views(source: str) -> None:
    assert upgrade(source).source == source
    assert not upgrade(source).changes


def test_division_that_the_program_asks_for_stays() -> None:
    source = "from __future__ import division\nimport keras\nprint 'x'\nn = len(x) / 2\ny = x[a / b]\n"
    assert upgrade(source).source == source.replace("print 'x'", "print('x')")


def test_a_program_for_keras_1_divides_as_its_time_did() -> None:
    source = "import keras\nimport numpy as np\nn = total / 2\nx = np.zeros((n, 3))\nm.fit(x, y, nb_epoch=2)\n"
    assert "n = total // 2\n" in upgrade(source).source
    modern = source.replace("nb_epoch", "epochs")
    assert upgrade(modern).source == modern
