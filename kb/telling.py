"""Which of the pages found tells what was asked, and which of an API page's arguments do.

The search ranks pages; an answer needs words. The page of a class names everything about it but begins with what the
class is, while an entry that somebody wrote about this very question says what to do. So where the first hit is an API
page and an entry further down fits the question, the entry speaks, and the API page adds its arguments.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.normalize import words
from kb.pages import Page, Passage
from kb.question import Question
from kb.ranking import FEATURES
from kb.search import Found, Searcher
from kb.symbols import STRENGTH

_OWN_KINDS = (
    ArithmeticError,
    AssertionError,
    EOFError,
    GeneratorExit,
    ImportError,
    KeyboardInterrupt,
    LookupError,
    MemoryError,
    NameError,
    NotImplementedError,
    OSError,
    RecursionError,
    StopIteration,
    SyntaxError,
    SystemExit,
    UnicodeError,
)

# How many of the hits may speak in place of the first.
CANDIDATES = 6
# What an entry must have to speak (see `fit`), and how near its score must come to the first hit's: of the questions
# we read, those above were nearly always about the entry.
FITS = 0.86
NEAR_SCORE = 0.58
# And both together: an entry that only just fits must come close to the first hit.
FITS_AND_NEAR = 1.65
# An entry that somebody wrote for this very question speaks, whatever else fits.
WORD_FOR_WORD = 0.995
# An entry speaks in place of another that the search prefers only where it fits so much better.
CLEARLY_BETTER = 0.3
# Where the question names a symbol that an entry does not mention, as VGG16 in one on freezing layers of VGG16, the
# entry must come so near to the first hit's score and fit better.
NEAR_THOUGH_BESIDE = 0.85
# From here on a question names a symbol on purpose; what speaks then has to mention it.
NAMED = 0.7
WRITTEN = frozenset({"faq", "guide", "thread"})
ARGUMENT_SECTIONS = frozenset({"Arguments", "Call arguments"})
MOST_ARGUMENTS = 3
# Where an entry has told the rest.
MOST_ADDED = 2
# What has so much less to do with the question than the best of the arguments is left out.
SHARE_OF_BEST = 0.7
# What an argument must have to be told; see `arguments`.
TELLING = 0.85
WORTH_TELLING = 0.5
UNRELATED = 0.35
LONGEST_ARGUMENT = 420
LONGEST_ASKED = 700
# What an answer from an API page must share with the question: words, by rarity, or the meaning of a passage.
COVERED = 0.4
CLOSE = 0.62
DOUBTFUL = 0.1
# How far confidence falls where the text is likely beside the question.
DOUBT = 0.7
# Arguments that every layer has; they tell nothing unless they are asked for.
EVERYWHERE = frozenset({"name", "dtype", "x", "y", "**kwargs", "*args", "kwargs", "args"})

# Errors that Python raises by itself, about anything; Keras' own messages come with other types, mostly `ValueError`.
OF_PYTHON = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and issubclass(kind, _OWN_KINDS)
)

_TYPES = frozenset({"NoneType", "function", "method", "module", *dir(builtins)})
_TENSORS = re.compile(r"\b\w*[Tt]ensors?\b|\bArrayImpl\b|'Variable'|\bTracer|\bmat[12] and mat[12]\b")
_FEATURE = {name: number for number, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Argument:
    """One entry of an API page's list of arguments, and how much it has to do with the question."""

    name: str
    text: str
    score: float
    asked: bool


def fit(found: Found, page: int) -> float:
    """Return how well a page fits the question: its closest passage and its closest way of asking, each up to 1."""
    row = found.features[page]
    return float(row[_FEATURE["vector"]] + row[_FEATURE["hint_vector"]])


def speaker(question: Question, found: Found, pages: Sequence[Page]) -> int:
    """Return the place among the hits of the page whose text answers best."""
    first = found.hits[0]
    best = pages[first.page]
    own = _own_entry(found, pages)
    if own is not None:
        return own
    if best.kind == "api" and not about(question, best):
        return 0
    named = found.features[first.page][_FEATURE["named"]] >= NAMED
    chosen, highest = 0, 0.0 if best.kind == "api" else fit(found, first.page) + 1.0 + CLEARLY_BETTER
    for place, hit in enumerate(found.hits[1:CANDIDATES], start=1):
        page = pages[hit.page]
        if page.kind not in WRITTEN or page.meta.get("era") in {1, 2}:
            continue
        near = hit.score / max(first.score, 0.1)
        fits = fit(found, hit.page)
        if (
            fits < FITS
            or near < NEAR_SCORE
            or fits + near < FITS_AND_NEAR
            or page.language not in {"en", question.language}
        ):
            continue
        beside = near >= NEAR_THOUGH_BESIDE and fits >= fit(found, first.page) + CLEARLY_BETTER / 2
        if named and best.symbol and not _mentions(page, best.symbol) and not beside:
            continue
        if fits + near > highest:
            chosen, highest = place, fits + near
    return chosen


