"""Slash commands. Each names its intent and hands over; what it means is the desk's."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands

from bot.channels.discord import limits
from bot.channels.discord.forms import BACKEND_CHOICES, RunForm, UpgradeForm
from bot.channels.discord.names import named
from bot.messages import Intent

if TYPE_CHECKING:
    from bot.channels.discord.bot import LobbyBot

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
# Discord shows nothing that comes later than three seconds.
COMPLETE_S = 2.0


def add_to(tree: app_commands.CommandTree[Any]) -> None:
    """Add all slash commands."""
    every: list[app_commands.Command[Any, ..., Any] | app_commands.Group] = [ask, run, docs, upgrade, explain, privacy]
    for command in (*every, *_plain(), operators()):
        tree.add_command(command)


@app_commands.command(name=named("discord.ask"), description=named("discord.ask_about"))
@app_commands.rename(question=named("discord.question"))
@app_commands.describe(question=named("discord.question_about"))
async def ask(interaction: Interaction, question: app_commands.Range[str, 1, 2000]) -> None:
    """Ask a question."""
    await _bot(interaction).use(interaction, Intent.ASK, text=question)


@app_commands.command(name=named("discord.run"), description=named("discord.run_about"))
@app_commands.rename(
    code=named("discord.code"),
    backend=named("discord.backend"),
    device=named("discord.device"),
    file=named("discord.file"),
)
@app_commands.describe(
    code=named("discord.code_about"),
    backend=named("discord.backend_about"),
    device=named("discord.device_about"),
    file=named("discord.file_about"),
)
@app_commands.choices(
    backend=BACKEND_CHOICES,
    device=[
        app_commands.Choice(name=named("discord.device_auto"), value="auto"),
        app_commands.Choice(name=named("discord.device_gpu"), value="gpu"),
    ],
)
async def run(
    interaction: Interaction,
    code: str = "",
    backend: str = "",
    device: str = "",
    file: discord.Attachment | None = None,
) -> None:
    """Run code given at once, or open the form for it."""
    if not code and file is None:
        await interaction.response.send_modal(RunForm(str(interaction.locale), backend=backend, device=device))
        return
    arguments = {"code": code, "backend": backend, "device": device}
    await _bot(interaction).use(interaction, Intent.RUN, arguments=arguments, files=[file] if file else [])


@app_commands.command(name=named("discord.docs"), description=named("discord.docs_about"))
@app_commands.rename(symbol=named("discord.symbol"))
@app_commands.describe(symbol=named("discord.symbol_about"))
async def docs(interaction: Interaction, symbol: app_commands.Range[str, 1, 200]) -> None:
    """Look a symbol up."""
    await _bot(interaction).use(interaction, Intent.DOCS, arguments={"symbol": symbol}, text=symbol)


@docs.autocomplete("symbol")
async def _symbols(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    try:
        found = await asyncio.wait_for(_bot(interaction).desk.complete(typed, limits.CHOICES), COMPLETE_S)
    except TimeoutError:
        return []
    return [app_commands.Choice(name=symbol, value=symbol) for symbol in found if len(symbol) <= limits.CHOICE]


@app_commands.command(name=named("discord.upgrade"), description=named("discord.upgrade_about"))
@app_commands.rename(file=named("discord.file"))
@app_commands.describe(file=named("discord.file_about"))
async def upgrade(interaction: Interaction, file: discord.Attachment | None = None) -> None:
    """Rewrite old code: a file's, or the form's."""
    if file is None:
        await interaction.response.send_modal(UpgradeForm(str(interaction.locale)))
        return
    await _bot(interaction).use(interaction, Intent.UPGRADE, files=[file])


@app_commands.command(name=named("discord.explain"), description=named("discord.explain_about"))
@app_commands.rename(error=named("discord.error"))
@app_commands.describe(error=named("discord.error_about"))
async def explain(interaction: Interaction, error: app_commands.Range[str, 1, 4000]) -> None:
    """Explain an error."""
    await _bot(interaction).use(interaction, Intent.EXPLAIN, text=error)


@app_commands.command(name=named("discord.privacy"), description=named("discord.privacy_about"))
@app_commands.rename(learn=named("discord.keep"))
@app_commands.describe(learn=named("discord.keep_about"))
async def privacy(interaction: Interaction, learn: Literal["on", "off"] | None = None) -> None:
    """Say what is kept, or keep a person's words out of what is learned."""
    await _bot(interaction).use(interaction, Intent.PRIVACY, arguments={"learn": learn or ""})


