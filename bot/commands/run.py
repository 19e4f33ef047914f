"""`lobby run`: one snippet in the sandbox, or many, one result a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import click
from ulid import ULID

from bot import printing
from bot.assistant import Assistant, open_knowledge, open_runner
from bot.commands.common import common_options, load_settings, print_json
from bot.errors import CANNOT, DONE, FAILED, WRONG_CALL, BadCall
from bot.settings import Settings
from runner.inputs import BadInput, read_source
from runner.job import BACKENDS, DEVICES, LOCAL, MIB, Backend, Device, Event, Job, Limits, Result, RunError
from runner.uploads import is_upload, opening

SUFFIXES = (".py", ".ipynb", ".md")
STDIN = "-"
# A notebook carries pictures beside its code; past this nobody means it as a snippet.
READ_AT_MOST = 32 * MIB
FILES_AT_MOST = Limits().disk_bytes


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE")
@click.option("--batch", is_flag=True, help="Run many files and folders; one JSON result a line, in order.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="With --batch: runs at once.")
@click.option("--backend", type=click.Choice([*BACKENDS, "all"]), default="tensorflow", show_default=True)
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
@click.option("--timeout", "timeout_s", type=float, help="Wall clock limit in seconds.  [default: run_timeout_s]")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of every random generator.")
@click.option("--stdin", "stdin", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="What it reads.")
@click.option("--file", "files", multiple=True, metavar="NAME=PATH", help="Lay PATH into the working folder as NAME.")
@click.option("--graph", is_flag=True, help="Leave a picture of every model it built (model-N.png).")
@common_options
def run(
    paths: tuple[str, ...],
    batch: bool,
    jobs: int,
    backend: str,
    device: Device,
    timeout_s: float | None,
    seed: int | None,
    stdin: Path | None,
    files: tuple[str, ...],
    graph: bool,
    as_json: bool,
    data_dir: Path | None,
) -> int:
    """Run the snippet in FILE (- reads standard input) where it can hurt nobody.

    FILE is a Python program, a notebook (its code cells) or Markdown (its fenced Python blocks). A saved model,
    weights, arrays or a pickle (.keras, .h5, .npz, .npy, .pkl) is opened there in safe mode and described.
    """
    settings = load_settings(data_dir).settings
    if not batch and len(paths) != 1:
        raise BadCall("One call runs one file.", "For many, use `lobby run --batch FILE...`.")
    limits = Limits(wall_s=_wall_clock(timeout_s, settings))
    template = Job(
        source="",
        device=device,
        limits=limits,
        seed=seed,
        stdin=stdin.read_bytes() if stdin else b"",
        files=dict(_read_file(item) for item in files),
        graph=graph,
        account=LOCAL,
    )
    backends: tuple[Backend, ...] = BACKENDS if backend == "all" else (backend,)  # type: ignore[assignment]
    sources = [(name, _read(name)) for name in (_expand(paths) if batch else paths)]
    assistant = Assistant(open_knowledge(settings), open_runner(settings, warm=batch))
    try:
        if batch:
            work = [(name, content, replace(template, backend=each)) for name, content in sources for each in backends]
            for name, result in _run_all(assistant, work, jobs):
                print_json({**result.to_dict(), "file": name})
            return DONE
        ((name, content),) = sources
        job = _job(replace(template, backend=backends[0]), content, name)
        if backend == "all":
            return _compare(assistant, job, settings.address, as_json=as_json)
        return _run_one(assistant, job, settings.address, as_json=as_json)
    finally:
        assistant.close()


def _run_one(assistant: Assistant, job: Job, site: str, *, as_json: bool) -> int:
    """Run one snippet; for a person its output appears as it comes."""
    if as_json:
        result = assistant.run(job)
        print_json(result.to_dict())
    else:
        shown: dict[str, str] = {}

        def show(event: Event) -> None:
            if event.kind == "output":
                stream, text = event.data["stream"], event.data["text"]
                shown[stream] = text
                printing.show_output(stream, text)

        result = assistant.run(job, show)
        printing.show_rest(result, shown)
        printing.show_ending(result, site)
    return _exit_status(result)


def _compare(assistant: Assistant, job: Job, site: str, *, as_json: bool) -> int:
    """Run one snippet on every backend and print how they compare."""
    rows = assistant.compare(job)
    if as_json:
        print_json({"backend": "all", "rows": [row.to_dict() for row in rows]})
    else:
        printing.show_comparison(rows, site)
    return max(_exit_status(row.result) for row in rows)


def _exit_status(result: Result) -> int:
    return {"ok": DONE, "rejected": WRONG_CALL, "unavailable": CANNOT}.get(result.status, FAILED)


def _run_all(assistant: Assistant, work: list[tuple[str, bytes, Job]], at_once: int) -> Iterator[tuple[str, Result]]:
    """Run many, some at once, and yield the results in the order given, each as soon as its turn has come."""

    def one(name: str, content: bytes, template: Job) -> Result:
        try:
            return assistant.run(_job(template, content, name))
        except BadInput as error:
            reason = RunError("BadInput", f"{error.what} {error.remedy}")
            return Result(str(ULID()), "rejected", template.backend, error=reason)

    with ThreadPoolExecutor(at_once, thread_name_prefix="batch") as pool:
        futures = [(item[0], pool.submit(one, *item)) for item in work]
        try:
            for name, future in futures:
                yield name, future.result()
        finally:
            for _, future in futures:
                future.cancel()


def _expand(paths: Iterable[str]) -> Iterator[str]:
    """Yield the files named, and of each folder the snippets in it, sorted."""
    for path in map(Path, paths):
        if path.is_dir():
            found = sorted(str(file) for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
            if not found:
                raise BadCall(f"There is no snippet in the folder {path}.", f"Snippets end in {', '.join(SUFFIXES)}.")
            yield from found
        else:
            yield str(path)


def _read(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read(READ_AT_MOST)
    try:
        with Path(name).open("rb") as file:
            return file.read(FILES_AT_MOST if is_upload(name) else READ_AT_MOST)
    except OSError as error:
        raise BadCall(f"{name} cannot be read: {error.strerror}.", "Name a file with Python code.") from None


def _job(template: Job, content: bytes, name: str) -> Job:
    if is_upload(name):
        return opening(template, name, content)
    return replace(template, source=_source(content, name))


def _source(content: bytes, name: str) -> str:
    """Return the Python in a program, a notebook or a Markdown file.

    A program that is no text keeps its bytes as lone surrogates, which the runner rejects like everybody else's.

    Raises:
        BadInput: a notebook or Markdown file without code that can be read.
    """
    if name == STDIN or Path(name).suffix not in {".ipynb", ".md"}:
        return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return read_source(content, name)


def _read_file(item: str) -> tuple[str, bytes]:
    name, separator, path = item.partition("=")
    if not separator or not name or os.sep in name or name in {".", ".."} or "\0" in name:
        raise BadCall(
            f"--file {item} is not of the form NAME=PATH.", "NAME is a plain file name: --file data.csv=x.csv"
        )
    try:
        with Path(path).open("rb") as file:
            content = file.read(FILES_AT_MOST + 1)
    except OSError as error:
        raise BadCall(f"{path} cannot be read: {error.strerror}.", "Name a file that exists.") from None
    if len(content) > FILES_AT_MOST:
        raise BadCall(f"{path} is larger than a run's disk.", f"At most {FILES_AT_MOST // 2**20} MiB fit.")
    return name, content


def _wall_clock(asked_s: float | None, settings: Settings) -> float:
    if asked_s is None:
        return settings.run_timeout_s
    if not 0 < asked_s <= settings.run_timeout_max_s:
        raise BadCall(
            f"--timeout {asked_s:g} is not allowed.",
            f"Between 0 and {settings.run_timeout_max_s:g} seconds (run_timeout_max_s) are.",
        )
    return asked_s
