"""How many old programs run, before and after the upgrade, by era and backend.

    python tests/benchmarks/upgrade_bench.py [--backend NAME]... [--era NAME]... [--jobs N] [--json] [--write]

The programs are those of the tests: written in the style of their time, on synthetic data. Every one is run in the real
sandbox, as it was and as the upgrade left it. Where a program calls TensorFlow itself, it counts on TensorFlow only.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from runner.job import BACKENDS, Backend, Job, Limits, Result
from runner.runner import Runner, RunnerConfig
from runner.upgrade import proven, upgrade
from runner.upgrade.proven import Proven
from runner.upgrade.repair import upgraded_and_run

PROGRAMS = Path(__file__).parents[1] / "runner" / "upgrade" / "programs"
ERAS = ("keras1", "keras2", "tfkeras", "modern")
TITLES = {"keras1": "Keras 1", "keras2": "Keras 2", "tfkeras": "tf.keras", "modern": "Keras 3"}
BACKEND_TITLES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
FIGURES = Path(__file__).resolve().parents[2] / "runner" / "upgrade" / "proven.py"
LIMITS = Limits(wall_s=240.0, cpu_s=240.0, memory_bytes=3 * 2**30)
_TENSORFLOW = re.compile(r"^\s*(?:import tensorflow|from tensorflow)(?!\.keras\.preprocessing)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """One program on one backend; `before` and `after` are statuses of its runs."""

    era: str
    program: str
    backend: str
    before: str
    after: str
    error: str


def programs(eras: list[str]) -> Iterator[tuple[str, Path]]:
    for era in eras:
        for path in sorted((PROGRAMS / era).glob("*.py")):
            yield era, path


def said(result: Result) -> str:
    if result.status == "ok" or result.error is None:
        return ""
    return f"line {result.error.line}: {result.error.type}: {' '.join(result.error.message.split())[:200]}"


def outcomes(eras: list[str], backends: list[Backend], jobs: int, verbose: bool) -> list[Outcome]:
    def one(item: tuple[str, Path, Backend]) -> Outcome | None:
        era, path, backend = item
        source = path.read_bytes().decode()
        if backend != "tensorflow" and _TENSORFLOW.search(upgrade(source).source):
            return None
        proof = upgraded_and_run(source, lambda text: runner.run(Job(text, backend=backend, limits=LIMITS)))
        made = Outcome(era, path.stem, backend, proof.before.status, proof.after.status, said(proof.after))
        if verbose or made.after != "ok":
            print(
                f"{backend} {era}/{path.stem}: {made.before} -> {made.after} {made.error}", file=sys.stderr, flush=True
            )
        return made

    work = [(era, path, backend) for backend in backends for era, path in programs(eras)]
    with tempfile.TemporaryDirectory() as folder:
        # Two programs at once train on the same cores; more would only wait for each other.
        runner = Runner(Path(folder), RunnerConfig(slots=jobs, cache_entries=0, queue=10_000))
        try:
            with ThreadPoolExecutor(jobs) as pool:
                return [made for made in pool.map(one, work) if made is not None]
        finally:
            runner.close()


def counted(made: list[Outcome]) -> list[Proven]:
    """Return of each era and backend how many programs there are, and how many run before and after."""
    rows = []
    for backend in BACKENDS:
        for era in ERAS:
            group = [each for each in made if (each.era, each.backend) == (era, backend)]
            if group:
                before, after = (sum(getattr(each, when) == "ok" for each in group) for when in ("before", "after"))
                rows.append(Proven(TITLES[era], BACKEND_TITLES[backend], len(group), before, after))
    return rows


def table(rows: Sequence[Proven]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| era | backend | programs run | before | after |", "|---|---|--:|--:|--:|"]
    for era, backend, programs, before, after in rows:
        ran = "" if before is None else before
        lines.append(f"| {era} | {backend} | {programs} | {ran} | {after} ({after / programs:.0%}) |")
    return "\n".join(lines)


def write(rows: Sequence[Proven]) -> None:
    """Put the figures where the rules' page takes them from; those of other eras and backends stay."""
    kept = importlib.reload(proven).PROVEN  # another run may have written meanwhile
    new = {row[:2]: row for row in (*kept, *rows)}
    head, mark, _ = FIGURES.read_text().partition("# figures\n")
    lines = "".join(f'    Proven("{e}", "{b}", {p}, {x}, {y}),\n' for e, b, p, x, y in new.values())
    FIGURES.write_text(f"{head}{mark}PROVEN: tuple[Proven, ...] = (\n{lines})\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", action="append", choices=BACKENDS, help="default: all")
    parser.add_argument("--era", action="append", choices=ERAS, help="default: the old ones")
    parser.add_argument("--jobs", type=int, default=max(1, min(4, (os.cpu_count() or 2) // 2)))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="keep the figures for the page of the rules")
    parser.add_argument("--quick", action="store_true", help="TensorFlow only")
    parser.add_argument("--verbose", action="store_true")
    options, _ = parser.parse_known_args()
    backends = ["tensorflow"] if options.quick else options.backend or list(BACKENDS)
    made = outcomes(options.era or list(ERAS[:3]), backends, options.jobs, options.verbose)
    if options.write:
        write(counted(made))
    print(json.dumps([asdict(each) for each in made], indent=1) if options.json else table(counted(made)))
    return 0 if all(each.after == "ok" for each in made) else 1


if __name__ == "__main__":
    sys.exit(main())
