import os

import pytest

from kb.errors import BadSource
from kb.pages import Page
from kb.sources import folders, registry
from kb.sources.outside import DEEPEST_FOLDER, LONGEST_TEXT_BYTES, Problem


def split(found):
    found = list(found)
    return {one.id.partition("/")[2]: one for one in found if isinstance(one, Page)}, [
        one for one in found if isinstance(one, Problem)
    ]


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "notes"
    root.mkdir()
    return root


def test_front_matter_says_what_a_page_is(folder, resolve):
    (folder / "stop.md").write_text(
        "---\ntitle: When to stop\nsymbols: [tf.keras.callbacks.EarlyStopping, keras.nothing]\nlang: fr-FR\n"
        "questions: ['Quand arrêter ?']\ntags: [callbacks]\nauthor: A. Writer\n"
        "license: CC BY 4.0\ndate: 2024-05-06\n---\n"
        "# Ignored\n\nPatience matters.\n\n## Details\n\nMore.\n"
    )
    pages, problems = split(folders.load(folder, resolve, name="notes"))
    page = pages["stop"]
    assert not problems
    assert (page.id, page.kind, page.title, page.language) == ("guide:notes/stop", "guide", "When to stop", "fr")
    assert page.symbols == ("keras.callbacks.EarlyStopping",)
    assert page.questions == ("Quand arrêter ?",)
    assert [part.title for part in page.sections] == ["", "Details"]
    assert page.url == "/sources/notes/stop"
    assert page.meta["authors"] == ("A. Writer",)
    assert page.meta["licence"] == "CC BY 4.0"
    assert page.meta["date"] == "2024-05-06"


def test_mkdocs_settings_give_addresses_and_titles(folder, resolve):
    (folder / "mkdocs.yml").write_text(
        "site_url: https://docs.example.org/keras\ndocs_dir: sources\nnav:\n  - Home: index.md\n  - Layers:\n"
        "      - Core layers: layers/core.md\nmarkdown_extensions:\n  - pymdownx.emoji:\n"
        "      emoji_index: !!python/name:materialx.emoji.twemoji\n"
    )
    (folder / "sources" / "layers").mkdir(parents=True)
    (folder / "sources" / "index.md").write_text("Welcome to the notes.\n")
    (folder / "sources" / "layers" / "core.md").write_text(
        '!!! warning "Take care"\n    Shapes matter.\n\nUse `keras.layers.Dense` { .annotate }\n'
    )
    pages, problems = split(folders.load(folder, resolve))
    assert not problems
    assert pages["index"].url == "https://docs.example.org/keras/"
    core = pages["layers/core"]
    assert (core.title, core.url) == ("Core layers", "https://docs.example.org/keras/layers/core/")
    assert core.meta["nav"] == "Layers › Core layers"
    assert core.sections[0].text == "**Take care**\n\nShapes matter.\n\nUse `keras.layers.Dense`"


def test_keras_io_conventions(folder, resolve):
    for name in (
        "guides/md",
        "guides/keras_tuner",
        "examples/vision",
        "templates/api/losses",
        "templates/guides",
        "scripts",
    ):
        (folder / name).mkdir(parents=True)
    tutorial = (
        '"""\nTitle: Masks\nAuthor: [A](https://a.example)\nDate created: 2023/11/01\nLast modified: 2024/02/03\n'
    )
    tutorial += 'Description: All about masks.\n"""\n"""\n## Setup\n"""\nimport keras\n'
    tutorial += '"""\nUse it:\n"""\nkeras.layers.Masking()\n'
    (folder / "guides" / "masks.py").write_text(tutorial)
    (folder / "guides" / "md" / "masks.md").write_text("# Masks\nrendered")
    (folder / "templates" / "guides" / "masks.md").write_text("# Masks\nrendered")
    (folder / "guides" / "keras_tuner" / "start.py").write_text(tutorial.replace("Masks", "Start"))
    (folder / "examples" / "vision" / "mnist.py").write_text(tutorial.replace("Masks", "MNIST"))
    (folder / "templates" / "api" / "losses" / "index.md").write_text(
        "# Losses\n\n{{toc}}\n\nSee {{keras.losses.Huber}} and <b>others</b>.\n\n```python\nx = '{{toc}}'\n```\n"
    )
    (folder / "scripts" / "autogen.py").write_text("import keras\n")
    pages, problems = split(folders.load(folder, resolve))
    assert not problems
    assert set(pages) == {
        "guides/masks",
        "guides/keras_tuner/start",
        "examples/vision/mnist",
        "templates/api/losses/index",
    }
    masks = pages["guides/masks"]
    assert (masks.title, masks.url, masks.kind) == ("Masks", "https://keras.io/guides/masks/", "guide")
    assert masks.symbols == ("keras.layers.Masking",)
    assert masks.meta["authors"] == ("A",)
    assert masks.meta["date"] == "2024-02-03"
    assert [part.title for part in masks.sections] == ["", "Setup"]
    assert pages["guides/keras_tuner/start"].url == "https://keras.io/keras_tuner/guides/start/"
    assert pages["examples/vision/mnist"].url == "https://keras.io/examples/vision/mnist/"
    assert pages["examples/vision/mnist"].kind == "example"
    losses = pages["templates/api/losses/index"]
    assert losses.url == "https://keras.io/api/losses/"
    assert losses.sections[0].text == "See `keras.losses.Huber` and others.\n\n```python\nx = '{{toc}}'\n```"


