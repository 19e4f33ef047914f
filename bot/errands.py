"""What a chat asks beside questions and runs: votes, solved threads, helpers, help, privacy, operators' commands."""

from __future__ import annotations

import logging

from bot.assistant import Assistant
from bot.intents import Request
from bot.learning import Learning
from bot.manners import Manners
from bot.memory import Conversation, Memory
from bot.messages import MODES, Intent, Message, Reply
from bot.outbox import Outbox
from bot.redaction import inline
from bot.running import Running
from bot.wording import say, wait_words
from bot.workers import Workers

log = logging.getLogger(__name__)

BLOCK_S = 7 * 86_400.0
# How a command begins on a channel: what help and privacy print.
PREFIXES = {"discord": "/", "terminal": ":"}
DEFAULT_PREFIX = "!"
_ON, _OFF = frozenset({"on", "yes"}), frozenset({"off", "no"})


class Errands:
    """Does what is quickly done."""

    def __init__(
        self,
        assistant: Assistant,
        memory: Memory,
        manners: Manners,
        running: Running,
        learning: Learning,
        outbox: Outbox,
        workers: Workers,
    ) -> None:
        self._assistant = assistant
        self._memory = memory
        self._manners = manners
        self._running = running
        self._learning = learning
        self._outbox = outbox
        self._workers = workers
        self._complained: set[tuple[str, str, str]] = set()

    async def do(self, message: Message, request: Request, before: Conversation | None) -> list[Reply]:
        """Do an errand and say so."""
        return await self._workers.look(self._do, message, request, before)

    def _do(self, message: Message, request: Request, before: Conversation | None) -> list[Reply]:
        locale = message.locale
        prefix = PREFIXES.get(message.channel, DEFAULT_PREFIX)
        match request.intent:
            case Intent.HELP:
                if request.thanks:
                    return [Reply(text=say("help.welcome", locale), kind="help", locale=locale)]
                hello = f"{say('help.hello', locale)}\n" if request.small_talk else ""
                text = say("help.text", locale, p=prefix) if not request.text or not hello else hello.strip()
                return [Reply(text=text, kind="help", private=not hello, locale=locale)]
            case Intent.PRIVACY:
                return [_note(self._privacy(message, request, prefix), message, kind="privacy")]
            case Intent.FORGET:
                return [self._forget(message)]
            case Intent.FEEDBACK:
                return self._vote(message, request)
            case Intent.SOLVED:
                return [self._solved(message, before)]
            case Intent.HUMAN:
                return [
                    Reply(text=say("thread.helpers", locale), kind="human", actions=("call_helpers",), locale=locale)
                ]
            case Intent.CANCEL:
                return [self._cancel(message, request)]
            case Intent.DELETE:
                return [self._delete(message)]
            case _:
                return [_note(self._operate(message, request), message, kind="operator")]

    def complain(self, message: Message, what: str, remedy: str) -> None:
        """Tell the operator what the platform forbids in a room; each thing once."""
        key = (message.channel, message.room, what)
        if key not in self._complained:
            self._complained.add(key)
            log.warning(
                "%s: %s", message.channel, say("operator.not_allowed", room=message.room, what=what, remedy=remedy)
            )

    def _privacy(self, message: Message, request: Request, prefix: str) -> str:
        """Say what is kept; or keep whether the person wants their words kept out of what is learned."""
        locale, channel, person = message.locale, message.channel, message.author.id
        asked = request.arguments.get("learn") or request.text.strip().lower()
        if asked in _OFF | _ON:
            self._memory.keep_out(channel, person, asked in _OFF)
            if asked in _ON:
                return say("learn.kept_in", locale)
            pages = self._learning.unlearn(self._memory.unlearn_person(channel, person))
            return (
                f"{say('learn.kept_out', locale)} {say('learn.removed', locale, count=pages) if pages else ''}".strip()
            )
        learns = self._learning.on(channel, message.room)
        lines = [say("privacy.text", locale, p=prefix), say("learn.here" if learns else "learn.not_here", locale)]
        if self._memory.keeps_out(channel, person):
            lines.append(say("learn.yours_out", locale))
        return "\n\n".join([lines[0], " ".join(lines[1:])])

    def _forget(self, message: Message) -> Reply:
        pages = self._learning.unlearn(self._memory.unlearn_person(message.channel, message.author.id))
        gone = self._memory.forget(message.channel, message.author.id)
        for run_id in gone.runs:
            self._outbox.forget(run_id)
            self._assistant.runner.forget(run_id)
        text = say("forget.done", message.locale, rows=gone.rows, runs=len(gone.runs))
        if pages:
            text = f"{text} {say('learn.removed', message.locale, count=pages)}"
        return Reply(
            text=text,
            kind="forget",
            private=True,
            locale=message.locale,
            facts={"rows": gone.rows, "runs": list(gone.runs), "pages": pages},
        )

    def _vote(self, message: Message, request: Request) -> list[Reply]:
        said = request.arguments.get("vote") or request.text.strip().lower()
        vote = {
            "up": "up",
            "+1": "up",
            "👍": "up",
            "yes": "up",
            "down": "down",
            "-1": "down",
            "👎": "down",
            "no": "down",
        }
        chosen = "none" if said == "none" else vote.get(said, "up")
        own_id = message.reply_to or self._memory.last_reply(message.conversation)
        kept = own_id is not None and self._memory.vote(message, own_id, chosen)
        if request.arguments.get("silent"):
            return []
        return [_note(say("feedback.thanks" if kept else "feedback.unknown", message.locale), message, kind="feedback")]

    def _solved(self, message: Message, before: Conversation | None) -> Reply:
        locale = message.locale
        # Whose thread is named may be in a room in which the person has no say.
        if before is None or before.room != message.room:
            return _note(say("thread.no_thread", locale), message)
        if not self._manners.may_manage(message, before.asker):
            return _note(say("thread.not_yours", locale), message, kind="refusal")
        self._memory.set_state(before.id, "solved")
        text = say("thread.solved", locale)
        if not self._learning.may_learn(message):
            return Reply(text=text, kind="solved", actions=("mark_solved",), locale=locale)
        prefix = PREFIXES.get(message.channel, DEFAULT_PREFIX)
        text = f"{text} {say('learn.told', locale, command=f'{prefix}privacy')}"
        return Reply(text=text, kind="solved", actions=("learn_thread", "mark_solved"), locale=locale)

    def _cancel(self, message: Message, request: Request) -> Reply:
        own = self._manners.run_of(message)
        asked = request.arguments.get("run") or own
        if not asked or not self._running.cancel_allowed(message, asked, own):
            sentence = "thread.not_yours" if asked else "run.nothing_to_cancel"
            return _note(say(sentence, message.locale), message, kind="refusal")
        stopped = self._running.cancel(asked)
        return _note(
            say("run.cancelling" if stopped else "run.nothing_to_cancel", message.locale), message, kind="cancel"
        )

    def _delete(self, message: Message) -> Reply:
        own = self._memory.reply(message.channel, message.reply_to) if message.reply_to else None
        if own is None or not self._manners.may_manage(message, own.author):
            return _note(say("thread.not_yours", message.locale), message, kind="refusal")
        return Reply(kind="delete", replaces=own.id, actions=("delete_reply",), locale=message.locale)

    def _operate(self, message: Message, request: Request) -> str:
        """Do an operator's command; that the person is one was checked before."""
        locale, channel = message.locale, message.channel
        words = request.text.split()
        place = request.arguments.get("place") or message.room
        if request.intent == Intent.STATUS:
            status = self._assistant.runner.status()
            mode = self._manners.mode(channel, message.server, message.room)
            paused = self._manners.paused(channel, message.server, message.room)
            learns = self._learning.on(channel, message.room)
            told = say("operator.status", locale, mode=mode, paused=_yes(paused, locale), **_figures(status))
            pages = self._memory.learned(channel, message.room)
            return f"{told}; {say('learn.status', locale, on=_yes(learns, locale), count=pages)}"
        if request.intent == Intent.PAUSE:
            state = request.arguments.get("state") or (words[0].lower() if words else "on")
            self._manners.pause(channel, place, state != "off")
            return say("operator.paused" if state != "off" else "operator.resumed", locale)
        if request.intent == Intent.MODE:
            asked = request.arguments.get("mode") or (words[0].lower() if words else "")
            chosen = next((mode for mode in MODES if mode == asked), None)
            if chosen is None:
                return say("operator.which_mode", locale, modes=", ".join(MODES))
            self._manners.set_mode(channel, place, chosen)
            return say("operator.mode", locale, mode=chosen)
        if request.intent == Intent.LEARN:
            state = request.arguments.get("state") or (words[0].lower() if words else "")
            return self._learn(channel, place, state, locale)
        person = request.arguments.get("person") or (words[0].strip("<@!>") if words else "")
        if not person:
            return say("operator.who", locale)
        if request.intent == Intent.PARDON:
            self._manners.pardon(channel, person)
            return f"{say('operator.pardoned', locale)} {inline(person)}"
        self._manners.block(channel, person, BLOCK_S, "by an operator")
        return f"{say('operator.blocked', locale, wait=wait_words(BLOCK_S, locale))} {inline(person)}"

    def _learn(self, channel: str, room: str, state: str, locale: str) -> str:
        """Switch on or off that solved threads of a room are learned from, or also remove what was."""
        if state not in {*_ON, *_OFF, "remove"}:
            return say("learn.which", locale)
        self._learning.switch(channel, room, state in _ON)
        if state in _ON:
            return say("learn.on", locale)
        if state in _OFF:
            return f"{say('learn.off', locale)} {say('learn.stays', locale)}"
        pages = self._learning.unlearn(self._memory.unlearn_room(channel, room))
        return f"{say('learn.off', locale)} {say('learn.removed', locale, count=pages)}"


def _yes(so: bool, locale: str) -> str:
    return say("operator.yes" if so else "operator.no", locale)


def _figures(status: dict[str, object]) -> dict[str, object]:
    return {name: status[name] for name in ("queued", "running", "slots")}


def _note(text: str, message: Message, kind: str = "note") -> Reply:
    return Reply(text=text, kind=kind, private=True, locale=message.locale)
