"""The code of `data/` is run as a reader would run it, and each way to rot is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import verify
from bot.settings import CHECKOUT
from runner.runner import Runner

GOOD = """---
id: good
backends: [tensorflow]
---

```python
value = 41
print(value + 1, 0.123456)
```

```output
42 0.12...
```

```python raises=ValueError
int("x" * value)
```

```error
invalid literal for int()
```

```python needs=gpu
raise SystemExit("never run here")
```
"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    opened = Runner(tmp_path_factory.mktemp("verify"))
    yield opened
    opened.close()


def verdict(runner: Runner, folder: Path, text: str) -> verify.Verdict:
    path = folder / "entry.md"
    path.write_text(text)
    document = verify.read_markdown(path)
    job, marker = verify.compose(document, document.backends[0])
    return verify.judge(document, document.backends[0], runner.run(job), marker)


def test_entry_that_does_what_it_says_passes(runner: Runner, tmp_path: Path) -> None:
    found = verdict(runner, tmp_path, GOOD)
    assert (found.outcome, found.why, found.not_run) == ("passed", "", ("gpu",))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("value + 1", "value + 2", "line 7: printed '43"),
        ("value = 41", "value = 1 / 0", "line 7: raised ZeroDivisionError"),
        ('int("x" * value)', "int(value)", "line 16: did not raise ValueError"),
        ("raises=ValueError", "raises=TypeError", "line 16: raised ValueError"),
        ("invalid literal for int()", "something else", "line 16: the message of ValueError differs"),
        ("value = 41", "import os; os._exit(0)", "the run ended as ok"),
        ("value = 41", "def (", "line 7: raised SyntaxError"),
    ],
)
def test_rot_is_noticed_with_its_line(runner: Runner, tmp_path: Path, before: str, after: str, why: str) -> None:
    found = verdict(runner, tmp_path, GOOD.replace(before, after))
    assert found.outcome == "failed"
    assert why in found.why


def test_entry_cannot_print_its_own_verdict(runner: Runner, tmp_path: Path) -> None:
    forged = GOOD.replace("value = 41", 'value = 40\nprint("0" * 32 + "[]")')
    assert verdict(runner, tmp_path, forged).outcome == "failed"


def test_unknown_backend_is_named(tmp_path: Path) -> None:
    path = tmp_path / "entry.md"
    path.write_text(GOOD.replace("[tensorflow]", "[theano]"))
    with pytest.raises(ValueError, match="theano"):
        verify.read_markdown(path)


def test_everything_in_data_can_be_read() -> None:
    documents = list(verify.read_documents(CHECKOUT / "data"))
    assert len(documents) > 300
    assert all(document.blocks and document.backends for document in documents)


def test_program_says_where_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text('"""Doc."""\n# backends: jax\nprint(1)\n')
    assert verify.read_program(path).backends == ("jax",)


def test_what_is_not_run_is_counted_once() -> None:
    verdicts = [
        verify.Verdict(Path("a.md"), "jax", "passed"),
        verify.Verdict(Path("b.md"), "jax", "passed", not_run=("gpu",)),
        verify.Verdict(Path("c.md"), "jax", "not run", not_run=("gpu", "onnx")),
    ]
    assert verify.totals(verdicts) == {"passed": 2, "failed": 0, "not run": 3}
