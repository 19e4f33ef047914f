"""Symbols + words + vectors + hints → one ranking. All fusion is in this file; its weights are in `ranking.py`.

Every page gets a row of features (see `ranking.FEATURES`), and the linear model orders the pages. Passages only count
through their page: a page with many passages gains nothing from their number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kb.embedding import Vectors
from kb.normalize import stem, words
from kb.pages import Page
from kb.question import Question
from kb.ranking import CALIBRATION, FEATURES, Ranking
from kb.store import Store
from kb.symbols import Spotted, symbol_table
from kb.vectors import VectorIndex
from kb.words import WordIndex

# Passages and hints whose vectors are looked at; a page outside them is far from the question anyway.
NEAREST_PASSAGES = 300
NEAREST_HINTS = 60
# What MiniLM gives two unrelated sentences about Keras: below it a hint says nothing.
UNRELATED = 0.35
# Who names a symbol clearly is shown its page, whatever else the question says.
CLEARLY_NAMED = 0.85
SURE_OF_A_NAME = 0.5
# Also by a misspelt name, but not by a plain word that is a name as well ("attention").
NAMED_SOMEHOW = 0.6
# A question of whose words more than this share occurs nowhere here is half as likely to be ours: of our 287 questions
# on Keras none is such, of 141 on other things 8 that look like ours otherwise.
MOST_UNKNOWN = 0.3
# The first page must be so close, by its passages and its ways to ask, to be about a tool that both name.
CLOSE_ENOUGH = 0.86
# Two questions of fewer words may be alike by chance.
SHORTEST_WORDING = 3
STRANGE = 0.5
# A hint's later symbols answer it less well than its first.
PLACE_DISCOUNT = (1.0, 0.94, 0.9, 0.86)

_LIBRARY_WORDS = re.compile(
    r"keras[_ -]?(?:hub|nlp|cv|tuner)|\btuner\b|hyper-?parameter|\bkt\.|\bpresets?\b|backbone|tokenizer|\bbert\b|gemma|"
    r"llama|gpt|mistral|whisper|stable diffusion|\blora\b|sampler|hyperband|bayesian|\bt5\b|roberta|\bllms?\b|"
    r"causal ?lm|fine-?tun\w+ (?:a|an|my|the) (?:language|llm)|segment anything|\bsam\b|from_preset|retinanet|yolo",
    re.IGNORECASE,
)
_TENSOR = re.compile(
    r"keras\.(?:ops|random|tree|backend|distribution|dtype_policies|legacy|quantizers|config|name_scope)\b"
)
_CLOSENESS = [list(FEATURES).index(name) for name in ("vector", "hint_vector")]
_TENSORFLOW = re.compile(r"\btensorflow\b", re.IGNORECASE)
_FRAMEWORKS = frozenset({"torch", "pytorch", "mxnet", "caffe", "chainer", "fastai", "caffe2", "theano"})

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found, its score, and the number of its passage that fits best."""

    page: int
    score: float
    passage: int


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search: hits, best first, how sure we are of the first, and what the question named.

    `similarity` is the cosine of every passage with the question, 0 for those that are far from it.
    """

    hits: tuple[Hit, ...]
    confidence: float
    spotted: Spotted
    features: Floats = field(repr=False)
    signals: Floats = field(repr=False)
    similarity: Floats = field(repr=False)


@dataclass(frozen=True, slots=True)
class Indexes:
    """The indexes of one build."""

    passages: VectorIndex
    embedded: NDArray[np.int32]
    hints: VectorIndex
    words_body: WordIndex
    words_page: WordIndex
    words_title: WordIndex
    words_hints: WordIndex


def _wording(text: str) -> tuple[str, ...]:
    """Return what is compared to tell whether two questions are the same: their words, whatever the figures."""
    return tuple(words(re.sub(r"\d+", "0", text)))


class Searcher:
    """Ranks the pages of one build for a question. Thread-safe."""

    def __init__(self, store: Store, indexes: Indexes, ranking: Ranking) -> None:
        self._indexes = indexes
        self._ranking = ranking
        self.pages: list[Page] = list(store.pages())
        passages = store.passages()
        self._page_of = np.array([page for page, _, _ in passages], dtype=np.int64)
        self._first = np.searchsorted(self._page_of, np.arange(len(self.pages) + 1))
        self.table = symbol_table(self.pages)
        self.examples: dict[str, str] = {}  # by page, what `kb.answer` has found in it so far
        self._by_id = {page.id: number for number, page in enumerate(self.pages)}
        self._targets = [self._resolve(symbols) for _, symbols, _ in store.hints()]
        self._rule_hints = np.array([origin == "error" for _, _, origin in store.hints()], dtype=bool)
        self._describe_pages()

    def _resolve(self, symbols: Sequence[str]) -> list[tuple[int, float]]:
        found: list[tuple[int, float]] = []
        for place, name in enumerate(symbols):
            number = self._by_id.get(name)
            if number is None:
                number = self.table.find(name)
            if number is not None:
                found.append((number, PLACE_DISCOUNT[min(place, len(PLACE_DISCOUNT) - 1)]))
        return found

    def _describe_pages(self) -> None:
        """Compute what does not depend on the question, and who owns which method and argument."""
        size = len(self.pages)
        self._static = np.zeros((size, len(FEATURES)), dtype=np.float32)
        self._library = np.zeros(size, dtype=np.float32)
        self._owner = np.full(size, -1, dtype=np.int64)
        self._arguments: dict[str, list[int]] = {}
        self._group = np.full(size, -1, dtype=np.int64)
        self._versions: dict[int, dict[str, int]] = {}
        self._asked: dict[tuple[str, ...], list[int]] = {}
        groups: dict[str, int] = {}
        names = list(FEATURES)
        for number, page in enumerate(self.pages):
            for way in (page.title, *page.questions) if page.questions else ():
                self._asked.setdefault(_wording(way), []).append(number)
            if told := page.meta.get("translation_of"):
                self._group[number] = groups.setdefault(str(told), len(groups))
                self._versions.setdefault(groups[str(told)], {}).setdefault(page.language, number)
            row = self._static[number]
            row[names.index("popularity")] = float(page.meta.get("popularity", 0.0))
            row[names.index("written")] = page.kind != "api"
            row[names.index("outside")] = "source_kind" in page.meta
            row[names.index("old")] = page.meta.get("era") in {1, 2}
            if page.symbol is None:
                continue
            row[names.index("method")] = page.meta.get("sort") in {"method", "property"}
            row[names.index("tensor")] = bool(_TENSOR.match(page.symbol))
            self._library[number] = not page.symbol.startswith("keras.")
            if page.meta.get("sort") in {"method", "property"}:
                owner = self.table.find(page.symbol.rpartition(".")[0])
                self._owner[number] = -1 if owner is None else owner
            for argument in re.findall(r"[(,]\s*\*{0,2}(\w+)", page.signature or ""):
                self._arguments.setdefault(argument, []).append(number)

        self._most_versions = max(map(len, self._versions.values()), default=1)

    def page(self, symbol_or_id: str) -> Page | None:
        """Return a page by its id or by any name of its symbol."""
        number = self._by_id.get(symbol_or_id)
        if number is None:
            number = self.table.find(symbol_or_id)
        return None if number is None else self.pages[number]

    def passages_of(self, page: int) -> range:
        """Return the numbers of a page's passages."""
        return range(int(self._first[page]), int(self._first[page + 1]))

    def rarity(self, word: str) -> float:
        """Return how telling a word is in the documentation; see `WordIndex.rarity`."""
        return self._indexes.words_body.rarity(word)

    def search(self, question: Question, vector: Vectors, *, limit: int = 10) -> Found:
        """Rank all pages for `question`, whose text has the embedding `vector`."""
        spotted = self.table.spot(question.everything, error=question.error, known_words=self._known(question))
        features, similarity, body, nearest, nearest_hint = self._features(question, vector, spotted)
        closeness = similarity + body
        scores = features @ self._ranking.weights
        count = min(limit, len(scores))
        top = self._top(scores, count, question.language)
        hits = tuple(Hit(int(page), float(scores[page]), self._best_passage(page, closeness)) for page in top)
        signals = self._signals(question, hits, spotted, features, nearest, nearest_hint)
        sure = float(1.0 / (1.0 + np.exp(-(signals @ self._ranking.calibration))))
        if hits and not question.foreign and spotted.pages.get(hits[0].page, 0.0) >= CLEARLY_NAMED:
            sure = max(sure, SURE_OF_A_NAME)
        if self._is_of_another_world(question, spotted):
            sure *= STRANGE
        return Found(hits, sure, spotted, features, signals, similarity)

    def _top(self, scores: Floats, count: int, language: str) -> NDArray[np.int64]:
        """Return the numbers of the best pages in order; of a page in several languages only one, the asker's first."""
        if not count:
            return np.empty(0, dtype=np.int64)
        # A page has at most so many translations; all of them may stand at the top.
        reach = min(count * self._most_versions, len(scores))
        top = np.argpartition(-scores, reach - 1)[:reach]
        top = top[np.argsort(-scores[top], kind="stable")]
        if self._most_versions > 1:
            chosen: dict[int, int] = {}
            for number in top:
                group = self._group[number]
                chosen.setdefault(int(group) if group >= 0 else -1 - int(number), int(number))
            top = np.array([self._version(number, language) for number in chosen.values()], dtype=np.int64)
        return top[:count]

    def _version(self, number: int, language: str) -> int:
        """Return the page that says in `language` what page `number` says: else in English, else the page itself."""
        versions = self._versions.get(int(self._group[number]), {})
        return versions.get(language, versions.get("en", number))

    def _known(self, question: Question) -> set[str]:
        text = question.everything.lower()
        return {word for word in re.findall(r"[a-z]+", text) if self._occurs(stem(word))}

    def _features(
        self, question: Question, vector: Vectors, spotted: Spotted
    ) -> tuple[Floats, Floats, Floats, float, float]:
        indexes, size = self._indexes, len(self.pages)
        columns: dict[str, Floats] = {name: np.zeros(size, dtype=np.float32) for name in FEATURES}

        # Vectors
        rows, cosines = indexes.passages.search(vector, NEAREST_PASSAGES)
        passages = indexes.embedded[rows]
        similarity = np.zeros(len(self._page_of), dtype=np.float32)
        similarity[passages] = cosines
        pages = self._page_of[passages]
        np.maximum.at(columns["vector"], pages, cosines)
        first = passages == self._first[pages]
        columns["vector_summary"][pages[first]] = cosines[first]

        # Words
        ideal = sum(weight * indexes.words_body.rarity(word) for word, weight in question.query.items()) or 1.0
        body = indexes.words_body.scores(question.query) / (ideal * 2.2)
        if len(body):
            columns["words_body"] = np.maximum.reduceat(body, self._first[:-1])
        columns["words_page"] = indexes.words_page.scores(question.query) / (ideal * 2.2)
        columns["words_title"] = indexes.words_title.scores(question.query) / (ideal * 2.2)

        # Symbols
        for page, strength in spotted.pages.items():
            columns["named"][page] = strength
        for targets in spotted.legacy.values():
            for number, discount in self._resolve(targets):
                columns["legacy"][number] = max(columns["legacy"][number], discount)
        for name in question.query:
            owners = self._arguments.get(name)
            if owners and ("_" in name or name in question.everything.split()):
                columns["argument"][owners] += 1.0 / (1.0 + np.log(len(owners)))
        np.minimum(columns["argument"], 1.5, out=columns["argument"])
        owned = self._owner >= 0
        columns["owner"][owned] = columns["named"][self._owner[owned]]

        # Hints
        nearest_hint = self._hint_features(question, vector, columns)
        features = self._static.copy()
        names = list(FEATURES)
        for name, column in columns.items():
            if column.any():
                features[:, names.index(name)] = column
        if not _LIBRARY_WORDS.search(question.text):
            features[:, names.index("library")] = self._library
        return features, similarity, body, float(cosines[0]) if len(cosines) else 0.0, nearest_hint

    def _hint_features(self, question: Question, vector: Vectors, columns: dict[str, Floats]) -> float:
        numbers, cosines = self._indexes.hints.search(vector, NEAREST_HINTS)
        column = columns["hint_vector"]
        for number, cosine in zip(numbers, cosines, strict=True):
            value = max(0.0, float(cosine) - UNRELATED) / (1 - UNRELATED)
            for page, discount in self._targets[number]:
                column[page] = max(column[page], value * discount)
        words = self._indexes.words_hints
        ideal = sum(weight * words.rarity(word) for word, weight in question.query.items()) or 1.0
        scores = words.scores(question.query) / (ideal * 2.2)
        count = min(NEAREST_HINTS, len(scores))
        if count:
            for number in np.argpartition(-scores, count - 1)[:count]:
                name = "error_rule" if self._rule_hints[number] else "hint_words"
                if name == "error_rule" and not question.error:
                    continue
                for page, discount in self._targets[number]:
                    columns[name][page] = max(columns[name][page], float(scores[number]) * discount)
        if not question.error:
            columns["error_rule"][:] = 0.0
        # Somebody wrote this very question, or message, into an entry.
        wording = _wording(question.text)
        for page in self._asked.get(wording, ()) if len(wording) >= SHORTEST_WORDING else ():
            columns["hint_vector"][page] = columns["hint_words"][page] = 1.0
        return float(cosines[0]) if len(cosines) else 0.0

    def _best_passage(self, page: int, closeness: Floats) -> int:
        """Return the number of the page's passage that is closest to the question, the first where all are alike."""
        start, end = self._first[page], self._first[page + 1]
        return int(start + np.argmax(closeness[start:end]))

    def _support(self, pages: Sequence[int]) -> float:
        """Return the share of the other pages that speak of the first one's main symbol."""
        first, others = self.pages[pages[0]], [self.pages[number] for number in pages[1:]]
        main = {first.symbol} if first.symbol else set(first.symbols[:2])
        speaking = [bool(main & {page.symbol, *page.symbols}) for page in others]
        return sum(speaking) / len(speaking) if speaking else 0.0

    def _is_of_another_world(self, question: Question, spotted: Spotted) -> bool:
        """Tell whether a question is likely on other things, though some of its words are ours.

        A good part of its words occur nowhere here (to tune a guitar, attention deficit), or it speaks of TensorFlow
        and names nothing of Keras.
        """
        if question.mentions_keras or question.error or question.language != "en":
            return False
        if any(strength >= NAMED_SOMEHOW for strength in spotted.pages.values()):
            return False
        if _TENSORFLOW.search(question.text):
            return True
        asked = set(words(question.english))
        unknown = [word for word in asked if not self._occurs(word)]
        return len(unknown) > MOST_UNKNOWN * len(asked)

    def _occurs(self, stem: str) -> bool:
        return stem in self._indexes.words_body or stem in self._indexes.words_hints

    def _foreign(self, question: Question, hits: tuple[Hit, ...], features: Floats) -> list[str]:
        """Return the tools of a question that the first page is not about: one on CSV logs is about CSV.

        Another framework stays foreign: whoever asks about it and does not say Keras wants that framework's own way.
        """
        if not hits or sum(features[hits[0].page, _CLOSENESS]) < CLOSE_ENOUGH:
            return list(question.foreign)
        first = self.pages[hits[0].page]
        asked = " ".join((first.title, *first.questions)).lower()
        return [tool for tool in question.foreign if tool in _FRAMEWORKS or tool not in asked]

    def _signals(
        self,
        question: Question,
        hits: tuple[Hit, ...],
        spotted: Spotted,
        features: Floats,
        nearest: float,
        nearest_hint: float,
    ) -> Floats:
        values = dict.fromkeys(CALIBRATION, 0.0)
        values["constant"] = 1.0
        if hits:
            values["score"] = hits[0].score
            values["margin"] = hits[0].score - hits[min(5, len(hits) - 1)].score
            values["named"] = spotted.pages.get(hits[0].page, 0.0)
            values["support"] = self._support([hit.page for hit in hits[:5]])
        values["vector"] = nearest
        values["hint"] = nearest_hint
        particular = any(strength >= 0.7 for strength in spotted.pages.values()) or bool(spotted.legacy)
        values["about_keras"] = 1.0 if question.mentions_keras else (0.6 if particular else 0.0)
        values["foreign"] = float(not question.mentions_keras and bool(self._foreign(question, hits, features)))
        known = [word in self._indexes.words_body for word in question.query]
        values["known_words"] = sum(known) / len(known) if known else 0.0
        return np.array(list(values.values()), dtype=np.float32)
