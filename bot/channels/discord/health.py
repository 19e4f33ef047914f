"""What `lobby doctor` says about Discord: the token, the intents, the permissions, each with how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import discord

from bot.channels.base import Finding
from bot.channels.discord import permissions
from bot.channels.discord.bot import quiet_about_voice
from bot.channels.discord.rooms import Room
from bot.channels.discord.service import BAD_TOKEN, NO_INTENT
from bot.settings import Settings

MOST_SERVERS = 20
LOOK_S = 30.0


def examine(settings: Settings) -> list[Finding]:
    """Ask Discord about the bot; nothing is changed there, and it does not come online."""
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> list[Finding]:
    quiet_about_voice()
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        async with asyncio.timeout(LOOK_S):
            await client.login(settings.discord_token.get_secret_value())
            return [finding async for finding in look(client, settings)]
    except discord.LoginFailure:
        return [Finding("failed", *BAD_TOKEN)]
    except discord.HTTPException as error:
        return [Finding("warning", f"Discord refuses to tell ({error.status}): {error.text[:200]}", "Try again later.")]
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        what = f"Discord cannot be reached: {error or 'no answer'}"
        return [Finding("warning", what, "Let this machine reach discord.com and gateway.discord.gg on port 443.")]
    finally:
        await client.close()


async def look(client: discord.Client, settings: Settings) -> AsyncIterator[Finding]:
    """Look through a client that is logged in."""
    application = await client.application_info()
    yield Finding("ok", f"the token is {application.name}'s")
    flags = application.flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        yield Finding("ok", "the bot is told what messages say")
    else:
        yield Finding("failed", *NO_INTENT)
    invitation = discord.utils.oauth_url(
        application.id, permissions=permissions.invited_with(), scopes=("bot", "applications.commands")
    )
    servers = [guild async for guild in client.fetch_guilds(limit=MOST_SERVERS)]
    if not servers:
        yield Finding("warning", "the bot is on no server", f"Invite it: {invitation}")
    on = {str(partial.id) for partial in servers}
    for wanted in settings.discord_servers:
        if wanted not in on and len(servers) < MOST_SERVERS:
            yield Finding("warning", f"the bot is on no server {wanted}", "Mend discord_servers: it holds ids.")
    known: set[str] = set()
    for partial in servers:
        async for finding in _look_at_server(client, partial.id, settings, invitation, known):
            yield finding
    for wanted in (*settings.discord_answer_channels, *settings.discord_suggest_channels):
        if servers and wanted.lower().lstrip("#") not in known:
            yield Finding("warning", f"no server has a channel {wanted!r}", "Mend its name or id in the settings.")


async def _look_at_server(
    client: discord.Client, guild_id: int, settings: Settings, invitation: str, known: set[str]
) -> AsyncIterator[Finding]:
    guild = await client.fetch_guild(guild_id)
    me = await guild.fetch_member(client.user.id if client.user is not None else 0)
    lacking = permissions.missing(me.guild_permissions, all_of_them=True)
    if lacking:
        needed = any(name in permissions.NEEDED for name in lacking)
        reasons = {**permissions.NEEDED, **permissions.WISHED}
        told = "; ".join(f"{permissions.spoken(name)} ({reasons[name]})" for name in lacking)
        yield Finding(
            "failed" if needed else "warning", f"on {guild.name} I lack {told}", f"Invite again: {invitation}"
        )
    else:
        yield Finding("ok", f"on {guild.name} with all permissions")
    if str(guild_id) in settings.discord_servers:
        yield Finding("ok", f"who manages {guild.name} is an operator")
    else:
        yield Finding(
            "ok" if settings.discord_servers else "warning",
            f"on {guild.name} managers may pause Lobby and choose modes, and nobody may block, pardon or use the GPU",
            f'To make them operators: discord_servers = ["{guild_id}"]',
        )
    names = {role.name.lower() for role in guild.roles} | {str(role.id) for role in guild.roles}
    if not any(role.lower() in names for role in settings.discord_helper_roles):
        yield Finding(
            "warning",
            f"on {guild.name} nobody is called when Lobby does not know",
            "Name a role of the server in discord_helper_roles.",
        )
    listed = [*settings.discord_answer_channels, *settings.discord_suggest_channels]
    for room in await guild.fetch_channels():
        if not isinstance(room, Room):
            continue
        own = {room.name.lower(), str(room.id)}
        known |= own
        if not any(one.lower().lstrip("#") in own for one in listed):
            continue
        here = permissions.missing(room.permissions_for(me))
        if here and not any(name in lacking for name in here):
            told = ", ".join(map(permissions.spoken, here))
            yield Finding("failed", f"in #{room.name} I lack {told}", permissions.remedy(*here))