def test_language_is_told_by_folder_ending_or_text(folder, resolve):
    for name in ("ja", "pt-br"):
        (folder / name).mkdir()
        (folder / name / "start.md").write_text("# Start\nkeras keras keras\n")
    (folder / "start.zh-CN.md").write_text("# 开始\nkeras\n")
    (folder / "debut.md").write_text(
        "# Premiers pas\nPour entraîner un modèle, il faut d'abord le compiler avec une fonction de perte.\n"
    )
    pages, _ = split(folders.load(folder, resolve, name="x"))
    assert {name: page.language for name, page in pages.items()} == {
        "ja/start": "ja",
        "pt-br/start": "pt",
        "start.zh-CN": "zh",
        "debut": "fr",
    }
    assert pages["ja/start"].meta["translation_of"] == pages["start.zh-CN"].meta["translation_of"] == "x/start"
    assert "translation_of" not in pages["debut"].meta


def test_links_pipes_and_odd_names_do_no_harm(folder, tmp_path, resolve):
    (tmp_path / "secret.md").write_text("# Secret\npassword")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "up").symlink_to(tmp_path)
    (folder / "self").symlink_to(folder)
    (folder / "good.md").write_text("# Good\ntext")
    (folder / "again.md").symlink_to(folder / "good.md")
    os.mkfifo(folder / "pipe.md")
    (folder / "bad\nname\x1b[31m.md").write_text("# Odd\ntext")
    (folder / os.fsdecode(b"b\xffd.md")).write_text("# Bytes\ntext")
    pages, problems = split(folders.load(folder, resolve))
    assert sorted(page.title for page in pages.values()) == ["Bytes", "Good", "Odd"]
    assert sorted(one.where for one in problems) == ["out.md", "pipe.md"]
    for page in pages.values():
        assert page.id.isprintable()
        page.id.encode()
        page.url.encode("ascii")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("zero.md", b"# x\x00y\n", "binary"),
        ("latin.md", "# Café crème\n".encode("latin-1"), "not UTF-8"),
        ("huge.md", b"a" * (LONGEST_TEXT_BYTES + 1), "longer than 2 MiB"),
        ("bomb.md", b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\ntext", "aliases"),
        ("date.md", b"---\ndate: 2026-99-99\n---\ntext", "not valid"),
        ("deep.md", b"---\n" + b"[" * 9000 + b"\n---\ntext", "nested too deeply"),
        ("long.md", b"---\n" + b"a: x\n" * 5000 + b"---\ntext", "front matter is longer"),
        ("empty.md", b"***\n\n---\n", "no text"),
        ("nested.ipynb", b'{"cells":' + b"[" * 200_000, "nested too deeply"),
        ("cut.ipynb", b'{"cells": [{"cell_type": "mark', "no valid JSON"),
        ("list.ipynb", b"[1, 2]", "no notebook"),
        ("wrong.ipynb", b'{"cells": [7, null, {"cell_type": 3, "source": {"a": 1}}]}', "no text"),
        ("old.py", b"import keras\nprint 'x'\n", "no valid Python (line 2"),
        ("deep.py", b"import keras\nx = " + b"(" * 50_000, "no valid Python"),
        ("minus.py", b"import keras\nx = " + b"-" * 100_000 + b"1", "nested too deeply"),
        ("codec.py", b"# -*- coding: punycode -*-\nimport keras\n", "'punycode', which is not read"),
        ("nobody.py", b"# -*- coding: nothing-at-all -*-\nimport keras\n", "unknown encoding"),
    ],
)
def test_a_broken_file_is_one_line_and_the_rest_is_read(folder, resolve, name, data, says):
    (folder / name).write_bytes(data)
    (folder / "zz.md").write_text("# Fine\ntext")
    pages, problems = split(folders.load(folder, resolve))
    assert [page.title for page in pages.values()] == ["Fine"]
    assert [one.where for one in problems] == [name]
    assert says in problems[0].what
    assert "\n" not in str(problems[0])
    assert len(str(problems[0])) < 300


