"""Terms: the words of other languages → English, and the names of tools that are not Keras."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from kb.errors import BadSource

TABLES = Path(__file__).parent / "tables"
# The columns of `terms.txt` after English.
LANGUAGES = ("zh", "fr", "es", "ja", "ko", "pt", "de", "ru")
_SPACELESS = frozenset({"zh", "ja", "ko"})


# What people edit: names of the trade in many languages, with what each means in English.
EDITED = "glossary.yaml"


def terms(language: str, folder: Path | None = None) -> tuple[dict[str, str], int]:
    """Return the terms of a language (lower case) with their English, and the length of the longest in characters.

    Our own table comes first: it turns everyday words, too, into those that the documentation uses. The glossary of the
    content folder adds the names of the trade.

    Args:
        language: one of `LANGUAGES`; of any other there are none.
        folder: the content folder, if any. A glossary in it that cannot be read is left aside: whoever builds is told.
    """
    try:
        stamp = (folder / EDITED).stat().st_mtime_ns if folder is not None else 0
    except OSError:
        stamp = 0
    return _terms(language, folder if stamp else None, stamp)


@lru_cache(maxsize=2 * len(LANGUAGES))
def _terms(language: str, folder: Path | None, _stamp: int) -> tuple[dict[str, str], int]:
    rows = [
        [cell.strip() for cell in line.split("|")]
        for line in (TABLES / "terms.txt").read_text(encoding="utf-8").splitlines()
        if "|" in line and not line.startswith("#")
    ]
    found: dict[str, str] = {}
    if language in LANGUAGES:
        column = LANGUAGES.index(language) + 1
        for row in rows:
            for term in row[column].split(","):
                if term.strip():
                    found.setdefault(term.strip().lower(), row[0])
        try:
            entries = edited(folder)
        except BadSource:
            entries = ()
        for entry in entries:
            for term in entry.get(language, ()):
                found.setdefault(str(term).strip().lower(), str(entry["term"]))
    found.pop("", None)
    return found, max(map(len, found), default=0)


def edited(folder: Path | None) -> tuple[dict[str, Any], ...]:
    """Return the entries of the content folder's glossary; none when there is no such file.

    Raises:
        BadSource: it is no list of entries with a `term` and lists of names.
    """
    if folder is None or not (folder / EDITED).is_file():
        return ()
    path = folder / EDITED
    remedy = "Mend it, or take the file away; the comment at its head says what an entry holds."
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}," if mark else ""
        raise BadSource(f"{path}{line} cannot be read.", remedy) from None
    for number, entry in enumerate(entries if isinstance(entries, list) else [None], start=1):
        lists = isinstance(entry, dict) and all(isinstance(entry.get(name, []), list) for name in LANGUAGES)
        if not lists or not isinstance(entry.get("term"), str):
            raise BadSource(f"{path}: entry {number} is no term with lists of names.", remedy)
    return tuple(entries)


def mark_of(term: str) -> str:
    """Return the mark of a term on the glossary's page, as in `/glossary#batch-size`."""
    return re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def to_english(text: str, language: str, folder: Path | None = None) -> str:
    """Return `text` with the terms we know in English, and what is written in Latin script or unknown as it was.

    In languages without spaces the longest known terms are taken first and unknown signs are left out.

    Args:
        text: in `language`.
        language: two letters.
        folder: the content folder, whose glossary helps, if any.
    """
    table, longest = terms(language, folder)
    if not table:
        return text
    lowered = text.lower()
    return _spaceless(text, lowered, table, longest) if language in _SPACELESS else _spaced(lowered, text, table)


def _spaceless(text: str, lowered: str, table: dict[str, str], longest: int) -> str:
    out: list[str] = []
    place = 0
    while place < len(text):
        for length in range(min(longest, len(text) - place), 0, -1):
            english = table.get(lowered[place : place + length])
            if english is not None:
                out.append(f" {english} ")
                place += length
                break
        else:
            sign = text[place]
            out.append(sign if sign.isascii() else " ")
            place += 1
    return re.sub(r"\s+", " ", "".join(out)).strip()


def _spaced(lowered: str, text: str, table: dict[str, str]) -> str:
    tokens = re.findall(r"[\w’'.-]*\w|\S", text)
    out: list[str] = []
    place = 0
    while place < len(tokens):
        for length in range(min(5, len(tokens) - place), 0, -1):
            run = " ".join(tokens[place : place + length]).lower()
            english = table.get(run)
            if english is None and length == 1:
                english = _inflected(run, table)
            if english is not None:
                out.append(english)
                place += length
                break
        else:
            out.append(tokens[place])
            place += 1
    return " ".join(word for word in out if word)


def _inflected(word: str, table: dict[str, str]) -> str | None:
    """Find a word by its elided article or its plural: l'apprentissage, couches, capas."""
    bare = re.sub(r"^(?:l|d|qu|n|s|j|c|m)[’']", "", word)
    for candidate in (
        bare,
        bare.removesuffix("s"),
        bare.removesuffix("es"),
        bare.removesuffix("x"),
        bare.removesuffix("n"),
        bare.removesuffix("en"),
    ):
        if candidate in table:
            return table[candidate]
    if len(bare) >= 6:
        # Endings carry case and number in Russian, gender in Spanish: a shared beginning is enough for long words.
        for cut in (1, 2, 3):
            stem = bare[: len(bare) - cut]
            if len(stem) >= 5:
                near = [
                    term
                    for term in table
                    if term.startswith(stem) and abs(len(term) - len(bare)) <= 3 and " " not in term
                ]
                if near:
                    return table[min(near, key=len)]
    return None


@cache
def _foreign() -> re.Pattern[str]:
    lines = (TABLES / "foreign.txt").read_text(encoding="utf-8").splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return re.compile(
        r"(?<![\w.])(?:" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?![\w])", re.I
    )


def foreign_tools(text: str) -> tuple[str, ...]:
    """Return the names of tools other than Keras that `text` mentions."""
    return tuple(dict.fromkeys(match.group().lower() for match in _foreign().finditer(text)))
