"""Questions in a chat: answers, follow-ups, symbols, errors, and what was said before."""

from __future__ import annotations

import itertools
import logging
import re
import threading
from collections import OrderedDict
from dataclasses import replace

from bot.assistant import Assistant
from bot.intents import Request, last_error
from bot.memory import Conversation, Memory
from bot.messages import Button, Intent, Link, Message, Reply
from bot.redaction import disarm, inline, redact
from bot.replies import Composer
from bot.wording import say
from bot.workers import Workers
from kb.errors import BadQuestion, KnowledgeError
from kb.normalize import words
from kb.pages import Answer, Source
from runner.job import RunError

log = logging.getLogger(__name__)

# Unasked, only what is right four times in five is said.
SURE_ENOUGH_UNASKED = 0.8
# A question of so few words, or one that begins like this, leans on the one before.
FOLLOW_UP_WORDS = 4
_LEANS = re.compile(
    r"^\W*(?:and|but|or|so|then|what about|how about|what if|why|same|also|instead|ok(?:ay)?,? (?:and|but)|et|mais|ou|"
    r"pourquoi|y|pero|o|por qu[eé])\b|^\W*(?:那|还有|为什么)|"
    r"\b(?:it|this|that|these|those|them|they|the same|cela|ça|eso|esto)\b",
    re.IGNORECASE,
)
_BACKEND_NAME = re.compile(r"\b(?:tensorflow|tf|jax|pytorch|torch)\b", re.IGNORECASE)
NEAREST = 5
# Questions whose vectors are computed at once.
TOGETHER = 8
_NUMBERS = itertools.count()
LONGEST_BUTTON_CODE = 16 * 1024
LONGEST_ERROR = 4_000


