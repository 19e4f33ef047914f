"""What a chat asks beside questions and runs: votes, solved threads, helpers, help, privacy, operators' commands."""

from __future__ import annotations

import logging

from bot.assistant import Assistant
from bot.intents import Request
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


class Errands:
    """Does what is quickly done."""

    def __init__(
        self,
        assistant: Assistant,
        memory: Memory,
        manners: Manners,
        running: Running,
        outbox: Outbox,
        workers: Workers,
    ) -> None:
        self._assistant = assistant
        self._memory = memory
        self._manners = manners
        self._running = running
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
                hello = f"{say('help.hello', locale)}\n" if request.small_talk else ""
                text = say("help.text", locale, p=prefix) if not request.text or not hello else hello.strip()
                return [Reply(text=text, kind="help", private=not hello, locale=locale)]
            case Intent.PRIVACY:
                return [_note(say("privacy.text", locale, p=prefix), message, kind="privacy")]
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

    def _forget(self, message: Message) -> Reply:
        gone = self._memory.forget(message.channel, message.author.id)
        for run_id in gone.runs:
            self._outbox.forget(run_id)
            self._assistant.runner.forget(run_id)
        text = say("forget.done", message.locale, rows=gone.rows, runs=len(gone.runs))
        return Reply(
            text=text,
            kind="forget",
            private=True,
            locale=message.locale,
            facts={"rows": gone.rows, "runs": list(gone.runs)},
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
        if before is None:
            return _note(say("thread.no_thread", locale), message)
        if not self._manners.may_manage(message, before.asker):
            return _note(say("thread.not_yours", locale), message, kind="refusal")
        self._memory.set_state(before.id, "solved")
        return Reply(text=say("thread.solved", locale), kind="solved", actions=("mark_solved",), locale=locale)

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
            return say("operator.status", locale, mode=mode, paused=paused, **_figures(status))
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
        person = request.arguments.get("person") or (words[0].strip("<@!>") if words else "")
        if not person:
            return say("operator.who", locale)
        if request.intent == Intent.PARDON:
            self._manners.pardon(channel, person)
            return f"{say('operator.pardoned', locale)} {inline(person)}"
        self._manners.block(channel, person, BLOCK_S, "by an operator")
        return f"{say('operator.blocked', locale, wait=wait_words(BLOCK_S, locale))} {inline(person)}"


def _figures(status: dict[str, object]) -> dict[str, object]:
    return {name: status[name] for name in ("queued", "running", "slots")}


def _note(text: str, message: Message, kind: str = "note") -> Reply:
    return Reply(text=text, kind=kind, private=True, locale=message.locale)
