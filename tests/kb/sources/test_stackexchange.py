import time
import tracemalloc
from xml.sax.saxutils import quoteattr

import pytest

from kb.pages import Page
from kb.sources import registry, stackexchange
from kb.sources.outside import Problem

HEAD = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'


def row(**values):
    return "  <row " + " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items()) + " />\n"


def question(number, **more):
    usual = {
        "Id": number,
        "PostTypeId": 1,
        "CreationDate": "2019-05-01T10:00:00.000",
        "Score": 7,
        "Body": "<p>My <code>LSTM</code> wants <strong>3</strong> dimensions:</p>\n"
        "<pre><code>model.add(LSTM(4))\n</code></pre>",
        "OwnerUserId": 55,
        "OwnerDisplayName": "Real Name",
        "Title": "Expected ndim=3, found ndim=2",
        "Tags": "<python><keras><lstm>",
        "ContentLicense": "CC BY-SA 4.0",
    }
    return row(**(usual | more))


def answer(number, parent, **more):
    usual = {
        "Id": number,
        "PostTypeId": 2,
        "ParentId": parent,
        "Score": 3,
        "OwnerUserId": 66,
        "CreationDate": "2019-05-02",
    }
    body = '<p>Reshape it, see <a href="https://keras.io/api/layers/">the layers</a>:</p><pre class="lang-py"><code>'
    body += "from keras.layers import LSTM\nLSTM(4)(x[:, None] &lt; 1)\n</code></pre><script>x</script>"
    return row(**(usual | {"Body": body} | more))


@pytest.fixture
def dump(tmp_path):
    text = HEAD
    text += question(10, AcceptedAnswerId=13)
    text += question(11, Tags="|python|pandas|")
    text += answer(12, 10, Score=9, Body="<p>Liked far more, but not accepted.</p>")
    text += answer(13, 10)
    text += answer(14, 11)
    text += question(20, Tags="|python|tf.keras|", Title="Nobody helped", OwnerUserId="")
    text += question(30, Score=-4, AcceptedAnswerId=31)
    text += answer(31, 30)
    text += question(40, Title="Liked, not accepted", CreationDate="2016-02-01")
    text += answer(41, 40, Score=2, CreationDate="2016-02-02", ContentLicense="CC BY-SA 3.0")
    text += answer(42, 40, Score=0)
    path = tmp_path / "Posts.xml"
    path.write_text(text + "</posts>", encoding="utf-8")
    return path


def check(found):
    pages = {page.id: page for page in found}
    assert list(pages) == ["thread:stackoverflow.com/10", "thread:stackoverflow.com/40"]
    page = pages["thread:stackoverflow.com/10"]
    assert page.url == "https://stackoverflow.com/questions/10"
    assert [part.title for part in page.sections] == ["", "Answer", "Another answer"]
    assert page.sections[0].text == "My `LSTM` wants **3** dimensions:\n\n```\nmodel.add(LSTM(4))\n```"
    assert page.sections[1].text == (
        "Reshape it, see [the layers](https://keras.io/api/layers/):\n\n"
        "```py\nfrom keras.layers import LSTM\nLSTM(4)(x[:, None] < 1)\n```"
    )
    assert page.symbols == ("keras.layers.LSTM",)
    assert page.version == "keras 2"
    assert page.meta["licence"] == "CC BY-SA 4.0"
    assert page.meta["authors"][:2] == ("https://stackoverflow.com/users/55", "https://stackoverflow.com/users/66")
    assert "Real Name" not in str(page)
    old = pages["thread:stackoverflow.com/40"]
    assert (old.version, old.meta["licence"], old.meta["solved"]) == ("keras 1", "CC BY-SA 3.0", False)


def test_solved_questions_about_keras_become_threads(dump, resolve):
    check(list(stackexchange.load(dump, resolve)))
    assert registry.detect(dump) == registry.detect(dump.parent) == "stackexchange"


def test_a_7z_archive_is_read_without_unpacking_it(dump, tmp_path, resolve):
    py7zr = pytest.importorskip("py7zr")
    path = tmp_path / "stackoverflow.com-Posts.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.write(dump, "Posts.xml")
    assert registry.detect(path) == "stackexchange"
    check(list(registry.load(path, resolve)))
    before = set(tmp_path.iterdir())
    list(stackexchange.load(path, resolve))
    assert set(tmp_path.iterdir()) == before


