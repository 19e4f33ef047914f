"""`lobby kb verify`: run every code block of `data/` in the sandbox and hold it against what its text says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from bot import printing, verified, verify
from bot.assistant import open_runner
from bot.commands.common import common_options, load_settings, print_json
from bot.errors import DONE, FAILED, BadCall
from bot.verify import Document, Verdict
from runner.job import BACKENDS, Backend
from runner.runner import Runner

# A run that fails for want of a slice of the processor passes the second time; a rotten block fails twice.
TRIES = 2


@click.command("verify")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True), metavar="[FILE]...")
@click.option("--backend", type=click.Choice([*BACKENDS, "all"]), default="tensorflow", show_default=True)
@click.option("--changed", is_flag=True, help="Only what has not passed as it is now, with today's versions.")
@click.option("--since", metavar="COMMIT", help="Only what differs from COMMIT.")
@click.option("--publish", is_flag=True, help="Write what holds into the content folder, for those who install it.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Runs at once.")
@common_options
def verify_command(
    paths: tuple[Path, ...],
    backend: str,
    changed: bool,
    since: str | None,
    publish: bool,
    jobs: int,
    as_json: bool,
    data_dir: Path | None,
) -> int:
    """Run the code of the FAQ, the examples and the learning path, or of FILEs, and compare with what the text says.

    Each outcome is written down as it comes; --changed leaves out what has passed already.
    """
    settings = load_settings(data_dir).settings
    try:
        documents = list(_chosen(settings.content_dir, paths, since))
    except ValueError as error:
        raise BadCall(f"{error}.", "Mend the entry and call again.") from None
    if paths and not documents:
        raise BadCall(f"{paths[0]} has no code to verify.", f"Name files below {settings.content_dir}.")
    backends: Sequence[Backend] = BACKENDS if backend == "all" else (backend,)  # type: ignore[assignment]
    work = [(document, each) for each in backends for document in documents if each in document.backends]
    if changed:
        work = [item for item in work if not verified.holds(settings.data_dir, settings.content_dir, *item)]
    verdicts: list[Verdict] = []
    console = Console(stderr=True)
    runner = open_runner(settings)
    try:
        with console.status("") as line:
            for verdict in _run(runner, work, jobs):
                verdicts.append(verdict)
                verified.note(settings.data_dir, settings.content_dir, verdict)
                if console.is_terminal:
                    line.update(f"{len(verdicts)}/{len(work)} {verdict.document.name}")
                if verdict.outcome == "failed" and not as_json:
                    console.print(f"{verdict.document} on {verdict.backend}: {verdict.why}", markup=False)
    finally:
        runner.close()
    if publish:
        verified.publish(settings.data_dir, settings.content_dir, verify.read_documents(settings.content_dir))
    counts = verify.totals(verdicts)
    if as_json:
        print_json({"totals": counts, "verdicts": [{**asdict(one), "document": str(one.document)} for one in verdicts]})
    else:
        printing.show_verdicts(verdicts, counts)
    return FAILED if counts["failed"] else DONE


def _chosen(content: Path, paths: Sequence[Path], since: str | None) -> Iterator[Document]:
    """Yield the documents that are to be verified: those below `paths` and those that differ from a commit."""
    wanted = [path.resolve() for path in paths]
    if since is not None:
        wanted += _changed_since(content, since)
    everything = not paths and since is None
    for document in verify.read_documents(content):
        path = document.path.resolve()
        if everything or any(path.is_relative_to(each) for each in wanted):
            yield document


def _changed_since(content: Path, commit: str) -> Iterable[Path]:
    """Return the files below the content folder that differ from a commit, new ones included."""
    if commit.startswith("-"):
        raise BadCall(f"{commit} is not a commit.", "Name one: --since=main.")
    found: list[Path] = []
    for command in (["diff", "--name-only", "-z", commit], ["ls-files", "--others", "--exclude-standard", "-z"]):
        done = subprocess.run(["git", "-C", content, *command, "--", "."], capture_output=True, text=True)
        if done.returncode:
            raise BadCall(f"git cannot compare with {commit}.", "Call it in a checkout, with a commit that exists.")
        # `diff` names files from the top of the checkout, `ls-files` from the folder it is called in.
        base = content if command[0] == "ls-files" else _top(content)
        found += [(base / name).resolve() for name in done.stdout.split("\0") if name]
    return found


def _top(content: Path) -> Path:
    done = subprocess.run(["git", "-C", content, "rev-parse", "--show-toplevel"], capture_output=True, text=True)
    return Path(done.stdout.strip())


def _run(runner: Runner, work: Sequence[tuple[Document, Backend]], at_once: int) -> Iterator[Verdict]:
    def one(item: tuple[Document, Backend]) -> Verdict:
        document, backend = item
        nothing = verify.nothing_to_run(document, backend)
        if nothing:
            return nothing
        for _ in range(TRIES):
            job, marker = verify.compose(document, backend)
            verdict = verify.judge(document, backend, runner.run(job), marker)
            if verdict.outcome != "failed":
                break
        return verdict

    pool = ThreadPoolExecutor(at_once, thread_name_prefix="verify")
    try:
        for done in as_completed([pool.submit(one, item) for item in work]):
            yield done.result()
    finally:
        # Interrupted, nothing new begins.
        pool.shutdown(cancel_futures=True)
