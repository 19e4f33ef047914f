"""`lobby chat`: the assistant in the terminal."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click

from bot import printing
from bot.assistant import Assistant, open_knowledge, open_runner
from bot.channels.base import resume, serve
from bot.channels.terminal import QUIT, NoFile, Terminal, cancel, unfinished, whole
from bot.commands.common import common_options, load_settings, print_json
from bot.desk import Desk
from bot.errors import DONE
from bot.intents import COMMANDS
from bot.memory import Memory
from bot.messages import Message, Reply
from bot.settings import Settings

LONGEST_LINE = 2**20


@click.command()
@common_options
def chat(as_json: bool, data_dir: Path | None) -> int:
    """Talk with the assistant: questions, code to run, :help for the rest.

    Enter sends, except inside an open code fence or after a backslash at the end of a line. With --json every message
    gives one line: its text and the replies to it.
    """
    settings = load_settings(data_dir).settings
    if settings.log_level != "debug":
        _log_in_one_line()
    knowledge = open_knowledge(settings)
    memory = Memory(settings.data_dir / "chat")
    assistant = Assistant(knowledge, open_runner(settings))
    desk = Desk(assistant, memory, settings)
    try:
        asyncio.run(_converse(desk, settings, as_json=as_json))
    finally:
        desk.close()
        assistant.close()
        memory.close()
    return DONE


def _log_in_one_line() -> None:
    """Leave tracebacks out of what is logged: they would stand in the middle of the talk."""

    def shorten(record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            record.msg, record.args = f"{record.getMessage()}: {record.exc_info[1]!r}", None
            record.exc_info = record.exc_text = None
        return True

    for handler in logging.getLogger().handlers:
        handler.addFilter(shorten)


async def _converse(desk: Desk, settings: Settings, *, as_json: bool) -> None:
    terminal = _Recorder() if as_json else Terminal(pictures=settings.terminal_pictures)
    await resume(desk, terminal)
    terminal.greet()
    loop = asyncio.get_running_loop()
    async for text in _lines(settings, interactive=sys.stdin.isatty() and not as_json):
        if text in QUIT:
            return
        try:
            message = terminal.message(text)
        except NoFile as error:
            printing.complain(str(error), "Name a file that exists: :file model.py run this on jax")
            continue
        answering = asyncio.create_task(serve(desk, terminal, message))
        loop.add_signal_handler(signal.SIGINT, lambda: asyncio.ensure_future(cancel(desk, terminal)))
        try:
            await answering
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            terminal.quiet()
        if isinstance(terminal, _Recorder):
            print_json({"text": text, "replies": terminal.take()})


async def _lines(settings: Settings, *, interactive: bool) -> AsyncIterator[str]:
    """Yield what a person types, a message each, until the end of the input."""
    async for text in _typed(settings) if interactive else _piped():
        if text:
            yield text


async def _piped() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    lines: list[str] = []
    while line := await loop.run_in_executor(None, sys.stdin.readline, LONGEST_LINE):
        lines.append(line.rstrip("\n"))
        if not unfinished("\n".join(lines)):
            yield whole(lines)
            lines = []
    yield whole(lines)


async def _typed(settings: Settings) -> AsyncIterator[str]:
    # It looks at the terminal when it is imported, and costs what a pipe need not pay.
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    history = settings.data_dir / "chat" / "history"
    history.touch(mode=0o600)
    keys = KeyBindings()
    session: PromptSession[str]

    @Condition
    def goes_on() -> bool:
        return unfinished(session.default_buffer.text)

    @keys.add("enter", filter=goes_on)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    names = [f":{names[0]}" for names in COMMANDS.values()] + [":file", ":quit"]
    session = PromptSession(
        history=FileHistory(str(history)),
        completer=WordCompleter(names, sentence=True),
        key_bindings=keys,
        enable_history_search=True,
    )
    while True:
        try:
            text = await session.prompt_async("you> ", prompt_continuation="...> ")
        except KeyboardInterrupt:
            continue  # an empty line anew; Ctrl-D ends
        except EOFError:
            return
        yield whole(text.split("\n"))


class _Recorder(Terminal):
    """Keeps the final replies instead of printing them."""

    def __init__(self) -> None:
        super().__init__()
        self._replies: dict[str, dict[str, Any]] = {}

    def _show(self, own_id: str, reply: Reply) -> None:
        self._keep_buttons(own_id, reply)
        self._replies[own_id] = reply.to_dict()

    async def edit(self, message: Message, own_id: str, reply: Reply) -> None:
        self._show(own_id, reply)

    def greet(self, locale: str = "en") -> None:
        """Say nothing: one document a message, and nothing else."""

    def take(self) -> list[dict[str, Any]]:
        """Return what was said since the last time."""
        said, self._replies = list(self._replies.values()), {}
        return said
