"""Commands and replies in people's own languages."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import discord
import pytest
from discord import app_commands
from discord_world import told

from bot import wording
from bot.channels.discord import commands, menus
from bot.channels.discord.names import Translator

Worlds = Any
# As Discord's documentation gives it.
NAME = re.compile(r"[-_'\w]{1,32}")


def payloads() -> list[dict[str, Any]]:
    async def build() -> list[dict[str, Any]]:
        client = discord.Client(intents=discord.Intents.none())
        tree = app_commands.CommandTree(client)
        commands.add_to(tree)
        menus.add_to(tree)
        await tree.set_translator(Translator())
        return [await one.get_translated_payload(tree, tree.translator) for one in tree.get_commands()]

    return asyncio.run(build())


def walk(payload: dict[str, Any]) -> list[dict[str, Any]]:
    inner = payload.get("options") or []
    return [payload, *(found for option in inner for found in walk(option))]


def test_every_name_and_description_is_translated_and_is_one_that_discord_accepts() -> None:
    spoken = {"fr", "zh-CN", "zh-TW", "es-ES", "es-419"}
    for command in payloads():
        menu = command["type"] == 3
        for part in walk(command):
            names = {"en-US": part["name"], **part["name_localizations"]}
            assert spoken <= names.keys(), part["name"]
            for name in names.values():
                assert len(name) <= 32
                assert menu or (NAME.fullmatch(name) and name == name.lower()), name
            if not menu:
                told = {"en-US": part["description"], **part["description_localizations"]}
                assert spoken <= told.keys()
                assert all(1 <= len(text) <= 100 for text in told.values()), told


@pytest.mark.parametrize("locale", ["en-US", "fr", "zh-CN", "es-ES"])
def test_no_two_commands_or_options_share_a_name_in_a_language(locale: str) -> None:
    def named(part: dict[str, Any]) -> str:
        return str(part["name_localizations"].get(locale, part["name"]))

    everything = payloads()
    for parts in (everything, *(part.get("options") or [] for one in everything for part in walk(one))):
        names = [named(part) for part in parts]
        assert len(names) == len(set(names)), names


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("locale", "language"), [("fr", "fr"), ("zh-CN", "zh"), ("es-419", "es"), ("en-GB", "en"), ("de", "en")]
)
async def test_replies_are_in_the_language_of_the_person(
    worlds: Worlds, locale: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, locale)
    async with worlds() as world:
        unsure = await world.ada.slash(world.help, "ask", question="tell me about quantum llamas please?")
        assert wording.say("answer.unsure", language) in told(unsure.response)
        form = await world.ada.slash(world.help, "run")
        assert form.modal["title"] == wording.say("discord.form_run", language)


def speak(monkeypatch: pytest.MonkeyPatch, locale: str) -> None:
    """Let people's Discord be in a language: simcord's is always English."""
    from_data = discord.Interaction._from_data

    def translated(self: discord.Interaction, data: Any) -> None:
        from_data(self, {**data, "locale": locale})

    monkeypatch.setattr(discord.Interaction, "_from_data", translated)
