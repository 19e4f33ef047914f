"""`lobby upgrade`: Keras 1 and 2 code rewritten for Keras 3."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot import printing
from bot.assistant import Assistant, open_knowledge, open_runner
from bot.commands.common import common_options, load_settings, print_json
from bot.errors import DONE, FAILED, BadCall
from runner.inputs import read_source
from runner.job import BACKENDS, Backend, Job, Limits
from runner.upgrade import Upgrade
from runner.upgrade import upgrade as rewrite
from runner.upgrade.engine import MAX_SOURCE_BYTES
from runner.upgrade.repair import Proof

STDIN = "-"
# A notebook carries pictures beside its code.
READ_AT_MOST = 32 * MAX_SOURCE_BYTES


@click.command()
@click.argument("path", metavar="FILE")
@click.option("--source", "only_source", is_flag=True, help="Print the new source instead of the diff.")
@click.option("--run", "prove", is_flag=True, help="Run it before and after, and mend what the run complains about.")
@click.option("--backend", type=click.Choice(BACKENDS), default="tensorflow", show_default=True, help="With --run.")
@common_options
def upgrade(path: str, only_source: bool, prove: bool, backend: Backend, as_json: bool, data_dir: Path | None) -> int:
    """Rewrite the Keras 1, Keras 2 or tf.keras code in FILE (- reads standard input) for Keras 3.

    FILE is a Python program, a notebook (its code cells) or Markdown (its fenced Python blocks). Nothing is executed
    without --run.
    """
    source = read(path)
    proof: Proof | None = None
    if prove:
        settings = load_settings(data_dir).settings
        assistant = Assistant(open_knowledge(settings), open_runner(settings, warm=True))
        try:
            limits = Limits(wall_s=settings.run_timeout_s)
            proof = assistant.prove(Job(source=source, backend=backend, limits=limits))
        finally:
            assistant.close()
        result = proof.upgrade
    else:
        result = rewrite(source)
    if result.problem is not None:
        raise BadCall(f"{path} cannot be upgraded: {result.problem}", "Mend that first, or send the part that matters.")
    if as_json:
        print_json(to_dict(result, proof))
    elif only_source:
        sys.stdout.write(result.source)
    else:
        printing.show_upgrade(result, proof)
    return DONE if proof is None or proof.after.status == "ok" else FAILED


def to_dict(result: Upgrade, proof: Proof | None) -> dict[str, object]:
    """Return an upgrade in the published form, with both runs or null for them."""
    return {
        **result.to_dict(),
        "run_before": proof.before.to_dict() if proof is not None else None,
        "run_after": proof.after.to_dict() if proof is not None else None,
    }


def read(path: str) -> str:
    """Return the program in a file, line endings and byte order mark kept.

    Raises:
        BadCall: the file cannot be read.
        BadInput: it holds no Python.
    """
    try:
        content = sys.stdin.buffer.read(READ_AT_MOST) if path == STDIN else _bytes(Path(path))
    except OSError as error:
        raise BadCall(f"{path} cannot be read: {error.strerror}.", "Name a file with Python code.") from None
    if path == STDIN or Path(path).suffix not in (".ipynb", ".md"):
        return content.decode("utf-8", "surrogateescape")
    return read_source(content, path)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(READ_AT_MOST)
