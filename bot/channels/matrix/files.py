"""Files: fetched for people's messages, uploaded for ours."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nio import EncryptionError
from nio.crypto import decrypt_attachment

from bot.attachments import MOST_BYTES
from bot.channels.matrix.client import MatrixClient
from bot.channels.rendering import Inline
from bot.messages import Attachment, File

MESSAGE_TYPES = frozenset({"m.file", "m.image"})
_PNG = b"\x89PNG\r\n\x1a\n"


def attachment_of(client: MatrixClient, content: Mapping[str, Any]) -> Attachment | None:
    """Return the file that an event brings; None where it brings none."""
    if content.get("msgtype") not in MESSAGE_TYPES:
        return None
    sealed = content.get("file")
    uri = sealed.get("url") if isinstance(sealed, dict) else content.get("url")
    if not isinstance(uri, str):
        return None
    info = content.get("info")
    size = info.get("size") if isinstance(info, dict) else 0
    media_type = info.get("mimetype") if isinstance(info, dict) else ""

    async def read() -> bytes:
        fetched = await client.download(uri, MOST_BYTES + 1)
        if not isinstance(sealed, dict):
            return fetched
        return await asyncio.to_thread(_opened, fetched, sealed)

    return Attachment(
        name_of(content),
        size if isinstance(size, int) and size > 0 else 0,
        read,
        media_type if isinstance(media_type, str) else "",
    )


def name_of(content: Mapping[str, Any]) -> str:
    """Return the name of the file that an event brings."""
    for key in ("filename", "body"):
        if isinstance(name := content.get(key), str) and name.strip():
            return name.strip()
    return "file"


def caption_of(content: Mapping[str, Any]) -> str:
    """Return what somebody wrote under a file."""
    body, name = content.get("body"), content.get("filename")
    return body if isinstance(body, str) and isinstance(name, str) and body != name else ""


async def message_with(client: MatrixClient, file: File | Inline, *, encrypted: bool) -> dict[str, Any]:
    """Upload a file and return the content of a message that shows it.

    Raises:
        ChannelError: the homeserver does not take it.
        OSError: it is not there any more.
    """
    if isinstance(file, Inline):
        name, media_type, content = file.name, "text/plain", file.content
    else:
        name, media_type = file.name, file.media_type
        content = await asyncio.to_thread(file.path.read_bytes)
    where = await client.upload(name, media_type, content, encrypted=encrypted)
    info: dict[str, Any] = {"mimetype": media_type, "size": len(content)}
    picture = media_type.startswith("image/")
    if picture and (size := png_size(content)) is not None:
        info["w"], info["h"] = size
    return {
        "msgtype": "m.image" if picture else "m.file",
        "body": Path(name).name,
        "filename": Path(name).name,
        "info": info,
        **where,
    }


def fingerprint(file: File | Inline) -> str:
    """Return a short name for a file that two different ones do not share."""
    told = f"{file.name}/{len(file.content)}" if isinstance(file, Inline) else f"{file.path}/{file.size}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def png_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG from its first chunk: nothing of the picture is opened for it."""
    if not content.startswith(_PNG) or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return int(width), int(height)


def _opened(content: bytes, sealed: Mapping[str, Any]) -> bytes:
    """Decrypt a file of an encrypted room."""
    try:
        opened: bytes = decrypt_attachment(content, sealed["key"]["k"], sealed["hashes"]["sha256"], sealed["iv"])
    except (EncryptionError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the file cannot be decrypted: {error}") from None
    return opened
