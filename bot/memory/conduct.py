"""How much people use, how they behave, and what operators chose."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from bot.memory.database import Database, hashed
from bot.messages import Message


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody has behaved: a score that fades, and until when they are blocked (seconds since 1970)."""

    score: float = 0.0
    scored: float = 0.0
    blocked_until: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """How often something was used, by a person and by their server, and when first (seconds since 1970)."""

    own: int
    own_since: float
    server: int
    server_since: float


class Conduct:
    """Counts, standings and choices."""

    def __init__(self, base: Database) -> None:
        self._base = base

    # -- manners ---------------------------------------------------------------------------------------------

    def use(self, message: Message, kind: str) -> None:
        """Count one use of a kind (`run`, `ask`) by a person in a server."""
        with self._base.transaction() as base:
            base.execute(
                "insert into usage values (?, ?, ?, ?, ?)",
                (message.channel, message.server, message.author.id, kind, time.time()),
            )

    def used(self, message: Message, kind: str, within_s: float) -> Usage:
        """Return how often the person, and the server's people, used something in the last seconds."""
        since = time.time() - within_s
        own = self._base.row(
            "select count(*), coalesce(min(at), 0) from usage where channel = ? and author = ? and kind = ? and at > ?",
            message.channel,
            message.author.id,
            kind,
            since,
        )
        server = self._base.row(
            "select count(*), coalesce(min(at), 0) from usage where channel = ? and server = ? and kind = ? and at > ?",
            message.channel,
            message.server,
            kind,
            since,
        )
        return Usage(*(own or (0, 0.0)), *(server or (0, 0.0)))

    def standing(self, channel: str, author: str) -> Standing:
        """Return how somebody has behaved."""
        row = self._base.row(
            "select score, scored, blocked_until, reason from standing where person = ?", hashed(channel, author)
        )
        return Standing(*row) if row else Standing()

    def set_standing(self, channel: str, author: str, standing: Standing) -> None:
        """Remember how somebody has behaved."""
        with self._base.transaction() as base:
            base.execute(
                "insert or replace into standing values (?, ?, ?, ?, ?)",
                (hashed(channel, author), *asdict(standing).values()),
            )

    def choose(self, channel: str, place: str, name: str, value: str) -> None:
        """Keep an operator's choice for a room, a server, or everywhere ("")."""
        with self._base.transaction() as base:
            base.execute("insert or replace into choice values (?, ?, ?, ?)", (channel, place, name, value))

    def choice(self, channel: str, name: str, *places: str) -> str | None:
        """Return an operator's choice for the first of the places that has one."""
        found = dict(self._base.rows("select place, value from choice where channel = ? and name = ?", channel, name))
        return next((found[place] for place in places if place in found), None)
