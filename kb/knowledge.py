"""The knowledge base: build it, ask it, look things up in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from kb import answer as answers
from kb import build as building
from kb import ranking
from kb.added import FILE as ADDED
from kb.added import Added, AddedSources, Change
from kb.added import read as read_source
from kb.apart import Apart
from kb.definitions import definition
from kb.embedding import Embedder, SentenceTransformerEmbedder
from kb.errors import BadQuestion, BadSource, Damaged, KnowledgeError, NotBuilt, OutOfDate
from kb.explaining import Raised, explaining
from kb.normalize import clean_question
from kb.opened import Opened
from kb.pages import Answer, Kind, Page, Source
from kb.question import Question, understand
from kb.recall import Recall
from kb.search import Found
from kb.sources import installed
from kb.state import MANIFEST, SCHEMA, Manifest, Status
from kb.store import REBUILD, Cache, Store
from kb.telling import has_own_entry

MOST_SOURCES = 10
# Of the threshold, for a question that says Keras: none of the off-topic questions we have does.
ENOUGH_WITH_KERAS = 0.85


class KnowledgeBase:
    """Everything Lobby knows, under one folder. Thread-safe; nothing is loaded before it is needed."""

    def __init__(
        self,
        folder: Path,
        *,
        packages: Sequence[str] = ("keras", "keras_hub", "keras_tuner"),
        content: Path | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        """Name the knowledge base; this reads nothing yet.

        Args:
            folder: where it is, or is to be built.
            packages: the installed packages whose API it knows.
            content: the folder of what people edit (`faq`, `examples`, `learn`), if any.
            embedder: the model; the packaged MiniLM unless told otherwise.
        """
        self.folder = Path(folder)
        self._packages = tuple(packages)
        self._content = content
        self._embedder = embedder or SentenceTransformerEmbedder()
        self._recall = Recall(self._embedder)
        self._opened: Opened | None = None
        self._stamp: tuple[int, int] | None = None
        self._lock = threading.Lock()

    # Building

    def build(self, progress: Callable[[str, int, int], None] | None = None) -> Status:
        """Build what is missing or out of date; does nothing when nothing changed.

        Args:
            progress: called with a sentence for the stage, how much is done, and how much there is to do.

        Raises:
            Busy: another process is building.
            NoSpace: the disk is full or the folder cannot be written.
            BadSource: a package or a file of the content folder cannot be read.
        """
        report = progress or (lambda *_: None)
        with building.lock(self.folder), self._added() as added:
            if not self._is_current(added):
                self._build(added, report)
        return self.status()

    def add(
        self, location: Path | str, *, kind: str | None = None, progress: building.Progress | None = None
    ) -> Change:
        """Add a source, or read one again; all of it comes into use at once, or nothing does.

        Args:
            location: a folder, a file, an export or a repository's address.
            kind: a name of `registry.LOADERS`; by default the location tells it.
            progress: as for `build`.

        Raises:
            Busy, NoSpace: as for `build`.
            BadSource: nothing of the source can be read; what it held before stays.
        """
        report = progress or (lambda *_: None)
        with building.lock(self.folder), self._added() as added:
            versions = installed.versions(self._packages)
            with closing(Cache(self.folder / building.CACHE)) as cache:
                pages = building.read_installed(cache, self._packages, versions, report)
            change = added.replace(read_source(location, building.resolver(pages), kind, report))
            self._build(added, report) if change.any or not self._is_current(added) else added.commit()
        return change

    def remove(self, name: str, *, progress: building.Progress | None = None) -> Change:
        """Forget a source that was added.

        Args:
            name: as `status` calls it, or as it was named when it was added.
            progress: as for `build`.

        Raises:
            Busy, NoSpace: as for `build`.
            BadSource: there is none of that name.
        """
        with building.lock(self.folder), self._added() as added:
            change = added.drop(name)
            self._build(added, progress or (lambda *_: None))
        return change

    def keep(self, source: str, kind: str, pages: Sequence[Page]) -> None:
        """Keep pages that were made here, for good; the next build takes them up.

        Args:
            source: what they belong to, as `remove` takes it; it keeps the pages that it has.
            kind: what the source is, for people to read.
            pages: one of an id that the source has takes its place.

        Raises:
            Busy, NoSpace: as for `build`.
        """
        with building.lock(self.folder), self._added() as added:
            added.put(source, kind, pages)
            added.commit()

    def drop(self, identities: Sequence[str]) -> int:
        """Drop pages that were kept or added, by id, and return how many; they are found until the next build.

        Raises:
            Busy, NoSpace: as for `build`.
        """
        with building.lock(self.folder), self._added() as added:
            count = added.take(identities)
            added.commit()
        return count

    def drop_old_builds(self) -> None:
        """Delete the builds that are kept for readers who are just opening them: they hold what was dropped since."""
        with building.lock(self.folder):
            building.clean(self.folder, keep=0)

    def build_apart(self) -> Apart:
        """Begin to build in a process of its own."""
        return Apart(self.folder, self._packages, self._content, self._embedder.name)

    def _build(self, added: AddedSources, progress: building.Progress) -> None:
        building.build(self.folder, self._packages, self._content, self._embedder, progress, added)

    @contextmanager
    def _added(self) -> Iterator[AddedSources]:
        """Open the added sources, mended from what is indexed when their file is harmed or gone."""
        try:
            manifest = Manifest.read(self.folder)
        except Damaged:
            manifest = None
        known = [Added(**source) for source in manifest.added] if manifest else []
        path = self.folder / ADDED
        try:
            added = AddedSources(self.folder)
            lost = bool(known) and not added.sources()
        except Damaged:
            if manifest is None or not known:
                raise
            path.replace(path.with_name(f"{ADDED}.damaged"))
            added, lost = AddedSources(self.folder), True
        with closing(added):
            if lost and manifest:
                manifest.check_files(self.folder)
                with closing(Store(self.folder / manifest.folder / building.STORE)) as store:
                    added.restore(store.pages(), known)
            yield added

    def _is_current(self, added: AddedSources) -> bool:
        try:
            manifest = Manifest.read(self.folder)
            if manifest is None or manifest.fingerprint != self._fingerprint():
                return False
            manifest.check_files(self.folder)
        except Damaged:
            return False
        return manifest.content == building.content_fingerprint(self._content, added)

    def _fingerprint(self) -> str:
        return building.fingerprint(installed.versions(self._packages), self._embedder.name)

    def status(self) -> Status:
        """Say what there is and whether it can be used; a bad state is told, not raised."""
        size = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        try:
            manifest = self._usable_manifest()
            manifest.check_files(self.folder)
        except NotBuilt as error:
            return Status("missing", error.what, error.remedy, size_bytes=size, folder=str(self.folder))
        except (OutOfDate, BadSource) as error:
            return self._status_of("out-of-date", error, size)
        except KnowledgeError as error:
            return self._status_of("damaged", error, size)
        return self._status_of("ready", None, size, manifest)

    def _status_of(
        self, state: str, error: KnowledgeError | None, size: int, manifest: Manifest | None = None
    ) -> Status:
        if manifest is None:
            try:
                manifest = Manifest.read(self.folder)
            except Damaged:
                manifest = None
        return Status(
            state=state,  # type: ignore[arg-type]
            what=error.what if error else "",
            remedy=error.remedy if error else "",
            pages=manifest.pages if manifest else 0,
            passages=manifest.passages if manifest else 0,
            model=manifest.model if manifest else "",
            versions=manifest.versions if manifest else {},
            sources=manifest.sources if manifest else {},
            added=manifest.added if manifest else (),
            built_at=(manifest.built_at or None) if manifest else None,
            size_bytes=size,
            folder=str(self.folder),
        )

    # Asking

    def warm(self) -> None:
        """Load the model and the indexes, so that the first question need not wait.

        Raises:
            KnowledgeError: the knowledge base cannot be used.
        """
        self._open()
        self._embedder.embed_batch(["How do I train a model?"])
        definition("What is an epoch?", self._content)

    def ask(self, question: str, *, context: str | None = None) -> Answer:
        """Answer a question from the sources, or say that there is no answer.

        Args:
            question: in any language, code and errors included; at most 64 KiB.
            context: what the conversation was about before, for a question that says little itself.

        Raises:
            BadQuestion: it is empty, too long or not text.
            NotBuilt, OutOfDate, Damaged: the knowledge base cannot be used.
        """
        started = time.perf_counter()
        text = clean_question(question)
        opened = self._open()
        understood = self._understand(text, context)
        parsed = time.perf_counter()
        vector = self._recall.vector(understood.english)
        embedded = time.perf_counter()
        found = opened.searcher.search(understood, vector, limit=MOST_SOURCES)
        searched = time.perf_counter()
        pages = opened.searcher.pages
        passages = {hit.passage: opened.store.passage(hit.passage) for hit in found.hits}
        code, sure, said = None, found.confidence, ""
        threshold = ranking.load().threshold * (ENOUGH_WITH_KERAS if understood.mentions_keras else 1.0)
        if found.hits and sure >= threshold:
            made = answers.compose(understood, found, opened.searcher, opened.store.passage)
            sure *= made.certainty
            if sure >= threshold:
                said, code = made.text, made.code
        sources = answers.sources(found, pages, passages)
        meaning = definition(text, self._content)
        # Who wrote an entry for this very question says it better.
        if meaning is not None and not has_own_entry(found, pages):
            said, sure = answers.fit([meaning[0], said]), max(sure, meaning[1].score)
            sources = (meaning[1], *sources)[:MOST_SOURCES]
        answered = bool(said)
        if not answered:
            said = answers.no_answer(found, pages)
        ended = time.perf_counter()
        timings = {
            "embed": embedded - parsed,
            "search": searched - embedded + parsed - started,
            "compose": ended - searched,
            "total": ended - started,
        }
        return Answer(
            question=question.encode("utf-8", "replace").decode(),
            language=understood.language,
            answered=answered,
            confidence=round(sure, 3),
            text=said,
            code=code,
            sources=sources,
            timings_ms={name: round(seconds * 1000, 3) for name, seconds in timings.items()},
        )

    def prepare(self, questions: Sequence[str]) -> None:
        """Do together what the next questions cost most; `ask` takes it from there. Unusable ones are left out."""
        texts = []
        for question in questions:
            with suppress(BadQuestion):
                texts.append(self._understand(clean_question(question)).english)
        self._recall.prepare(texts)

    def search(self, query: str, *, limit: int = 10) -> tuple[Source, ...]:
        """Return the pages closest to `query`, best first.

        Raises:
            BadQuestion, NotBuilt, OutOfDate, Damaged: as for `ask`.
        """
        return self._sources(self._understand(clean_question(query)), limit)

    def explain_error(
        self,
        error_type: str,
        message: str,
        *,
        line: str = "",
        raised_in: str | None = None,
        called: str | None = None,
        limit: int = 3,
    ) -> tuple[Source, ...]:
        """Return the pages that explain an error, best first; none when nothing here is about it.

        Pages about the message come first, then those of the symbols that the message and the line name. What Keras or
        a framework below it raised has closest pages always; what a program raised by itself only where it names them.

        Args:
            error_type: the exception's class name.
            message: its message; may be empty, of any length, and hold anything.
            line: the line of the program that raised it, where that is known.
            raised_in: the package it came through, "" for the program itself, None where that is not known.
            called: the symbol that the program had called, as `keras.Model.fit`, where that is known.
            limit: how many pages at most.

        Raises:
            NotBuilt, OutOfDate, Damaged: the knowledge base cannot be used.
        """
        opened = self._open()

        def search(text: str, most: int) -> Found:
            text = text.encode("utf-8", "replace").decode().replace("\x00", " ")
            return self._search(opened, self._understand(clean_question(text)), most)

        error = Raised(error_type, message, line, raised_in, called)
        return self._shown(opened, explaining(error, opened.searcher, search, limit))

    def _sources(self, question: Question, limit: int) -> tuple[Source, ...]:
        return self._shown(*self._find(question, limit))

    def _shown(self, opened: Opened, found: Found) -> tuple[Source, ...]:
        passages = {hit.passage: opened.store.passage(hit.passage) for hit in found.hits}
        return answers.sources(found, opened.searcher.pages, passages)

    def _understand(self, text: str, context: str | None = None) -> Question:
        return understand(text, context=context, folder=self._content)

    def _find(self, question: Question, limit: int) -> tuple[Opened, Found]:
        opened = self._open()
        return opened, self._search(opened, question, limit)

    def _search(self, opened: Opened, question: Question, limit: int) -> Found:
        return opened.searcher.search(question, self._recall.vector(question.english), limit=limit)

    def explain_search(self, question: str) -> tuple[Found, Sequence[Page]]:
        """Return a question's search with the features of every page, and the pages: what tuning learns from.

        Raises:
            BadQuestion, NotBuilt, OutOfDate, Damaged: as for `ask`.
        """
        opened, found = self._find(self._understand(clean_question(question)), MOST_SOURCES)
        return found, opened.searcher.pages

    # Looking up

    def page(self, symbol_or_id: str) -> Page | None:
        """Return the page of a symbol by any of its names, or of an id such as `faq:early-stopping`; None if unknown.

        Raises:
            NotBuilt, OutOfDate, Damaged: the knowledge base cannot be used.
        """
        return self._open().searcher.page(symbol_or_id)

    def pages(self, kind: Kind) -> tuple[Page, ...]:
        """Return all pages of one kind, in the order they were read.

        Raises:
            NotBuilt, OutOfDate, Damaged: the knowledge base cannot be used.
        """
        return tuple(page for page in self._open().searcher.pages if page.kind == kind)

    def symbols(self) -> Sequence[str]:
        """Return all canonical symbols in order.

        Raises:
            NotBuilt, OutOfDate, Damaged: the knowledge base cannot be used.
        """
        return sorted(self._open().searcher.table.symbols)

    def nearest_symbols(self, text: str, *, limit: int = 5) -> tuple[str, ...]:
        """Return the symbols whose names are most like `text`, for "did you mean".

        Raises:
            NotBuilt, OutOfDate, Damaged: the knowledge base cannot be used.
        """
        return tuple(self._open().searcher.table.nearest(text[:200], limit))

    # Opening

    def close(self) -> None:
        """Let go of what is loaded; it is loaded again when needed."""
        with self._lock:
            if self._opened is not None:
                self._opened.store.close()
            self._opened, self._stamp = None, None

    def _open(self) -> Opened:
        """Return the build in use, loading it when it is new since the last question."""
        with self._lock:
            stamp = self._manifest_stamp()
            if self._opened is not None and stamp == self._stamp and stamp is not None:
                return self._opened
            # A build that is put into use while we load replaces its manifest first: the second try sees it.
            for attempt in (1, 2):
                manifest = self._usable_manifest()
                try:
                    self._opened, self._stamp = Opened(self.folder, manifest), stamp
                    return self._opened
                except Damaged:
                    if attempt == 2 or self._manifest_stamp() == stamp:
                        raise
                    stamp = self._manifest_stamp()
            raise AssertionError("unreachable")

    def _manifest_stamp(self) -> tuple[int, int] | None:
        try:
            found = (self.folder / MANIFEST).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _usable_manifest(self) -> Manifest:
        manifest = Manifest.read(self.folder)
        if manifest is None:
            raise NotBuilt("There is no knowledge base yet.", "Build it: lobby kb build")
        if manifest.schema != SCHEMA:
            raise OutOfDate("The knowledge base was built by another version of Lobby.", REBUILD)
        if manifest.model != self._embedder.name:
            raise OutOfDate(
                f"The knowledge base was built with the model {manifest.model}, not {self._embedder.name}.", REBUILD
            )
        installed_now = installed.versions(self._packages)
        for name in sorted(manifest.versions.keys() | installed_now.keys()):
            was, now = manifest.versions.get(name), installed_now.get(name)
            if was != now:
                raise OutOfDate(
                    f"The knowledge base speaks of {name} {was or '(unknown)'}, installed is {now or '(none)'}.",
                    REBUILD,
                )
        return manifest
