"""Build the knowledge base: read, cut, embed, index, and put into use in one step.

A build is made in a folder of its own beside the one in use; the manifest then points to it. Whatever interrupts a
build, the one in use stays whole; the vectors computed so far are kept and used by the next.
"""

from __future__ import annotations

import fcntl
import math
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from kb import hints as hint_tables
from kb.added import AddedSources, current
from kb.embedding import Embedder, Vectors
from kb.errors import Busy
from kb.glossary import EDITED, edited, to_english
from kb.normalize import joined_names, words
from kb.pages import Page, Passage
from kb.passages import cut
from kb.question import in_english
from kb.sources import content, installed
from kb.sources.outside import Resolve
from kb.state import MANIFEST, SCHEMA, Manifest, file_hash, text_hash
from kb.store import Cache, no_space, write_store
from kb.symbols import symbol_table
from kb.vectors import VectorIndex
from kb.words import WordIndex

Progress = Callable[[str, int, int], None]

# Computed together, kept together: what a kill loses at most.
BATCH = 256
# A vector of more would take longer to compute and say less: the start of a passage tells what it is about.
LONGEST_EMBEDDED = 320
# Sections that are code or addresses; words find them, vectors would be noise.
NOT_EMBEDDED = frozenset({"Example", "Examples", "References", "Formula", "Raises", "Returns"})
OLD_BUILDS_KEPT = 1

CACHE = "cache.sqlite"
STORE = "pages.sqlite"
PASSAGES = "passages.faiss"
EMBEDDED = "embedded.npy"
HINTS = "hints.faiss"
WORDS = ("words_body", "words_page", "words_title", "words_hints")


def fingerprint(versions: dict[str, str], model: str) -> str:
    """Return what a build must have been made of to be usable here."""
    return text_hash(str(SCHEMA), model, *(f"{name} {version}" for name, version in sorted(versions.items())))


def content_fingerprint(folder: Path | None, added: AddedSources | None = None) -> str:
    """Return the hash of what people give: the content folder, our own tables, and the sources that were added.

    What reads the content folder counts as well, so that a change of it is not hidden by an earlier build.
    """
    here = Path(__file__).parent
    readers = [here / "sources" / name for name in ("content.py", "examples.py", "front_matter.py", "markdown.py")]
    files = [*sorted((here / "tables").rglob("*.txt")), *readers, *content.files(folder)]
    if folder is not None and (folder / EDITED).is_file():
        files.append(folder / EDITED)
    ours = text_hash(*(f"{path.name} {file_hash(path)}" for path in files))
    theirs = added.fingerprint() if added is not None else ""
    return text_hash(ours, theirs) if theirs else ours


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the folder's build lock; it ends with the process, however that ends.

    Raises:
        Busy: another process holds it.
        NoSpace: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "build.lock").open("w")
    except OSError as error:
        raise no_space(folder, error) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy("Another process is building the knowledge base.", "Wait until it has finished.") from None
        yield


def build(
    folder: Path,
    packages: Sequence[str],
    content_folder: Path | None,
    embedder: Embedder,
    progress: Progress,
    added: AddedSources,
) -> Manifest:
    """Build anew into `folder` and put the result into use; the caller holds the lock.

    A change of `added` that was begun is committed when all is built, right before the result is put into use: what
    stops the build, stops the change too.

    Raises:
        BadSource: a package cannot be read.
        NoSpace: the disk is full or the folder cannot be written.
    """
    clean(folder, keep=OLD_BUILDS_KEPT)
    work = folder / f"building-{uuid.uuid4().hex[:12]}"
    versions = installed.versions(packages)
    cache = Cache(folder / CACHE)
    try:
        work.mkdir()
        pages, hints = _read(cache, packages, versions, content_folder, added, progress)
        progress("Cutting pages into passages", 0, len(pages))
        pages = _with_popularity(pages)
        passages = [passage for page in pages for passage in cut(page)]
        progress("Cutting pages into passages", len(pages), len(pages))
        _index(work, pages, passages, hints, content_folder, embedder, cache, progress)
        manifest = Manifest(
            schema=SCHEMA,
            folder=f"base-{uuid.uuid4().hex[:12]}",
            fingerprint=fingerprint(versions, embedder.name),
            content=content_fingerprint(content_folder, added),
            model=embedder.name,
            versions=versions,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            pages=len(pages),
            passages=len(passages),
            sources=dict(Counter(_source_of(page) for page in pages)),
            files={path.name: file_hash(path) for path in sorted(work.iterdir())},
            sizes={path.name: path.stat().st_size for path in sorted(work.iterdir())},
            added=[source.to_dict() for source in added.sources() if source.pages],
        )
        _flush(work)
        work.rename(folder / manifest.folder)
        added.commit()
        manifest.write(folder)
    except OSError as error:
        raise no_space(folder, error) from None
    finally:
        cache.close()
        shutil.rmtree(work, ignore_errors=True)
    clean(folder, keep=OLD_BUILDS_KEPT, current=manifest.folder)
    return manifest


