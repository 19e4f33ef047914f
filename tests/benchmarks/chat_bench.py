"""Fifty messages a second for a minute through the channel in memory: how long answers take, what is lost, what grows.

    .venv/bin/python tests/benchmarks/chat_bench.py [--seconds 60] [--rate 50] [--crowd 300]

The desk, the knowledge base, the memory on disk and the sandbox are the real ones. Messages come by the clock, whether
the ones before are answered or not. Nine of ten are questions, symbols, follow-ups and votes; one runs code. No two
questions are the same, so that nothing is answered from memory.

Before that, a crowd asks at once, twice: with each question's vector computed alone and each example parsed anew, and
as the service does it; what that costs of the processor stands side by side, measured on the same machine in the same
minute.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.special import erf

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.assistant import Assistant, open_knowledge, open_runner
from bot.channels.memory import MemoryChat
from bot.desk import Desk
from bot.memory import Memory
from bot.messages import Intent
from bot.settings import Settings
from kb import answer, minilm
from kb.knowledge import KnowledgeBase
from kb.prose import excerpt
from kb.recall import Recall

# None comes back within a minute at any rate that this is run at: the same words again would be refused.
PEOPLE = 20_000
MESSAGES_KEPT = 500
PAGE = os.sysconf("SC_PAGE_SIZE")


# Ways to begin and end a question, so that each is one of its own.
BEGINNINGS = ("", "please, ", "hi! ", "quick question: ", "I wonder: ", "in Keras, ", "sorry, ", "for my thesis: ")
ENDINGS = ("", " (Keras 3)", " thanks", " I am new to this", " in a notebook", " on a small machine", " please help")


@dataclass
class Measured:
    """What came of the messages, by kind, in seconds; `silent` counts those that nobody answered."""

    took: dict[str, list[float]] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    offered: float = 0.0  # messages a second
    load_average: str = ""  # of the machine, before and after
    processor_s: float = 0.0  # of this process


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
    return "question", worded(number, questions)


def worded(number: int, questions: list[str]) -> str:
    """Return a question that no other number has."""
    way, which = divmod(number, len(questions))
    beginning, ending = BEGINNINGS[way % len(BEGINNINGS)], ENDINGS[way // len(BEGINNINGS) % len(ENDINGS)]
    return f"{beginning}{questions[which]}{ending}"


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
    measured = Measured(load_average=f"{os.getloadavg()[0]:.1f}")
    begun, cpu = time.monotonic(), time.process_time()
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
    measured.offered = rate * seconds / (time.monotonic() - begun)
    await asyncio.gather(*tasks)
    gc.collect()
    measured.resident.append(resident_bytes())
    measured.processor_s = time.process_time() - cpu
    measured.load_average += f" → {os.getloadavg()[0]:.1f}"
    return measured


class Forgetful(dict[str, str]):
    """A memory that keeps nothing."""

    def __setitem__(self, key: str, value: str) -> None:
        pass


def gelu_by_erf(x: minilm.Floats) -> None:
    """Turn x into x·Φ(x) as scipy's error function has it."""
    x *= np.float32(0.5) * (1 + erf(x * np.float32(minilm.SQRT_HALF)))


@contextlib.contextmanager
def each_alone(knowledge: KnowledgeBase) -> Iterator[None]:
    """Let every question be worked on by itself, with scipy's erf, and nothing be kept of it."""
    recall, searcher = knowledge._recall, knowledge._open().searcher
    examples, searcher.examples = searcher.examples, Forgetful()
    knowledge._recall = Recall(knowledge._embedder, most=0)
    answer.excerpt = excerpt.__wrapped__  # type: ignore[attr-defined]
    gelu, minilm._gelu = minilm._gelu, gelu_by_erf
    try:
        yield
    finally:
        knowledge._recall, searcher.examples, minilm._gelu = recall, examples, gelu
        answer.excerpt = excerpt  # type: ignore[attr-defined]


