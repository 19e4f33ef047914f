"""The exercises of the learning path: what a reader fills in, what solves it, and the check that tells how it went.

In a step's Markdown an exercise is a section with three blocks, `python exercise`, `python solution` and
`python check`. A reader's answer is run with the check behind it, so that the check sees what the answer defined and
the lines of the answer keep their numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

from kb.pages import Page
from runner.job import Result

ROLES = ("exercise", "solution", "check")
# Printed between what an answer says and what the check says.
_LINE = "-------- check --------"
_MARK = f'\n\nprint("\\n{_LINE}")\n'
_SAID = re.compile(r"^(PASS|TRY AGAIN)\b:?[ \t]*(.*(?:\n(?!PASS\b|TRY AGAIN\b).*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise of a step; `number` counts from 1, `title` is its section's."""

    number: int
    title: str
    starter: str
    solution: str
    check: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check said of an answer.

    `solved` is None when the answer ended before it could be checked; `why` is the check's sentence; `printed` what the
    answer itself printed.
    """

    solved: bool | None
    why: str
    printed: str


def role_of(info: str) -> str:
    """Return which part of an exercise a fenced block is by its info string, "" when it is none."""
    words = info.split()
    return next((word for word in words[1:] if word in ROLES), "") if words[:1] == ["python"] else ""


def exercises(page: Page) -> tuple[Exercise, ...]:
    """Return the exercises of a step in order; a section counts where it has all three blocks."""
    found: list[Exercise] = []
    for section in page.sections:
        parts = {
            role_of(token.info): token.content for token in MarkdownIt().parse(section.text) if token.type == "fence"
        }
        if all(role in parts for role in ROLES):
            found.append(Exercise(len(found) + 1, section.title, *(parts[role] for role in ROLES)))
    return tuple(found)


def program(exercise: Exercise, answer: str) -> str:
    """Return the source that runs an answer and then the check."""
    return f"{answer.rstrip()}{_MARK}{exercise.check}"


def answer_of(source: str) -> str:
    """Return the answer that a program of `program` holds; a source of another kind comes back as it is."""
    return source.rpartition(_MARK)[0] or source


def verdict(result: Result) -> Verdict:
    """Return what the check said; what the answer printed before it counts for nothing."""
    printed, mark, said = result.stdout.rpartition(f"{_LINE}\n")
    if not mark:
        return Verdict(None, "", result.stdout)
    found = _SAID.search(said)
    if found is None:
        return Verdict(None, "", printed.rstrip() + "\n")
    return Verdict(found[1] == "PASS", found[2].strip(), printed.rstrip("\n"))
