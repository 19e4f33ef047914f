"""Fetching the files of a message: bounded in number and size, and only what can be of use."""

from __future__ import annotations

import asyncio
import logging

from bot.messages import Attachment, Message
from bot.redaction import redact
from bot.wording import say
from runner.inputs import BadInput
from runner.job import KIB, MIB

log = logging.getLogger(__name__)

MOST_FILES = 10
# Notebooks carry their pictures; what they hold of code is limited by the runner.
MOST_BYTES = 8 * MIB
FETCH_S = 20.0
_TEXT = (".py", ".ipynb", ".txt", ".log", ".md", ".csv", ".json")


async def fetch(message: Message) -> list[tuple[str, bytes]]:
    """Return name and content of the files that came with a message; secrets in texts are removed.

    Raises:
        BadInput: a file is too large or cannot be fetched.
    """
    attached = message.attachments[:MOST_FILES]
    return list(await asyncio.gather(*(_fetch(one, message.locale) for one in attached)))


async def _fetch(attachment: Attachment, locale: str) -> tuple[str, bytes]:
    name = attachment.name.replace("/", "_").replace("\0", "")[:100] or "file"
    if attachment.size > MOST_BYTES:
        raise BadInput(say("run.too_large", locale, name=name, limit=f"{MOST_BYTES // MIB} MiB"), "")
    try:
        content = await asyncio.wait_for(attachment.read(), FETCH_S)
    except Exception as error:
        log.info("attachment %s could not be fetched: %s", name, error)
        raise BadInput(say("run.unreadable", locale, name=name), "") from None
    if len(content) > MOST_BYTES:
        raise BadInput(say("run.too_large", locale, name=name, limit=f"{MOST_BYTES // KIB} KiB"), "")
    if name.lower().endswith(_TEXT):
        content = _redacted(content)
    return name, content


def _redacted(content: bytes) -> bytes:
    try:
        return redact(content.decode("utf-8")).encode()
    except UnicodeDecodeError:
        return content
