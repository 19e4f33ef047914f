"""Runs in a chat: from a request to a job, and its events to replies."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

from bot.assistant import Assistant
from bot.intents import Request
from bot.manners import LOCAL_CHANNELS, Manners
from bot.memory import Claim, Memory
from bot.messages import Button, Intent, Message, Progress, Reply
from bot.outbox import Outbox
from bot.redaction import redact
from bot.replies import Composer, whole_output
from bot.settings import Settings
from bot.wording import say, wait_words
from bot.workers import Workers
from runner.errors import QueueFull, UnknownRun
from runner.job import LOCAL, Event, Job, Limits, Result

log = logging.getLogger(__name__)

# A run that ends sooner is shown at once with its result.
SILENT_S = 0.4
# Without news of a run we look again after this long.
LOOK_AGAIN_S = 1.0
TAIL_CHARACTERS = 2_000


class Running:
    """Runs code for people."""

    def __init__(
        self,
        assistant: Assistant,
        memory: Memory,
        manners: Manners,
        composer: Composer,
        workers: Workers,
        settings: Settings,
        outbox: Outbox,
    ) -> None:
        self._assistant = assistant
        self._memory = memory
        self._manners = manners
        self._composer = composer
        self._workers = workers
        self._settings = settings
        self._outbox = outbox

    async def run(self, claim: Claim, request: Request, *, replaces: str | None = None) -> AsyncIterator[Reply]:
        """Run what a message asks for and show how it goes; a run that a former process began is followed."""
        message = claim.message
        locale = message.locale
        note = ""
        if claim.run_id:
            job = await self._workers.look(self._assistant.runner.job, claim.run_id)
        else:
            job = replace(self._job(request), account=_account(message))
            if job.device != "cpu" and not self._manners.may_use_gpu(message):
                # Who left the choice to us misses nothing that they asked for.
                note = say("run.no_gpu", locale) if job.device == "gpu" else ""
                job = replace(job, device="cpu")
        if not job.source.strip():
            yield Reply(text=say("run.nothing_to_run", locale), kind="refusal", locale=locale)
            return
        if not self._manners.begin_run(message, claim.run_id or "…"):
            yield Reply(text=say("run.busy", locale), kind="refusal", locale=locale)
            return
        try:
            run_id = claim.run_id or await self._workers.look(self._assistant.submit, job)
            if not claim.run_id:
                await self._workers.look(self._memory.note_run, message, run_id)
            self._manners.name_run(message, run_id)
            async for progress in self._follow(run_id, job, locale):
                yield replace(progress, replaces=replaces)
            reply = await self._result(message, run_id, locale)
            yield replace(reply.with_text(f"{reply.text}\n{note}".strip()), replaces=replaces)
        except QueueFull as error:
            wait = wait_words(error.retry_after_s, locale)
            yield Reply(text=say("run.full", locale, wait=wait), kind="refusal", locale=locale)
        finally:
            self._manners.end_run(message)

    def again(self, run_id: str, request: Request) -> Request:
        """Return the request to run again what a run ran, perhaps on another backend.

        Raises:
            UnknownRun: it is not kept any more.
        """
        job = self._assistant.runner.job(run_id)
        return replace(
            request,
            code=job.source,
            backend=request.backend or job.backend,
            device=job.device,
            stdin=job.stdin.decode("utf-8", "replace"),
            files=job.files,
        )

    async def changed(self, message: Message, own_id: str, run_id: str, request: Request) -> Reply | None:
        """Offer to run code that was changed after it ran; None when there is nothing new in it."""
        try:
            job = await self._workers.look(self._assistant.runner.job, run_id)
            result = await self._workers.ask(self._assistant.result, run_id)
        except UnknownRun:
            return None
        if result is None or not request.code or (request.code, request.stdin) == (job.source, job.stdin.decode()):
            return None
        reply = await self._workers.ask(self._show, result, job, message.locale)
        new = Button(
            say("button.rerun", message.locale),
            Intent.RUN,
            {
                "code": request.code,
                "backend": request.backend or "",
                "stdin": request.stdin,
                "replace": "yes",
            },
            "main",
            "🔁",
        )
        text = f"✏️ {say('run.edited', message.locale)}\n{reply.text}"
        return replace(reply, text=text, buttons=(new, *reply.buttons[1:]), replaces=own_id)

    def cancel_allowed(self, message: Message, run_id: str, own: str) -> bool:
        """True when the person may stop a run: their own, or as a helper or operator anybody's."""
        return run_id == own or self._manners.may_manage(message, "")

    def cancel(self, run_id: str) -> bool:
        """Stop a run; True when it had not ended."""
        try:
            return self._assistant.runner.cancel(run_id)
        except UnknownRun:
            return False

    def _job(self, request: Request) -> Job:
        return Job(
            source=redact(request.code),
            backend=request.backend or "tensorflow",
            device=request.device,
            limits=Limits(wall_s=self._settings.run_timeout_s),
            stdin=redact(request.stdin).encode(),
            files=dict(request.files),
        )

    async def _follow(self, run_id: str, job: Job, locale: str) -> AsyncIterator[Reply]:
        """Yield how far a run is, from when it has taken a moment until it is done."""
        events: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def happened(event: Event) -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(events.put_nowait, event)

        end = await self._workers.look(self._assistant.runner.subscribe, run_id, happened)
        at = Progress("queued", run_id)
        begun, shown = loop.time(), False
        try:
            while True:
                silent = SILENT_S - (loop.time() - begun)
                try:
                    event = await asyncio.wait_for(events.get(), LOOK_AGAIN_S if shown else max(0.0, silent))
                except TimeoutError:
                    state = await self._workers.look(self._state, at)
                    if state is None:
                        return
                    if state != at or not shown:
                        at, shown = state, True
                        yield self._composer.progress(at, job.backend, locale)
                    continue
                if event.kind == "done":
                    return
                at = _moved(at, event)
                if shown or silent <= 0:
                    shown = True
                    yield self._composer.progress(at, job.backend, locale)
        finally:
            end()

    def _state(self, at: Progress) -> Progress | None:
        """Look where a silent run is; None when it is over."""
        if self._assistant.runner.result(at.run_id) is not None:
            return None
        if at.state == "queued" and not self._assistant.runner.status()["queued"]:
            return replace(at, state="running")
        return at

    async def _result(self, message: Message, run_id: str, locale: str) -> Reply:
        result = await self._workers.ask(self._assistant.result, run_id)
        if result is None:
            raise RuntimeError(f"run {run_id} is over but has no result")
        job = await self._workers.look(self._assistant.runner.job, run_id)
        await self._workers.look(self._manners.judge, message, job.source, result)
        return await self._workers.ask(self._show, result, job, locale)

    def _is_old(self, result: Result, job: Job) -> bool:
        """True when a run failed and its code can be upgraded."""
        return result.status == "error" and self._assistant.upgrade(job.source).changed

    def _show(self, result: Result, job: Job, locale: str) -> Reply:
        reply = self._composer.result(result, job, locale, upgradable=self._is_old(result, job))
        if not reply.facts["cut"] or reply.permalink:
            return reply
        whole = self._outbox.keep("output.txt", redact(whole_output(result)), "text/plain", of=result.id)
        return replace(reply, text=f"{reply.text}\n{say('run.cut', locale)}", files=(whole, *reply.files))


def _account(message: Message) -> str:
    """Return whose quota of GPU time a run uses; a hash, because what is kept of a run need not name anybody."""
    if message.channel in LOCAL_CHANNELS:
        return LOCAL
    return hashlib.sha256(f"{message.channel}\n{message.author.id}".encode()).hexdigest()[:16]


def _moved(at: Progress, event: Event) -> Progress:
    """Return how far a run is after an event."""
    at = replace(at, state="running")
    if event.kind == "epoch":
        data = event.data
        metrics = {name: value for name, value in (data.get("metrics") or {}).items() if isinstance(value, int | float)}
        return replace(
            at,
            epoch=data.get("epoch"),
            epochs=data.get("epochs"),
            metrics=metrics,
            seconds_left=data.get("seconds_left"),
        )
    if event.kind == "output":
        return replace(at, output=(at.output + str(event.data.get("text", "")))[-TAIL_CHARACTERS:])
    return at
