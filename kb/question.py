"""Understanding a question: its language, prose, code and error, and the words to search for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kb import glossary
from kb.normalize import detect_language, joined_names, looks_like_error, normalize_error, split_code, words

# What is embedded: longer texts only blur, and cost time.
LONGEST_EMBEDDED = 700
LONGEST_SEARCHED = 4_000
MOST_WORDS = 80

_EXCEPTION_LINE = re.compile(r"^.*?\b\w*(?:Error|Exception|Warning)\b.*", re.MULTILINE)
# Nothing but Keras has a "torch backend".
_KERAS = re.compile(r"keras|\btf\.(?:keras|data)\b|\b(?:torch|jax|tensorflow) backend\b", re.IGNORECASE)
# Who wants one program for all three means Keras.
_BACKENDS = [re.compile(rf"\b(?:{name})\b", re.IGNORECASE) for name in ("tf|tensorflow", "(?:py)?torch", "jax")]


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    `english` is what is embedded: the prose with terms of other languages replaced. `query` are the words to search for
    with their weights; `everything` is the text in which symbols are spotted.
    """

    text: str
    language: str
    english: str
    everything: str
    query: dict[str, float]
    error: bool
    mentions_keras: bool
    foreign: tuple[str, ...]


def understand(text: str, *, context: str | None = None, folder: Path | None = None) -> Question:
    """Take a cleaned question apart.

    Args:
        text: the question.
        context: what the conversation was about before, used where the question itself says little.
        folder: the content folder, whose glossary helps with other languages, if any.
    """
    prose, code = split_code(text)
    language = detect_language(prose)
    error = looks_like_error(text)
    said = _error_part(prose, code) if error else prose
    english = glossary.to_english(said, language, folder) if language != "en" else said
    if context and len(words(said)) < 6:
        english = f"{english} {context}"
    english = english[:LONGEST_SEARCHED] if english.strip() else code[:LONGEST_SEARCHED]
    counts: Counter[str] = Counter(words(english)[:MOST_WORDS])
    query = {word: 1.0 + 0.25 * (min(count, 3) - 1) for word, count in counts.items()}
    # Code says less than prose: its names count, but lightly.
    for word in words(code)[:MOST_WORDS]:
        query.setdefault(word, 0.3)
    if language != "en":
        # What people wrote in this language themselves is found by its own words.
        for word in words(said)[:MOST_WORDS]:
            query.setdefault(word, 0.7)
    for name in joined_names(f"{english} {code}"):
        query.setdefault(name, 1.0)
    everything = f"{said}\n{code}\n{context or ''}"[:LONGEST_SEARCHED]
    return Question(
        text=text,
        language=language,
        english=re.sub(r"\s+", " ", _without_address(english))[:LONGEST_EMBEDDED],
        everything=everything,
        query=query,
        error=error,
        mentions_keras=bool(_KERAS.search(text)) or all(name.search(text) for name in _BACKENDS),
        foreign=glossary.foreign_tools(text),
    )


def in_english(text: str, folder: Path | None = None) -> str:
    """Return a way to ask with the terms of its language in English."""
    language = detect_language(text)
    return text if language == "en" else glossary.to_english(text, language, folder)


def _error_part(prose: str, code: str) -> str:
    """Return what an error says and what is asked about it, without the way it took through the files."""
    text = normalize_error(prose if prose.strip() else code)
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) <= 6:
        return text
    # The message stands at the end; a person's own sentences stand at the start or after it.
    telling = [line for line in lines if _EXCEPTION_LINE.match(line)]
    return "\n".join(dict.fromkeys([*lines[:3], *telling[-2:], *lines[-3:]]))


def _without_address(text: str) -> str:
    return re.sub(r"https?://\S+", " ", text)
