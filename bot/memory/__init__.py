"""What the assistant remembers of its chats, in SQLite: what must survive a restart, and nothing else.

Texts are redacted before they come here (`bot.redaction`), so that a secret is never stored. Every message is claimed
before it is answered: of several processes and several deliveries of the same message one answers. `forget` removes
everything of a person.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from bot.memory.asked import MOST_QUESTIONS, Asked, Questions
from bot.memory.conduct import Conduct, Standing, Usage
from bot.memory.conversations import Conversation, Conversations
from bot.memory.database import Database
from bot.memory.learned import Learned
from bot.memory.messages import Claim, Messages, OwnReply, Seen

__all__ = [
    "Asked",
    "Claim",
    "Conversation",
    "Forgotten",
    "Memory",
    "OwnReply",
    "Seen",
    "Standing",
    "Usage",
]

KEPT_S = 30 * 86_400.0
USAGE_KEPT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted of a person: how many rows, and the runs that were theirs."""

    rows: int
    runs: tuple[str, ...]


class Memory(Messages, Conversations, Conduct, Questions, Learned):
    """The memory in one folder. Thread-safe; several processes may use the same folder."""

    def __init__(self, folder: Path) -> None:
        """Open or make the memory.

        Raises:
            NoSpace: the folder cannot be written to.
        """
        self._base = Database(folder)

    # -- the end ---------------------------------------------------------------------------------------------

    def forget(self, channel: str, author: str) -> Forgotten:
        """Delete everything of a person: what they wrote and asked, their buttons, votes and runs.

        That a message was answered stays, without whose it was, or it would be answered again; so do, under a hash, a
        block and the wish to be kept out of what is learned. What was learned is for `unlearn_person`.
        """
        rows = 0
        with self._base.transaction() as base:
            runs = base.execute(
                "select distinct run from reply where channel = ? and author = ? and run != ''"
                " union select run from handled where channel = ? and author = ? and run is not null",
                (channel, author, channel, author),
            ).fetchall()
            mine = "select id from conversation where channel = ? and asker = ?"
            rows += base.execute(
                f"delete from solved where conversation in ({mine})",  # noqa: S608
                (channel, author),
            ).rowcount
            rows += base.execute("delete from conversation where channel = ? and asker = ?", (channel, author)).rowcount
            for table in ("reply", "button", "feedback", "usage", "question"):
                rows += base.execute(
                    f"delete from {table} where channel = ? and author = ?",  # noqa: S608
                    (channel, author),
                ).rowcount
            # The author is part of a conversation's name outside of threads.
            rows += base.execute(
                "update handled set author = '', conversation = '', body = null, run = null"
                " where channel = ? and author = ?",
                (channel, author),
            ).rowcount
        return Forgotten(rows, tuple(row[0] for row in runs))

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each kind, for operators."""
        names = ("conversation", "handled", "reply", "button", "feedback", "usage", "standing")
        return {name: int((self._base.row(f"select count(*) from {name}") or (0,))[0]) for name in names}  # noqa: S608

    def prune(self) -> None:
        """Drop what is too old to matter."""
        now = time.time()
        with self._base.transaction() as base:
            base.execute("delete from button where at < ?", (now - KEPT_S,))
            base.execute("delete from usage where at < ?", (now - USAGE_KEPT_S,))
            base.execute("delete from handled where state = 'answered' and at < ?", (now - KEPT_S,))
            base.execute("delete from reply where at < ?", (now - KEPT_S,))
            # The subject of a solved thread helps others; whose a vote was, nobody asks for.
            base.execute("delete from conversation where state != 'solved' and updated < ?", (now - KEPT_S,))
            base.execute(
                "update feedback set author = lower(hex(randomblob(8))) where at < ? and length(author) != 16",
                (now - KEPT_S,),
            )
            base.execute("delete from question where at < ?", (now - KEPT_S,))
            base.execute(
                "delete from question where id not in (select id from question order by at desc limit ?)",
                (MOST_QUESTIONS,),
            )

    def close(self) -> None:
        """Close the memory; what was claimed and not answered can be claimed by the next process."""
        self._base.close()
