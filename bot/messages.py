"""What crosses the border between the assistant and a chat channel: a Message in, Replies out.

All are frozen and know no chat library. A channel turns what its platform sends into a `Message`, hands it to
`bot.desk.Desk`, and shows each `Reply` as its platform can.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal


class Intent(StrEnum):
    """What a person wants. Slash commands, buttons and menus name it; in free text it is found."""

    ASK = "ask"
    RUN = "run"
    UPGRADE = "upgrade"
    DOCS = "docs"
    SOURCES = "sources"
    EXPLAIN = "explain"
    FEEDBACK = "feedback"
    SOLVED = "solved"
    HUMAN = "human"
    HELP = "help"
    PRIVACY = "privacy"
    FORGET = "forget"
    CANCEL = "cancel"
    DELETE = "delete"
    # For operators.
    STATUS = "status"
    PAUSE = "pause"
    MODE = "mode"
    LEARN = "learn"
    BLOCK = "block"
    PARDON = "pardon"


OPERATOR_INTENTS = frozenset({Intent.STATUS, Intent.PAUSE, Intent.MODE, Intent.LEARN, Intent.BLOCK, Intent.PARDON})
# Of these, what concerns nothing but the place it is said in.
PLACE_INTENTS = frozenset({Intent.STATUS, Intent.PAUSE, Intent.MODE})

# Roles that every channel translates its platform's permissions into, beside the platform's own role names. The first
# two are given only where the settings name the place (or the person): in a place of their own anybody has all power.
OPERATOR = "operator"  # may do everything, to everybody (Discord: Manage Server; Matrix: power level 50 and above)
HELPER = "helper"  # answers people; may mark solved and delete replies, and use what is kept for helpers
MANAGER = "manager"  # an operator by power alone: may pause Lobby and choose its mode in this place
MODERATOR = "moderator"  # a helper by power alone: may mark solved and delete replies in this place
ROLES = frozenset({OPERATOR, HELPER, MANAGER, MODERATOR})

Mode = Literal["off", "suggest", "answer"]
MODES: tuple[Mode, ...] = ("off", "suggest", "answer")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message. `id` is the platform's own; `roles` holds `OPERATOR`, `HELPER` and the platform's names."""

    id: str
    name: str = ""
    is_bot: bool = False
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; `read` fetches its content when it is wanted. `size` is in bytes."""

    name: str
    size: int
    read: Callable[[], Awaitable[bytes]]
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Something a person wrote, or a button, command or menu entry they used.

    `text` is what they typed, without the mention of us. `addressed` is True where it is plainly meant for us: a
    mention, a reply to us, a command, a button, a direct message. Unaddressed messages are answered only where the
    room's mode says so, or in a thread in which we already talk with their author.
    """

    id: str
    channel: str  # the channel's name: "discord", "matrix", "terminal", "memory"
    room: str
    author: Author
    text: str = ""
    server: str = ""  # Discord guild, Matrix space or homeserver; "" where there is none
    thread: str = ""  # "" outside of threads
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None  # id of the message that this one answers
    quoted: str = ""  # the text of that message, where the channel knows it
    locale: str = ""  # of the person, as "pt-BR"; "" means: find it from the text
    edited: bool = False
    revision: str = ""  # names the edit, so that each is handled once; "" for the message as it was first sent
    addressed: bool = True
    to_others: bool = False  # mentions or answers another person
    direct: bool = False  # in a private conversation with us
    intent: Intent | None = None  # where a command, button or menu entry names it
    arguments: Mapping[str, str] = field(default_factory=dict)
    button: str = ""  # the token of the pressed button
    url: str = ""  # where people can see the message or its thread
    sent_at: float = 0.0  # seconds since 1970

    @property
    def conversation(self) -> str:
        """Name the conversation that the message is part of: the thread, else the author in the room."""
        where = self.thread or f"{self.room}/{self.author.id}"
        return f"{self.channel}/{self.server}/{where}"

    def has_role(self, *roles: str) -> bool:
        """True when the author has one of the roles."""
        return not self.author.roles.isdisjoint(roles)

    def to_dict(self) -> dict[str, Any]:
        """Return what can be kept of the message; attachments cannot."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in {"author", "attachments"}}
        plain["arguments"] = dict(self.arguments)
        author = self.author
        plain["author"] = {
            "id": author.id,
            "name": author.name,
            "is_bot": author.is_bot,
            "roles": sorted(author.roles),
        }
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        """Rebuild a message from `to_dict`."""
        known = {name: data[name] for name in cls.__slots__ if name in data}
        author = known["author"]
        known["author"] = Author(author["id"], author["name"], author["is_bot"], frozenset(author["roles"]))
        known["intent"] = Intent(known["intent"]) if known.get("intent") else None
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: it is the intent and arguments of a new message.

    `token` (at most 40 ASCII characters) is set before a reply leaves the desk and stays valid over restarts; the
    channel hands it back as `Message.button`. `label` is in the person's language.
    """

    label: str
    intent: Intent
    arguments: Mapping[str, str] = field(default_factory=dict)
    style: Literal["plain", "main", "danger"] = "plain"
    emoji: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A page named in a reply. `url` is absolute, or "" where our pages have no public address."""

    title: str
    url: str
    symbol: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to show or attach. `path` is where it lies on this machine: for uploading, never to be shown in a chat."""

    name: str
    media_type: str
    size: int
    path: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `metrics` are the last epoch's figures; `seconds_left` is an estimate."""

    state: Literal["queued", "running"]
    run_id: str = ""
    epoch: int | None = None
    epochs: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds_left: float | None = None
    output: str = ""


