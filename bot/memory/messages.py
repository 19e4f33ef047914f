"""Which message was answered by which of ours: each once, whatever happens to the process."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.memory.database import Database
from bot.messages import Button, Intent, Message


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a message. `run_id` and `replies` (by slot) are what an unfinished attempt left."""

    message: Message
    run_id: str = ""
    replies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnReply:
    """A message of ours: what it answered, for whom, and the run it shows."""

    id: str
    message: str
    slot: str
    conversation: str
    author: str
    kind: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The last message of a room that a channel handed over."""

    message: str
    at: float


class Messages:
    """Claims, own replies and buttons."""

    def __init__(self, base: Database) -> None:
        self._base = base

    # -- each message once -----------------------------------------------------------------------------------

    def claim(self, message: Message) -> Claim | None:
        """Take a message to answer it; None when it is answered already, or somebody else is at it.

        A message whose process died before it had answered can be claimed again; the claim tells what there is of it.
        """
        key = (message.channel, message.id, message.revision)
        with self._base.transaction() as base:
            row = base.execute(
                "select owner, state, run from handled where channel = ? and message = ? and revision = ?", key
            ).fetchone()
            if row is None:
                base.execute(
                    "insert into handled values (?, ?, ?, ?, ?, ?, ?, 'claimed', ?, null, ?)",
                    (
                        *key,
                        message.room,
                        message.author.id,
                        message.conversation,
                        self._base.owner.name,
                        json.dumps(message.to_dict()),
                        time.time(),
                    ),
                )
                return Claim(message)
            owner, state, run = row
            if state == "answered" or not self._base.owner.gone(owner):
                return None
            base.execute(
                "update handled set owner = ? where channel = ? and message = ? and revision = ?",
                (self._base.owner.name, *key),
            )
            replies = base.execute(
                "select slot, id from reply where channel = ? and message = ? order by at", key[:2]
            ).fetchall()
        return Claim(message, run or "", dict(replies))

    def note_run(self, message: Message, run_id: str) -> None:
        """Remember which run a message started, so that it is never started twice."""
        with self._base.transaction() as base:
            base.execute(
                "update handled set run = ? where channel = ? and message = ? and revision = ?",
                (run_id, message.channel, message.id, message.revision),
            )

    def finish(self, message: Message) -> None:
        """Remember that a message is answered; its text goes."""
        with self._base.transaction() as base:
            base.execute(
                "update handled set state = 'answered', body = null where channel = ? and message = ? and revision = ?",
                (message.channel, message.id, message.revision),
            )

    def unfinished(self, channel: str) -> list[Message]:
        """Return the messages that processes now gone left unanswered, oldest first."""
        rows = self._base.rows(
            "select owner, body from handled where state = 'claimed' and channel = ? order by at", channel
        )
        gone = {owner for owner in {row[0] for row in rows} if self._base.owner.gone(owner)}
        return [Message.from_dict(json.loads(body)) for owner, body in rows if owner in gone and body]

    def saw(self, channel: str, room: str, message: str, at: float) -> None:
        """Remember the last message that was seen in a room; an older one changes nothing."""
        with self._base.transaction() as base:
            base.execute(
                "insert into seen values (?, ?, ?, ?) on conflict (channel, room) do update"
                " set message = excluded.message, at = excluded.at where excluded.at >= seen.at",
                (channel, room, message, at),
            )

    def last_seen(self, channel: str, room: str) -> Seen | None:
        """Return the last message that was seen in a room."""
        row = self._base.row("select message, at from seen where channel = ? and room = ?", channel, room)
        return Seen(*row) if row else None

    # -- replies and buttons ---------------------------------------------------------------------------------

    def note_reply(self, message: Message, own_id: str, slot: str, kind: str, run_id: str) -> None:
        """Remember which of our messages answers which."""
        with self._base.transaction() as base:
            base.execute(
                "insert into reply values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (channel, id) do update"
                " set kind = excluded.kind, run = case when excluded.run != '' then excluded.run else reply.run end",
                (
                    message.channel,
                    own_id,
                    message.id,
                    slot,
                    message.conversation,
                    message.author.id,
                    kind,
                    run_id,
                    time.time(),
                ),
            )

    def reply(self, channel: str, own_id: str) -> OwnReply | None:
        """Return what is known of a message of ours."""
        row = self._base.row(
            "select id, message, slot, conversation, author, kind, run from reply where channel = ? and id = ?",
            channel,
            own_id,
        )
        return OwnReply(*row) if row else None

    def last_reply(self, conversation_id: str) -> str | None:
        """Return our last answer in a conversation, to be voted on."""
        row = self._base.row(
            "select id from reply where conversation = ? and kind in ('answer', 'unsure', 'suggestion', 'docs', 'run',"
            " 'upgrade') order by at desc limit 1",
            conversation_id,
        )
        return row[0] if row else None

    def run_shown(self, conversation_id: str, channel: str, own_id: str | None) -> str:
        """Return the run that our message `own_id` shows, else the one that the conversation's last reply shows."""
        if own_id is not None:
            found = self.reply(channel, own_id)
            return found.run_id if found else ""
        row = self._base.row("select run from reply where conversation = ? order by at desc limit 1", conversation_id)
        return row[0] if row else ""

    def replies_to(self, channel: str, message_id: str) -> list[OwnReply]:
        """Return our messages that answer one, oldest first."""
        rows = self._base.rows(
            "select id, message, slot, conversation, author, kind, run from reply"
            " where channel = ? and message = ? order by at",
            channel,
            message_id,
        )
        return [OwnReply(*row) for row in rows]

    def keep_buttons(self, message: Message, buttons: Sequence[Button]) -> list[str]:
        """Keep what buttons mean and return a token for each."""
        tokens = [secrets.token_urlsafe(15) for _ in buttons]
        now = time.time()
        with self._base.transaction() as base:
            base.executemany(
                "insert into button values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        token,
                        message.channel,
                        message.conversation,
                        message.author.id,
                        button.label,
                        button.intent.value,
                        json.dumps(dict(button.arguments)),
                        now,
                    )
                    for token, button in zip(tokens, buttons, strict=True)
                ],
            )
        return tokens

    def button(self, channel: str, token: str) -> Button | None:
        """Return the button with a token; None when it is too old or no button of ours."""
        row = self._base.row(
            "select label, intent, arguments from button where token = ? and channel = ?", token[:40], channel
        )
        return Button(row[0], Intent(row[1]), json.loads(row[2]), token=token) if row else None
