"""How fast and how true the knowledge base is at several sizes, beside FAISS, bm25s and txtai on the same texts.

    python tests/benchmarks/kb_bench.py [--quick] [--json] [--million] [--data-dir DIR]

Every figure is measured here and now; times within one run, so that a busy machine slows all of them. Passages beyond
the default corpus are made: each is put together of the words of two real ones, and its vector lies between theirs.
bm25s and txtai are compared when they are there: pip install -e '.[bench]'.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kb import build as building
from kb.added import AddedSources, Reading
from kb.embedding import SentenceTransformerEmbedder, Vectors
from kb.evaluate import Asked, read
from kb.knowledge import KnowledgeBase
from kb.normalize import words
from kb.opened import Opened
from kb.pages import Page, Section
from kb.state import Manifest
from kb.vectors import VectorIndex
from kb.words import WordIndex

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = ROOT / "tests" / "kb" / "questions.jsonl"
PASSAGES_A_PAGE = 10
RECALL_AT = 10
NOISE = 0.35


class Line:
    """One line of the table: what was measured, the median, the 99th percentile, and what else is to be said."""

    def __init__(self, what: str, values: Sequence[float], unit: str = "ms", note: str = "") -> None:
        self.what, self.unit, self.note = what, unit, note
        self.middle = float(np.percentile(values, 50))
        self.late = float(np.percentile(values, 99)) if len(values) > 1 else None
        print(f"{self}", file=sys.stderr, flush=True)

    def __str__(self) -> str:
        late = f"{self.late:10.2f}" if self.late is not None else " " * 10
        return f"{self.what:<58}{self.middle:10.2f}{late} {self.unit:<4} {self.note}".rstrip()


class MadeEmbedder:
    """The real model for questions; for a build's many texts vectors between two real ones, chosen by the text."""

    def __init__(self, base: Vectors) -> None:
        self._real, self._base = SentenceTransformerEmbedder(), base

    @property
    def name(self) -> str:
        return self._real.name

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        if len(texts) <= 8:
            return self._real.embed_batch(texts)
        return np.stack([made_vector(self._base, zlib.crc32(text.encode())) for text in texts])


def made_vector(base: Vectors, seed: int) -> Vectors:
    chance = np.random.default_rng(seed)
    one, two = base[chance.integers(len(base), size=2)]
    found = one + chance.random() * two + NOISE * chance.standard_normal(base.shape[1]) / base.shape[1] ** 0.5
    return (found / np.linalg.norm(found)).astype(np.float32)


