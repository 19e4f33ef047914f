"""What was verified is known afterwards, as long as it holds; and a part of `data/` is verified with every test run."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import verified, verify
from bot.cli import call
from bot.settings import CHECKOUT
from bot.verify import Verdict
from runner.runner import Runner

DATA = CHECKOUT / "data"
# One document in so many is run with every test run, always the same ones; the rest by `make verify`. The salt is one
# that picks of each kind: entries, examples and a step of the learning path.
SHARE = 10
SALT = "29"

ENTRY = """---
id: sum
backends: [tensorflow, jax, torch]
---

Add them up.

```python
print(1 + 1)
```

```output
2
```
"""

STEP = """# Adding

## Exercise 1: Add

```python exercise
def add(a, b):
    return a
```

```python solution
def add(a, b):
    return a + b
```

```python check
print("PASS: it adds." if add(2, 3) == 5 else "TRY AGAIN: 2 and 3 should be 5.")
```
"""


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "content"
    (folder / "faq").mkdir(parents=True)
    (folder / "faq" / "sum.md").write_text(ENTRY)
    monkeypatch.setenv("LOBBY_CONTENT_DIR", str(folder))
    monkeypatch.setenv("LOBBY_DATA_DIR", str(tmp_path / "state"))
    return folder


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    opened = Runner(tmp_path_factory.mktemp("verification"))
    yield opened
    opened.close()


def verdict(content: Path, name: str = "faq/sum.md", outcome: Any = "passed", backend: Any = "tensorflow") -> Verdict:
    document = verify.read(content / name)
    return Verdict(document.path, backend, outcome, content_hash=document.content_hash)


def test_record_says_with_what_and_when(content: Path, tmp_path: Path) -> None:
    verified.note(tmp_path, content, verdict(content))
    verified.note(tmp_path, content, verdict(content, backend="torch"))
    verified.note(tmp_path, content, verdict(content, backend="jax", outcome="failed"))
    record = verified.load(tmp_path, content, "faq/sum.md")
    assert record is not None
    assert (record.backends, record.failed) == (("tensorflow", "torch"), ("jax",))
    assert record.keras == verified.versions("jax")["keras"]
    assert len(record.date) == len("2026-11-21")
    (content / "faq" / "sum.md").write_text(ENTRY.replace("[tensorflow, jax, torch]", "[tensorflow]"))
    record = verified.load(tmp_path, content, "faq/sum.md")
    assert record is not None and (record.backends, record.failed) == (("tensorflow",), ())


def test_record_outlives_edited_prose_and_not_edited_code(content: Path, tmp_path: Path) -> None:
    verified.note(tmp_path, content, verdict(content))
    path = content / "faq" / "sum.md"
    path.write_text(ENTRY.replace("Add them up.", "Add them up.\n\nIn a second sentence."))
    assert verified.load(tmp_path, content, "faq/sum.md") is not None
    path.write_text(ENTRY.replace("1 + 1", "3 - 1"))
    assert verified.load(tmp_path, content, "faq/sum.md") is None
    path.write_text(ENTRY.replace("```output\n2", "```output\n3"))
    assert verified.load(tmp_path, content, "faq/sum.md") is None


def test_what_failed_is_not_said_to_be_verified(content: Path, tmp_path: Path) -> None:
    verified.note(tmp_path, content, verdict(content))
    verified.note(tmp_path, content, verdict(content, outcome="failed"))
    assert verified.load(tmp_path, content, "faq/sum.md") is None
    assert not verified.holds(tmp_path, content, verify.read(content / "faq" / "sum.md"), "tensorflow")


def test_another_version_is_verified_again(content: Path, tmp_path: Path) -> None:
    document = verify.read(content / "faq" / "sum.md")
    verified.note(tmp_path, content, verdict(content))
    assert verified.holds(tmp_path, content, document, "tensorflow")
    assert not verified.holds(tmp_path, content, document, "jax")
    path = tmp_path / verified.FILE
    path.write_text(path.read_text().replace(verified.versions("jax")["keras"], "3.0.0"))
    assert not verified.holds(tmp_path, content, document, "tensorflow")
    record = verified.load(tmp_path, content, "faq/sum.md")
    assert record is not None and record.keras == "3.0.0"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"faq/sum.md": {"tensorflow": {}}}', "\x00" * 100])
def test_damaged_record_counts_as_none_and_is_replaced(content: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / verified.FILE).write_text(text)
    assert verified.load(tmp_path, content, "faq/sum.md") is None
    verified.note(tmp_path, content, verdict(content))
    assert verified.load(tmp_path, content, "faq/sum.md") is not None


def test_what_was_published_is_known_to_whoever_installs_it(content: Path, tmp_path: Path) -> None:
    document = verify.read(content / "faq" / "sum.md")
    for backend in ("tensorflow", "jax"):
        verified.note(tmp_path / "ours", content, verdict(content, backend=backend))
    verified.note(tmp_path / "ours", content, verdict(content, backend="torch", outcome="failed"))
    assert verified.publish(tmp_path / "ours", content, [document]) == 2
    theirs = tmp_path / "theirs"
    record = verified.load(theirs, content, "faq/sum.md")
    assert record is not None and (record.backends, record.failed) == (("tensorflow", "jax"), ())
    assert verified.holds(theirs, content, document, "jax")
    assert not verified.holds(theirs, content, document, "torch")
    # What fails here counts more than what passed elsewhere, before; and edited code is as unknown as ever.
    verified.note(theirs, content, verdict(content, backend="jax", outcome="failed"))
    record = verified.load(theirs, content, "faq/sum.md")
    assert record is not None and (record.backends, record.failed) == (("tensorflow",), ("jax",))
    (content / "faq" / "sum.md").write_text(ENTRY.replace("1 + 1", "3 - 1"))
    assert verified.load(theirs, content, "faq/sum.md") is None
    assert verified.publish(theirs, content, [verify.read(content / "faq" / "sum.md")]) == 0


@pytest.mark.parametrize(
    "text", ["", "[]", '{"versions": {}, "files": {"faq/sum.md": {"jax": []}}}', '{"versions": 1, "files": 2}']
)
def test_damaged_published_record_counts_as_none(content: Path, tmp_path: Path, text: str) -> None:
    (content / verified.FILE).write_text(text)
    assert verified.load(tmp_path, content, "faq/sum.md") is None
    verified.note(tmp_path, content, verdict(content))
    assert verified.load(tmp_path, content, "faq/sum.md") is not None


def test_files_elsewhere_are_not_recorded(content: Path, tmp_path: Path) -> None:
    (tmp_path / "draft.md").write_text(ENTRY)
    verified.note(tmp_path, content, verdict(content, "../draft.md"))
    assert not (tmp_path / verified.FILE).exists()
    assert verified.load(tmp_path, content, "faq/missing.md") is None


def _note_many(state: Path, content: Path, first: int) -> None:
    for number in range(first, first + 10):
        verified.note(state, content, verdict(content, f"faq/{number}.md"))


def test_processes_at_once_lose_nothing(content: Path, tmp_path: Path) -> None:
    for number in range(30):
        (content / "faq" / f"{number}.md").write_text(ENTRY)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_note_many, args=(tmp_path, content, first)) for first in (0, 10, 20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(verified.load(tmp_path, content, f"faq/{number}.md") for number in range(30))


def judged(runner: Runner, path: Path) -> Verdict:
    document = verify.read(path)
    job, marker = verify.compose(document, "jax")
    return verify.judge(document, "jax", runner.run(job), marker)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("", "", ""),
        ("return a\n", "return a + b\n", "printed 'PASS: it adds."),
        ("return a + b", "return a - b", "printed 'TRY AGAIN"),
        # The solution may not live on what only the starter has.
        ("def add(a, b):\n    return a + b", "add", "raised NameError"),
    ],
)
def test_starter_must_be_sent_back_and_solution_pass(
    runner: Runner, tmp_path: Path, before: str, after: str, why: str
) -> None:
    path = tmp_path / "step.md"
    path.write_text(STEP.replace(before, after) if before else STEP)
    found = judged(runner, path)
    assert (found.outcome, why in found.why) == ("failed" if why else "passed", True)


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    status = call(["kb", "verify", "--json", *arguments])
    return status, json.loads(capsys.readouterr().out)["verdicts"]


def test_changed_leaves_out_what_holds(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [one["outcome"] for one in called(capsys, "--changed")[1]] == ["passed"]
    assert called(capsys, "--changed", "--publish") == (0, [])
    assert "faq/sum.md" in (content / verified.FILE).read_text()
    (content / "faq" / "sum.md").write_text(ENTRY.replace("1 + 1", "1 + 2"))
    assert [one["outcome"] for one in called(capsys, "--changed")[1]] == ["failed"]
    # What failed is tried again, also when nothing was edited.
    status, verdicts = called(capsys, "--changed", str(content / "faq"))
    assert (status, [one["outcome"] for one in verdicts]) == (1, ["failed"])


def test_since_takes_what_differs_from_a_commit(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
        subprocess.run(["git", "-C", content, *identity, *arguments], check=True, capture_output=True)

    git("init")
    git("add", "-A")
    git("commit", "-m", "one")
    assert called(capsys, "--since=HEAD") == (0, [])
    (content / "faq" / "new.md").write_text(ENTRY)
    assert [Path(one["document"]).name for one in called(capsys, "--since=HEAD")[1]] == ["new.md"]
    assert call(["kb", "verify", "--since=nothing"]) == 2
    assert "git cannot compare with nothing" in capsys.readouterr().err


def test_file_without_code_is_a_wrong_call(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (content / "faq" / "prose.md").write_text("---\nid: prose\n---\n\nWords.\n")
    assert call(["kb", "verify", str(content / "faq" / "prose.md")]) == 2
    assert "has no code to verify" in capsys.readouterr().err


def test_document_that_needs_what_is_missing_is_not_run(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (content / "faq" / "sum.md").write_text(ENTRY.replace("```python", "```python needs=gpu"))
    status, verdicts = called(capsys)
    assert (status, verdicts[0]["outcome"], verdicts[0]["not_run"]) == (0, "not run", ["gpu"])


def _edited() -> set[Path]:
    """Return the files of `data/` that differ from the last commit; none where there is no git."""
    done = subprocess.run(
        ["git", "-C", str(DATA), "status", "--porcelain", "-z", "--", "."], capture_output=True, text=True
    )
    return {CHECKOUT / line[3:] for line in done.stdout.split("\0") if line[:2] in {" M", "M ", "MM", "??", "A "}}


# Half a minute on two idle cores, ten times that on a machine that others use as well.
@pytest.mark.timeout(1200)
def test_tenth_of_all_documents_and_all_edited_ones_do_what_they_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {document.path.relative_to(DATA).as_posix() for document in verify.read_documents(DATA)}
    edited = _edited()
    chosen = [
        name for name in sorted(names) if zlib.crc32((SALT + name).encode()) % SHARE == 0 or DATA / name in edited
    ]
    assert len(chosen) >= len(names) / SHARE / 2
    status, verdicts = called(capsys, "--data-dir", str(tmp_path), *(str(DATA / name) for name in chosen))
    assert not [(one["document"], one["why"]) for one in verdicts if one["outcome"] == "failed"]
    assert status == 0
