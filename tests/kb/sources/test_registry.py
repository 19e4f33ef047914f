import pytest

from kb.errors import BadSource
from kb.sources import registry
from kb.sources.outside import Problem


def test_every_kind_is_listed_and_an_unknown_one_is_refused(tmp_path):
    assert set(registry.LOADERS) == {"folder", "git", "stackexchange", "github", "discourse", "discord", "matrix"}
    with pytest.raises(BadSource, match="no kind of source"):
        list(registry.load(tmp_path, kind="magic"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.md", "folder"),
        ("a.ipynb", "folder"),
        ("a.py", "folder"),
        ("dump.7z", "stackexchange"),
        ("Posts.xml", "stackexchange"),
    ],
)
def test_a_file_is_known_by_its_ending(tmp_path, name, kind):
    (tmp_path / name).write_text("x")
    assert registry.detect(tmp_path / name) == kind


@pytest.mark.parametrize(
    "location", ["https://github.com/keras-team/keras-io", "ssh://x/y", "file:///no/such/place", "ext::sh -c x"]
)
def test_an_address_is_for_git_to_read_or_refuse(location):
    assert registry.detect(location) == "git"


@pytest.mark.parametrize("name", ["x.json", "x.zip", "x"])
def test_an_unknown_file_is_said(tmp_path, name):
    (tmp_path / name).write_text("{}")
    with pytest.raises(BadSource) as error:
        registry.detect(tmp_path / name)
    assert error.value.remedy


@pytest.mark.parametrize("location", ["", "a\x00b", "x" * 5000, "\udcff"])
def test_odd_locations_are_said(location, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    try:
        found = list(registry.load(location))
    except BadSource as error:
        assert "\n" not in error.what
    else:
        assert all(isinstance(one, Problem) for one in found)


def test_pages_say_where_they_come_from(tmp_path, resolve):
    (tmp_path / "a.md").write_text("# A\ntext about keras.layers.Dense")
    (page,) = registry.load(tmp_path, resolve)
    assert page.meta["source"] == str(tmp_path.resolve())
    assert page.meta["source_kind"] == "folder"


def test_two_documents_of_one_name_are_two_pages(tmp_path, resolve):
    (tmp_path / "a.md").write_text("# A\ntext")
    (tmp_path / "a.ipynb").write_text('{"cells": [{"cell_type": "markdown", "source": "# B\\ntext"}]}')
    found = list(registry.load(tmp_path, resolve))
    assert len({page.id for page in found}) == 2
