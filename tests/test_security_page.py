"""SECURITY.md promises a test for each asset: they exist."""

import re

from bot.settings import CHECKOUT

PAGE = (CHECKOUT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    names = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(names) > 20
    defined: set[str] = set()
    for path in (CHECKOUT / "tests").rglob("test_*.py"):
        defined.update(re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert not names - defined


def test_every_file_that_the_page_names_exists() -> None:
    for path in re.findall(r"`((?:tests|runner|bot|kb)/[\w./]+\.py)`", PAGE):
        assert (CHECKOUT / path).is_file(), path