def read_installed(
    cache: Cache, packages: Sequence[str], versions: Mapping[str, str], progress: Progress
) -> list[Page]:
    """Return the pages of the installed packages; those of unchanged version come from the cache.

    Raises:
        BadSource: a package cannot be read.
    """
    stage = "Reading the installed packages"
    progress(stage, 0, len(packages))
    key = text_hash(str(SCHEMA), _code_hash(), *(f"{name} {version}" for name, version in versions.items()))
    pages = cache.reading(key)
    if pages is None:
        pages = installed.read(packages)
        cache.keep_reading(key, pages)
    progress(stage, len(packages), len(packages))
    return pages


def resolver(pages: Iterable[Page]) -> Resolve:
    """Return what tells the canonical symbol of a name as it is written in documents, or None."""
    api = [page for page in pages if page.symbol]
    table = symbol_table(api)

    def resolve(name: str) -> str | None:
        number = table.find(name)
        return None if number is None else api[number].symbol

    return resolve


def _read(
    cache: Cache,
    packages: Sequence[str],
    versions: dict[str, str],
    content_folder: Path | None,
    added: AddedSources,
    progress: Progress,
) -> tuple[list[Page], list[hint_tables.Hint]]:
    """Read all sources."""
    edited(content_folder)  # tells what is wrong with it before anything is made
    pages = read_installed(cache, packages, versions, progress)
    written = content.read(content_folder)
    # An identifier is used once; what comes first, the installed packages, keeps it.
    known = {page.id: page for page in [*written, *pages]}
    resolve = resolver(known.values())
    theirs = [current(page, resolve) for page in added.pages() if page.id not in known]
    hints = [*hint_tables.topics(), *hint_tables.of_pages([*written, *theirs]), *hint_tables.of_errors(pages)]
    return [*known.values(), *theirs], hints


def _code_hash() -> str:
    """Return a hash of the code that reads packages, so that a change of it is not hidden by the cache."""
    here = Path(__file__).parent
    names = ("prose.py", "docstrings.py", "sources/introspect.py", "sources/installed.py", "sources/keras_io.py")
    return text_hash(*((here / name).read_text(encoding="utf-8") for name in names))


def _with_popularity(pages: list[Page]) -> list[Page]:
    """Note in each API page how often the others mention its symbol, on a logarithmic scale from 0 to 1."""
    table = symbol_table(pages)
    counts: Counter[int] = Counter()
    known: dict[str, int | None] = {}
    for number, page in enumerate(pages):
        text = "\n".join(section.text for section in page.sections)
        mentioned = set(re.findall(r"\bkeras(?:_hub|_tuner)?(?:\.\w+)+", text))
        mentioned.update(f"keras.Model.{name}" for name in re.findall(r"\bmodel\.(\w+)\(", text))
        for name in mentioned:
            if name not in known:
                known[name] = table.find(name)
            target = known[name]
            if target is not None and target != number:
                counts[target] += 1
    top = math.log1p(max(counts.values(), default=1))
    return [
        replace(page, meta={**page.meta, "popularity": round(math.log1p(counts[number]) / top, 4)})
        for number, page in enumerate(pages)
    ]


def _index(
    work: Path,
    pages: Sequence[Page],
    passages: Sequence[Passage],
    hints: Sequence[hint_tables.Hint],
    content_folder: Path | None,
    embedder: Embedder,
    cache: Cache,
    progress: Progress,
) -> None:
    """Write the store and all indexes of a build into `work`."""
    write_store(work / STORE, pages, passages, hints)
    by_id = {page.id: page for page in pages}
    chosen = [number for number, passage in enumerate(passages) if _is_embedded(by_id[passage.page_id], passage)]
    texts = [_embedded_text(by_id[passages[number].page_id], passages[number], content_folder) for number in chosen]
    # Errors are found by their words; they come last, so that the vectors' numbers are those of the hints.
    asked = [in_english(text, content_folder) for text, _, origin in hints if origin != "error"]
    vectors = _embed([*texts, *asked], embedder, cache, progress)
    stage = "Indexing"
    progress(stage, 0, 4)
    VectorIndex.build(vectors[: len(texts)]).save(work / PASSAGES)
    VectorIndex.build(vectors[len(texts) :]).save(work / HINTS)
    try:
        np.save(work / EMBEDDED, np.array(chosen, dtype=np.int32))
    except OSError as error:
        raise no_space(work, error) from None
    progress(stage, 1, 4)
    in_passages = [[*words(passage.text), *joined_names(passage.text)] for passage in passages]
    in_pages: dict[str, list[str]] = {page.id: [] for page in pages}
    for passage, found in zip(passages, in_passages, strict=True):
        in_pages[passage.page_id].extend(found)
    WordIndex.build(in_passages).save(work / "words_body")
    progress(stage, 2, 4)
    WordIndex.build(list(in_pages.values())).save(work / "words_page")
    WordIndex.build([_title_words(page) for page in pages]).save(work / "words_title")
    progress(stage, 3, 4)
    WordIndex.build([_hint_words(text, content_folder) for text, _, _ in hints]).save(work / "words_hints")
    progress(stage, 4, 4)