@pytest.mark.parametrize(
    "text",
    [
        "---" + "\n" * 500_000,
        "# x" + "#" * 500_000 + "y",
        "# x" + " " * 500_000 + "y",
        "<div " * 200_000,
        "{{" * 300_000,
        "![" * 300_000,
        "`" * 500_000,
        "a." * 500_000,
        "from x import " * 60_000,
        "```\n" * 100_000,
        "<script" * 100_000,
        "<!--" * 200_000,
        "[[source]](" * 100_000,
        "word " + "w" * 1_000_000,
    ],
    ids=lambda text: repr(text[:12]),
)
@pytest.mark.timeout(20)
def test_text_made_to_take_forever_is_read_at_once(folder, resolve, text):
    (folder / "slow.md").write_text(f"keras\n\n{text}\n")
    (folder / "first.md").write_text(text)
    pages, problems = split(folders.load(folder, resolve))
    assert len(pages) + len(problems) <= 2


def test_fences_of_any_kind_come_out_alike(folder, resolve):
    (folder / "f.md").write_text(
        "# F\n\n````md\n```python\nx\n```\n````\n\n~~~\n# y\n```\n~~~\n\n## Next\n\n```py\nopen"
    )
    pages, _ = split(folders.load(folder, resolve))
    assert [(part.title, part.text) for part in pages["f"].sections] == [
        ("", "```md\n`` `python\nx\n`` `\n```\n\n```\n# y\n`` `\n```"),
        ("Next", "```py\nopen\n```"),
    ]


def test_folders_without_end_are_left_at_a_depth(folder, resolve):
    deep = folder
    for _ in range(DEEPEST_FOLDER + 5):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "x.md").write_text("# x\ntext")
    pages, problems = split(folders.load(folder, resolve))
    assert not pages
    assert "deep" in problems[0].what


def test_utf_16_with_its_mark_is_read(folder, resolve):
    (folder / "wide.md").write_bytes("# Breit\n\nDer Text steht in UTF-16 und wird gelesen.\n".encode("utf-16"))
    pages, problems = split(folders.load(folder, resolve))
    assert not problems
    assert pages["wide"].language == "de"


def test_half_characters_and_control_signs_never_reach_a_page(folder, resolve):
    (folder / "n.ipynb").write_text(
        '{"cells": [{"cell_type": "markdown", "source": "# T\\ud800itle\\u0000\\n\\n\\u001b[1mtext \\udfff end"}]}'
    )
    pages, _ = split(folders.load(folder, resolve))
    page = pages["n"]
    assert page.title == "Title"
    assert page.sections[0].text == "text  end"
    page.sections[0].text.encode()


def test_a_change_of_one_file_changes_one_hash(folder, resolve):
    (folder / "a.md").write_text("# A\none")
    (folder / "b.md").write_text("# B\ntwo")
    before, _ = split(registry.load(folder, resolve))
    (folder / "b.md").write_text("# B\nthree")
    after, _ = split(registry.load(folder, resolve))
    assert before["a"].meta["hash"] == after["a"].meta["hash"]
    assert before["b"].meta["hash"] != after["b"].meta["hash"]


def test_a_missing_location_is_said_in_two_lines(tmp_path):
    with pytest.raises(BadSource) as error:
        list(registry.load(tmp_path / "nowhere"))
    assert "no file or folder" in error.value.what
    assert error.value.remedy
