"""Rooms: which invitations are taken, what Lobby does there unasked, and who is who."""

from __future__ import annotations

import logging

import nio

from bot.channels.base import ChannelError
from bot.channels.matrix import limits
from bot.channels.matrix.client import CAN_ENCRYPT, MatrixClient
from bot.channels.matrix.names import NAME
from bot.desk import Desk
from bot.messages import HELPER, MANAGER, MODERATOR, OPERATOR, Author, Mode
from bot.settings import Settings
from bot.wording import say

log = logging.getLogger(__name__)

EVERYBODY = "*"


class People:
    """Who is who, by the settings and by their power in a room.

    Beyond a room, power counts only in the rooms that the settings name: in one of their own anybody has as much as
    they like.
    """

    def __init__(self, settings: Settings) -> None:
        self._operators = frozenset(settings.matrix_operators)
        self._helpers = frozenset(settings.matrix_helpers)
        self.trusted: set[str] = set()  # ids of the rooms that the settings name
        self.creators: dict[str, frozenset[str]] = {}

    def author(self, room: nio.MatrixRoom, user_id: str) -> Author:
        """Return who somebody is here."""
        roles = set()
        if self._power(room, user_id) >= limits.OPERATOR_LEVEL:
            roles |= {OPERATOR, HELPER} if room.room_id in self.trusted else {MANAGER, MODERATOR}
        if user_id in self._operators:
            roles.add(OPERATOR)
        if user_id in self._helpers:
            roles.add(HELPER)
        name = room.user_name(user_id) or user_id.removeprefix("@").partition(":")[0]
        return Author(user_id, name, roles=frozenset(roles))

    def note(self, room_id: str, event: object) -> None:
        """Remember who made a room: since version 12 they have all power without being listed."""
        if isinstance(event, nio.RoomCreateEvent):
            content = event.source.get("content") or {}
            more = content.get("additional_creators")
            also = {user for user in more if isinstance(user, str)} if isinstance(more, list) else set()
            self.creators[room_id] = frozenset({event.sender, *also})

    def _power(self, room: nio.MatrixRoom, user_id: str) -> int:
        version = room.room_version
        if version.isdigit() and int(version) >= 12 and user_id in self.creators.get(room.room_id, frozenset()):
            return 100
        level = room.power_levels.users.get(user_id, room.power_levels.defaults.users_default)
        return level if isinstance(level, int) else 0


class Rooms:
    """The rooms of one account."""

    def __init__(self, client: MatrixClient, desk: Desk, settings: Settings, people: People) -> None:
        self._client = client
        self._desk = desk
        self._settings = settings
        self._people = people
        self._named: dict[str, Mode | None] = {}  # room id → the mode that the settings give it
        self._told: set[str] = set()

    def welcome(self, inviter: str | None) -> bool:
        """True when an invitation by somebody is to be taken."""
        if not inviter:
            return False
        listed = {inviter, inviter.partition(":")[2], EVERYBODY}
        return not listed.isdisjoint((*self._settings.matrix_inviters, *self._settings.matrix_operators))

    async def join_named(self) -> None:
        """Join the rooms that the settings name; what cannot be joined is one line for the operator."""
        settings = self._settings
        modes: dict[str, Mode | None] = dict.fromkeys(settings.matrix_rooms)
        modes |= dict.fromkeys(settings.matrix_suggest_rooms, "suggest")
        modes |= dict.fromkeys(settings.matrix_answer_rooms, "answer")
        for room, mode in modes.items():
            try:
                room_id = await self._client.join(room)
            except ChannelError as error:
                log.warning("matrix: cannot join %s: %s Invite %s there.", room, error.what, self._client.user_id)
                continue
            self._named[room_id] = mode
            self._people.trusted.add(room_id)

    async def invited(self, room: nio.MatrixInvitedRoom) -> str:
        """Take or decline an invitation; return the id of the room when it was taken."""
        known = room.room_id in self._named
        try:
            if known or self.welcome(room.inviter):
                return await self._client.join(room.room_id)
            log.warning(
                "matrix: declined the invitation of %s to %s; list them or their server in matrix_inviters to take it",
                room.inviter,
                room.room_id,
            )
            await self._client.leave(room.room_id)
        except ChannelError as error:
            log.warning("matrix: the invitation to %s could not be handled: %s", room.room_id, error.what)
        return ""

    async def settle(self, room: nio.MatrixRoom) -> None:
        """Apply the settings' mode where no operator chose another, and say where we cannot read."""
        if room.room_id in self._named:
            settle = self._desk.manners.settle
            await self._desk.workers.look(settle, NAME, room.room_id, self._named[room.room_id])
        if room.encrypted and not CAN_ENCRYPT:
            await self._tell_encrypted(room)

    async def _tell_encrypted(self, room: nio.MatrixRoom) -> None:
        """Say once, in the log and in the room, that we cannot read what is written there."""
        if room.room_id in self._told:
            return
        self._told.add(room.room_id)
        log.warning(
            "matrix: %s is encrypted and cannot be read here. For encryption: pip install 'keras-lobby[matrix-e2e]'",
            room.room_id,
        )
        memory, look = self._desk.memory, self._desk.workers.look
        if await look(memory.choice, NAME, "told encrypted", room.room_id):
            return
        try:
            text = say("matrix.encrypted", "en")
            await self._client.send(
                room.room_id, "m.room.message", {"msgtype": "m.notice", "body": text, "m.mentions": {}}
            )
            await look(memory.choose, NAME, room.room_id, "told encrypted", "yes")
        except ChannelError as error:
            log.info("matrix: %s could not be told: %s", room.room_id, error.what)
