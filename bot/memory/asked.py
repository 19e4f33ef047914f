"""What was asked and how it was answered, and what people thought of it: what the operators' board is made of.

A question, redacted, with where it was asked and how sure the answer was; whose it was is kept only for chats, whose
people may have everything of theirs forgotten, and never comes out again.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.memory.database import Database
from bot.redaction import redact
from kb.pages import Answer

LONGEST_SUBJECT = 2_000
LONGEST_REASON = 500
# What one service keeps at most, whatever comes in.
MOST_QUESTIONS = 100_000
VOTES = ("up", "down", "none")
_COLUMNS = "id, at, channel, subject, language, answered, confidence, sources, seconds"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was put to Lobby. `sources` are the ids of the pages that were shown, best first."""

    id: str
    at: float
    channel: str
    subject: str
    language: str
    answered: bool
    confidence: float
    sources: tuple[str, ...]
    seconds: float


class Questions:
    """Questions with their outcome, and votes on the answers by pages that know no persons."""

    def __init__(self, base: Database) -> None:
        self._base = base

    def note_answer(self, channel: str, answer: Answer, *, author: str = "") -> str:
        """Keep a question with the answer that the knowledge base gave to it; as `note_asked`."""
        return self.note_asked(
            channel,
            answer.question,
            language=answer.language,
            answered=answer.answered,
            confidence=answer.confidence,
            sources=[source.id for source in answer.sources],
            seconds=answer.timings_ms.get("total", 0.0) / 1000,
            author=author,
        )

    def note_asked(
        self,
        channel: str,
        question: str,
        *,
        language: str,
        answered: bool,
        confidence: float,
        sources: Sequence[str],
        seconds: float,
        author: str = "",
    ) -> str:
        """Keep a question and how it was answered.

        Args:
            channel: where it was asked, as `web`.
            question: its text; secrets in it are removed here.
            language: its two-letter code.
            answered: whether there was an answer.
            confidence: 0 to 1.
            sources: ids of the pages shown.
            seconds: from the question to the answer.
            author: who asked, where people have ids; `forget` needs it.

        Returns:
            The answer's id, for `judge`.

        Raises:
            NoSpace: the disk is full.
        """
        answer_id = secrets.token_urlsafe(12)
        with self._base.transaction() as base:
            base.execute(
                f"insert into question ({_COLUMNS}, author) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    answer_id,
                    time.time(),
                    channel,
                    redact(question)[:LONGEST_SUBJECT],
                    language,
                    int(answered),
                    confidence,
                    json.dumps(list(sources)[:10]),
                    seconds,
                    author,
                ),
            )
        return answer_id

    def question(self, answer_id: str) -> Asked | None:
        """Return one question by its answer's id."""
        row = self._base.row(f"select {_COLUMNS} from question where id = ?", answer_id)  # noqa: S608
        return _asked(row) if row else None

    def questions(self, within_s: float, *, most: int = 5_000) -> list[Asked]:
        """Return the questions of the last seconds, newest first."""
        since = time.time() - within_s
        query = f"select {_COLUMNS} from question where at > ? order by at desc limit ?"  # noqa: S608
        rows = self._base.rows(query, since, most)
        return [_asked(row) for row in rows]

    def judge(self, answer_id: str, vote: str, reason: str = "") -> bool:
        """Keep a vote on an answer (`none` takes it back); False when there is no such answer.

        An answer was given to one person, so there is one vote on it; the last one counts.

        Raises:
            NoSpace: the disk is full.
        """
        about = self.question(answer_id)
        if about is None:
            return False
        with self._base.transaction() as base:
            base.execute("delete from feedback where channel = ? and reply = ?", (about.channel, answer_id))
            if vote != "none":
                sources = json.dumps([{"id": one} for one in about.sources])
                base.execute(
                    "insert into feedback (channel, reply, author, vote, subject, sources, at, reason)"
                    " values (?, ?, '', ?, ?, ?, ?, ?)",
                    (
                        about.channel,
                        answer_id,
                        vote,
                        about.subject,
                        sources,
                        time.time(),
                        redact(reason)[:LONGEST_REASON],
                    ),
                )
        return True

    def verdicts(self, within_s: float) -> list[Mapping[str, Any]]:
        """Return the votes of all channels of the last seconds, newest first, without who gave them."""
        rows = self._base.rows(
            "select at, channel, vote, reason, subject, sources from feedback where at > ? order by at desc",
            time.time() - within_s,
        )
        names = ("at", "channel", "vote", "reason", "subject", "sources")
        return [{**dict(zip(names, row, strict=True)), "sources": _ids(row[5])} for row in rows]


def _asked(row: Sequence[Any]) -> Asked:
    answer_id, at, channel, subject, language, answered, confidence, sources, seconds = row
    return Asked(
        answer_id, at, channel, subject, language, bool(answered), confidence, tuple(json.loads(sources)), seconds
    )


def _ids(sources: str) -> list[str]:
    return [str(source.get("id", "")) for source in json.loads(sources)]
