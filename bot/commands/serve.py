"""`lobby serve`: the whole system on one machine."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
from pathlib import Path

import click
import uvicorn

from bot.assistant import Assistant, open_knowledge, open_runner
from bot.channels.host import chats
from bot.channels.web.app import create_app
from bot.commands.common import common_options, load_settings, print_json
from bot.commands.kb import progress_bar
from bot.errors import DONE, CannotServe
from bot.memory import Memory
from bot.settings import local_address
from kb.errors import KnowledgeError
from kb.knowledge import KnowledgeBase
from runner.job import BACKENDS

log = logging.getLogger(__name__)

BACKLOG = 2048
GRACE_S = 10
# Snippets that say nothing else run on it; the other backends are warmed by their first run.
FIRST_BACKEND = BACKENDS[0]


@click.command()
@click.option("--host", help="Address to listen on.  [default: host]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.  [default: port]")
@common_options
def serve(host: str | None, port: int | None, as_json: bool, data_dir: Path | None) -> int:
    """Serve everything: web pages, API, the runner, and every chat channel whose credentials are set."""
    settings = load_settings(data_dir, host=host, port=port).settings
    # The port is taken first: to find it in use after a minute of building would be a poor joke.
    listener = _listen(settings.host, settings.port)
    with listener:
        knowledge = open_knowledge(settings)
        _build_if_needed(knowledge)
        assistant = Assistant(knowledge, open_runner(settings))
        memory = Memory(settings.data_dir / "chat")
        try:
            address = local_address(settings.host, listener.getsockname()[1])
            app = create_app(assistant, settings, memory)
            config = uvicorn.Config(
                app,
                log_level=settings.log_level,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
                lifespan="on",
            )
            threading.Thread(target=_warm, args=(assistant,), name="warm-up", daemon=True).start()
            if as_json:
                print_json({"address": address})
            else:
                print(f"Lobby is open at {address} (Ctrl-C closes it)", flush=True)
            # uvicorn raises the signal that stopped it once more when it is done; what is open must still be closed.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with chats(assistant, memory, settings), contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listener])
        finally:
            assistant.close()
            memory.close()
    return DONE


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        CannotServe: the address is taken, not allowed or not one of this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise CannotServe(f"The address {host} is not known: {error.strerror}.", "Choose another --host.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotServe(
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            "Choose another port (`lobby serve --port 8081`) or stop the program that has it.",
        ) from None
    return listener


def _build_if_needed(knowledge: KnowledgeBase) -> None:
    """Build the knowledge base when it is missing, of other versions or damaged; else do nothing."""
    if knowledge.status().usable:
        return
    print("Building the knowledge base; this is done once.", file=sys.stderr)
    with progress_bar() as report:
        knowledge.build(report)


def _warm(assistant: Assistant) -> None:
    """Load models behind the open door, so that the first page does not wait for them."""
    try:
        assistant.knowledge.warm()
        assistant.runner.warm_up(FIRST_BACKEND)
    except KnowledgeError as error:
        log.error("%s %s", error.what, error.remedy)
