"""The desk: one assistant for every chat channel. A Message in, Replies out.

    message → is it meant for us? → claimed, once → may this person? → what do they want? → a room → replies

It never sees a chat library. A channel calls `handle` through `bot.channels.base.serve`; the rest of this class is what
channels ask beside: modes, symbols to complete, what was missed, threads that fell asleep.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace

from bot.asking import Asking, unusable
from bot.assistant import Assistant
from bot.attachments import fetch
from bot.errands import DEFAULT_PREFIX, PREFIXES, Errands
from bot.intents import BadInput, Request, asks_to_run_again, named_in, understand
from bot.learning import Learning, Said
from bot.manners import Manners, Verdict
from bot.memory import Claim, Conversation, Memory, OwnReply, Seen
from bot.messages import Action, Button, Intent, Message, Mode, Reply
from bot.outbox import Outbox
from bot.redaction import redact, secrets_in
from bot.replies import Composer
from bot.running import Running
from bot.settings import Settings
from bot.upgrading import Upgrading
from bot.wording import say, wait_words
from bot.workers import Crowded, Workers
from kb.errors import KnowledgeError
from kb.normalize import detect_language
from runner.errors import RunnerError, UnknownRun

log = logging.getLogger(__name__)


class Desk:
    """Answers the messages of all channels of one process."""

    def __init__(self, assistant: Assistant, memory: Memory, settings: Settings) -> None:
        self.assistant = assistant
        self.memory = memory
        self.settings = settings
        self.manners = Manners(memory, settings)
        self.workers = Workers()
        composer = Composer(settings.public_url)
        self._asking = Asking(assistant, memory, composer, self.workers)
        self._outbox = Outbox(settings.data_dir / "chat" / "outbox")
        self._running = Running(assistant, memory, self.manners, composer, self.workers, settings, self._outbox)
        self._upgrading = Upgrading(assistant, self._outbox, self.workers)
        self._learning = Learning(assistant.knowledge, memory)
        self._errands = Errands(
            assistant, memory, self.manners, self._running, self._learning, self._outbox, self.workers
        )

    # -- messages --------------------------------------------------------------------------------------------

    async def handle(self, message: Message) -> AsyncGenerator[Reply, None]:
        """Answer a message; nothing comes for one that is not meant for us or is answered already.

        Channels call it through `bot.channels.base.serve`, which shows the replies and tells the desk about them.
        """
        await self.workers.look(self.memory.saw, message.channel, message.room, message.id, message.sent_at)
        if message.author.is_bot:
            return
        leaked = secrets_in(message.text) + secrets_in(message.quoted)
        message = await self._prepared(message)
        before = await self.workers.look(self.memory.conversation, message.conversation)
        if before is not None and _wakes(message, before):
            await self.workers.look(self.memory.set_state, before.id, "open")
        unasked = await self.workers.look(self._unasked, message, before)
        if unasked == "off" and not leaked:
            return
        claim = await self.workers.look(self.memory.claim, message)
        if claim is None:
            return
        if leaked:
            yield self._warn([secret.kind for secret in leaked], message)
            if unasked == "off":
                return
        verdict = await self.workers.look(self.manners.greet, message)
        if verdict.kind != "yes":
            if verdict.kind == "refuse":
                yield _refusal(verdict, message)
            return
        try:
            tokens: dict[str, str] = {}
            async for reply in self._answer(claim, before, unasked):
                yield await self.workers.look(self._dressed, claim, reply, tokens)
        except BadInput as error:
            yield Reply(text=f"{error.what} {error.remedy}", kind="refusal", locale=message.locale)
        except UnknownRun:
            yield Reply(text=say("run.gone", message.locale), kind="refusal", private=True, locale=message.locale)
        except Crowded as error:
            wait = wait_words(error.retry_after_s, message.locale)
            yield Reply(text=say("manners.crowded", message.locale, wait=wait), kind="refusal", locale=message.locale)
        except KnowledgeError as error:
            yield unusable(error, message.locale)
        except RunnerError as error:
            log.error("the runner cannot be used: %s %s", error.what, error.remedy)
            yield Reply(text=say("manners.unusable", message.locale), kind="refusal", locale=message.locale)
        except Exception:
            log.exception("message %s of %s could not be answered", message.id, message.channel)
            yield Reply(text=say("manners.failed", message.locale), kind="refusal", locale=message.locale)

    async def delivered(self, message: Message, reply: Reply, own_id: str) -> None:
        """Remember that a reply is shown in the chat as our message `own_id`."""
        if own_id:
            await self.workers.look(self.memory.note_reply, message, own_id, reply.slot, reply.kind, reply.run_id)

    async def finished(self, message: Message) -> None:
        """Remember that all replies to a message are shown."""
        await self.workers.look(self.memory.finish, message)
        self._learning.publish()

    async def unfinished(self, channel: str) -> list[Message]:
        """Return the messages that a former process left unanswered; to be handed over again."""
        return await self.workers.look(self.memory.unfinished, channel)

    # -- what channels ask beside ----------------------------------------------------------------------------

    async def last_seen(self, channel: str, room: str) -> Seen | None:
        """Return the last message that was seen in a room: what came after it was missed.

        To be asked for every room before new messages are handed over.
        """
        return await self.workers.look(self.memory.last_seen, channel, room)

    async def mode(self, channel: str, server: str, room: str) -> Mode:
        """Return what Lobby does unasked in a room."""
        return await self.workers.look(self.manners.mode, channel, server, room)

    async def complete(self, typed: str, limit: int = 25) -> list[str]:
        """Return symbols for what was typed so far, best first; none when the knowledge base cannot be used."""
        try:
            return await self._asking.complete(typed, limit)
        except KnowledgeError:
            return []

    async def idle(self, channel: str) -> list[tuple[Conversation, Reply]]:
        """Return the threads nobody writes in any more with what to say there: a reminder, or that it is closed.

        Each is told once; to be asked now and then. A closing reply has the action `close_thread`.
        """
        day_s = 86_400.0
        remind, close = await self.workers.look(
            self.memory.idle, channel, self.settings.chat_remind_days * day_s, self.settings.chat_close_days * day_s
        )
        command = f"{PREFIXES.get(channel, DEFAULT_PREFIX)}solved"
        reminders = [
            (one, Reply(text=say("thread.remind", one.locale, command=command), kind="reminder", locale=one.locale))
            for one in remind
        ]
        closings = [
            (
                one,
                Reply(
                    text=say("thread.closed", one.locale), kind="closed", actions=("close_thread",), locale=one.locale
                ),
            )
            for one in close
        ]
        return reminders + closings

    async def learn(self, message: Message, title: str, said: Sequence[Said]) -> bool:
        """Let a solved thread become a page of the knowledge base, where operators have switched that on.

        Args:
            message: which said that it is solved.
            title: the thread's, "" when it has none.
            said: all of its messages, the question first.

        Returns:
            Whether there was something to learn.
        """
        learned = await self.workers.look(self._learning.learn, message, title, said)
        self._learning.publish()
        return learned

    async def not_allowed(self, message: Message, what: str, remedy: str) -> None:
        """Tell the operator, once a room and process, that the platform forbids something there."""
        self._errands.complain(message, what, remedy)

    def instead(self, message: Message, action: Action) -> Reply | None:
        """Return what to say where a channel could not do what a reply promised; None where nothing was promised."""
        if action != "call_helpers":
            return None
        return Reply(text=say("thread.no_helpers", message.locale), kind="human", locale=message.locale)

    async def tidy(self) -> None:
        """Drop what is too old to matter; to be called once in a while."""
        await self.workers.look(self.memory.prune)
        await self.workers.look(self._outbox.prune)
        self._learning.publish()

    def close(self) -> None:
        """Let what runs end; the assistant and the memory are closed by who opened them."""
        self._learning.close()
        self.workers.close()

    # -- inside ----------------------------------------------------------------------------------------------

    async def _prepared(self, message: Message) -> Message:
        """Complete a message: the intent of its button or command, its language; secrets go here."""
        if message.button:
            button = await self.workers.look(self.memory.button, message.channel, message.button)
            if button is not None:
                message = replace(message, intent=button.intent, arguments={**button.arguments, **message.arguments})
        elif message.intent is None and (named := named_in(message.text)) is not None:
            message = replace(message, intent=named[0], text=named[1], addressed=True)
        locale = message.locale or detect_language(message.text)
        arguments = {name: redact(value) for name, value in message.arguments.items()}
        return replace(
            message, text=redact(message.text), quoted=redact(message.quoted), locale=locale, arguments=arguments
        )

    def _unasked(self, message: Message, before: Conversation | None) -> str:
        """Return "" for what is plainly meant for us, else the mode under which we may say something, or "off"."""
        if message.edited:
            return "" if self.memory.replies_to(message.channel, message.id) or message.addressed else "off"
        if message.addressed or message.direct or message.intent is not None or message.button:
            return ""
        if message.to_others:
            return "off"
        mode = self.manners.mode(message.channel, message.server, message.room)
        # Who asked goes on in their thread without naming us each time, also when it was closed meanwhile.
        if message.thread and before is not None and before.asker == message.author.id:
            return "answer"
        return mode

    async def _answer(self, claim: Claim, before: Conversation | None, unasked: str) -> AsyncIterator[Reply]:
        message = claim.message
        if message.button and message.intent is None:
            yield Reply(text=say("manners.old_button", message.locale), kind="refusal", private=True)
            return
        request = await self._request(message)
        if unasked:
            if not _worth_a_word(message, request, before):
                return
            request = replace(request, intent=Intent.ASK)
        own = await self.workers.look(self._edited_reply, message)
        if own and own.run_id:
            changed = await self._running.changed(message, own.id, own.run_id, request)
            if changed is not None:
                yield changed
            return
        verdict = await self.workers.look(self.manners.admit, message, request)
        if verdict.kind != "yes":
            if not unasked:
                yield _refusal(verdict, message)
            return
        replaces = own.id if own else None
        if message.thread and before is not None:
            await self.workers.look(self.memory.touch, before.id)
            if _takes_up(message, request, before):
                await self.workers.look(self._reopen, before)
                yield Reply(actions=("reopen_thread",), locale=message.locale)
        if request.intent == Intent.RUN:
            request, in_place = await self._run_request(message, request)
            async for reply in self._running.run(claim, request, replaces=replaces or in_place):
                yield reply
            return
        for reply in await self._one_reply(message, request, before, unasked):
            yield replace(reply, replaces=reply.replaces or replaces)

    async def _one_reply(
        self, message: Message, request: Request, before: Conversation | None, unasked: str
    ) -> list[Reply]:
        """Answer everything that is not a run."""
        locale = message.locale
        if request.intent == Intent.ASK:
            reply = await self._asking.ask(message, request, before, unasked=unasked)
            return [reply] if reply is not None else []
        if request.intent == Intent.DOCS:
            return [await self._asking.docs(message, request.text)]
        if request.intent == Intent.SOURCES:
            return [self._asking.sources(message, await self.workers.look(self._conversation_shown, message, before))]
        if request.intent == Intent.EXPLAIN:
            if run_id := request.arguments.get("run"):
                result = await self.workers.ask(self.assistant.result, run_id)
                if result is None or result.error is None:
                    return [Reply(text=say("answer.no_error", locale), private=True, locale=locale)]
                return [await self._asking.explain_error(message, result.error)]
            return [await self._asking.explain(message, request)]
        if request.intent == Intent.UPGRADE:
            return [await self._upgrading.upgrade(message, request)]
        return await self._errands.do(message, request, before)

    async def _request(self, message: Message) -> Request:
        """Understand a message, with its files and what it quotes."""
        contents = await fetch(message)
        arguments = dict(message.arguments)
        text = message.text
        if code := arguments.pop("code", ""):
            # The longest fence that the code does not hold itself.
            text = f"{text}\n~~~~~~python\n{code}\n~~~~~~"
        request = understand(text, intent=message.intent, arguments=arguments, contents=contents)
        wants_more = {Intent.ASK, Intent.RUN, Intent.EXPLAIN, Intent.UPGRADE}
        if message.quoted and message.addressed and request.intent in wants_more and not request.code + request.error:
            quoted = understand(message.quoted)
            if quoted.code or quoted.error or message.intent is not None:
                joined = f"{text}\n\n{message.quoted}".strip()
                request = understand(joined, intent=message.intent, arguments=arguments, contents=contents)
        if message.addressed and not request.code + request.error + request.arguments.get("run", ""):
            request = await self.workers.look(self._about_a_run, message, request)
        return request

    def _about_a_run(self, message: Message, request: Request) -> Request:
        """Let "and on torch?", or "explain" under a result, be about the run that is shown there."""
        run_id = self.memory.run_shown(message.conversation, message.channel, message.reply_to)
        if not run_id:
            return request
        named = {**request.arguments, "run": run_id}
        if request.intent in {Intent.RUN, Intent.EXPLAIN, Intent.UPGRADE}:
            return replace(request, text="", arguments=named)
        if request.intent == Intent.ASK and asks_to_run_again(request):
            return replace(request, intent=Intent.RUN, text="", arguments=named)
        return request

    async def _run_request(self, message: Message, request: Request) -> tuple[Request, str | None]:
        """Complete a request to run something again, and say which message of ours its result replaces."""
        run_id = request.arguments.get("run")
        other = request.backend
        if run_id:
            request = await self.workers.look(self._running.again, run_id, request)
        in_place = (run_id and not other) or request.arguments.get("replace")
        if not in_place or message.reply_to is None:
            return request, None
        own = await self.workers.look(self.memory.reply, message.channel, message.reply_to)
        mine = own is not None and self.manners.may_manage(message, own.author)
        return request, message.reply_to if mine else None

    def _conversation_shown(self, message: Message, before: Conversation | None) -> Conversation | None:
        """Return the conversation of the answer whose button was pressed: anybody may look at its sources."""
        own = self.memory.reply(message.channel, message.reply_to) if message.reply_to else None
        return self.memory.conversation(own.conversation) if own is not None else before

    def _edited_reply(self, message: Message) -> OwnReply | None:
        if not message.edited:
            return None
        own = [one for one in self.memory.replies_to(message.channel, message.id) if one.slot == "main"]
        return own[-1] if own else None

    def _reopen(self, before: Conversation) -> None:
        """Let a solved question be an open one again; what was learned from it was no solution."""
        self.memory.set_state(before.id, "open")
        self._learning.unlearn(self.memory.unlearn(before.id))

    def _warn(self, kinds: list[str], message: Message) -> Reply:
        named = ", ".join(dict.fromkeys(kinds))
        text = say("manners.secret", message.locale, kinds=named)
        return Reply(
            text=text, kind="warning", slot="secret", actions=("remove_message",), private=True, locale=message.locale
        )

    def _dressed(self, claim: Claim, reply: Reply, tokens: dict[str, str]) -> Reply:
        """Give a reply's buttons their tokens, and let it replace what an unfinished attempt left.

        `tokens` are those that earlier replies to the same message gave out: progress need not make new ones.
        """
        new = [button for button in reply.buttons if _key(button) not in tokens]
        if new:
            tokens.update(zip(map(_key, new), self.memory.keep_buttons(claim.message, new), strict=True))
        reply = reply.with_buttons(tuple(replace(button, token=tokens[_key(button)]) for button in reply.buttons))
        return replace(reply, replaces=reply.replaces or claim.replies.get(reply.slot))


def _wakes(message: Message, before: Conversation) -> bool:
    """True for what somebody writes in a thread that was closed because nobody wrote any more."""
    typed = message.intent is None and not message.button and not message.edited
    return before.state == "closed" and bool(message.thread) and typed


def _takes_up(message: Message, request: Request, before: Conversation) -> bool:
    """True when the asker of a solved question goes on asking; a word of thanks is none."""
    asks = request.intent in {Intent.ASK, Intent.RUN, Intent.EXPLAIN} and not request.small_talk
    by_asker = message.author.id == before.asker and not message.button and not message.edited
    return before.state == "solved" and asks and by_asker


def _key(button: Button) -> str:
    return f"{button.intent} {button.label} {sorted(button.arguments.items())}"


def _refusal(verdict: Verdict, message: Message) -> Reply:
    return Reply(
        text=verdict.text,
        kind="refusal",
        private=True,
        locale=message.locale,
        facts={"reason": verdict.reason, "retry_after_s": verdict.retry_after_s},
    )


def _worth_a_word(message: Message, request: Request, before: Conversation | None) -> bool:
    """True for what somebody wrote to nobody in particular that reads like a question or a problem."""
    if request.small_talk or request.intent not in {Intent.ASK, Intent.RUN, Intent.DOCS, Intent.UPGRADE}:
        return False
    opens_thread = bool(message.thread) and before is None
    return opens_thread or request.is_question