def made_texts(real: Sequence[str], count: int) -> Iterator[str]:
    chance = random.Random(7)
    while count > 0:
        one, two = (text.split() for text in chance.choices(real, k=2))
        yield " ".join([*one[: len(one) // 2], *two[len(two) // 2 :]]) or "keras"
        count -= 1


def timed(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def recall(found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]]) -> float:
    return float(np.mean([len(set(one) & set(other)) / len(other) for one, other in zip(found, exact, strict=True)]))


def asking(knowledge: KnowledgeBase, questions: Sequence[Asked], size: str) -> list[Line]:
    """Ask all questions in a warm process, and embed each alone right beside, so that both see the same machine."""
    knowledge.warm()
    embedder = knowledge._embedder
    for asked in questions[:10]:
        knowledge.ask(asked.question)
    answers, alone = [], []
    for asked in questions:
        alone.append(timed(lambda text=asked.question: embedder.embed_batch([text])))
        answers.append(timed(lambda text=asked.question: knowledge.ask(text)))
    ratio = float(np.percentile(answers, 50) / np.percentile(alone, 50))
    return [
        Line(f"{size}: the question's embedding alone", alone),
        Line(f"{size}: lobby ask, warm", answers, note=f"p50 {ratio:.2f} times the embedding; {memory_mib():.0f} MiB"),
    ]


def bigger(knowledge: KnowledgeBase, base: Vectors, count: int, folder: Path) -> tuple[KnowledgeBase, float]:
    """Build the default corpus with so many made passages more, by the same way as any added source."""
    real = [text for _, _, text in store_of(knowledge).passages()]
    texts = made_texts(real, count)
    pages = []
    for number in range(count // PASSAGES_A_PAGE):
        sections = tuple(Section(f"Part {part}", next(texts)[:850]) for part in range(PASSAGES_A_PAGE))
        page = Page(f"guide:made/{number}", "guide", f"Made page {number}", f"/sources/made/{number}", sections)
        pages.append(page)
    large = KnowledgeBase(folder, content=knowledge._content, embedder=MadeEmbedder(base))
    folder.mkdir(parents=True)
    added = AddedSources(folder)
    added.replace(Reading("made", "folder", tuple(pages), (), 0))
    added.commit()
    added.close()
    seconds = timed(large.build) / 1000
    return large, seconds


def store_of(knowledge: KnowledgeBase) -> Any:
    return opened(knowledge).store


def opened(knowledge: KnowledgeBase) -> Opened:
    manifest = Manifest.read(knowledge.folder)
    assert manifest is not None
    return Opened(knowledge.folder, manifest)


def vectors(base: Vectors, asked: Vectors, count: int) -> list[Line]:
    """Compare our vector index with a flat one of FAISS on the same vectors."""
    import faiss

    rows = np.stack([made_vector(base, seed) for seed in range(count)])
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    started = time.perf_counter()
    ours = VectorIndex.build(rows)
    seconds = time.perf_counter() - started
    exact, found, slow, quick = [], [], [], []
    for vector in asked:
        slow.append(timed(lambda v=vector: exact.append(flat.search(v.reshape(1, -1), RECALL_AT)[1][0].tolist())))
        quick.append(timed(lambda v=vector: found.append(ours.search(v, RECALL_AT)[0].tolist())))
    kind = type(ours._index).__name__
    size = f"{count:,} vectors"
    return [
        Line(f"{size}: FAISS, exact", slow),
        Line(f"{size}: ours ({kind})", quick, note=f"recall@10 {recall(found, exact):.3f}; built in {seconds:.1f} s"),
    ]


def by_words(texts: Sequence[str], questions: Sequence[str]) -> list[Line]:
    """Compare our word index with bm25s on the same words."""
    cut = [words(text) for text in texts]
    asked = [words(question) for question in questions]
    size = f"{len(texts):,} passages"
    started = time.perf_counter()
    index = WordIndex.build(cut)
    lines = [Line(f"{size}: our word index, built", [time.perf_counter() - started], "s")]
    ours: list[list[int]] = []

    def best(query: Sequence[str]) -> None:
        scores = index.scores(dict.fromkeys(query, 1.0))
        top = np.argpartition(-scores, RECALL_AT)[:RECALL_AT]
        ours.append(top[np.argsort(-scores[top])].tolist())

    times = [timed(lambda q=query: best(q)) for query in asked]
    lines.append(Line(f"{size}: our word index, best ten", times))
    if importlib.util.find_spec("bm25s") is None:
        return lines
    import bm25s

    theirs = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    started = time.perf_counter()
    theirs.index(cut, show_progress=False)
    lines.append(Line(f"{size}: bm25s, built", [time.perf_counter() - started], "s"))
    found: list[list[int]] = []

    def search(query: Sequence[str]) -> None:
        rows, _ = theirs.retrieve([query], k=RECALL_AT, show_progress=False, sorted=True)
        found.append(rows[0].tolist())

    times = [timed(lambda q=query: search(list(dict.fromkeys(q)))) for query in asked]
    lines.append(Line(f"{size}: bm25s, best ten", times, note=f"{recall(ours, found):.2f} of ours are among them"))
    return lines


def beside_txtai(knowledge: KnowledgeBase, questions: Sequence[Asked]) -> list[Line]:
    """Ask txtai's hybrid search over the same passages with the same model, and compare quality and time."""
    if importlib.util.find_spec("txtai") is None:
        return []
    from txtai.embeddings import Embeddings

    loaded = opened(knowledge)
    pages = loaded.searcher.pages
    embedder = knowledge._embedder

    def transform(texts: Sequence[str]) -> Vectors:
        return embedder.embed_batch(list(texts))

    index = Embeddings({"method": "external", "transform": transform, "hybrid": True, "content": False})
    rows = [
        (number, f"{pages[p].title} {text}"[:320], None)
        for number, (p, _, text) in enumerate(store_of(knowledge).passages())
    ]
    page_of = [p for p, _, _ in store_of(knowledge).passages()]
    started = time.perf_counter()
    index.index(rows)
    built = time.perf_counter() - started
    places: dict[str, list[int]] = {"txtai": [], "lobby": []}
    times: list[float] = []
    for asked in (one for one in questions if one.answerable):
        started = time.perf_counter()
        hits = index.search(asked.question, 50)
        times.append((time.perf_counter() - started) * 1000)
        order = list(dict.fromkeys(page_of[int(number)] for number, _ in hits))
        right = [page for page in order if pages[page].symbol in asked.gold or asked.gold & set(pages[page].symbols)]
        places["txtai"].append(order.index(right[0]) + 1 if right else 0)
        sources = knowledge.ask(asked.question).sources
        ranks = [n for n, s in enumerate(sources, 1) if s.symbol in asked.gold or asked.gold & set(s.symbols)]
        places["lobby"].append(ranks[0] if ranks else 0)
    said = "; ".join(
        f"{name}: hit@1 {np.mean([p == 1 for p in ranks]):.2f}, hit@5 {np.mean([1 <= p <= 5 for p in ranks]):.2f}"
        for name, ranks in places.items()
    )
    return [Line("default corpus: txtai, hybrid", times, note=f"{said}; built in {built:.0f} s")]


def default_corpus(data_dir: Path | None, scratch: Path) -> tuple[KnowledgeBase, list[Line]]:
    folder = (data_dir or scratch) / "knowledge"
    knowledge = KnowledgeBase(folder, content=ROOT / "data")
    fresh = not knowledge.status().usable
    cpu = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = timed(knowledge.build) / 1000
    cpu = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) - cpu
    lines = (
        [Line("default corpus: built from nothing", [seconds], "s", f"{cpu:.0f} s of processor time")] if fresh else []
    )
    lines.append(Line("default corpus: built again, nothing changed", [timed(knowledge.build) / 1000], "s"))
    return knowledge, lines


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only up to 10,000 passages")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 vectors and texts (16 GB, half an hour)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data-dir", type=Path, help="a data directory with a built knowledge base")
    # What other benchmarks understand is let through: `make bench` passes its arguments to all.
    chosen, _ = parser.parse_known_args()
    sizes = [10_000] + ([] if chosen.quick else [100_000]) + ([1_000_000] if chosen.million else [])
    questions = read(QUESTIONS)
    texts = [asked.question for asked in questions]
    with tempfile.TemporaryDirectory(prefix="lobby-bench-") as scratch:
        knowledge, lines = default_corpus(chosen.data_dir, Path(scratch) / "default")
        lines += asking(knowledge, questions, "default corpus")
        asked = np.stack([knowledge._embedder.embed_batch([text])[0] for text in texts])
        index = VectorIndex.load(opened_folder(knowledge) / building.PASSAGES)
        base = index._index.reconstruct_n(0, index.size)
        real = [text for _, _, text in store_of(knowledge).passages()]
        for size in sizes:
            lines += vectors(base, asked, size)
            lines += by_words(list(made_texts(real, size)), texts)
            if size <= 100_000:
                large, seconds = bigger(knowledge, base, size, Path(scratch) / f"size-{size}" / "knowledge")
                lines.append(Line(f"{size:,} passages more: built, vectors aside", [seconds], "s"))
                lines += asking(large, questions, f"{size:,} passages more")
                large.close()
        lines += beside_txtai(knowledge, questions)
    if chosen.json:
        print(json.dumps([vars(line) for line in lines], indent=1))
    else:
        print(f"{'':<58}{'p50':>10}{'p99':>10}")
        print("\n".join(map(str, lines)))


def opened_folder(knowledge: KnowledgeBase) -> Path:
    manifest = Manifest.read(knowledge.folder)
    assert manifest is not None
    return knowledge.folder / manifest.folder


if __name__ == "__main__":
    main()