def has_own_entry(found: Found, pages: Sequence[Page]) -> bool:
    """Tell whether somebody wrote an entry for this very question."""
    return _own_entry(found, pages) is not None


def _own_entry(found: Found, pages: Sequence[Page]) -> int | None:
    for place, hit in enumerate(found.hits[:CANDIDATES]):
        if pages[hit.page].kind in WRITTEN and found.features[hit.page][_FEATURE["hint_vector"]] >= WORD_FOR_WORD:
            return place
    return None


def _mentions(page: Page, symbol: str) -> bool:
    """Tell whether a page speaks of a symbol: by its last name, in any of its texts."""
    name = re.compile(rf"\b{re.escape(symbol.rpartition('.')[2])}\b", re.IGNORECASE)
    texts = [page.title, *page.symbols, *page.questions, *(section.text for section in page.sections)]
    return any(name.search(text) for text in texts)


def about(question: Question, page: Page) -> list[str]:
    """Return the words of the question beyond the name of the page's symbol; none when it only names it."""
    own = set(words(" ".join((page.symbol or page.title, *page.aliases)).replace(".", " ").replace("_", " ")))
    own |= set(words(" ".join((page.symbol or page.title, *page.aliases))))
    return [word for word in words(question.english) if word not in own | _PLAIN]


# Words that ask without saying what for.
_PLAIN = frozenset(
    words(
        "explain explanation example show describe documentation docs work mean difference between question define "
        "definition usage layer function class method"
    )
)


def arguments(
    question: Question, searcher: Searcher, found: Found, page: int, passages: Sequence[Passage], told: str = ""
) -> list[Argument]:
    """Return the arguments of an API page that have to do with the question, in the order of the page.

    An argument counts when the question names it, when the text that answers (`told`) names it, and by its meaning:
    the closeness of its passage, and the share of the question's words, weighed by their rarity, that it explains.
    """
    asks = set(about(question, searcher.pages[page]))
    rarity = {word: weight * searcher.rarity(word) for word, weight in question.query.items() if word in asks}
    total = sum(rarity.values()) or 1.0
    near = _near(searcher, found, page, passages)
    asked = _named_in(question.text)
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", told))))
    ranked: list[tuple[float, int, Argument]] = []
    for place, (name, bullet) in enumerate(bullets(searcher.pages[page])):
        own = {*words(bullet), name.lower()}
        shared = sum(weight for word, weight in rarity.items() if word in own) / total
        is_asked = name.lower() in asked
        score = 2.0 * is_asked + 1.5 * shared + max(0.0, near.get(_key(bullet), 0.0) - UNRELATED)
        score += 0.4 * (name in named)
        if name in EVERYWHERE and not is_asked:
            continue
        if score >= (TELLING if told else WORTH_TELLING):
            ranked.append((-score, place, Argument(name, bullet, score, is_asked)))
    if not ranked and not asks and not told:
        # Who only names a symbol wants to know what goes into it.
        first = list(bullets(searcher.pages[page]))[:MOST_ARGUMENTS]
        return [Argument(name, bullet, 0.0, False) for name, bullet in first]
    best = sorted(ranked)[: MOST_ADDED if told else MOST_ARGUMENTS]
    return [one for score, _, one in sorted(best, key=lambda item: item[1]) if score <= SHARE_OF_BEST * best[0][0]]


def bullets(page: Page) -> Iterable[tuple[str, str]]:
    """Yield name and text of each argument that an API page lists."""
    for section in page.sections:
        if section.title in ARGUMENT_SECTIONS:
            for bullet in re.split(r"\n(?=- `)", section.text):
                match = re.match(r"- `([^`]+)`", bullet)
                if match and "```" not in bullet:
                    yield match[1], bullet.split("\n\n")[0].rstrip()


