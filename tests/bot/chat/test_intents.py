"""What a message wants, from the text alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intents import Request, understand
from bot.messages import Intent
from runner.inputs import BadInput

TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x()\nValueError: bad shape'
RUN, ASK, DOCS, HELP, UPGRADE = Intent.RUN, Intent.ASK, Intent.DOCS, Intent.HELP, Intent.UPGRADE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("how do I stop training?", ASK),
        ("```python\nprint(1)\n```", RUN),
        ("print(1 + 1)", RUN),
        ("`print(1 + 1)`", RUN),
        ("```print(1)```", RUN),
        ("please run this\n```\nprint(1)\n```", RUN),
        ("can you run this on jax?\n```py\nprint(1)\n```", RUN),
        ("运行 ```python\nprint(1)\n```", RUN),
        ("ejecuta esto\n```python\nprint(1)\n```", RUN),
        ("why does this not run?\n```py\nmodel.fit(x)\n```", ASK),
        ("is this how you run it?\n```py\nmodel.fit()\n```", ASK),
        ("keras.layers.Dense", DOCS),
        ("`keras.layers.Dense`?", DOCS),
        ("what does keras.layers.Dense do?", ASK),
        ("!docs Dense", DOCS),
        ("/docs Dense", DOCS),
        (":docs Dense", DOCS),
        ("thanks!", HELP),
        ("谢谢", HELP),
        ("help", HELP),
        ("run!", RUN),
        ("sources?", Intent.SOURCES),
        ("e", ASK),
        ("", HELP),
        ("Solved!", Intent.SOLVED),
        ("!solved", Intent.SOLVED),
        ("!forget-me", Intent.FORGET),
        ("upgrade this to Keras 3\n```py\nfrom keras.layers.core import Dense\n```", UPGRADE),
        (TRACEBACK, ASK),
        ("!nosuchcommand print", ASK),
        ("3 > 2", ASK),
        ("hello world", ASK),
    ],
)
def test_intent_is_found(text: str, intent: Intent) -> None:
    assert understand(text).intent == intent


def test_blocks_are_joined_in_order() -> None:
    found = understand("```python\na = 1\n```\nand then\n```python\nprint(a)\n```")
    assert (found.intent, found.code) == (RUN, "a = 1\n\nprint(a)")


def test_blocks_of_other_languages_are_not_run() -> None:
    found = understand("run\n```python\nprint(1)\n```\n```json\n{}\n```")
    assert found.code == "print(1)"


def test_code_inside_a_quotation_loses_its_marks() -> None:
    assert understand("> ```python\n> if 1:\n>     x = 2\n> ```\nrun it").code == "if 1:\n    x = 2"


def test_unclosed_fence_reaches_to_the_end() -> None:
    assert understand("```python\nprint(1)\nprint(2)").code == "print(1)\nprint(2)"


@pytest.mark.parametrize(
    ("text", "backend"),
    [
        ("run on jax\n```python\nprint(1)\n```", "jax"),
        ("run with PyTorch\n```python\nprint(1)\n```", "torch"),
        ("```python torch\nprint(1)\n```", "torch"),
        ("```py {backend=jax}\nprint(1)\n```", "jax"),
        ("```jax\nprint(1)\n```", "jax"),
        ("!run torch print(1)", "torch"),
        ("!run --backend=jax\n```\nprint(1)\n```", "jax"),
        ("lance ceci sur tensorflow\n```py\nprint(1)\n```", "tensorflow"),
        ("在 jax 上运行\n```py\nprint(1)\n```", "jax"),
        ("run\n```python\nprint(1)\n```", None),
    ],
)
def test_backend_is_found(text: str, backend: str | None) -> None:
    found = understand(text)
    assert (found.intent, found.code, found.backend) == (RUN, "print(1)", backend)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nprint(input())\n```\n```stdin\n5\n```",
        "```python\nprint(input())\n```\nstdin: 5",
        "```python\nprint(input())\n```\nstdin:\n5\n",
    ],
)
def test_standard_input_is_found(text: str) -> None:
    found = understand(text)
    assert (found.intent, found.code, found.stdin) == (RUN, "print(input())", "5\n")


@pytest.mark.parametrize(
    "text",
    [
        f"I get this:\n{TRACEBACK}\n\nWhat is wrong?",
        f"I get this:\n```\n{TRACEBACK}\n```\nWhat is wrong?",
        f"I get this:\n```pytb\n{TRACEBACK}\n```\nWhat is wrong?",
    ],
)
def test_traceback_is_an_error_with_the_words_around_it(text: str) -> None:
    found = understand(text)
    assert found.intent == ASK
    assert found.error == TRACEBACK
    assert found.text.split() == ["I", "get", "this:", "What", "is", "wrong?"]


def test_program_and_notebook_attachments_are_code() -> None:
    cell = {"cell_type": "code", "source": ["%matplotlib inline\n", "print(2)"]}
    notebook = json.dumps({"cells": [cell], "nbformat": 4}).encode()
    found = understand("", contents=[("a.py", b"print(1)\n"), ("b.ipynb", notebook), ("data.csv", b"1,2")])
    assert found.intent == RUN
    assert found.code == "print(1)\n\n# %matplotlib inline\nprint(2)"
    assert found.files == {"data.csv": b"1,2"}


def test_long_message_sent_as_a_text_file_is_read_like_a_message() -> None:
    found = understand("run this", contents=[("message.txt", b"on jax\n```python\nprint(1)\n```")])
    assert (found.intent, found.code) == (RUN, "print(1)")


def test_broken_notebook_is_refused_in_words() -> None:
    with pytest.raises(BadInput):
        understand("", contents=[("b.ipynb", b"{")])


def test_named_intent_needs_no_fence() -> None:
    assert understand("print(1)", intent=RUN, arguments={"backend": "pytorch"}) == Request(
        RUN, code="print(1)", backend="torch", arguments={"backend": "pytorch"}
    )


@given(st.text(max_size=400) | st.text(alphabet="`~\n> !:/runpyth", max_size=200))
def test_any_text_is_understood(text: str) -> None:
    assert understand(text).intent in Intent


def test_megabyte_is_understood() -> None:
    assert understand("```python\n" + "x = 1\n" * 200_000).intent == RUN
    assert understand("`" * 1_000_000).intent in Intent
    assert understand("why " * 300_000).intent == ASK
