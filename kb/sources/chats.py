"""Chats → threads: only conversations in which a question was solved, and nobody's name.

A chat is not a publication: people are told apart as asker and helper, and their names, mentions and addresses are
taken out of what they wrote. What the two export formats have in common is here; `discord` and `matrix` read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kb.normalize import STOP_WORDS
from kb.pages import Page, Section
from kb.sources.finish import clean, make_page
from kb.sources.jsonfiles import Part
from kb.sources.markup import first_heading, outside_code
from kb.sources.outside import Resolve, one_line, shown

MOST_MESSAGES = 2_000
LONGEST_MESSAGE = 20_000
SHORTEST_QUESTION = 15
MOST_NAMES = 500

SOLVED_SIGNS = frozenset(
    ("✅", "☑", "☑️", "✔", "✔️", "🆗", "white_check_mark", "ballot_box_with_check", "heavy_check_mark", "solved")
)
_SOLVED_TITLE = re.compile(
    r"^\W{0,3}(?:\[|\()?(?:solved|resolved|answered|gelöst|résolu|resuelto|解决|已解决|解決)|✅|✔|☑", re.IGNORECASE
)
_WORKED = re.compile(
    r"\b(?:that|this|it|which) (?:(?:now|finally|totally|just) )?"
    r"(?:worked|works|fixed it|solved it|did (?:it|the trick))\b|"
    r"\b(?:works|working) now\b|\bproblem solved\b|\b(?:solved|fixed),? (?:thanks|thank you)\b|\bthat was it\b|"
    r"\b(?:thanks|thank you|thx)[^.?!\n]{0,40}\b(?:works?|worked|solved|fixed)\b|"
    r"解决了|可以了|解決しました|ça marche|funcionó|funcionou",
    re.IGNORECASE,
)
_NOT_WORKED = re.compile(
    r"n['o’]t work|not working|still (?:get|fail|same)|doesn|didn|no luck|same error", re.IGNORECASE
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_TELEPHONE = re.compile(r"(?<![\w.])\+\d[\d ()-]{8,18}\d(?![\w.])")
# Nicknames that are words of the trade stay: taking them out would spoil the text.
_NAME_WORDS = frozenset(
    (
        "model",
        "keras",
        "layer",
        "python",
        "tensorflow",
        "torch",
        "jax",
        "loss",
        "metric",
        "tensor",
        "data",
        "user",
        "bot",
    )
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `author` tells people apart and is never shown; `marks` are the reactions to it."""

    id: str
    author: str
    text: str
    at: str
    marks: frozenset[str] = frozenset()
    answers: str | None = None
    robot: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in the order they came, the first one the question. `names` are all names that may appear in them."""

    id: str
    title: str
    url: str
    messages: Sequence[Message]
    names: frozenset[str] = frozenset()
    format: str = ""
    solved: bool = False
    meta: dict[str, Any] = field(default_factory=dict)


def parts(path: Path, talks: Iterable[Conversation], resolve: Resolve) -> list[Part]:
    """Return the conversations of a file as `jsonfiles.documents` takes them."""
    return [(f"{shown(path)}, {talk.id}", partial(page, talk, resolve)) for talk in talks]


def page(talk: Conversation, resolve: Resolve) -> Page | None:
    """Return the page of a conversation, or None when it is no solved question.

    Raises:
        Unreadable: there is no text in it.
    """
    messages = [one for one in talk.messages[:MOST_MESSAGES] if one.text.strip() and not one.robot]
    if not messages:
        return None
    asker = messages[0].author
    solution = solution_of(messages, asker, talk.solved or bool(_SOLVED_TITLE.search(talk.title)))
    if solution is None:
        return None
    opening = messages[: next((n for n, one in enumerate(messages) if one.author != asker), len(messages))]
    question = "\n\n".join(one.text for one in opening)
    # What led to the solution: the helper's words since the asker last spoke before it.
    start = messages.index(solution)
    helped = [solution]
    for one in reversed(messages[:start]):
        if one.author != solution.author or one in opening:
            break
        helped.insert(0, one)
    hide = Names(talk.names, asker, resolve)
    question, answer = hide.all(question), hide.all("\n\n".join(one.text for one in helped))
    title = re.sub(
        r"^\W{0,3}(?:\[|\()?(?:solved|resolved|answered)(?:\]|\))?\W{0,3}|[✅✔☑]\ufe0f?",
        "",
        talk.title,
        flags=re.IGNORECASE,
    )
    title = hide.all(title).strip() or one_line(_first_sentence(question), 120)
    if len(question.strip()) < SHORTEST_QUESTION and len(title) < SHORTEST_QUESTION:
        return None
    return make_page(
        identity=f"thread:{talk.id}",
        kind="thread",
        title=title,
        url=talk.url,
        sections=[Section("", question), Section("Answer", answer)],
        resolve=resolve,
        date=messages[0].at,
        meta={**talk.meta, "format": talk.format, "solved": True},
    )


def solution_of(messages: Sequence[Message], asker: str, known_solved: bool) -> Message | None:
    """Return the message that solved it: marked, or the last one of a helper before the asker said that it worked.

    Args:
        messages: what people wrote, the question first.
        asker: the author of the question.
        known_solved: whether it is known that one of them did; the longest of a helper's is taken then.
    """
    for one in messages[1:]:
        if one.marks & SOLVED_SIGNS:
            return one
    helper: Message | None = None
    longest: Message | None = None
    for one in messages[1:]:
        if one.author != asker:
            # "You're welcome" is no solution.
            helper = one if len(one.text) >= SHORTEST_QUESTION else helper
            longest = one if longest is None or len(one.text) > len(longest.text) else longest
        elif helper is not None and _WORKED.search(one.text) and not _NOT_WORKED.search(one.text):
            return helper
    marked_question = bool(messages[0].marks & SOLVED_SIGNS)
    return longest if known_solved or marked_question else None


def _first_sentence(text: str) -> str:
    heading = first_heading(text)
    return heading or re.split(r"(?<=[.?!。？！])\s|\n", text.strip(), maxsplit=1)[0]


class Names:
    """Takes names out of text: mentions always, bare names wherever they are not words of the trade as well."""

    def __init__(self, names: frozenset[str], asker: str, resolve: Resolve) -> None:
        """Take all names that people of the conversation go by; `asker` is one of their identifiers."""
        known = sorted({clean(name).strip() for name in names if name.strip()}, key=len, reverse=True)[:MOST_NAMES]
        bare = [name for name in known if len(name) >= 3 and not _is_word(name, resolve)]
        self._mentioned = _any_of(known, "@")
        self._bare = _any_of(bare, "")

    def all(self, text: str) -> str:
        """Return `text` without names; in code only mentions and addresses go, since code must stay what it is."""
        text = clean(text[: MOST_MESSAGES * LONGEST_MESSAGE])
        text = _EMAIL.sub("(address)", text)
        text = self._mentioned.sub("@someone", text) if self._mentioned else text
        return outside_code(text, self._prose)

    def _prose(self, text: str) -> str:
        text = _TELEPHONE.sub("(number)", text)
        return self._bare.sub("someone", text) if self._bare else text


def _any_of(names: Sequence[str], before: str) -> re.Pattern[str] | None:
    if not names:
        return None
    return re.compile(f"(?<![\\w]){before}(?:{'|'.join(map(re.escape, names))})(?!\\w)", re.IGNORECASE if before else 0)


def _is_word(name: str, resolve: Resolve) -> bool:
    lowered = name.lower()
    return lowered in STOP_WORDS or lowered in _NAME_WORDS or bool(resolve(f"keras.layers.{name}"))


def by_reply(messages: Sequence[Message]) -> list[list[Message]]:
    """Group messages by the message that their chain of replies began with; those without any reply are left out."""
    known = {one.id: one for one in messages}
    root: dict[str, str] = {}
    for one in messages:
        # Replies come after what they reply to; a chain in a circle has no beginning and is left out.
        above = one.answers if one.answers in known else None
        root[one.id] = root.get(above, above) if above is not None else one.id
    groups: dict[str, list[Message]] = {}
    for one in messages:
        groups.setdefault(root[one.id], []).append(one)
    return [group for start, group in groups.items() if len(group) > 1 and group[0].id == start]
