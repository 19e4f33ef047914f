"""Questions that ask what a word means, and the glossary's answer to them: "what is an epoch?", "什么是激活函数"."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from kb.errors import BadSource
from kb.glossary import EDITED, LANGUAGES, edited, mark_of
from kb.pages import Source

LONGEST_QUESTION = 120
# How sure a definition is of being what was asked for: the question is of that form and names the very word.
CERTAIN = 0.95
_ASKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:what(?:['’]?s| is| are| does| do)?|define|meaning of|definition of)\s+(?:meant by\s+)?"
        r"(?:(?:an?|the)\s+)?(.+?)(?:\s+(?:mean|means|stand for))?"
        r"(?:\s+in\s+(?:keras|deep learning|machine learning|(?:a )?neural networks?|ml|ai))?",
        r"(?:qu['’]est[- ]ce (?:que |qu['’])(?:c['’]est (?:que |qu['’])?)?|c['’]est quoi |que signifie )"
        r"(?:l['’]|(?:le|la|les|une?|des) )?(.+)",
        r"qu[eé] (?:es|son|significa) (?:(?:el|la|los|las|una?) )?(.+)",
        r"o que (?:é|e|são|significa) (?:(?:os?|as?|uma?) )?(.+)",
        r"was (?:ist|sind|bedeutet|heißt) (?:(?:eine?|der|die|das) )?(.+)",
        r"что такое (.+)",
        r"(?:什么是|什么叫|何为)\s*(.+)",
        r"(.+?)\s*(?:是什么(?:意思)?|什么意思)",
        r"(.+?)とは(?:何(?:ですか)?)?",
        r"(.+?)(?:이란|란|은|는)?\s*(?:무엇|뭐)\S*",
    )
)


_SYMBOL = re.compile(r"[a-z][A-Z]|[a-z]\.[A-Za-z]|_")


def definition(question: str, folder: Path | None) -> tuple[str, Source] | None:
    """Return the sentence that says what a word means and its source; None where no known word's meaning is asked for.

    Args:
        question: as it was asked, in any language.
        folder: the content folder, which holds the glossary.
    """
    asked = re.sub(r"\s+", " ", question).strip(" \t?？!.。¿¡:")
    if folder is None or len(asked) > LONGEST_QUESTION:
        return None
    for pattern in (*_ASKS, None):
        match = pattern.fullmatch(asked) if pattern is not None else None
        # A bare word of another language asks what it means; a bare English one is a search.
        entry = _entry(match[1], folder) if match else _foreign(asked, folder) if pattern is None else None
        if entry is not None:
            term, told = str(entry["term"]), str(entry["definition"])
            title = term[:1].upper() + term[1:]
            source = Source(
                id=f"guide:glossary-{mark_of(term)}",
                kind="guide",
                title=title,
                url=f"/glossary#{mark_of(term)}",
                language="en",
                score=CERTAIN,
                excerpt=told,
                symbols=tuple(map(str, entry.get("symbols", ())))[:3],
                section=title,
            )
            return f"**{title}**: {told}", source
    return None


def _foreign(asked: str, folder: Path) -> dict[str, Any] | None:
    """Return the entry that a bare text names in another language, and in no English form."""
    entry = _entry(asked, folder)
    if entry is None:
        return None
    english = {str(name).lower() for name in (entry["term"], *(entry.get("also") or ()))}
    return None if any(asked.lower().startswith(name.rstrip("s")) for name in english) else entry


def _entry(name: str, folder: Path) -> dict[str, Any] | None:
    try:
        stamp = (folder / EDITED).stat().st_mtime_ns
        known = _names(folder, stamp)
    except (OSError, BadSource):
        return None
    name = name.strip().strip("\"'`«»“”")
    if _SYMBOL.search(name):
        return None  # who names a symbol wants its page
    name = name.lower()
    return known.get(name) or known.get(name.removesuffix("s")) or known.get(name.removesuffix("es"))


@lru_cache(maxsize=2)
def _names(folder: Path, _stamp: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    told = [entry for entry in edited(folder) if entry.get("definition")]
    for entry in told:
        found.setdefault(str(entry["term"]).lower(), entry)
    for entry in told:
        for code in ("also", *LANGUAGES):
            for name in entry.get(code) or ():
                found.setdefault(str(name).lower(), entry)
    return found
