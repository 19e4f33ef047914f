"""The same dialogues over every channel: how they are written, and how they are played.

A dialogue (`dialogues/*.yaml`) is a name, what its channel must be able to do (`needs`), and steps:

    say      somebody (`as`, else ada) writes it, in a `thread`, with `files`, `roles`; `addressed: false`: to nobody
    edit     the last message is changed to this
    press    a button of this intent, and of the arguments in `with`, under the last reply
    vote     up or down for the last reply

`expect` tells the replies: one, a list, or `[]` for silence. `shows` and `hides` are about what a person sees;
`first_source`, `status`, `backend`, `stdout`, `error`, `run_source` and `pictures` about what it was made of. At the
end `votes` are those that were kept, and `never_stored` is nowhere in the data directory.

A channel takes part with a `ChannelDriver`; it is named in `test_dialogues.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

from bot.channels.base import reply_is_silent
from bot.desk import Desk
from bot.messages import Message, Reply

FOLDER = Path(__file__).parent / "dialogues"
# What a channel may be able to do beyond answering what is said to it.
ABILITIES = frozenset(
    {
        "buttons",
        "commands",  # !docs, !help, …
        "conversation",  # remembers what was said before
        "edits",
        "files",
        "people",  # more than one
        "pings",  # can mention people, so that a text must be disarmed
        "roles",
        "short_runs",  # a run may take `RUN_TIMEOUT_S`, no longer
        "threads",
        "unasked",  # sees messages that are not for us
        "upgrade",
        "votes",
    }
)
EVERYTHING = ABILITIES
RUN_TIMEOUT_S = 8.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of ours as a person sees it (`text`: everything visible of it), and what it was made of."""

    id: str
    text: str
    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    buttons: tuple[tuple[str, Mapping[str, str], str], ...] = ()  # intent, arguments, token

    @classmethod
    def of(cls, own_id: str, visible: str, reply: Reply) -> Seen:
        """Return what a person sees together with the reply that it shows."""
        buttons = tuple((button.intent.value, button.arguments, button.token) for button in reply.buttons)
        return cls(own_id, visible, reply.kind, reply.facts, tuple(file.name for file in reply.pictures), buttons)

    def token(self, intent: str, arguments: Mapping[str, str]) -> str:
        """Return the token of the first button that fits.

        Raises:
            LookupError: there is none.
        """
        for known, given, token in self.buttons:
            if known == intent and arguments.items() <= given.items():
                return token
        raise LookupError(f"no button {intent} {dict(arguments)} among {[button[:2] for button in self.buttons]}")


class ChannelDriver(Protocol):
    """Somebody who talks with Lobby on one channel, and sees what is shown there."""

    name: str
    abilities: frozenset[str]
    data_dir: Path

    async def say(
        self,
        who: str,
        text: str,
        *,
        thread: str = "",
        files: Mapping[str, bytes],
        roles: Sequence[str] = (),
        addressed: bool = True,
    ) -> list[Seen]:
        """Write a message, and return our messages that it brought, in order, once they are final."""
        ...

    async def edit(self, text: str) -> list[Seen]:
        """Change the last message that was said, and return our messages that changed or came."""
        ...

    async def press(self, who: str, seen: Seen, intent: str, arguments: Mapping[str, str]) -> list[Seen]:
        """Press a button under a message of ours, and return our messages that changed or came."""
        ...

    async def vote(self, who: str, seen: Seen, vote: str) -> None:
        """Vote on a message of ours as people do here: by a reaction or a button."""
        ...

    async def votes(self) -> list[str]:
        """Return the votes that are kept since the dialogue began."""
        ...


class Recorder:
    """Remembers the replies of a desk by the id of the message that shows them; drivers in one process use it."""

    def __init__(self, desk: Desk) -> None:
        self.replies: dict[str, Reply] = {}
        self._delivered = desk.delivered
        desk.delivered = self._record  # type: ignore[method-assign]

    async def _record(self, message: Message, reply: Reply, own_id: str) -> None:
        if reply.state == "final" and not reply_is_silent(reply):
            self.replies[own_id] = reply
        await self._delivered(message, reply, own_id)


@dataclass(frozen=True)
class Dialogue:
    """One dialogue as it is written."""

    name: str
    steps: list[dict[str, Any]]
    needs: frozenset[str] = frozenset()
    votes: list[str] | None = None
    never_stored: str = ""

    def fits(self, abilities: frozenset[str]) -> bool:
        """True when a channel can do all that the dialogue needs."""
        return self.needs <= abilities


def dialogues() -> list[Dialogue]:
    """Return all dialogues, in the order of their files.

    Raises:
        ValueError: one is written wrongly.
    """
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")):
            needs = frozenset(item.pop("needs", ()))
            if unknown := needs - ABILITIES:
                raise ValueError(f"{path.name}: {item['name']} needs {unknown}, which no channel can have")
            found.append(Dialogue(needs=needs, **item))
    return found


async def play(dialogue: Dialogue, driver: ChannelDriver) -> None:
    """Play a dialogue on a channel.

    Raises:
        AssertionError: something else came than is written.
    """
    last: list[Seen] = []
    for step in dialogue.steps:
        who = step.get("as", "ada")
        if "say" in step:
            files = {name: content.encode() for name, content in step.get("files", {}).items()}
            came = await driver.say(
                who,
                step["say"],
                thread=step.get("thread", ""),
                files=files,
                roles=step.get("roles", ()),
                addressed=step.get("addressed", True),
            )
        elif "edit" in step:
            came = await driver.edit(step["edit"])
        elif "press" in step:
            came = await driver.press(who, last[-1], step["press"], step.get("with", {}))
        else:
            await driver.vote(who, last[-1], step["vote"])
            continue
        expect = step.get("expect", [])
        _check(dialogue, came, expect if isinstance(expect, list) else [expect])
        last = came or last
    if dialogue.votes is not None:
        assert await driver.votes() == dialogue.votes, dialogue.name
    if dialogue.never_stored:
        for path in driver.data_dir.rglob("*"):
            stored = path.is_file() and dialogue.never_stored.encode() in path.read_bytes()
            assert not stored, f"{dialogue.name}: {path} holds what must not be stored"


def _check(dialogue: Dialogue, came: list[Seen], expected: list[dict[str, Any]]) -> None:
    told = "\n".join(f"[{seen.kind}] {seen.text} {dict(seen.facts)}" for seen in came)
    where = f"{dialogue.name}: this came:\n{told}"
    assert len(came) == len(expected), where
    for seen, wanted in zip(came, expected, strict=True):
        for key, value in wanted.items():
            _check_one(seen, key, value, where)


def _check_one(seen: Seen, key: str, value: Any, where: str) -> None:
    facts = seen.facts
    if key == "kind":
        assert seen.kind == value, where
    elif key == "shows":
        for words in value:
            assert words in seen.text, f"{words!r} is not shown. {where}"
    elif key == "hides":
        for words in value:
            assert words not in seen.text, f"{words!r} is shown. {where}"
    elif key in ("first_source", "run_source"):
        assert list(facts.get("sources", ()))[:1] == [value], where
    elif key == "pictures":
        assert list(seen.pictures) == value, where
    elif key in ("status", "backend", "stdout", "error"):
        assert facts.get(key) == value, where
    else:
        raise ValueError(f"{key} is not known in expect. {where}")
