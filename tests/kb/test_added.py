"""Added sources: only what changed is read anew, nothing is ever half, and a bad file stops no other."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from toys import ToyEmbedder, small

from kb.errors import BadSource, Damaged
from kb.knowledge import KnowledgeBase

TUNERS = "# Tuning zebras\n\nUse `keras_tuner.Hyperband` from Keras to tune the stripes of zebras.\n"
SLEEPERS = "# Sleeping tuners\n\nA `keras_tuner.RandomSearch` in Keras sleeps between its trials.\n"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "zebras.md").write_text(TUNERS)
    (folder / "deep" / "sleep.md").write_text(SLEEPERS)
    return folder


def with_embedder(folder: Path) -> tuple[KnowledgeBase, ToyEmbedder]:
    embedder = ToyEmbedder()
    return KnowledgeBase(folder, packages=("keras_tuner",), embedder=embedder), embedder


def test_what_is_added_is_found_at_once_and_says_where_it_is_from(small_folder: Path, notes: Path) -> None:
    knowledge = small(small_folder)
    assert knowledge.ask("How do I tune the stripes of zebras?").sources[0].title != "Tuning zebras"
    change = knowledge.add(notes)
    assert (change.added, change.changed, change.removed, change.unchanged) == (2, 0, 0, 0)
    first = knowledge.ask("How do I tune the stripes of zebras?").sources[0]
    assert (first.kind, first.title, first.symbols) == ("guide", "Tuning zebras", ("keras_tuner.Hyperband",))
    (added,) = knowledge.status().added
    assert (added["name"], added["kind"], added["pages"]) == (str(notes), "folder", 2)


def test_adding_again_embeds_only_what_changed(small_folder: Path, notes: Path) -> None:
    knowledge, embedder = with_embedder(small_folder)
    knowledge.add(notes)
    embedder.texts = 0
    change = knowledge.add(notes)
    assert (change.unchanged, embedder.texts) == (2, 0)
    (notes / "zebras.md").write_text(TUNERS + "\nThey gallop in Keras.\n")
    (notes / "deep" / "sleep.md").unlink()
    (notes / "third.md").write_text("# Lions\n\nLions watch `keras_tuner.Tuner` in Keras.\n")
    change = knowledge.add(notes)
    assert (change.added, change.changed, change.removed, change.unchanged) == (1, 1, 1, 0)
    assert 0 < embedder.texts <= 4
    assert not any("Sleeping" in source.title for source in knowledge.search("sleeping tuners"))
    assert "gallop" in "".join(part.text for page in knowledge.pages("guide") for part in page.sections)


def test_added_sources_survive_a_new_build_and_go_when_removed(small_folder: Path, notes: Path) -> None:
    knowledge = small(small_folder)
    knowledge.add(notes)
    other = small(small_folder, name="another model")
    assert other.build().sources[str(notes)] == 2, "a build from nothing but the packages keeps what was added"
    assert other.remove(f"{notes}/").removed == 2
    assert other.status().added == [] and other.pages("guide") == ()
    with pytest.raises(BadSource, match="no added source"):
        other.remove(str(notes))


def test_a_bad_file_is_one_line_and_stops_no_other(small_folder: Path, notes: Path) -> None:
    (notes / "binary.md").write_bytes(bytes(range(256)) * 20)
    (notes / "broken.ipynb").write_text('{"cells": [')
    (notes / "outside.md").symlink_to("/etc/hostname")
    change = small(small_folder).add(notes)
    assert change.added == 2 and change.problem_count == 3
    assert [problem.partition(":")[0] for problem in change.problems] == ["binary.md", "broken.ipynb", "outside.md"]
    assert all("\n" not in problem for problem in change.problems)


def test_a_file_that_became_unreadable_keeps_its_page(small_folder: Path, notes: Path) -> None:
    knowledge = small(small_folder)
    knowledge.add(notes)
    (notes / "zebras.md").write_bytes(b"\x00\xff" * 500)
    change = knowledge.add(notes)
    assert (change.kept, change.removed, change.problem_count) == (1, 0, 1)
    assert knowledge.ask("How do I tune the stripes of zebras?").sources[0].title == "Tuning zebras"


@pytest.mark.parametrize("harm", ["gone", "empty", "unreadable"])
def test_a_source_that_fails_leaves_what_it_held(small_folder: Path, notes: Path, harm: str) -> None:
    knowledge = small(small_folder)
    knowledge.add(notes)
    for path in (notes / "zebras.md", notes / "deep" / "sleep.md"):
        path.write_bytes(b"\x00") if harm == "unreadable" else path.unlink()
    if harm == "gone":
        (notes / "deep").rmdir()
        notes.rmdir()
    with pytest.raises(BadSource) as caught:
        knowledge.add(notes)
    assert "\n" not in caught.value.what and caught.value.remedy
    assert len(knowledge.pages("guide")) == 2


def test_killed_while_adding_nothing_of_it_is_there(small_folder: Path, notes: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from toys import small\n"
        "small(Path(sys.argv[1]), pause_s=60).add(sys.argv[2], progress=lambda stage, *_: print(stage, flush=True))"
    )
    path = os.pathsep.join((str(Path(__file__).parents[2]), str(Path(__file__).parent)))
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(small_folder), str(notes)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert any(line.startswith("Computing embeddings") for line in process.stdout)
    process.send_signal(signal.SIGKILL)
    process.wait()
    knowledge = small(small_folder)
    assert knowledge.pages("guide") == () and knowledge.status().added == []
    knowledge.build()
    assert knowledge.pages("guide") == ()
    assert knowledge.add(notes).added == 2


@pytest.mark.parametrize("harm", ["rubbish", "gone"])
def test_a_harmed_file_of_added_sources_is_mended_from_what_is_indexed(
    small_folder: Path, notes: Path, harm: str
) -> None:
    knowledge = small(small_folder)
    knowledge.add(notes)
    for path in small_folder.glob("added.sqlite*"):
        path.unlink()
    if harm == "rubbish":
        (small_folder / "added.sqlite").write_bytes(b"rubbish" * 1000)
    (notes / "zebras.md").unlink()
    change = knowledge.add(notes)
    assert (change.unchanged, change.removed) == (1, 1)
    assert [page.title for page in knowledge.pages("guide")] == ["Sleeping tuners"]


def test_what_cannot_be_mended_is_said_and_not_thrown_away(small_folder: Path) -> None:
    path = small_folder / "added.sqlite"
    path.write_bytes(b"rubbish" * 1000)
    with pytest.raises(Damaged) as caught:
        small(small_folder).build()
    assert str(path) in caught.value.remedy and path.read_bytes() == b"rubbish" * 1000


def test_translations_are_one_page_in_the_language_of_the_asker(small_folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    texts = {
        "en": "Zebra guide: a Keras tuner searches zebra stripes. All about zebra stripes and zebra tuners in Keras.",
        "es": "Guía zebra: un tuner de Keras busca las rayas de la zebra. Todo sobre zebra stripes y tuners en Keras.",
        "zh-cn": "斑马指南: Keras tuner 搜索 zebra stripes 的条纹。关于 zebra stripes 的一切都在这里, 请阅读本指南。",
        "zh-tw": "斑馬指南: Keras tuner 搜尋 zebra stripes 的條紋。關於 zebra stripes 的一切都在這裡, 請閱讀本指南。",
    }
    for language, text in texts.items():
        (site / language).mkdir(parents=True)
        (site / language / "zebra.md").write_text(f"# Zebra {language}\n\n{text}\n")
    knowledge = small(small_folder)
    assert knowledge.add(site).added == 3, "of two variants of one language the first counts"

    def shown(question: str) -> list[str]:
        return [source.language for source in knowledge.ask(question).sources if source.kind == "guide"]

    assert shown("zebra stripes") == ["en"]
    assert shown("¿Cómo busco las rayas de una zebra con un tuner? zebra stripes, por favor") == ["es"]
    assert shown("请问如何用调参器搜索斑马的条纹? zebra stripes 怎么搜索呢") == ["zh"]
    assert shown("Wie finde ich die Streifen eines Zebras mit einem Tuner? Bitte zebra stripes") == ["en"]


def test_one_document_in_two_sources_stays_with_the_first(small_folder: Path, tmp_path: Path) -> None:
    topic = {
        "id": 7,
        "slug": "zebra",
        "title": "How do I tune a zebra in Keras?",
        "post_stream": {
            "posts": [
                {"post_number": 1, "cooked": "<p>How do I tune a zebra with Keras?</p>"},
                {"post_number": 2, "cooked": "<p>With keras_tuner.Hyperband.</p>", "accepted_answer": True},
            ]
        },
    }
    knowledge = small(small_folder)
    for name in ("one", "two"):
        folder = tmp_path / name / "forum.example.org"
        folder.mkdir(parents=True)
        (folder / "7.json").write_text(json.dumps(topic))
    assert knowledge.add(tmp_path / "one").added == 1
    change = knowledge.add(tmp_path / "two")
    assert change.added == 0 and "another source has it" in change.problems[0]
    assert knowledge.pages("thread")[0].url == "https://forum.example.org/t/zebra/7"


def test_old_symbols_of_an_added_page_are_looked_up_anew(small_folder: Path, notes: Path) -> None:
    knowledge = small(small_folder)
    knowledge.add(notes)
    knowledge.close()
    database = sqlite3.connect(small_folder / "added.sqlite")
    with database:
        database.execute("UPDATE pages SET hash = 'x', body = replace(body, 'keras_tuner.Hyperband', 'kt.Hyperband')")
    database.close()
    knowledge.build()
    page = next(page for page in knowledge.pages("guide") if page.title == "Tuning zebras")
    assert page.symbols == ("keras_tuner.Hyperband",)
