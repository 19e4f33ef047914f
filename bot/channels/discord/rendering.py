"""What a reply looks like on Discord: a card or a plain text, files, all within Discord's limits.

Cards are narrow: a model's summary would break in every line. So code and output stand in the text, with the sources on
a card under it, as long as the text has room for them.
Plain functions on replies: nothing is sent from here. Pictures are attached without being named in the card; Discord
shows them inline under it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.channels.discord import limits
from bot.channels.rendering import ANSWER_NAME, Inline, bar, chosen_files, code_block, web_address
from bot.messages import File, Link, Reply
from bot.redaction import disarm
from bot.wording import say

# Kinds that are cards; everything else is a sentence.
_CARDS = frozenset({"answer", "unsure", "suggestion", "docs", "run", "upgrade", "sources", "help", "privacy"})
# Keras' red for what we know; the rest as signals are on Discord itself.
_COLOURS = {"answer": 0xD00000, "docs": 0xD00000, "unsure": 0xFEE75C, "suggestion": 0x99AAB5, "upgrade": 0x5865F2}
_SIGNS = {"ok": "✅", "cancelled": "⏹️", "interrupted": "⏹️", "timeout": "⏱️", "rejected": "⚠️"}
_FAILED_SIGN = "❌"
_RUN_COLOURS = {"ok": 0x57F287, "cancelled": 0x99AAB5, "interrupted": 0x99AAB5}
_RUNNING = 0x5865F2
_FAILED = 0xED4245
_NEUTRAL = 0x99AAB5
# Left free in a card for the rest when the text is long.
LONGEST_CODE = 1_800
LONGEST_SOURCES = 700
EXAMPLE_NAME = "example.py"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What to send. `left_out` names files that there is no room or no permission for."""

    content: str
    embed: discord.Embed | None
    files: tuple[File | Inline, ...]
    left_out: tuple[str, ...] = ()


def render(reply: Reply, *, embeds: bool = True, attach: bool = True, file_bytes: int = limits.FILE_BYTES) -> Rendered:
    """Fit a reply into one message.

    Args:
        reply: what the desk says.
        embeds: False where Lobby may not embed links: the card becomes text.
        attach: False where Lobby may not attach files.
        file_bytes: the largest file that this server accepts.
    """
    card = embeds and reply.kind in _CARDS
    if card and (reply.kind == "run" or reply.output or reply.code) and len(_whole(reply)) <= limits.CONTENT:
        return _wide(reply, file_bytes, attach)
    longest = limits.EMBED_DESCRIPTION if card else limits.CONTENT
    chosen, left_out = chosen_files(reply, limits.FILES if attach else 0, file_bytes)
    files: tuple[File | Inline, ...] = chosen
    notes = _file_notes(left_out, reply.locale, attach)
    sources = _sources(reply.sources, reply.locale, card)
    # Outside of a card the sources and notes share the text's room.
    after = [] if card else [part for part in (sources, notes) if part]
    if card and notes:
        after = [notes]
    room = longest - sum(len(part) + 2 for part in after)
    body, spilled = _body(reply, room)
    for extra in spilled if attach else ():
        files = (extra, *files[: limits.FILES - 1])
    text = "\n\n".join(part for part in (body, *after) if part)
    if not card:
        return Rendered(text, None, files, left_out)
    return Rendered("", _card(reply, text, sources), files, left_out)


def _wide(reply: Reply, file_bytes: int, attach: bool) -> Rendered:
    """Put what people read into the text, and what they may follow on a card."""
    files, left_out = chosen_files(reply, limits.FILES if attach else 0, file_bytes)
    notes = _file_notes(left_out, reply.locale, attach)
    sources = _sources(reply.sources, reply.locale, True)
    embed = _card(reply, notes, sources) if sources or notes else None
    # Discord would unfold every page that the text names.
    text = re.sub(r"\]\((https?://[^()\s<>]+)\)", r"](<\1>)", _whole(reply))
    if len(text) > limits.CONTENT:
        text = _whole(reply)
    return Rendered(text, embed, files, left_out)


