"""Does the code in `data/` still do what its text says? Every block is run as a reader would run it.

An entry's blocks run in order in one namespace. What a block must do stands beside it in the Markdown::

    ```python                       runs without raising
    ```python raises=ValueError     raises exactly this type
    ```python needs=gpu             is counted apart, not run
    ```output                       what the block before prints; ``...`` stands for anything
    ```error                        text that the message of the block before contains
    ```python exercise              a starter that the reader fills in
    ```python solution              what a reader might write
    ```python check                 prints PASS after the solution, and TRY AGAIN after the starter

A starter runs in a copy of the namespace, so that the solution cannot live on what only the starter has.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from markdown_it import MarkdownIt

from kb.sources import front_matter
from kb.sources.outside import Unreadable
from kb.state import text_hash
from runner.job import BACKENDS, Backend, Job, Limits, Result

# What a run may take is limited by the processor's time; on a busy machine the clock alone says little.
VERIFY_WALL_S = 180.0

Outcome = Literal["passed", "failed", "not run"]


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of Python and what it must do. `line` counts from 1 in its file.

    `apart` says that the blocks after it do not see what it defines.
    """

    code: str
    line: int
    raises: str | None = None
    needs: str | None = None
    output: str | None = None
    error: str | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file of `data/` with the blocks it shows and the backends it speaks of."""

    path: Path
    blocks: tuple[Block, ...]
    backends: tuple[Backend, ...] = BACKENDS

    @property
    def content_hash(self) -> str:
        """Hash of all that is run and expected; the prose around it may change, and lines may move."""
        return text_hash(*(repr(replace(block, line=0)) for block in self.blocks))


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one document fared on one backend.

    `why` says what differed, in one or more lines; `not_run` what the blocks counted apart need; `content_hash` is the
    document's.
    """

    document: Path
    backend: Backend
    outcome: Outcome
    seconds: float = 0.0
    why: str = ""
    not_run: tuple[str, ...] = field(default=())
    content_hash: str = ""


def read(path: Path) -> Document:
    """Read one file, Markdown or a program.

    Raises:
        OSError: it cannot be read.
        ValueError: its front matter is not YAML, or it names a backend that there is none of.
    """
    return read_program(path) if path.suffix == ".py" else read_markdown(path)


def read_documents(content: Path) -> Iterator[Document]:
    """Yield every document below the content folder that has code, sorted by path."""
    for path in sorted(content.rglob("*")):
        if path.suffix in {".md", ".py"} and path.name != "README.md":
            document = read(path)
            if document.blocks:
                yield document


def read_program(path: Path) -> Document:
    """Read a program; a comment `# backends: jax` says where it runs, when that is not everywhere.

    Raises:
        ValueError: it names a backend that there is none of.
    """
    code = path.read_text(encoding="utf-8")
    named = re.search(r"^# backends: *(.+)$", code, re.MULTILINE)
    backends = tuple(re.findall(r"\w+", named[1])) if named else BACKENDS
    return Document(path, (Block(code, line=1),), _known(path, backends))


def _known(path: Path, backends: Sequence[str]) -> tuple[Backend, ...]:
    for name in backends:
        if name not in BACKENDS:
            raise ValueError(f"{path}: unknown backend {name!r}")
    return tuple(backends)  # type: ignore[arg-type]


def read_markdown(path: Path) -> Document:
    """Read the blocks of a Markdown file.

    Raises:
        ValueError: the front matter is not YAML, or names a backend that there is none of.
    """
    text = path.read_text(encoding="utf-8")
    front, body, offset = split_front_matter(text)
    return Document(path, tuple(_blocks(body, offset)), _known(path, front.get("backends", BACKENDS)))


def split_front_matter(text: str) -> tuple[dict[str, Any], str, int]:
    """Return a Markdown file's front matter, its body, and how many lines the front matter takes.

    Raises:
        ValueError: the front matter is not a YAML mapping.
    """
    try:
        document = front_matter.read(text, strict=True)
    except Unreadable as error:
        raise ValueError(str(error)) from None
    return document.values, document.body, document.lines


def _blocks(body: str, offset: int) -> Iterator[Block]:
    pending: Block | None = None
    starter: Block | None = None
    solution: Block | None = None
    for token in MarkdownIt().parse(body):
        if token.type != "fence":
            continue
        kind, *words = token.info.split() or [""]
        if kind == "python":
            if pending:
                yield pending
            options = dict(word.split("=", 1) for word in words if "=" in word)
            line = offset + (token.map[0] if token.map else 0) + 2
            if "exercise" in words or "solution" in words:
                block, pending = Block(token.content, line), None
                starter, solution = (block, None) if "exercise" in words else (starter, block)
                continue
            if "check" in words:
                if starter:
                    code = f"{starter.code}\n{token.content}"
                    yield replace(starter, code=code, output="...TRY AGAIN: ...", apart=True)
                if solution:
                    yield solution
                starter = solution = None
            output = "PASS..." if "check" in words else None
            pending = Block(token.content, line, options.get("raises"), options.get("needs"), output)
        elif kind == "output" and pending:
            pending = replace(pending, output=token.content)
        elif kind == "error" and pending:
            pending = replace(pending, error=token.content)
    for left in (solution, pending):
        if left:
            yield left