def _hint_words(text: str, folder: Path | None) -> list[str]:
    """Return the words of a way to ask, in its own language and in English."""
    return list(dict.fromkeys([*words(text), *joined_names(text), *words(in_english(text, folder))]))


def _title_words(page: Page) -> list[str]:
    names = " ".join((page.symbol or page.title, *page.aliases, *page.questions))
    # Each word once: a title that repeats its family in every alias is not more about it.
    return list(
        dict.fromkeys([*words(names.replace(".", " ").replace("_", " ")), *joined_names(names.replace(".", " "))])
    )


def _is_embedded(page: Page, passage: Passage) -> bool:
    if passage.ordinal == 0:
        return True
    if passage.section in NOT_EMBEDDED or len(_plain(passage.text)) < 40:
        return False
    # Libraries repeat the same arguments in hundreds of model classes; words find those.
    library = page.kind == "api" and page.meta.get("package") != "keras"
    return not (library and passage.section in {"Arguments", "Returns", "Call arguments"})


def _embedded_text(page: Page, passage: Passage, folder: Path | None) -> str:
    name = page.symbol or page.title
    head = f"{name} {passage.section}".strip()
    text = f"{head}: {_plain(passage.text)}"
    # The model knows English alone: of other languages it is given the terms, as it is of questions.
    return (text if page.language == "en" else to_english(text[: 4 * LONGEST_EMBEDDED], page.language, folder))[
        :LONGEST_EMBEDDED
    ]


def _plain(text: str) -> str:
    """Return a passage's prose for embedding: without code, Markdown signs and addresses."""
    text = re.sub(r"```.*?(?:```|\Z)", " ", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)|https?://\S+|[`*#\[\]]", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def _embed(texts: Sequence[str], embedder: Embedder, cache: Cache, progress: Progress) -> Vectors:
    """Return the vectors of `texts`, computing only those that the cache lacks and keeping them batch by batch."""
    keys = [text_hash(embedder.name, text) for text in texts]
    known = cache.vectors(list(dict.fromkeys(keys)))
    # Texts of one length together: a batch takes as long as its longest text.
    missing = sorted(
        {key: text for key, text in zip(keys, texts, strict=True) if key not in known}.items(), key=_length
    )
    stage = "Computing embeddings"
    progress(stage, len(keys) - len(missing), len(keys))
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        vectors = embedder.embed_batch([text for _, text in batch])
        cache.add_vectors([key for key, _ in batch], vectors)
        known.update(zip((key for key, _ in batch), vectors, strict=True))
        progress(stage, len(keys) - len(missing) + start + len(batch), len(keys))
    cache.forget_vectors_but(keys)
    return np.stack([known[key] for key in keys]).astype(np.float32)


def _length(item: tuple[str, str]) -> int:
    return -len(item[1])


def _source_of(page: Page) -> str:
    return str(page.meta.get("package") or page.meta.get("source") or page.kind)


def _flush(folder: Path) -> None:
    """Have the system write the folder's files to the disk, so that the manifest never points to empty ones."""
    for path in [*folder.iterdir(), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clean(folder: Path, *, keep: int, current: str | None = None) -> None:
    """Remove what interrupted builds left, and builds older than the last `keep` before the current one."""
    if current is None:
        try:
            manifest = Manifest.read(folder)
            current = manifest.folder if manifest else ""
        except Exception:  # a damaged manifest must not keep anyone from building
            current = ""
    for left in folder.glob("building-*"):
        shutil.rmtree(left, ignore_errors=True)
    (folder / f"{MANIFEST}.new").unlink(missing_ok=True)
    olds = sorted((p for p in folder.glob("base-*") if p.name != current), key=lambda p: p.stat().st_mtime)
    for old in olds[: max(0, len(olds) - keep)]:
        shutil.rmtree(old, ignore_errors=True)