def _whole(reply: Reply) -> str:
    return "\n\n".join(part for part in (_text(reply), *(shown for _, shown in _blocks(reply))) if part)


def _text(reply: Reply) -> str:
    text = disarm(reply.text)
    if reply.kind == "run" and reply.state == "final" and (status := reply.facts.get("status")):
        text = f"{_SIGNS.get(str(status), _FAILED_SIGN)} {text}"
    if reply.progress is not None and (drawn := bar(reply.progress)):
        text = f"{text}\n{drawn}"
    return text


def _blocks(reply: Reply) -> list[tuple[str, str]]:
    """Return what blocks are made of, each with its block."""
    return [
        (text, shown)
        for language, text in (("text", reply.output), ("python", reply.code))
        if (shown := code_block(language, text))
    ]


def _card(reply: Reply, text: str, sources: str) -> discord.Embed:
    embed = discord.Embed(description=text or None, colour=_colour(reply))
    if sources:
        embed.add_field(name=say("discord.sources_title", reply.locale), value=sources, inline=False)
    return embed


def cut(text: str, longest: int) -> str:
    """Cut a text at a line, closing a fence that is open there."""
    if len(text) <= longest:
        return text
    ending = "\n```\n…"
    kept = text[: max(0, longest - len(ending))]
    line = kept.rfind("\n")
    kept = kept[:line] if line > len(kept) // 2 else kept
    if kept.count("```") % 2:
        # A fence that has just been opened would stay empty.
        opened = kept.rfind("```")
        if len(kept) - opened < 20:
            return kept[:opened].rstrip() + "\n…"
        return kept + ending
    return kept + "\n…"


def _body(reply: Reply, room: int) -> tuple[str, list[Inline]]:
    """Join text, output and code; what does not fit goes into files."""
    parts, spilled = [], []
    text = _text(reply)
    if len(text) > room:
        spilled.append(Inline(ANSWER_NAME, text.encode()))
        text = cut(text, room)
    parts.append(text)
    left = room - len(text)
    for block, shown in _blocks(reply):
        is_code = block == reply.code
        fits = len(shown) + 2 <= left and (not is_code or len(shown) <= LONGEST_CODE)
        if is_code and not fits:
            spilled.append(Inline(EXAMPLE_NAME, block.encode()))
            continue
        shown = shown if fits else cut(shown, left - 2)
        if len(shown) + 2 <= left:
            parts.append(shown)
            left -= len(shown) + 2
    return "\n\n".join(part for part in parts if part), spilled


def _sources(links: Sequence[Link], locale: str, card: bool) -> str:
    """List sources as links; those that do not fit are counted."""
    longest = limits.EMBED_FIELD if card else LONGEST_SOURCES
    lines: list[str] = []
    for number, link in enumerate(links):
        title = re.sub(r"([\[\]*_~|`])", r"\\\1", disarm(link.title))[:200]
        line = f"- {_link(title, link.url, card)}"
        more = say("discord.more_links", locale, count=len(links) - number)
        if sum(map(len, lines)) + len(lines) + len(line) + len(more) + 3 > longest:
            return "\n".join([*lines, f"- {more}"])
        lines.append(line)
    return "\n".join(lines)


def _link(title: str, url: str, card: bool) -> str:
    address = web_address(url)
    if not address:
        return title
    # In a text, Discord would unfold the page unless the address stands in angle brackets.
    return f"[{title}]({address})" if card else f"[{title}](<{address}>)"


def _file_notes(left_out: Sequence[str], locale: str, attach: bool) -> str:
    if not left_out:
        return ""
    names = ", ".join(re.sub(r"[`*_~|<>@]", "", name)[:40] for name in left_out[:10])
    sentence = "discord.left_out" if attach else "discord.no_files"
    return f"-# {say(sentence, locale, names=names)}"


def _colour(reply: Reply) -> int:
    if reply.kind != "run":
        return _COLOURS.get(reply.kind, _NEUTRAL)
    if reply.state == "progress":
        return _RUNNING
    return _RUN_COLOURS.get(str(reply.facts.get("status")), _FAILED)
