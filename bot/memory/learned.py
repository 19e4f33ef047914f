"""Which solved threads became pages of the knowledge base, from whose words, and who does not want that.

The pages themselves are in the knowledge base and say nothing of people; who wrote in which is here, under hashes, so
that a person's pages can be taken away.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from bot.memory.database import Database, hashed
from bot.messages import Message


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a build: pages to keep (id, channel, room, JSON), and ids of pages to drop, each with when."""

    kept: tuple[tuple[str, str, str, str], ...]
    dropped: tuple[tuple[str, float], ...]

    def __bool__(self) -> bool:
        return bool(self.kept or self.dropped)


class Learned:
    """Learned threads and who wrote in them."""

    def __init__(self, base: Database) -> None:
        self._base = base

    def note_learned(self, message: Message, page: str, body: str, people: Iterable[str]) -> None:
        """Remember that a message's thread became a page, and whose words are in it.

        Args:
            message: of the thread.
            page: the page's id.
            body: the page itself; kept until `took_up` says that a build has it.
            people: ids of whose words are in it.
        """
        channel = message.channel
        with self._base.transaction() as base:
            _unlearn(base, "conversation = ?", message.conversation)
            base.execute("delete from unlearned where page = ?", (page,))
            base.execute(
                "insert into learned values (?, ?, ?, ?, ?, ?)",
                (page, message.conversation, channel, message.room, time.time(), body),
            )
            base.executemany(
                "insert or ignore into taught values (?, ?)", [(page, hashed(channel, person)) for person in people]
            )

    def unlearn(self, conversation: str) -> list[str]:
        """Forget what was learned from a thread and return its pages."""
        with self._base.transaction() as base:
            return _unlearn(base, "conversation = ?", conversation)

    def unlearn_room(self, channel: str, room: str) -> list[str]:
        """Forget what was learned in a room and return its pages."""
        with self._base.transaction() as base:
            return _unlearn(base, "channel = ? and room = ?", channel, room)

    def unlearn_person(self, channel: str, person: str) -> list[str]:
        """Forget what was learned from a person's words and return its pages."""
        with self._base.transaction() as base:
            return _unlearn(base, "page in (select page from taught where person = ?)", hashed(channel, person))

    def waiting(self) -> Waiting:
        """Return what the next build is to take up, and to be without."""
        kept = self._base.rows("select page, channel, room, body from learned where body is not null order by at")
        dropped = self._base.rows("select page, at from unlearned")
        return Waiting(tuple(kept), tuple(dropped))

    def took_up(self, done: Waiting) -> None:
        """Note that a build holds what waited, and lacks what was to go; what changed meanwhile goes on waiting."""
        with self._base.transaction() as base:
            base.executemany(
                "update learned set body = null where page = ? and body = ?", [(row[0], row[3]) for row in done.kept]
            )
            base.executemany("delete from unlearned where page = ? and at = ?", done.dropped)

    def learned(self, channel: str, room: str) -> int:
        """Return how many threads of a room became pages."""
        found = self._base.row("select count(*) from learned where channel = ? and room = ?", channel, room)
        return int(found[0]) if found else 0

    def keep_out(self, channel: str, person: str, out: bool) -> None:
        """Keep whether a person wants their words kept out of what is learned."""
        with self._base.transaction() as base:
            base.execute("delete from kept_out where person = ?", (hashed(channel, person),))
            if out:
                base.execute("insert into kept_out values (?)", (hashed(channel, person),))

    def keeps_out(self, channel: str, person: str) -> bool:
        """True for who wants their words kept out of what is learned."""
        return self._base.row("select 1 from kept_out where person = ?", hashed(channel, person)) is not None


def _unlearn(base: sqlite3.Connection, where: str, *values: str) -> list[str]:
    pages = [row[0] for row in base.execute(f"select page from learned where {where}", values)]  # noqa: S608
    marks = [(page,) for page in pages]
    base.executemany("delete from learned where page = ?", marks)
    base.executemany("delete from taught where page = ?", marks)
    now = time.time()
    base.executemany("insert or replace into unlearned values (?, ?)", [(page, now) for page in pages])
    return pages
