"""Stack Exchange dumps → threads: the questions tagged keras with the answers that helped.

`Posts.xml` of Stack Overflow has a hundred gigabytes: it is read once, in pieces, as XML without any document type, and
what concerns Keras is kept on the disk until its answers have been seen. Out of a 7z archive it is read the same way,
without unpacking it to the disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from kb.pages import Page, Section
from kb.sources.finish import make_page
from kb.sources.html_text import to_markdown
from kb.sources.outside import Found, Problem, Resolve, Unreadable, guarded, one_line, open_regular, shown, unresolved
from kb.sources.spool import Spool

TAGS = frozenset(
    {"keras", "tf.keras", "keras-layer", "keras-2", "keras-rl", "keras-tuner", "tensorflow-keras", "keras-hub"}
)
PIECE = 2**20
# A post has at most 30,000 characters; escaped, still far less than this.
LONGEST_ROW = 8 * 2**20
# Text compresses to a tenth or so; what compresses a thousandfold is no text.
MOST_EXPANSION, FREE_BYTES = 500, 2**28
LARGEST_DICTIONARY = 2**28
# A question worth reading was not voted down, and someone found an answer helpful.
LEAST_SCORE, LEAST_ANSWER_SCORE = 0, 1
BETTER_BY = 3

# Only these say on which site a dump's numbers count; archives are named after them.
_SITE = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net))(?:-Posts)?(?:\.7z)?", re.IGNORECASE)
DEFAULT_SITE = "stackoverflow.com"


def load(location: Path | str, resolve: Resolve = unresolved, *, site: str | None = None) -> Iterator[Found]:
    """Yield a page for each solved question about Keras.

    Args:
        location: `Posts.xml`, a folder that holds it, or a 7z archive of it.
        resolve: a name → its canonical symbol, or None.
        site: the host whose dump it is; by default told from the file's or folder's name, else Stack Overflow.
    """
    path = Path(location)
    if path.is_dir():
        path = path / "Posts.xml"
    if not path.is_file():
        yield Problem(shown(path), "there is no such file")
        return
    path = path.resolve()
    site = site or _site(path)
    with Spool() as spool:
        reader = Reader(spool)
        try:
            if path.suffix.lower() == ".7z":
                _feed_archive(path, reader)
            else:
                _feed_file(path, reader)
            reader.finish()
        except Unreadable as error:
            # What came before the broken place is whole.
            yield Problem(shown(path), str(error))
        for question in spool.starting("q"):
            number = question["Id"]
            answers = spool.under(f"a{number}")
            yield from guarded(f"{path.name}, question {number}", _reading(question, answers, site, resolve))


def _reading(
    question: dict[str, str], answers: list[dict[str, str]], site: str, resolve: Resolve
) -> Callable[[], Page | None]:
    return lambda: thread(question, answers, site, resolve)


class Reader:
    """Takes a dump piece by piece and keeps the posts about Keras."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._wanted: set[str] = set()
        self._fed = 0
        self._rows = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        # Dumps have no document type; with one, a few bytes can stand for gigabytes or for other files.
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.EntityDeclHandler = _refuse
        self._parser.ExternalEntityRefHandler = _refuse

    def feed(self, piece: bytes, *, final: bool = False) -> None:
        """Take the next piece.

        Raises:
            Unreadable: it is no dump.
        """
        self._fed += len(piece)
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            raise Unreadable(f"it is no whole XML (line {error.lineno}: {expat.ErrorString(error.code)})") from None
        except LookupError as error:
            raise Unreadable(one_line(f"its encoding is not known ({error})")) from None
        if self._fed - max(0, self._parser.CurrentByteIndex) > LONGEST_ROW:
            raise Unreadable(f"it has an element longer than {LONGEST_ROW // 2**20} MiB")

    def finish(self) -> None:
        """Take the end.

        Raises:
            Unreadable: it ends in the middle, or has no posts.
        """
        self.feed(b"", final=True)
        if not self._rows:
            raise Unreadable("it holds no posts")

    def _start(self, name: str, row: dict[str, str]) -> None:
        if name != "row":
            return
        self._rows += 1
        kind, number = row.get("PostTypeId"), row.get("Id", "")
        if not re.fullmatch(r"\d{1,12}", number):
            return
        if kind == "1" and TAGS.intersection(re.split(r"[<>|]+", row.get("Tags", ""))):
            if number not in self._wanted:
                self._wanted.add(number)
                self._spool.add(f"q{number}", row)
        # An answer's number is higher than its question's, so that its question has been seen.
        elif kind == "2" and row.get("ParentId") in self._wanted:
            self._spool.add(f"a{row['ParentId']}", row)


def _refuse(*_: Any) -> int:
    raise Unreadable("it declares a document type or entities, which no dump does; it was not read")


def _feed_file(path: Path, reader: Reader) -> None:
    with open(open_regular(path), "rb") as file:  # noqa: PTH123 - a descriptor, opened with care
        while piece := file.read(PIECE):
            reader.feed(piece)


