"""`lobby faq new` makes an entry that reads back as it was meant."""

from pathlib import Path

import pytest

from bot.cli import call
from bot.commands.faq import slug
from bot.verify import read_markdown, split_front_matter


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOBBY_CONTENT_DIR", str(tmp_path))
    monkeypatch.setenv("LOBBY_DATA_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.mark.parametrize("title", ["How do I freeze a layer?", 'Why "nan": what is #1?', "[Errno 2] on load"])
def test_new_entry_keeps_its_title_and_has_code_that_runs(content: Path, title: str) -> None:
    assert call(["faq", "new", title]) == 0
    (path,) = (content / "faq").glob("*.md")
    front, _, _ = split_front_matter(path.read_text(encoding="utf-8"))
    assert front["title"] == title
    assert front["id"] == path.stem
    assert len(read_markdown(path).blocks) == 1


def test_entry_is_never_overwritten(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["faq", "new", "Same title"]) == 0
    path = content / "faq" / "same-title.md"
    path.write_text("mine")
    assert call(["faq", "new", "Same title"]) == 2
    assert path.read_text() == "mine"
    assert "exists already" in capsys.readouterr().err


def test_a_title_that_another_entry_has_is_refused(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (content / "faq").mkdir()
    (content / "faq" / "elsewhere.md").write_text("---\ntitle: How do I freeze a layer?\n---\nSo.\n")
    (content / "faq" / "broken.md").write_text("---\ntitle: [\n---\n")
    assert call(["faq", "new", "how do I  freeze a Layer"]) == 2
    assert "elsewhere.md has that title already" in " ".join(capsys.readouterr().err.split())
    assert len(list((content / "faq").iterdir())) == 2


def test_title_without_letters_is_refused(content: Path) -> None:
    assert call(["faq", "new", "???"]) == 2


def test_slug_is_plain() -> None:
    assert slug("Où est l'été? ../../x") == "ou-est-l-ete-x"
    assert slug("Größe der Straße") == "grosse-der-strasse"
