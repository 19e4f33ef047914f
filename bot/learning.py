"""What Lobby learns from the chats: solved threads as pages of the knowledge base, and nobody's name.

    ✅ or /solved → a switched-on room? → the channel hands over the thread → question and answer → a page → built

A page holds the question and the answer that was accepted, with their code; names, mentions, addresses and secrets are
taken out. Of people who want to be kept out nothing is used, and of threads that Lobby solved itself neither: it would
learn from itself. A page is kept at once, and found after a build, which goes on in a process of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.intents import named_in
from bot.memory import Memory
from bot.messages import Intent, Message
from bot.redaction import redact, without_removed
from kb.apart import Apart
from kb.errors import KnowledgeError
from kb.knowledge import KnowledgeBase
from kb.pages import Page
from kb.sources import chats
from kb.sources.outside import Unreadable
from kb.store import dump_page, load_page

log = logging.getLogger(__name__)

# Threads that are solved in the same minute share a build; what is to go is not waited for.
GATHER_S = 60.0
LOOK_S = 1.0
KIND = "chat"
_CHOICE = "learn"
_ON, _OFF = "on", "off"
# What a platform's clients make of a person's name: <@123> and <@!123>, @ada:example.org, links to either.
_PERSON = re.compile(
    r"<@[!&]?\d{5,20}>|\[[^\[\]]{0,200}\]\(https://matrix\.to/#/@[^()\s]{0,300}\)|https://matrix\.to/#/@\S{0,300}|"
    r"(?<![\w.])@[\w.=/+-]{1,200}:[\w.-]{1,200}(?::\d{1,5})?"
)
_PLACE = re.compile(r"<#\d{5,20}>|<a?:(\w{1,50}):\d{5,20}>")


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a thread, as its channel finds it there.

    `names` are all by which its author and the people it mentions go; `at` is in seconds since 1970; `solves` is True
    for what was marked as the solution.
    """

    id: str
    author: str
    text: str
    at: float
    names: frozenset[str] = frozenset()
    is_bot: bool = False
    solves: bool = False


class Learning:
    """What one desk learns. Thread-safe, but for `publish`, which belongs to the event loop."""

    def __init__(self, knowledge: KnowledgeBase, memory: Memory) -> None:
        self._knowledge = knowledge
        self._memory = memory
        self._waiting = bool(memory.waiting())  # perhaps a former process did not come to it
        self._hurry = False
        self._publishing: asyncio.Task[None] | None = None
        self._apart: Apart | None = None

    # -- where -----------------------------------------------------------------------------------------------

    def on(self, channel: str, room: str) -> bool:
        """True where operators have switched on that solved threads are learned from."""
        return self._memory.choice(channel, _CHOICE, room) == _ON

    def switch(self, channel: str, room: str, on: bool) -> None:
        """Switch that on or off for a room."""
        self._memory.choose(channel, room, _CHOICE, _ON if on else _OFF)

    def may_learn(self, message: Message) -> bool:
        """True for threads of such a room; what is said in private never is."""
        return bool(message.thread) and not message.direct and self.on(message.channel, message.room)

    # -- what ------------------------------------------------------------------------------------------------

    def learn(self, message: Message, title: str, said: Sequence[Said]) -> bool:
        """Keep a solved thread as a page; False when there is nothing to learn from it."""
        if not self.may_learn(message):
            return False
        made = self._page(message, title, said)
        if made is None:
            return False
        page, people = made
        self._memory.note_learned(message, page.id, dump_page(page), people)
        self._waiting = True
        return True

    def unlearn(self, pages: Sequence[str]) -> int:
        """Let pages go that the memory has forgotten already; return how many there are."""
        self._waiting = self._hurry = self._waiting or bool(pages)
        return len(pages)

    def _page(self, message: Message, title: str, said: Sequence[Said]) -> tuple[Page, set[str]] | None:
        """Return a thread as a page, and whose words are in it."""
        out = {one.author for one in said if self._memory.keeps_out(message.channel, one.author)}
        if not said or said[0].author in out or said[0].is_bot:
            return None
        solution = next((one for one in said if one.solves), None)
        if solution is not None and (solution.is_bot or solution.author in out):
            return None
        messages = [_anonymous(one) for one in said if not one.is_bot and one.author not in out]
        messages = [one for one in messages if one.text.strip()]
        if not messages or messages[0].author != said[0].author:
            return None
        answer = chats.solution_of(messages, messages[0].author, known_solved=True)
        if answer is None:
            return None
        about = self._memory.conversation(message.conversation)
        url = about.url if about is not None and about.url else message.url
        identity = hashlib.blake2b(message.conversation.encode(), digest_size=12).hexdigest()
        talk = chats.Conversation(
            id=f"{message.channel}/{identity}",
            title=_anonymous_text(title),
            url=url or f"/sources/{message.channel}/{identity}",
            messages=messages,
            names=frozenset(name for one in said for name in one.names),
            format=message.channel,
            solved=True,
        )
        with suppress(Unreadable):
            page = chats.page(talk, self._symbol)
            return (page, {said[0].author, answer.author}) if page is not None else None
        return None

    def _symbol(self, name: str) -> str | None:
        page = self._knowledge.page(name)
        return page.symbol if page is not None else None

    # -- building --------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Let what was learned or is to go come into use, soon and behind everybody's back."""
        if (self._publishing is None or self._publishing.done()) and self._waiting:
            self._publishing = asyncio.get_running_loop().create_task(self._publish())

    async def _publish(self) -> None:
        for _ in range(round(GATHER_S / LOOK_S)):
            if self._hurry:
                break
            await asyncio.sleep(LOOK_S)
        self._waiting = self._hurry = False
        try:
            done = await asyncio.to_thread(self._build)
        except Exception:
            log.exception("what was learned could not be built")
            done = False
        self._waiting = self._waiting or not done  # `Desk.tidy` comes back to it

    def _build(self) -> bool:
        """Let a build take up what waits, and say whether it did."""
        waiting = self._memory.waiting()
        try:
            if waiting.dropped:
                self._knowledge.drop([page for page, _ in waiting.dropped])
            for _, channel, room, body in waiting.kept:
                self._knowledge.keep(f"{channel}:{room}", KIND, [load_page(body)])
            self._apart = self._knowledge.build_apart()
            self._apart.wait()
        except KnowledgeError as error:
            log.warning("what was learned waits for the next build: %s %s", error.what, error.remedy)
            return False
        finally:
            self._apart = None
        self._memory.took_up(waiting)
        return True

    def close(self) -> None:
        """Stop a build that goes on; the next process begins it again."""
        if self._publishing is not None:
            with suppress(RuntimeError):  # its loop has ended already
                self._publishing.cancel()
        if (apart := self._apart) is not None:
            apart.stop()


def _anonymous(one: Said) -> chats.Message:
    at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds") if one.at > 0 else ""
    marks = frozenset({"✅"}) if one.solves else frozenset()
    return chats.Message(one.id, one.author, _anonymous_text(_spoken(one.text)), at, marks)


def _spoken(text: str) -> str:
    """Return what somebody says to people, without what they tell Lobby to do."""
    command = named_in(text)
    if command is None:
        return text
    return command[1] if command[0] == Intent.ASK else ""


def _anonymous_text(text: str) -> str:
    return without_removed(redact(_PLACE.sub(r"\1", _PERSON.sub("@someone", text[: chats.LONGEST_MESSAGE]))))