def _feed_archive(path: Path, reader: Reader) -> None:
    try:
        import py7zr
    except ImportError:
        raise Unreadable("reading 7z needs one more package: pip install 'keras-lobby[dumps]'") from None
    packed = path.stat().st_size

    class Pieces(py7zr.Py7zIO):
        """What is unpacked goes straight to the reader."""

        def __init__(self) -> None:
            self._size = 0

        def write(self, s: bytes | bytearray) -> int:
            self._size += len(s)
            if self._size > FREE_BYTES and self._size > MOST_EXPANSION * packed:
                raise Unreadable(f"it unpacks to more than {MOST_EXPANSION} times its size; it was not read")
            reader.feed(bytes(s))
            return len(s)

        def read(self, size: int | None = None) -> bytes:
            return b""

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

        def flush(self) -> None:
            return

        def size(self) -> int:
            return self._size

    class Factory(py7zr.WriterFactory):
        def create(self, filename: str) -> py7zr.Py7zIO:
            return Pieces()

    try:
        with py7zr.SevenZipFile(path, "r") as archive:
            names = [name for name in archive.namelist() if name.rpartition("/")[2] == "Posts.xml"]
            if not names:
                raise Unreadable("the archive holds no Posts.xml")
            _check_dictionary(archive)
            archive.extract(targets=names[:1], factory=Factory())
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable("unpacking it needs too much memory") from None
    except Exception as error:  # the archive library lets a dozen kinds of errors through
        raise Unreadable(one_line(f"it is no whole 7z archive ({type(error).__name__}: {error})")) from None


def _check_dictionary(archive: Any) -> None:
    """Refuse archives whose unpacking alone would take more memory than any dump needs."""
    for folder in getattr(archive.header.main_streams.unpackinfo, "folders", ()):
        for coder in folder.coders:
            properties = coder.get("properties") or b""
            size = 0
            if coder.get("method") == b"\x21" and len(properties) == 1:  # LZMA2
                size = (2 | (properties[0] & 1)) << (properties[0] // 2 + 11)
            elif len(properties) >= 5:  # LZMA, PPMd: the last four bytes
                size = int.from_bytes(properties[1:5], "little")
            if size > LARGEST_DICTIONARY:
                raise Unreadable(f"unpacking it needs {size // 2**20:,} MiB of memory; it was not read")


def _site(path: Path) -> str:
    for name in (path.name, path.parent.name):
        match = _SITE.fullmatch(name)
        if match:
            return match.group(1).lower()
    return DEFAULT_SITE


def thread(question: dict[str, str], answers: list[dict[str, str]], site: str, resolve: Resolve) -> Page | None:
    """Return the page of a question, or None when nobody answered it well.

    Args:
        question: attributes of its row.
        answers: attributes of its answers' rows.
        site: the host.
        resolve: a name → its canonical symbol, or None.

    Raises:
        Unreadable: its text is no post's.
    """
    accepted = question.get("AcceptedAnswerId", "")
    ranked = sorted(answers, key=lambda row: (row.get("Id") != accepted, -_score(row)))
    if _score(question) < LEAST_SCORE or not ranked:
        return None
    best = ranked[0]
    if best.get("Id") != accepted and _score(best) < LEAST_ANSWER_SCORE:
        return None
    parts = [Section("", to_markdown(question.get("Body", ""))), Section("Answer", to_markdown(best.get("Body", "")))]
    shown_answers = [best]
    second = max(ranked[1:], key=_score, default=None)
    if second is not None and _score(second) >= _score(best) + BETTER_BY:
        parts.append(Section("Another answer", to_markdown(second.get("Body", ""))))
        shown_answers.append(second)
    number = question["Id"]
    date = question.get("CreationDate", "")
    return make_page(
        identity=f"thread:{site}/{number}",
        kind="thread",
        title=question.get("Title", ""),
        url=f"https://{site}/questions/{number}",
        sections=parts,
        resolve=resolve,
        language="en" if not re.match(r"(?:ru|ja|es|pt)\.", site) else site[:2],
        date=best.get("CreationDate", date) or date,
        meta={
            "format": "stackexchange",
            "licence": best.get("ContentLicense") or question.get("ContentLicense") or "CC BY-SA",
            # The licence asks for the authors; their names stand behind these links.
            "authors": tuple(_author(row, site) for row in (question, *shown_answers)),
            "tags": tuple(tag for tag in re.split(r"[<>|]+", question.get("Tags", "")) if tag)[:10],
            "score": _score(question),
            "solved": best.get("Id") == accepted,
        },
    )


def _author(row: dict[str, str], site: str) -> str:
    user = row.get("OwnerUserId", "")
    return (
        f"https://{site}/users/{user}" if re.fullmatch(r"\d{1,12}", user) else f"https://{site}/q/{row.get('Id', '')}"
    )


def _score(row: dict[str, str]) -> int:
    text = row.get("Score", "0")
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else 0
