"""Every language says everything, with the same places to fill in."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from bot import wording
from bot.settings import CHECKOUT

OTHERS = [locale for locale in wording.LOCALES if locale != "en"]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", OTHERS)
def test_language_has_the_same_sentences_with_the_same_places(locale: str) -> None:
    english, other = wording.sentences("en"), wording.sentences(locale)
    assert other.keys() == english.keys()
    for name, text in english.items():
        assert places(other[name]) == places(text), name
        assert other[name], name


@pytest.mark.parametrize("locale", OTHERS)
def test_commands_and_markdown_are_the_same_in_every_language(locale: str) -> None:
    for name in ("help.text", "privacy.text"):
        english, other = wording.say(name, p="!"), wording.say(name, locale, p="!")
        assert re.findall(r"`[^`]+`", other) == re.findall(r"`[^`]+`", english)


def test_every_sentence_that_is_said_exists_and_every_one_is_said() -> None:
    code = "\n".join(path.read_text() for path in (CHECKOUT / "bot").rglob("*.py") if "web" not in path.parts)
    # Those of the pages are said by templates, and have a test of their own.
    known = {name for name in wording.sentences("en") if not name.startswith("web.")}
    groups = "|".join({name.partition(".")[0] for name in known})
    said = set(re.findall(rf"""["']((?:{groups})\.(?!html|md|to\b)[a-z_]+)["']""", code))
    assert said <= known
    # Said by a computed name.
    computed = {name for name in known if name.startswith("ending.")} | {"run.queued", "run.running"}
    assert known - said - computed <= {"button.solved", "upgrade.nothing", "upgrade.same", "upgrade.done"}


def test_unknown_languages_get_english() -> None:
    assert wording.locale_of("pt-BR") == "en"
    assert wording.locale_of("zh_Hans_CN") == "zh"
    assert wording.locale_of("") == "en"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (61, "2 min"), (3600, "60 min"), (9000, "3 h")]
)
def test_waiting_is_rounded_up(seconds: float, words: str) -> None:
    assert wording.wait_words(seconds) == words


def test_translations_are_plain_files_anyone_can_edit() -> None:
    folder = Path(wording.__file__).parent / "translations"
    assert {path.stem for path in folder.glob("*.toml")} == set(wording.LOCALES)
