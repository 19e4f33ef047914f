"""Keeping the bot online, and saying in one line why it cannot be."""

from __future__ import annotations

import aiohttp
import discord

from bot.channels.base import CannotConnect, ChannelError
from bot.channels.discord.bot import LobbyBot
from bot.desk import Desk
from bot.settings import Settings

PORTAL = "https://discord.com/developers/applications"
BAD_TOKEN = ("Discord refuses the token.", f"Set discord_token to the one of {PORTAL} → Bot → Reset Token.")
NO_INTENT = (
    "Discord does not tell this bot what messages say.",
    f"Switch on “Message Content Intent” at {PORTAL} → Bot → Privileged Gateway Intents.",
)


async def run(desk: Desk, settings: Settings) -> None:
    """Be on Discord until cancelled.

    Raises:
        CannotConnect: the token or the intents are refused.
        ChannelError: Discord cannot be reached.
    """
    bot = LobbyBot(desk, settings)
    try:
        # discord.py reconnects by itself, with waits that grow.
        await bot.start(settings.discord_token.get_secret_value())
    except discord.LoginFailure:
        raise CannotConnect(*BAD_TOKEN) from None
    except discord.PrivilegedIntentsRequired:
        raise CannotConnect(*NO_INTENT) from None
    except (aiohttp.ClientError, discord.GatewayNotFound, OSError, TimeoutError) as error:
        raise ChannelError(f"Discord cannot be reached: {error}.") from None
    except discord.HTTPException as error:
        raise ChannelError(f"Discord refuses to talk ({error.status}): {error.text[:200]}.") from None
    finally:
        await bot.close()