def _plain() -> list[app_commands.Command[Any, ..., None]]:
    """Return the commands that take nothing."""
    return [
        _command("discord.sources", "discord.sources_about", Intent.SOURCES),
        _command("discord.solved", "discord.solved_about", Intent.SOLVED),
        _command("discord.human", "discord.human_about", Intent.HUMAN),
        _command("discord.cancel", "discord.cancel_about", Intent.CANCEL),
        _command("discord.help", "discord.help_about", Intent.HELP),
        _command("discord.forget", "discord.forget_about", Intent.FORGET),
    ]


def _command(name: str, about: str, intent: Intent) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=named(name), description=named(about))
    async def plain(interaction: Interaction) -> None:
        await _bot(interaction).use(interaction, intent)

    return plain


def operators() -> app_commands.Group:
    """Return `/lobby …`. Discord shows it to who may manage the server, and the desk looks again."""
    group = app_commands.Group(
        name=named("discord.operators"),
        description=named("discord.operators_about"),
        default_permissions=discord.Permissions(manage_guild=True),
        guild_only=True,
    )

    @group.command(name=named("discord.status"), description=named("discord.status_about"))
    async def status(interaction: Interaction) -> None:
        await _bot(interaction).use(interaction, Intent.STATUS)

    @group.command(name=named("discord.pause"), description=named("discord.pause_about"))
    @app_commands.rename(paused=named("discord.paused"), everywhere=named("discord.everywhere"))
    @app_commands.describe(paused=named("discord.paused_about"), everywhere=named("discord.everywhere_about"))
    async def pause(interaction: Interaction, paused: bool, everywhere: bool = False) -> None:
        place = str(interaction.guild_id) if everywhere else ""
        arguments = {"state": "on" if paused else "off", "place": place}
        await _bot(interaction).use(interaction, Intent.PAUSE, arguments=arguments)

    @group.command(name=named("discord.mode"), description=named("discord.mode_about"))
    @app_commands.rename(mode=named("discord.mode_value"), channel=named("discord.channel"))
    @app_commands.describe(mode=named("discord.mode_value_about"), channel=named("discord.channel_about"))
    async def mode(
        interaction: Interaction,
        mode: Literal["off", "suggest", "answer"],
        channel: discord.TextChannel | discord.ForumChannel | None = None,
    ) -> None:
        place = str(channel.id) if channel is not None else ""
        await _bot(interaction).use(interaction, Intent.MODE, arguments={"mode": mode, "place": place})

    @group.command(name=named("discord.learn"), description=named("discord.learn_about"))
    @app_commands.rename(state=named("discord.learn_state"), channel=named("discord.channel"))
    @app_commands.describe(state=named("discord.learn_state_about"), channel=named("discord.channel_about"))
    async def learn(
        interaction: Interaction,
        state: Literal["on", "off", "remove"],
        channel: discord.TextChannel | discord.ForumChannel | None = None,
    ) -> None:
        place = str(channel.id) if channel is not None else ""
        await _bot(interaction).use(interaction, Intent.LEARN, arguments={"state": state, "place": place})

    for intent, name, about in (
        (Intent.BLOCK, "discord.block", "discord.block_about"),
        (Intent.PARDON, "discord.pardon", "discord.pardon_about"),
    ):
        group.add_command(_about_somebody(name, about, intent))
    return group


def _about_somebody(name: str, about: str, intent: Intent) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=named(name), description=named(about))
    @app_commands.rename(person=named("discord.person"))
    @app_commands.describe(person=named("discord.person_about"))
    async def somebody(interaction: Interaction, person: discord.User) -> None:
        await _bot(interaction).use(interaction, intent, arguments={"person": str(person.id)})

    return somebody


def _bot(interaction: Interaction) -> LobbyBot:
    client: LobbyBot = interaction.client
    return client
