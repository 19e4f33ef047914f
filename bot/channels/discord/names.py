"""Names and descriptions of commands, in the languages that Lobby speaks."""

from __future__ import annotations

import discord
from discord import app_commands

from bot import wording


def named(sentence: str) -> app_commands.locale_str:
    """Return a name or description that Discord shows in each person's language."""
    return app_commands.locale_str(wording.say(sentence), sentence=sentence)


class Translator(app_commands.Translator):
    """Answers discord.py, which asks for every name in every language that Discord knows."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        sentence = string.extras.get("sentence")
        language = wording.locale_of(locale.value)
        if sentence is None or language == wording.DEFAULT_LOCALE:
            return None
        return wording.say(sentence, language)
