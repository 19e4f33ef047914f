"""Building: complete or not at all, once at a time, and only when something changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from toys import ToyEmbedder, small

from kb.errors import Busy, Damaged, NoSpace, NotBuilt, OutOfDate
from kb.knowledge import KnowledgeBase

QUESTION = "how do I run a hyperparameter search with Hyperband?"
FAQ = """---
id: {id}
title: {title}
questions: ["{title}"]
symbols: [keras_tuner.Hyperband]
---

Use a tuner.
"""


def builder(folder: Path, pause_s: float) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    script = [sys.executable, str(Path(__file__).with_name("toys.py")), str(folder), str(pause_s)]
    return subprocess.Popen(script, stdout=subprocess.PIPE, text=True, env=environment)


def wait_for(process: subprocess.Popen[str], stage: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(stage):
            return
    raise AssertionError(f"the builder never came to {stage!r}")


def test_built_once_nothing_is_done_again(small_folder: Path) -> None:
    stages: list[str] = []
    started = time.monotonic()
    status = small(small_folder).build(lambda stage, *_: stages.append(stage))
    assert status.usable and stages == []
    assert time.monotonic() - started < 3


def test_a_check_without_changes_imports_no_framework(small_folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from toys import small; small(Path(sys.argv[1])).build(); "
        "print([name for name in ('keras', 'tensorflow', 'torch', 'jax') if name in sys.modules])"
    )
    path = os.pathsep.join((str(Path(__file__).parents[2]), str(Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", script, str(small_folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_missing_is_told_and_raised(tmp_path: Path) -> None:
    knowledge = small(tmp_path / "nothing")
    status = knowledge.status()
    assert (status.state, status.usable, status.built) == ("missing", False, False)
    assert "lobby kb build" in status.remedy
    with pytest.raises(NotBuilt):
        knowledge.ask(QUESTION)


def test_a_killed_build_leaves_none_and_the_next_goes_on_where_it_was(small_built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    process = builder(folder, pause_s=0.5)
    wait_for(process, "Computing embeddings")
    time.sleep(1.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert small(folder).status().state == "missing"

    embedder = ToyEmbedder()
    knowledge = KnowledgeBase(folder, packages=("keras_tuner",), embedder=embedder)
    stages: list[tuple[str, int]] = []
    assert knowledge.build(lambda stage, done, _: stages.append((stage, done))).usable
    first_done = next(done for stage, done in stages if stage == "Computing embeddings")
    assert first_done > 0, "vectors computed before the kill are used again"
    assert not list(folder.glob("building-*"))
    assert knowledge.ask(QUESTION).answered


def test_a_killed_rebuild_leaves_the_build_in_use(small_folder: Path) -> None:
    manifest = json.loads((small_folder / "current.json").read_text())
    manifest["content"] = "something else"
    (small_folder / "current.json").write_text(json.dumps(manifest))
    (small_folder / "cache.sqlite").unlink()
    process = builder(small_folder, pause_s=0.5)
    wait_for(process, "Computing embeddings")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert small(small_folder).ask(QUESTION).sources


def test_two_builders_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    process = builder(folder, pause_s=0.2)
    try:
        wait_for(process, "Reading")
        with pytest.raises(Busy) as caught:
            small(folder).build()
        assert caught.value.what and caught.value.remedy
    finally:
        process.communicate()
    assert process.returncode == 0
    assert small(folder).status().usable


def test_a_full_disk_is_one_line_and_leaves_nothing_in_use(tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        with pytest.raises(NoSpace) as caught:
            small(folder / "knowledge").build()
        assert "\n" not in caught.value.what and "--data-dir" in caught.value.remedy
        assert small(folder / "knowledge").status().state == "missing"
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoSpace):
        small(tmp_path / "file" / "knowledge").build()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("versions", {"keras_tuner": "0.1"}, "keras_tuner 0.1"),
        ("schema", 0, "another version"),
        ("model", "other", "other"),
    ],
)
def test_built_from_something_else(small_folder: Path, name: str, value: object, says: str) -> None:
    path = small_folder / "current.json"
    manifest = json.loads(path.read_text())
    manifest[name] = value
    path.write_text(json.dumps(manifest))
    knowledge = small(small_folder)
    status = knowledge.status()
    assert status.state == "out-of-date" and says in status.what and "lobby kb build" in status.remedy
    with pytest.raises(OutOfDate):
        knowledge.ask(QUESTION)


def test_another_model_is_out_of_date_until_built(small_folder: Path) -> None:
    other = small(small_folder, name="toy two")
    with pytest.raises(OutOfDate):
        other.ask(QUESTION)
    assert other.build().model == "toy two"
    assert other.ask(QUESTION).answered


@pytest.mark.parametrize("name", ["pages.sqlite", "passages.faiss", "hints.faiss", "words_body", "embedded.npy"])
@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_damage_is_found_and_mended(small_folder: Path, name: str, harm: str) -> None:
    path = next(small_folder.glob("base-*")) / name
    content = path.read_bytes()
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "changed":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    else:
        path.unlink()
    knowledge = small(small_folder)
    with pytest.raises(Damaged) as caught:
        knowledge.ask(QUESTION)
    assert name in caught.value.what and "lobby kb build" in caught.value.remedy
    assert knowledge.status().state == "damaged"
    assert knowledge.build().usable
    assert knowledge.ask(QUESTION).answered


def test_a_manifest_or_cache_that_is_rubbish_is_built_again(small_folder: Path) -> None:
    (small_folder / "current.json").write_text("{not json")
    (small_folder / "cache.sqlite").write_bytes(b"rubbish" * 1000)
    assert small(small_folder).status().state == "damaged"
    assert small(small_folder).build().usable


def test_a_rebuild_is_seen_by_whoever_has_it_open(small_folder: Path, tmp_path: Path) -> None:
    content = tmp_path / "content"
    (content / "faq").mkdir(parents=True)
    (content / "faq" / "zebra.md").write_text(FAQ.format(id="zebra", title="How do zebras tune their stripes?"))
    reader = small(small_folder)
    assert reader.page("faq:zebra") is None
    embedder = ToyEmbedder()
    writer = KnowledgeBase(small_folder, packages=("keras_tuner",), content=content, embedder=embedder)
    assert writer.build().sources["faq"] == 1
    assert embedder.texts <= 6, "only what changed is embedded"
    page = reader.page("faq:zebra")
    assert page is not None and page.symbols == ("keras_tuner.Hyperband",)
    assert reader.ask("How do zebras tune their stripes?").sources[0].id == "faq:zebra"


def test_many_threads_ask_at_once(small_folder: Path) -> None:
    knowledge = small(small_folder)
    expected = [source.id for source in knowledge.ask(QUESTION).sources]
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(5):
            try:
                if [source.id for source in knowledge.ask(QUESTION).sources] != expected:
                    wrong.append("another answer")
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