def entry(argument: Argument) -> str:
    """Return an argument's entry in the list, as far as whole sentences fit; one that was asked for gets more room."""
    bullet, longest = argument.text, LONGEST_ASKED if argument.asked else LONGEST_ARGUMENT
    if len(bullet) <= longest:
        return bullet
    kept = bullet[:longest]
    ends = [match.start() + 1 for match in re.finditer(r"(?<=[\w`)\"'])[.!?](?=\s)|[;,](?=\n\s+- )", kept)]
    kept = kept[: ends[-1]] if ends and ends[-1] > 60 else kept.rsplit(" ", 1)[0] + "…"
    # A list that was opened and lost its entries would end in a colon.
    return re.sub(r"\s*:\s*\Z", ".", kept)


def _near(searcher: Searcher, found: Found, page: int, passages: Sequence[Passage]) -> dict[str, float]:
    """Return the cosine with the question of the passage that each argument's entry begins in."""
    start = searcher.passages_of(page).start
    near: dict[str, float] = {}
    for passage in passages:
        for line in passage.text.splitlines():
            if line.startswith("- `"):
                near.setdefault(_key(line), float(found.similarity[start + passage.ordinal]))
    return near


def _key(bullet: str) -> str:
    return bullet.split("\n", 1)[0][:80]


def _named_in(text: str) -> set[str]:
    """Return what a question says that can only be, or is said as, the name of an argument."""
    found = re.findall(r"\b[a-zA-Z]\w*_\w+\b|`(?:[^`]*)`|\b\w+(?=\s*=[^=])", text)
    named = {name.lower() for part in found for name in re.findall(r"\w+", part)}
    # "the axis argument", "argument axis", "padding parameter"
    for match in re.finditer(
        r"\b(\w+) (?:arg(?:ument)?s?|param(?:eter)?s?)\b|\b(?:argument|parameter) (\w+)", text, re.I
    ):
        named.add((match[1] or match[2]).lower())
    return named


def concerns(found: Found, searcher: Searcher, error_type: str, message: str) -> bool:
    """Tell whether the page found first may be about an error.

    One of Python's own kinds says nothing of Keras by itself: `KeyError: 'name'` resembles `KeyError: 'val_acc'`. The
    page must hold what the message quotes or, where it quotes nothing, its kind; or the message names a symbol.
    """
    kind = error_type.rpartition(".")[2]
    if not message.strip():
        return False
    if kind not in OF_PYTHON or any(strength >= NAMED for strength in found.spotted.pages.values()):
        return True
    text, quoted = _text_of(found, searcher), _quoted(message)
    return any(_quotes(text, name) for name in quoted) if quoted else kind in text and len(message.split()) > 1


def names_something(found: Found, searcher: Searcher, message: str) -> bool:
    """Tell whether a message names a symbol, or quotes what the page found first quotes as well."""
    if any(strength >= STRENGTH["legacy"] for strength in found.spotted.pages.values()):
        return True
    text = _text_of(found, searcher)
    # `'NoneType' object`, `'str' and 'int'`: types of Python say nothing of Keras.
    return any(_quotes(text, name) for name in _quoted(message) if name not in _TYPES)


def speaks_of_tensors(message: str) -> bool:
    """Tell whether a message is about the objects of a backend: tensors, variables, tracers."""
    return _TENSORS.search(message) is not None


def _text_of(found: Found, searcher: Searcher) -> str:
    page = searcher.pages[found.hits[0].page]
    return " ".join((page.title, *page.questions, *(section.text for section in page.sections)))


def _quoted(message: str) -> list[str]:
    return [name.strip() for name in re.findall(r"['\"`]([^'\"`]{1,80})['\"`]", message)]


def _quotes(text: str, name: str) -> bool:
    return len(name) > 2 and re.search(rf"['\"`]{re.escape(name)}['\"`]", text) is not None


def certainty(question: Question, found: Found, searcher: Searcher, speaking: int, text: str) -> float:
    """Return how likely it is that the text tells what was asked, given that the right page was found.

    An entry that fits does; of an API page it depends on whether its words take up those of the question.
    """
    page = searcher.pages[speaking]
    if page.kind != "api":
        return 1.0 if fit(found, speaking) >= FITS - DOUBTFUL else DOUBT
    asked = about(question, page)
    if not asked or question.language != "en":
        return 1.0
    said = set(words(text))
    weights = {word: searcher.rarity(word) for word in asked}
    covered = sum(weight for word, weight in weights.items() if word in said) / (sum(weights.values()) or 1.0)
    closest = float(found.similarity[list(searcher.passages_of(speaking))].max())
    return 1.0 if covered >= COVERED or closest >= CLOSE else DOUBT
