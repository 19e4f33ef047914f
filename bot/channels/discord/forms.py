"""Pop-up forms for what does not fit on one line: code."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.messages import Intent
from bot.wording import BACKEND_NAMES, say

LONGEST_CODE = 4_000  # what Discord's text inputs take; longer programs come as files
MOST_FILES = 5
BACKEND_CHOICES = [app_commands.Choice(name=name, value=backend) for backend, name in BACKEND_NAMES.items()]


class _CodeForm(discord.ui.Modal):
    """A form with code or files."""

    def __init__(self, title: str, locale: str) -> None:
        super().__init__(title=title, timeout=3600)
        self.code: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph,
            max_length=LONGEST_CODE,
            required=False,
            placeholder="import keras",
            custom_id="code",
        )
        self.upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(
            required=False, min_values=0, max_values=MOST_FILES, custom_id="file"
        )
        self.add_item(discord.ui.Label(text=say("discord.form_code", locale), component=self.code))

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, /) -> None:  # type: ignore[override]
        await interaction.client.tree.on_error(interaction, error)


class RunForm(_CodeForm):
    """Code, backend, device, input and files."""

    def __init__(self, locale: str, *, backend: str = "", device: str = "") -> None:
        super().__init__(say("discord.form_run", locale), locale)
        self.backend = _select("backend", [(c.name, c.value) for c in BACKEND_CHOICES], backend)
        devices = [(say("discord.device_auto", locale), "auto"), (say("discord.device_gpu", locale), "gpu")]
        self.device = _select("device", devices, device)
        self.stdin: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=LONGEST_CODE, required=False, custom_id="stdin"
        )
        for text, item in (
            ("Backend", self.backend),
            (say("discord.device_about", locale), self.device),
            (say("discord.form_stdin", locale), self.stdin),
            (say("discord.form_file", locale), self.upload),
        ):
            self.add_item(discord.ui.Label(text=text, component=item))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        arguments = {
            "code": self.code.value,
            "backend": "".join(self.backend.values),
            "device": "".join(self.device.values),
            "stdin": self.stdin.value,
        }
        await interaction.client.use(interaction, Intent.RUN, arguments=arguments, files=self.upload.values)


class UpgradeForm(_CodeForm):
    """Old code, or a file of it."""

    def __init__(self, locale: str) -> None:
        super().__init__(say("discord.form_upgrade", locale), locale)
        self.add_item(discord.ui.Label(text=say("discord.form_file", locale), component=self.upload))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        arguments = {"code": self.code.value}
        await interaction.client.use(interaction, Intent.UPGRADE, arguments=arguments, files=self.upload.values)


def _select(name: str, choices: list[tuple[str, str]], chosen: str) -> discord.ui.Select[Any]:
    first = chosen or choices[0][1]
    options = [discord.SelectOption(label=label, value=value, default=value == first) for label, value in choices]
    return discord.ui.Select(custom_id=name, options=options, required=True)