class Asking:
    """Answers from the knowledge base."""

    def __init__(self, assistant: Assistant, memory: Memory, composer: Composer, workers: Workers) -> None:
        self._assistant = assistant
        self._memory = memory
        self._composer = composer
        self._workers = workers
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, str] = OrderedDict()  # questions nobody has looked at yet, by a number

    async def ask(
        self, message: Message, request: Request, before: Conversation | None, *, unasked: str = ""
    ) -> Reply | None:
        """Answer a question; None where silence is better.

        Args:
            message: what the person wrote.
            request: what they want.
            before: what the conversation was about, for follow-ups.
            unasked: the room's mode when nobody addressed us, else "".
        """
        if not request.question.strip():
            return Reply(text=say("answer.no_question", message.locale), locale=message.locale)
        try:
            subject, answer = await self._found(request, before)
        except BadQuestion as error:
            return None if unasked else Reply(text=f"{error.what} {error.remedy}", kind="refusal")
        if unasked == "suggest":
            if not answer.answered or answer.confidence < SURE_ENOUGH_UNASKED or not answer.sources:
                return None
            reply = self._composer.suggestion(answer, message.locale)
        elif answer.answered:
            reply = self._composer.answer(answer, message.locale)
        elif unasked and before is not None:
            return None  # somebody goes on talking; only what we know is worth a word
        else:
            reply = self._composer.unsure(answer.sources, answer.confidence, message.locale)
        reply = await self._workers.look(self._remember, message, subject, answer, reply)
        return _with_run_button(reply, request, message.locale)

    async def _found(self, request: Request, before: Conversation | None) -> tuple[str, Answer]:
        """Wait in line with a question and answer it; who comes to work prepares what waits together."""
        number = next(_NUMBERS)
        with self._lock:
            self._waiting[number] = request.question

        def work() -> tuple[str, Answer]:
            with self._lock:
                # Of what is not there any more somebody else has taken care.
                mine = self._waiting.pop(number, None)
                most = min(TOGETHER - 1, len(self._waiting)) if mine is not None else 0
                others = [self._waiting.popitem(last=False)[1] for _ in range(most)]
            if mine is not None and others:
                self._assistant.knowledge.prepare([mine, *others])
            return self._find(request, before)

        try:
            return await self._workers.ask(work)
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def _find(self, request: Request, before: Conversation | None) -> tuple[str, Answer]:
        """Return the question that was answered, and its answer: the question alone, or with the one before."""
        question = request.question
        alone = self._assistant.ask(question)
        if before is None or not before.subject or request.code or request.error:
            return question, alone
        leans = bool(_LEANS.search(request.text))
        short = len(request.text.split()) <= FOLLOW_UP_WORDS
        if not (leans or short) or (alone.answered and not leans):
            return question, alone
        joined = _joined(before.subject, request.text)
        together = self._assistant.ask(joined)
        if together.answered and (not alone.answered or together.confidence > alone.confidence):
            return joined, together
        return question, alone

    def _remember(self, message: Message, subject: str, answer: Answer, reply: Reply) -> Reply:
        sources = [source.to_dict() for source in answer.sources[:10]]
        self._memory.note_question(message, redact(subject), sources, message.locale)
        self._memory.note_answer(message.channel, answer, author=message.author.id)
        if message.thread and reply.kind != "suggestion":
            solved = self._memory.similar(message, words(subject))
            if solved:
                listed = "\n".join(f"- [{_title(about)}]({url})" for about, url in solved)
                return reply.with_text(f"{reply.text}\n\n{say('answer.similar', message.locale)}\n{listed}")
        return reply

    async def docs(self, message: Message, wanted: str) -> Reply:
        """Look a symbol up; a miss offers the nearest ones."""
        wanted = " ".join(wanted.split())[:200].strip("`() ")
        if not wanted:
            return Reply(text=say("docs.which", message.locale), locale=message.locale)
        return await self._workers.ask(self._docs, wanted, message.locale)

    def _docs(self, wanted: str, locale: str) -> Reply:
        knowledge = self._assistant.knowledge
        page = knowledge.page(wanted)
        nearest: tuple[str, ...] = ()
        if page is None or not page.symbol:
            nearest = knowledge.nearest_symbols(wanted, limit=NEAREST)
            last = wanted.rpartition(".")[2].lower()
            exact = [symbol for symbol in nearest if symbol.rpartition(".")[2].lower() == last]
            # A bare name means its best match; a full path with a wrong middle may mean something else.
            if exact and "." not in wanted:
                page = knowledge.page(exact[0])
        if page is not None:
            return self._composer.page(page, locale)
        return self._composer.misspelt(wanted, nearest, locale)

    async def complete(self, typed: str, limit: int) -> list[str]:
        """Return the symbols that begin like, hold, or are nearest to what was typed, best first."""
        return await self._workers.ask(self._complete, typed.strip(), limit)

    def _complete(self, typed: str, limit: int) -> list[str]:
        lowered = typed.lower()
        symbols = self._assistant.knowledge.symbols()
        if not lowered:
            return list(symbols[:limit])
        ranked = [
            [s for s in symbols if s.lower().startswith(lowered)],
            [s for s in symbols if s.lower().rpartition(".")[2].startswith(lowered)],
            [s for s in symbols if lowered in s.lower()],
        ]
        found = list(dict.fromkeys(symbol for group in ranked for symbol in group))
        return found[:limit] or list(self._assistant.knowledge.nearest_symbols(typed, limit=min(limit, NEAREST)))

    async def explain(self, message: Message, request: Request) -> Reply:
        """Explain a pasted error."""
        pasted = request.error or request.text or request.code
        found = last_error(pasted)
        if found is None:
            return Reply(text=say("answer.no_error", message.locale), locale=message.locale)
        return await self.explain_error(message, RunError(*found))

    async def explain_error(self, message: Message, error: RunError) -> Reply:
        """Explain an error that a run ended with, or that somebody pasted."""
        subject = redact(f"{error.type}: {error.message}")
        sources, answer = await self._workers.ask(self._explained, error)
        kept = [source.to_dict() for source in sources]
        await self._workers.look(self._memory.note_question, message, subject, kept, message.locale)
        return self._composer.explained(inline(subject, 300), sources, answer, message.locale)

    def _explained(self, error: RunError) -> tuple[tuple[Source, ...], Answer | None]:
        """Return the pages about an error, and what they say when that is sure."""
        sources = self._assistant.explained(error)
        if not sources:
            return (), None
        answer = self._assistant.ask(f"{error.type}: {error.message}"[:LONGEST_ERROR])
        return (answer.sources, answer) if answer.answered else (sources, None)

    def sources(self, message: Message, before: Conversation | None) -> Reply:
        """Show all sources of the last answer of the conversation."""
        locale = message.locale
        if before is None or not before.sources:
            return Reply(text=say("answer.no_sources", locale), private=True, locale=locale)
        lines, links = [], []
        for number, source in enumerate(before.sources, start=1):
            url = self._composer.absolute(str(source["url"]))
            title = disarm(str(source["title"]))
            section = f" — {disarm(str(source['section']))}" if source.get("section") else ""
            lines.append(f"{number}. [{title}]({url}){section}" if url else f"{number}. {title}{section}")
            links.append(Link(title, url, str(source.get("symbol") or ""), str(source["kind"])))
        return Reply(
            text=f"{say('answer.sources', locale)}\n" + "\n".join(lines),
            kind="sources",
            private=True,
            locale=locale,
            facts={"sources": [source["id"] for source in before.sources]},
        )


def unusable(error: KnowledgeError, locale: str) -> Reply:
    """Say that the knowledge base cannot be used; why is for the operators."""
    log.error("the knowledge base cannot be used: %s %s", error.what, error.remedy)
    return Reply(text=say("manners.unusable", locale), kind="refusal", locale=locale)


def _joined(subject: str, follow_up: str) -> str:
    """Ask the former question anew with what the follow-up changes."""
    names = _BACKEND_NAME.findall(follow_up)
    swapped = names and _BACKEND_NAME.search(subject)
    joined = _BACKEND_NAME.sub(names[-1], subject) if swapped else f"{subject} {follow_up}"
    # A backend's name alone reads like a question about another library.
    return f"{joined} (Keras)" if names and "keras" not in joined.lower() else joined


def _with_run_button(reply: Reply, request: Request, locale: str) -> Reply:
    """Offer to run code that came with a question."""
    if not request.code or len(request.code) > LONGEST_BUTTON_CODE:
        return reply
    run = Button(
        say("button.run", locale),
        Intent.RUN,
        {"code": request.code, "backend": request.backend or "", "stdin": request.stdin[:1000]},
        emoji="▶️",
    )
    return replace(reply, buttons=(run, *reply.buttons))


def _title(subject: str) -> str:
    line = disarm(" ".join(re.sub(r"[\[\]()`*_<>]", " ", subject).split()))
    return line if len(line) <= 80 else line[:79] + "…"