def test_the_site_is_told_by_the_name(dump, tmp_path, resolve):
    folder = tmp_path / "datascience.stackexchange.com"
    folder.mkdir()
    dump.rename(folder / "Posts.xml")
    urls = {page.url for page in stackexchange.load(folder, resolve)}
    assert "https://datascience.stackexchange.com/questions/10" in urls


BOMB = '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]>'
BOMB += '<posts><row Id="&b;"/></posts>'
ELSEWHERE = '<?xml version="1.0"?><!DOCTYPE p SYSTEM "file:///etc/passwd"><posts/>'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "document type"),
        (ELSEWHERE, "document type"),
        ("<posts>" + "<row " * 3, "no whole XML"),
        ("", "no whole XML"),
        ("\x00\x01\x02" * 100, "no whole XML"),
        ("<posts></posts>", "no posts"),
        ('<?xml version="1.0" encoding="x-unknown"?><posts/>', "encoding"),
        ("<a>" * 100_000, "no whole XML"),
        ('<posts><row Id="' + "x" * (10 * 2**20), "longer than 8 MiB"),
    ],
    ids=["bomb", "external", "cut", "empty", "binary", "nothing", "encoding", "deep", "endless"],
)
def test_what_is_no_dump_is_one_line(tmp_path, text, says):
    path = tmp_path / "Posts.xml"
    path.write_text(text)
    (found,) = stackexchange.load(path)
    assert isinstance(found, Problem)
    assert says in found.what


def test_what_came_before_a_break_counts(dump, resolve):
    dump.write_bytes(dump.read_bytes()[:-40])
    found = list(stackexchange.load(dump, resolve))
    assert [one.id for one in found if isinstance(one, Page)] == [
        "thread:stackoverflow.com/10",
        "thread:stackoverflow.com/40",
    ]
    assert next(one.what for one in found if isinstance(one, Problem)).startswith("it is no whole XML")


@pytest.mark.parametrize(
    "data", [b"", b"7z\xbc\xaf\x27\x1c" + b"\x00" * 100, b"PK\x03\x04" + b"x" * 100, b"7z\xbc\xaf\x27\x1c"]
)
def test_what_is_no_archive_is_one_line(tmp_path, data):
    pytest.importorskip("py7zr")
    path = tmp_path / "x.7z"
    path.write_bytes(data)
    (found,) = stackexchange.load(path)
    assert isinstance(found, Problem)


def test_an_archive_that_unpacks_without_end_is_left(tmp_path, monkeypatch):
    py7zr = pytest.importorskip("py7zr")
    (tmp_path / "Posts.xml").write_text("<posts>" + "<row/>" * 2_000_000)
    path = tmp_path / "bomb.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.write(tmp_path / "Posts.xml", "Posts.xml")
    monkeypatch.setattr(stackexchange, "FREE_BYTES", 2**20)
    (found,) = stackexchange.load(path)
    assert "times its size" in found.what


def test_an_archive_that_needs_much_memory_is_left(tmp_path):
    py7zr = pytest.importorskip("py7zr")
    (tmp_path / "Posts.xml").write_text("<posts/>")
    path = tmp_path / "large.7z"
    filters = [{"id": py7zr.FILTER_LZMA2, "preset": 1, "dict_size": 2**29}]
    with py7zr.SevenZipFile(path, "w", filters=filters) as archive:
        archive.write(tmp_path / "Posts.xml", "Posts.xml")
    (found,) = stackexchange.load(path)
    assert "of memory" in found.what


def test_an_archive_may_not_write_anywhere(dump, tmp_path, resolve):
    py7zr = pytest.importorskip("py7zr")
    path = tmp_path / "up.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.write(dump, "a/Posts.xml")
    check(list(stackexchange.load(path, resolve)))
    assert not (tmp_path / "a").exists()


def test_a_large_dump_is_read_in_bounded_memory(tmp_path, resolve):
    path = tmp_path / "Posts.xml"
    other = question(1, Tags="|java|").encode() * 200
    with path.open("wb") as file:
        file.write(HEAD.encode())
        for _ in range(300):
            file.write(other)
        file.write((question(10, AcceptedAnswerId=13) + answer(13, 10) + "</posts>").encode())
    size = path.stat().st_size
    assert size > 20 * 2**20
    tracemalloc.start()
    start = time.monotonic()
    found = list(stackexchange.load(path, resolve))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [page.id for page in found] == ["thread:stackoverflow.com/10"]
    assert peak < 8 * 2**20
    assert time.monotonic() - start < 60