async def crowd(chat: MemoryChat, asked: list[str], name: str) -> tuple[float, float]:
    """Let everybody ask at once; return the processor's and the clock's milliseconds a question."""
    gc.collect()
    cpu, begun = time.process_time(), time.monotonic()
    said = (chat.say(f"{name}-{number}", text, thread=f"{name}-{number}") for number, text in enumerate(asked))
    answers = await asyncio.gather(*said)
    assert all(len(one) == 1 for one in answers)
    share = 1000 / len(asked)
    return (time.process_time() - cpu) * share, (time.monotonic() - begun) * share


async def compared(chat: MemoryChat, size: int, questions: list[str]) -> None:
    """Print what a question of a crowd costs, worked on alone and as the service does it."""
    knowledge = chat.desk.assistant.knowledge
    before, now = [], []
    # By turns, as what else goes on here changes; other questions each time.
    for turn in range(4):
        asked = [worded(turn * size + number, questions) for number in range(size)]
        if turn % 2:
            now.append(await crowd(chat, asked, f"together-{turn}"))
            continue
        with each_alone(knowledge):
            before.append(await crowd(chat, asked, f"alone-{turn}"))
    table = Table(f"{size} questions at once", "processor ms each", "clock ms each")
    for told, figures in (("each alone", before), ("together", now)):
        table.add_row(told, *(" / ".join(f"{one[column]:.1f}" for one in figures) for column in (0, 1)))
    cpu = statistics.mean(one[0] for one in before) / statistics.mean(one[0] for one in now)
    Console(highlight=False).print(table, f"{cpu:.2f} times less of the processor together")


def report(measured: Measured, rate: int, seconds: int) -> None:
    console = Console(highlight=False)
    table = Table("messages", "answered", "p50 ms", "p95 ms", "p99 ms", "longest ms")
    everything = [seconds for took in measured.took.values() for seconds in took]
    for kind, took in [*sorted(measured.took.items()), ("all", everything)]:
        cuts = statistics.quantiles(took, n=100)
        figures = (cuts[49], cuts[94], cuts[98], max(took))
        table.add_row(kind, str(len(took)), *(f"{1000 * figure:.0f}" for figure in figures))
    console.print(f"{rate} messages a second for {seconds} s through the channel in memory")
    console.print(f"offered {measured.offered:.1f} a second; load average of the machine {measured.load_average}")
    console.print(table)
    answered = len(everything) - len(measured.silent) - len(measured.failed)
    console.print(
        f"sent {rate * seconds}, answered {answered}, without a reply {len(measured.silent)},"
        f" refused or failed {len(measured.failed)}, dropped {rate * seconds - len(everything)};"
        f" processor {measured.processor_s / seconds:.2f} of {os.cpu_count()} cores"
    )
    half = measured.resident[len(measured.resident) // 2 :]
    told = ", ".join(f"{size / 2**20:.0f}" for size in measured.resident)
    console.print(f"resident MiB every 5 s: {told}; over the second half {(half[-1] - half[0]) / 2**20:+.1f}")
    for text in (*measured.silent[:3], *measured.failed[:3]):
        console.print(f"  {text[:200]}")


async def measure(assistant: Assistant, settings: Settings, rate: int, seconds: int, size: int) -> Measured:
    knowledge = assistant.knowledge
    questions = [page.title for page in knowledge.pages("faq") if page.language == "en"]
    memory = Memory(settings.data_dir / "chat")
    desk = Desk(assistant, memory, settings)
    try:
        chat = MemoryChat(desk, kept=MESSAGES_KEPT)
        if size:
            await compared(chat, size, questions)
        return await load(chat, rate, seconds, questions, list(knowledge.symbols()))
    finally:
        desk.close()
        memory.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--crowd", type=int, default=300, help="people who ask at once, for the comparison; 0: none")
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
            measured = asyncio.run(measure(assistant, settings, chosen.rate, chosen.seconds, chosen.crowd))
            report(measured, chosen.rate, chosen.seconds)
        finally:
            assistant.close()


if __name__ == "__main__":
    main()