# What a reply asks the channel to do beyond showing it; a channel does what it can and may.
#   remove_message  take the person's own message away: it holds a secret
#   delete_reply    take our reply `Reply.replaces` away
#   mark_solved     tag the thread as solved and close it
#   learn_thread    hand the thread's messages to the desk: it may learn from them
#   reopen_thread   take the sign that the thread is solved away again
#   call_helpers    mention the helper role, the only mention there ever is
#   close_thread    close a thread that nobody writes in any more
Action = Literal[
    "remove_message", "delete_reply", "mark_solved", "learn_thread", "reopen_thread", "call_helpers", "close_thread"
]


@dataclass(frozen=True, slots=True)
class Reply:
    """Something the assistant says.

    Replies of one message with the same `slot` are one message of ours in the chat: the first is sent, the next ones
    edit it. `replaces` names an own message from before that is to be edited instead of sending a new one.
    Everything in it is safe to show: mentions are neutralised, fences in `output` escaped, no path, no token.
    """

    text: str = ""  # Markdown
    state: Literal["progress", "final"] = "final"
    kind: str = "note"  # answer, unsure, suggestion, docs, run, upgrade, refusal, warning, note, …
    output: str = ""  # what a snippet printed, cut to a readable length; to be shown as a code block
    code: str = ""  # an example, Python
    sources: tuple[Link, ...] = ()
    pictures: tuple[File, ...] = ()
    files: tuple[File, ...] = ()
    buttons: tuple[Button, ...] = ()
    progress: Progress | None = None
    slot: str = "main"
    replaces: str | None = None
    actions: tuple[Action, ...] = ()
    private: bool = False  # only the person need see it
    quiet: bool = False  # without a notification
    run_id: str = ""
    permalink: str = ""
    confidence: float | None = None
    locale: str = "en"
    facts: Mapping[str, Any] = field(default_factory=dict)  # for tests and logs: never shown

    def to_dict(self) -> dict[str, Any]:
        """Return the reply as plain JSON data; files by name and path."""
        plain = asdict(self)
        for name in ("pictures", "files"):
            plain[name] = [{**file, "path": str(file["path"])} for file in plain[name]]
        return plain

    def with_buttons(self, buttons: tuple[Button, ...]) -> Reply:
        """Return the reply with other buttons."""
        return replace(self, buttons=buttons)

    def with_text(self, text: str) -> Reply:
        """Return the reply with another text."""
        return replace(self, text=text)
