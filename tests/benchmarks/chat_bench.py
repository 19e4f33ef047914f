"""Fifty messages a second for a minute through the channel in memory: how long answers take, what is lost, what grows.

    .venv/bin/python tests/benchmarks/chat_bench.py [--seconds 60] [--rate 50]

The desk, the knowledge base, the memory on disk and the sandbox are the real ones. Messages come by the clock, whether
the ones before are answered or not. Nine of ten are questions, symbols, follow-ups and votes; one runs code.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.assistant import Assistant, open_knowledge, open_runner
from bot.channels.memory import MemoryChat
from bot.desk import Desk
from bot.memory import Memory
from bot.messages import Intent
from bot.settings import Settings

PEOPLE = 3_000
MESSAGES_KEPT = 500
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Measured:
    """What came of the messages, by kind, in seconds; `silent` counts those that nobody answered."""

    took: dict[str, list[float]] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def script(number: int, questions: list[str], symbols: list[str]) -> tuple[str, str]:
    """Return kind and text of the message of a number."""
    turn = number % 20
    if turn in (3, 13):
        return "run", f"```python\nprint({number % 97} * 3)\n```"
    if turn in (5, 15):
        return "docs", f"!docs {symbols[number * 7 % len(symbols)]}"
    if turn == 9:
        return "docs", f"!docs {symbols[number * 7 % len(symbols)][:-2]}x"
    if turn in (7, 17):
        return "follow-up", "and for torch?"
    return "question", questions[number % len(questions)]


async def one(chat: MemoryChat, number: int, kind: str, text: str, due: float, measured: Measured) -> None:
    # Follow-ups come from whoever asked the message before.
    who = f"person-{(number - 1 if kind == 'follow-up' else number) % PEOPLE}"
    shown = await chat.say(who, text, id=f"m{number}", thread=f"t-{who}")
    measured.took.setdefault(kind, []).append(time.monotonic() - due)
    if not shown:
        measured.silent.append(text)
    elif "our side" in shown[-1].reply.text or shown[-1].reply.kind == "refusal":
        measured.failed.append(f"{text!r}: {shown[-1].reply.text}")
    elif kind == "question" and number % 40 == 0:
        silent = {"vote": "up", "silent": "yes"}
        await chat.say(who, "", intent=Intent.FEEDBACK, arguments=silent, reply_to=shown[-1].id)


async def load(chat: MemoryChat, rate: int, seconds: int, questions: list[str], symbols: list[str]) -> Measured:
    """Send `rate` messages a second by the clock and wait for all of them."""
    measured = Measured()
    begun = time.monotonic()
    tasks: set[asyncio.Task[None]] = set()
    for number in range(rate * seconds):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        kind, text = script(number, questions, symbols)
        task = asyncio.create_task(one(chat, number, kind, text, due, measured))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        if number % (rate * 5) == 0:
            gc.collect()
            measured.resident.append(resident_bytes())
    await asyncio.gather(*tasks)
    return measured


def report(measured: Measured, rate: int, seconds: int) -> None:
    console = Console(highlight=False)
    table = Table("messages", "answered", "p50 ms", "p95 ms", "p99 ms", "longest ms")
    everything = [seconds for took in measured.took.values() for seconds in took]
    for kind, took in [*sorted(measured.took.items()), ("all", everything)]:
        cuts = statistics.quantiles(took, n=100)
        figures = (cuts[49], cuts[94], cuts[98], max(took))
        table.add_row(kind, str(len(took)), *(f"{1000 * figure:.0f}" for figure in figures))
    console.print(f"{rate} messages a second for {seconds} s through the channel in memory")
    console.print(table)
    console.print(
        f"sent {rate * seconds}, without a reply {len(measured.silent)}, refused or failed {len(measured.failed)}"
    )
    half = measured.resident[len(measured.resident) // 2 :]
    told = ", ".join(f"{size / 2**20:.0f}" for size in measured.resident)
    console.print(f"resident MiB every 5 s: {told}; over the second half {(half[-1] - half[0]) / 2**20:+.1f}")
    for text in (*measured.silent[:3], *measured.failed[:3]):
        console.print(f"  {text[:200]}")


async def measure(assistant: Assistant, settings: Settings, rate: int, seconds: int) -> Measured:
    knowledge = assistant.knowledge
    questions = [page.title for page in knowledge.pages("faq") if page.language == "en"]
    memory = Memory(settings.data_dir / "chat")
    desk = Desk(assistant, memory, settings)
    try:
        return await load(MemoryChat(desk, kept=MESSAGES_KEPT), rate, seconds, questions, list(knowledge.symbols()))
    finally:
        desk.close()
        memory.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=50)
    chosen, _ = parser.parse_known_args()
    kept = os.environ.get("LOBBY_TEST_DATA_DIR")
    with tempfile.TemporaryDirectory(prefix="lobby-bench-") as folder:
        if kept:
            shutil.copytree(Path(kept) / "knowledge", Path(folder) / "knowledge")
        settings = Settings(data_dir=Path(folder), chat_questions_per_hour=10**6, chat_runs_per_hour=10**6,
                            chat_server_runs_per_hour=10**6)  # fmt: skip
        assistant = Assistant(open_knowledge(settings), open_runner(settings))
        try:
            assistant.knowledge.build()
            assistant.knowledge.warm()
            report(asyncio.run(measure(assistant, settings, chosen.rate, chosen.seconds)), chosen.rate, chosen.seconds)
        finally:
            assistant.close()


if __name__ == "__main__":
    main()