# Runs inside the sandbox, before the reader's first line. It executes the blocks in the namespace of `__main__`, keeps
# what each printed and raised, and prints it behind a marker that no block can know. Sources are laid into linecache
# because TensorFlow's AutoGraph and Keras' Lambda read the source of the functions they are given.
_DRIVER = """
def _lobby_driver(blocks, marker):
    import contextlib, io, json, linecache, sys
    space = sys.modules["__main__"].__dict__
    space.pop("_lobby_driver", None)
    reports = []
    for name, code, expects_error, apart in blocks:
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        out, error = io.StringIO(), None
        try:
            with contextlib.redirect_stdout(out):
                exec(compile(code, name, "exec"), dict(space) if apart else space)
        except BaseException as raised:
            error = [type(raised).__name__, str(raised)]
        reports.append([out.getvalue()[-20000:], error])
        if (error is not None) != expects_error:
            break
    print(marker + json.dumps(reports))
"""


def compose(document: Document, backend: Backend) -> tuple[Job, str]:
    """Return the job that runs a document's blocks, and the marker that its report stands behind."""
    marker = secrets.token_hex(16)
    blocks = [
        (f"{document.path.name}:{block.line}", block.code, block.raises is not None, block.apart)
        for block in _to_run(document)
    ]
    source = f"{_DRIVER}\n_lobby_driver({blocks!r}, {marker!r})\n"
    return Job(source, backend=backend, limits=Limits(wall_s=VERIFY_WALL_S, source_bytes=10 * 2**20)), marker


def judge(document: Document, backend: Backend, result: Result, marker: str) -> Verdict:
    """Say whether the blocks did what their document states."""
    not_run = _needs(document)

    def verdict(outcome: Outcome, why: str = "") -> Verdict:
        return Verdict(document.path, backend, outcome, result.duration_s, why, not_run, document.content_hash)

    line = next((line for line in result.stdout.splitlines() if line.startswith(marker)), None)
    if line is None:
        raised = f"{result.error.type}: {result.error.message}" if result.error else result.stderr[-500:]
        return verdict("failed", f"the run ended as {result.status}: {raised}")
    reports = json.loads(line.removeprefix(marker))
    for block, (printed, error) in zip(_to_run(document), reports, strict=False):
        why = _compare(block, printed, error)
        if why:
            return verdict("failed", f"line {block.line}: {why}")
    return verdict("passed")


def nothing_to_run(document: Document, backend: Backend) -> Verdict | None:
    """Return the verdict on a document whose every block needs what is not here; None for any other."""
    if _to_run(document):
        return None
    return Verdict(document.path, backend, "not run", not_run=_needs(document), content_hash=document.content_hash)


def _needs(document: Document) -> tuple[str, ...]:
    return tuple(block.needs for block in document.blocks if block.needs)


def _to_run(document: Document) -> Sequence[Block]:
    return [block for block in document.blocks if not block.needs]


def _compare(block: Block, printed: str, error: Sequence[str] | None) -> str:
    """Return what differs from what the block states, or nothing."""
    if error is None and block.raises:
        return f"did not raise {block.raises}"
    if error is not None:
        kind, message = error
        if block.raises != kind:
            return f"raised {kind}: {message}"
        if block.error and _plain(block.error) not in _plain(message):
            return f"the message of {kind} differs: {message}"
    if block.output is not None and not _matches(block.output, printed):
        return f"printed {printed!r}, where {block.output!r} is stated"
    return ""


def _matches(expected: str, printed: str) -> bool:
    pattern = ".*?".join(re.escape(part) for part in _plain(expected).split("..."))
    return re.fullmatch(pattern, _plain(printed), re.DOTALL) is not None


def _plain(text: str) -> str:
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return re.sub(r"[ \t]+", " ", without_colours).strip()


def totals(verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    """Count the documents that passed and failed, and the blocks that were counted apart."""
    counts = {"passed": 0, "failed": 0, "not run": 0}
    for verdict in verdicts:
        if verdict.outcome != "not run":
            counts[verdict.outcome] += 1
        counts["not run"] += len(verdict.not_run)
    return counts
