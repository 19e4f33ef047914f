"""What the conversations are about, how they ended, and what people thought of the answers."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.memory.database import Database
from bot.messages import Message

LONGEST_SUBJECT = 2_000
_COLUMNS = "id, channel, server, room, thread, asker, subject, sources, locale, url, state, updated"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is remembered of a thread."""

    id: str
    channel: str
    server: str
    room: str
    thread: str
    asker: str
    subject: str
    sources: tuple[Mapping[str, Any], ...]
    locale: str
    url: str
    state: str
    updated: float


class Conversations:
    """Threads and votes."""

    def __init__(self, base: Database) -> None:
        self._base = base

    # -- conversations ---------------------------------------------------------------------------------------

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Return what is remembered of a conversation."""
        row = self._base.row(
            f"select {_COLUMNS} from conversation where id = ?",  # noqa: S608
            conversation_id,
        )
        return _conversation(row) if row else None

    def note_question(self, message: Message, subject: str, sources: Sequence[Mapping[str, Any]], locale: str) -> None:
        """Remember what a conversation is about now; who began it stays."""
        with self._base.transaction() as base:
            base.execute(
                "insert into conversation values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, null)"
                " on conflict (id) do update set subject = excluded.subject, sources = excluded.sources,"
                " locale = excluded.locale, updated = excluded.updated, reminded = null,"
                " url = case when excluded.url != '' then excluded.url else conversation.url end",
                (
                    message.conversation,
                    message.channel,
                    message.server,
                    message.room,
                    message.thread,
                    message.author.id,
                    subject[:LONGEST_SUBJECT],
                    json.dumps(list(sources)),
                    locale,
                    message.url,
                    time.time(),
                ),
            )

    def touch(self, conversation_id: str) -> None:
        """Remember that somebody wrote in a conversation."""
        with self._base.transaction() as base:
            base.execute(
                "update conversation set updated = ?, reminded = null where id = ?", (time.time(), conversation_id)
            )

    def set_state(self, conversation_id: str, state: str) -> None:
        """Mark a conversation as `open`, `solved` or `closed`; a solved one can be found by `similar`."""
        with self._base.transaction() as base:
            base.execute(
                "update conversation set state = ?, updated = ? where id = ?", (state, time.time(), conversation_id)
            )
            base.execute("delete from solved where conversation = ?", (conversation_id,))
            if state == "solved":
                base.execute(
                    "insert into solved select subject, id, channel || '/' || server, url from conversation"
                    " where id = ? and url != ''",
                    (conversation_id,),
                )

    def similar(self, message: Message, words: Sequence[str], limit: int = 2) -> list[tuple[str, str]]:
        """Return subject and address of solved threads of the same server that share most words."""
        if not words:
            return []
        query = " OR ".join('"' + word.replace('"', "") + '"' for word in words[:20])
        rows = self._base.rows(
            "select subject, url, bm25(solved) from solved where solved match ? and server = ?"
            " and conversation != ? order by bm25(solved) limit ?",
            query,
            f"{message.channel}/{message.server}",
            message.conversation,
            limit,
        )
        return [(subject, url) for subject, url, _ in rows]

    def idle(self, channel: str, remind_s: float, close_s: float) -> tuple[list[Conversation], list[Conversation]]:
        """Return open threads to remind of, idle for `remind_s` seconds, and those to close `close_s` after that.

        They are marked at once, so that each is told once.
        """
        now = time.time()
        with self._base.transaction() as base:
            close = base.execute(
                f"update conversation set state = 'closed' where channel = ? and state = 'open' and thread != ''"  # noqa: S608
                f" and reminded < ? returning {_COLUMNS}",
                (channel, now - close_s),
            ).fetchall()
            remind = base.execute(
                f"update conversation set reminded = ? where channel = ? and state = 'open' and thread != ''"  # noqa: S608
                f" and reminded is null and updated < ? returning {_COLUMNS}",
                (now, channel, now - remind_s),
            ).fetchall()
        return [_conversation(row) for row in remind], [_conversation(row) for row in close]

    # -- feedback --------------------------------------------------------------------------------------------

    def vote(self, message: Message, own_id: str, vote: str) -> bool:
        """Keep what a person thinks of a reply (`up`, `down`, or `none` to take it back); False when it is not ours."""
        found = self._base.row("select conversation from reply where channel = ? and id = ?", message.channel, own_id)
        if found is None:
            return False
        about = self.conversation(found[0])
        with self._base.transaction() as base:
            if vote == "none":
                base.execute(
                    "delete from feedback where channel = ? and reply = ? and author = ?",
                    (message.channel, own_id, message.author.id),
                )
                return True
            base.execute(
                "insert or replace into feedback (channel, reply, author, vote, subject, sources, at)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (
                    message.channel,
                    own_id,
                    message.author.id,
                    vote,
                    about.subject if about else "",
                    json.dumps(list(about.sources) if about else []),
                    time.time(),
                ),
            )
        return True

    def feedback(self) -> list[dict[str, Any]]:
        """Return all votes, newest first, without who gave them."""
        rows = self._base.rows("select channel, reply, vote, subject, sources, at from feedback order by at desc")
        names = ("channel", "reply", "vote", "subject", "sources", "at")
        return [{**dict(zip(names, row, strict=True)), "sources": json.loads(row[4])} for row in rows]


def _conversation(row: Sequence[Any]) -> Conversation:
    values = list(row)
    values[7] = tuple(json.loads(values[7]))
    return Conversation(*values)
