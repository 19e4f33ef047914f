"""One homeserver: every response is checked, what fails for a moment is tried again, what is refused becomes an error.

matrix-nio raises little: a refusal is an object like any other. `ask` is the one place that looks. It waits itself on
429, as the homeserver says.

::

    ChannelError
    ├── CannotConnect   the token is not accepted, or is somebody else's
    ├── NotAllowed      M_FORBIDDEN
    ├── Unreachable     the homeserver does not answer, for longer than we can wait
    └── Refused         it said no for another reason; `code` is Matrix' own, as M_TOO_LARGE
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import nio
from nio.api import RelationshipType
from nio.crypto import ENCRYPTION_ENABLED

from bot.channels.base import CannotConnect, ChannelError, NotAllowed
from bot.channels.matrix import limits
from bot.settings import Settings

log = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
# A homeserver's upgrade takes minutes; after this a reply is given up, and told again when Lobby starts.
GIVE_UP_S = 900.0
POLL_MS = 30_000
TIMELINE = 50  # events a room in one sync; what is more is fetched by missed.py
_QUIET: dict[str, Any] = {"not_types": ["*"]}
_FILTER: dict[str, Any] = {
    "presence": _QUIET,
    "account_data": _QUIET,
    "room": {
        "ephemeral": _QUIET,
        "account_data": _QUIET,
        "state": {"lazy_load_members": True},
        "timeline": {"limit": TIMELINE, "lazy_load_members": True},
    },
}
_CANNOT_REACH = (aiohttp.ClientError, TimeoutError, OSError)
CAN_ENCRYPT: bool = ENCRYPTION_ENABLED


class Unreachable(ChannelError):
    """The homeserver does not answer."""


class Refused(ChannelError):
    """The homeserver said no."""

    def __init__(self, what: str, code: str) -> None:
        super().__init__(what)
        self.code = code


class MatrixClient:
    """Lobby's account on its homeserver; without `keys` it reads no encrypted room and writes nothing down."""

    def __init__(self, settings: Settings, *, keys: bool = CAN_ENCRYPT) -> None:
        self._settings = settings
        folder = settings.data_dir / "chat" / "matrix"
        if keys:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # nio reports what is unwell with an event together with the event; that is none of a log's business.
        logging.getLogger("nio").setLevel(logging.CRITICAL)
        config = nio.AsyncClientConfig(max_timeouts=0, encryption_enabled=keys)
        self.nio = nio.AsyncClient(
            settings.matrix_homeserver.rstrip("/"),
            settings.matrix_user,
            store_path=str(folder) if keys else "",
            config=config,
        )
        self.upload_bytes = limits.FILE_BYTES

    @property
    def user_id(self) -> str:
        """Our own id."""
        return self._settings.matrix_user

    # -- the connection --------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Log in with the token.

        Raises:
            CannotConnect: the token is not accepted, or belongs to somebody else.
            Unreachable: the homeserver does not answer.
        """
        token = self._settings.matrix_token.get_secret_value()
        self.nio.access_token = token
        who = await self.ask(self.nio.whoami, give_up_s=0.0)
        if who.user_id != self.user_id:
            raise CannotConnect(
                f"The Matrix token belongs to {who.user_id}, but matrix_user is {self.user_id}.",
                "Make a token for Lobby's own account; docs/matrix.md says how.",
            )
        self.nio.restore_login(who.user_id, who.device_id or "LOBBY", token)
        with suppress(ChannelError):
            config = await self.ask(self.nio.content_repository_config)
            self.upload_bytes = config.upload_size or limits.FILE_BYTES

    async def sync(self, since: str, *, first: bool = False) -> nio.SyncResponse:
        """Return what happened since a token; the first time with all rooms' state.

        Raises:
            CannotConnect: the token is not accepted any more.
            Refused: the homeserver does not know `since`.
        """

        def call() -> Any:
            # nio drops a batch whose token it has seen; after a restart of the homeserver that may come again.
            self.nio.next_batch = since
            return self.nio.sync(0 if first else POLL_MS, _FILTER, since=since or None, full_state=first or None)

        response: nio.SyncResponse = await self.ask(call, give_up_s=float("inf"))
        if self.nio.olm is not None:
            await self._exchange_keys()
        return response

    async def _exchange_keys(self) -> None:
        """Do what encryption needs between two syncs."""
        try:
            await self.nio.send_to_device_messages()
            if self.nio.should_upload_keys:
                await self.ask(self.nio.keys_upload)
            if self.nio.should_query_keys:
                await self.ask(self.nio.keys_query)
            if self.nio.should_claim_keys:
                await self.ask(lambda: self.nio.keys_claim(self.nio.get_users_for_key_claiming()))
        except (ChannelError, nio.LocalProtocolError) as error:
            log.warning("matrix: keys could not be exchanged: %s", error)

    async def close(self) -> None:
        """Let go of the homeserver."""
        await self.nio.close()

    async def ask(self, call: Callable[[], Awaitable[Any]], *, give_up_s: float = GIVE_UP_S) -> Any:
        """Make a request until it is answered, and return the answer.

        Args:
            call: makes the request; the same each time, so that it may be done twice.
            give_up_s: how long to try, in seconds.

        Raises:
            CannotConnect: the token is not accepted.
            NotAllowed: it is forbidden here.
            Refused: the homeserver said no for another reason.
            Unreachable: nothing answered in time.
        """
        loop = asyncio.get_running_loop()
        until, wait_s, told = loop.time() + give_up_s, FIRST_WAIT_S, False
        while True:
            try:
                answer = await call()
                status = getattr(getattr(answer, "transport_response", None), "status", 200)
                if not isinstance(answer, nio.ErrorResponse):
                    return answer
                if status < 500:
                    raise _refusal(answer)
                trouble = f"it answered {status}"
            except _CANNOT_REACH as error:
                trouble = str(error) or type(error).__name__
            except (nio.LocalProtocolError, nio.EncryptionError, nio.SendRetryError) as error:
                raise Refused(f"This cannot be sent: {error}.", "LOCAL") from None
            if loop.time() + wait_s > until:
                raise Unreachable(
                    f"The homeserver {self.nio.homeserver} cannot be reached: {trouble}.",
                    "Check matrix_homeserver, and that it runs.",
                )
            if not told:
                log.warning("matrix: %s cannot be reached (%s); trying again", self.nio.homeserver, trouble)
                told = True
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    # -- rooms -----------------------------------------------------------------------------------------------

    def room(self, room_id: str) -> nio.MatrixRoom | None:
        """Return a room that we are in."""
        return self.nio.rooms.get(room_id)

    def encrypted(self, room_id: str) -> bool:
        """True where what we send is to be encrypted."""
        room = self.room(room_id)
        return bool(room and room.encrypted and CAN_ENCRYPT)

    async def direct(self, room: nio.MatrixRoom) -> bool:
        """Return True in a room with nobody but one person and us: whatever is said there is said to us."""
        summary = room.summary
        counted = summary is not None and None not in (summary.joined_member_count, summary.invited_member_count)
        if not counted and not room.members_synced:
            # Members come with what they write; how many there are is told only when that changes.
            try:
                await self.ask(lambda: self.nio.joined_members(room.room_id))
            except ChannelError as error:
                log.info("matrix: the members of %s are not known: %s", room.room_id, error.what)
                return False
        return bool(room.member_count <= 2)

    async def join(self, room: str) -> str:
        """Join a room by id or alias and return its id."""
        return str((await self.ask(lambda: self.nio.join(room))).room_id)

    async def leave(self, room_id: str) -> None:
        """Leave a room, or decline an invitation."""
        await self.ask(lambda: self.nio.room_leave(room_id))

    # -- events ----------------------------------------------------------------------------------------------

    async def send(self, room_id: str, kind: str, content: Mapping[str, Any], txn: str = "") -> str:
        """Send an event and return its id; with the same `txn` it is sent once, however often this is called."""
        txn = txn or uuid4().hex

        def call() -> Any:
            return self.nio.room_send(room_id, kind, dict(content), tx_id=txn, ignore_unverified_devices=True)

        return str((await self.ask(call)).event_id)

    async def redact(self, room_id: str, event_id: str, reason: str = "") -> None:
        """Take an event's content away."""
        await self.ask(lambda: self.nio.room_redact(room_id, event_id, reason or None))

    async def event(self, room_id: str, event_id: str) -> nio.Event | None:
        """Return one event, None when there is none that we may see."""
        try:
            found = (await self.ask(lambda: self.nio.room_get_event(room_id, event_id))).event
        except (NotAllowed, Refused):
            return None
        return self.decrypted(found, room_id)

    def decrypted(self, event: Any, room_id: str) -> nio.Event | None:
        """Return an event as it was before it was encrypted; None for what we cannot read."""
        if isinstance(event, nio.MegolmEvent):
            if self.nio.olm is None:
                return None
            event.room_id = room_id
            try:
                event = self.nio.decrypt_event(event)
            except nio.EncryptionError:
                return None
        return event if isinstance(event, nio.Event) else None

    async def newest(self, room_id: str, event_id: str) -> Mapping[str, Any]:
        """Return the content of a message of ours as it is after its last edit; {} when it is not ours or gone."""
        event = await self.event(room_id, event_id)
        if event is None or event.sender != self.user_id:
            return {}
        content: Mapping[str, Any] = event.source.get("content") or {}
        edit = ((event.source.get("unsigned") or {}).get("m.relations") or {}).get("m.replace") or {}
        newer = self.decrypted(nio.Event.parse_event(edit), room_id) if edit.get("content") else None
        changed = (newer.source.get("content") or {}).get("m.new_content") if newer is not None else None
        relation = {"m.relates_to": content["m.relates_to"]} if "m.relates_to" in content else {}
        return {**changed, **relation} if isinstance(changed, dict) else content

    async def own_reactions(self, room_id: str, event_id: str) -> dict[str, str]:
        """Return our reactions to an event by their key."""
        found = {}
        with suppress(ChannelError, AttributeError, *_CANNOT_REACH):  # nio trips over a refusal here
            async for event in self.nio.room_get_event_relations(room_id, event_id, RelationshipType.annotation):
                if isinstance(event, nio.ReactionEvent) and event.sender == self.user_id:
                    found[event.key] = event.event_id
        return found

    async def thread(self, room_id: str, root: str, most: int) -> list[nio.Event]:
        """Return the events of a thread without the one that it hangs on, the newest first, `most` at most."""
        found: list[nio.Event] = []
        with suppress(ChannelError, AttributeError, *_CANNOT_REACH):  # nio trips over a refusal here
            async for event in self.nio.room_get_event_relations(room_id, root, RelationshipType.thread):
                found.append(event)
                if len(found) >= most:
                    break
        return found

    async def history(self, room_id: str, start: str, end: str, limit: int) -> nio.RoomMessagesResponse:
        """Return events of a room backwards from one token to another."""
        answer: nio.RoomMessagesResponse = await self.ask(
            lambda: self.nio.room_messages(room_id, start=start, end=end, limit=limit)
        )
        return answer

    # -- files -----------------------------------------------------------------------------------------------

    async def upload(self, name: str, media_type: str, content: bytes, *, encrypted: bool) -> dict[str, Any]:
        """Upload a file and return the part of a message's content that says where it is."""
        keys: dict[str, Any] = {}

        async def call() -> Any:
            answer, found = await self.nio.upload(
                io.BytesIO(content),
                content_type=media_type,
                filename=None if encrypted else name,
                encrypt=encrypted,
                filesize=len(content),
            )
            keys.update(found or {})
            return answer

        uri = (await self.ask(call)).content_uri
        return {"file": {**keys, "url": uri}} if encrypted else {"url": uri}

    async def download(self, uri: str, most_bytes: int) -> bytes:
        """Return the content of an uploaded file.

        Raises:
            Refused: it is larger than `most_bytes`, gone, or has no address of Matrix.
        """
        server, _, media = uri.removeprefix("mxc://").partition("/")
        if not uri.startswith("mxc://") or not server or not media:
            raise Refused("This is no file of Matrix.", "M_INVALID_PARAM")
        path = f"/_matrix/client/v1/media/download/{quote(server, safe=':')}/{quote(media, safe='')}"
        headers = {"Authorization": f"Bearer {self.nio.access_token}"}
        # nio would take whatever comes into memory; a sender's word for the size is worth nothing.
        response = await self.nio.send("GET", path, headers=headers)
        async with response:
            if response.status != 200:
                raise Refused(f"The homeserver answered {response.status}.", "M_NOT_FOUND")
            parts, size = [], 0
            async for chunk in response.content.iter_chunked(64 * 1024):
                parts.append(chunk)
                size += len(chunk)
                if size > most_bytes:
                    raise Refused("The file is too large.", "M_TOO_LARGE")
        return b"".join(parts)


def size_of(content: Mapping[str, Any]) -> int:
    """Return how many bytes of an event a content takes."""
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def _refusal(answer: nio.ErrorResponse) -> ChannelError:
    code, told = answer.status_code or "M_UNKNOWN", str(answer.message)[:300].rstrip(".")
    if code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"}:
        return CannotConnect(
            f"The homeserver does not accept the Matrix token: {told}.",
            "Make a new one and put it into matrix_token; docs/matrix.md says how.",
        )
    if code == "M_FORBIDDEN":
        return NotAllowed(f"The homeserver said: {told}.", "Give Lobby's account the power for it in the room.")
    return Refused(f"The homeserver refused ({code}): {told}.", code)
