"""`lobby kb`: build the knowledge base, add to it, look at it, measure it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot import printing
from bot.assistant import open_knowledge
from bot.commands.common import common_options, load_settings, print_json
from bot.commands.verify import verify_command
from bot.errors import CANNOT, DONE, FAILED
from kb import evaluate as evaluation
from kb.added import Change
from kb.comparison import compare, keep
from kb.sources import registry


@click.group()
def kb() -> None:
    """The knowledge base."""


@kb.command()
@common_options
def build(as_json: bool, data_dir: Path | None) -> int:
    """Build the knowledge base from what is installed; does nothing when nothing changed."""
    knowledge = open_knowledge(load_settings(data_dir).settings)
    with progress_bar() as report:
        status = knowledge.build(report)
    if as_json:
        print_json(status.to_dict())
    else:
        printing.show_knowledge_status(status)
    return DONE


@kb.command()
@common_options
def status(as_json: bool, data_dir: Path | None) -> int:
    """Say what the knowledge base holds and whether it can be used."""
    knowledge = open_knowledge(load_settings(data_dir).settings)
    state = knowledge.status()
    if as_json:
        print_json(state.to_dict())
    else:
        printing.show_knowledge_status(state)
    return DONE if state.usable else CANNOT


@kb.command()
@click.argument("source")
@click.option(
    "--kind", type=click.Choice(list(registry.LOADERS)), help="What the source is, where it does not show by itself."
)
@common_options
def add(source: str, kind: str | None, as_json: bool, data_dir: Path | None) -> int:
    """Add SOURCE to what is known, or read it again.

    SOURCE is a folder of Markdown, notebooks or Python files, a Git address, or an export: a Stack Exchange dump,
    GitHub issues or discussions, Discourse topics, Discord or Matrix threads. What cannot be read is listed; the rest
    is added.
    """
    knowledge = open_knowledge(load_settings(data_dir).settings)
    with progress_bar() as report:
        change = knowledge.add(source, kind=kind, progress=report)
    _show(change, as_json)
    return DONE


@kb.command()
@click.argument("source")
@common_options
def remove(source: str, as_json: bool, data_dir: Path | None) -> int:
    """Forget SOURCE, named as `lobby kb status` lists it."""
    knowledge = open_knowledge(load_settings(data_dir).settings)
    with progress_bar() as report:
        change = knowledge.remove(source, progress=report)
    _show(change, as_json)
    return DONE


def _show(change: Change, as_json: bool) -> None:
    if as_json:
        print_json(change.to_dict())
    else:
        printing.show_source_change(change)


@kb.command()
@click.argument("questions", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.jsonl")
@click.option("--misses", is_flag=True, help="Also list what was not found, with what came instead.")
@click.option("--check", is_flag=True, help="Exit with 1 when a figure fell by more than chance explains.")
@common_options
def evaluate(questions: Path, misses: bool, check: bool, as_json: bool, data_dir: Path | None) -> int:
    """Ask every question of FILE.jsonl and say how often the right page came, and how sure that was.

    The figures stand beside those of the last run with the same questions. With --check a run that is worse is not
    kept, so that the next is compared with the same one again.
    """
    knowledge = open_knowledge(load_settings(data_dir).settings)
    try:
        knowledge.warm()
        report = evaluation.evaluate(knowledge.ask, evaluation.read(questions))
    finally:
        knowledge.close()
    comparison = compare(knowledge.folder, report)
    failed = check and comparison is not None and comparison.worse
    if not failed:
        keep(knowledge.folder, report)
    figures = report.to_dict() | ({"misses": report.misses()} if misses else {})
    figures["comparison"] = comparison.to_dict() if comparison else None
    if as_json:
        print_json(figures)
    else:
        printing.show_evaluation(figures)
    return FAILED if failed else DONE


kb.add_command(verify_command)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show the stages of a build on stderr: a bar on a terminal, a line a stage elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_a_stage(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, int] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            # How much there is of a source shows only when it has been read.
            bars.update(tasks[stage], completed=done, total=total or None)  # type: ignore[arg-type]

        yield report


def _line_a_stage(console: Console) -> Callable[[str, int, int], None]:
    said: set[str] = set()

    def report(stage: str, done: int, total: int) -> None:
        if stage not in said:
            said.add(stage)
            console.print(f"{stage}…", highlight=False)

    return report
