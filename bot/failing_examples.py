"""Find the examples of the packages' documentation that do not run: `python -m bot.failing_examples DATA_DIR --write`.

Documentation has examples with slips, with files that nobody has, for another backend. An answer gives as its code only
what runs; so what is given is run once for each version of the packages, and what fails is written to a table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kb.answer import example_of
from kb.errors import NotBuilt
from kb.opened import Opened
from kb.programs import FAILING, Program, failing
from kb.state import Manifest
from runner.job import Job, Limits, Result
from runner.runner import Runner

# Examples of a page after the first failed: a page has few blocks.
MOST_ROUNDS = 5
# A run that fails for want of a slice of the processor passes the second time.
TRIES = 2
WALL_S = 60.0


def examples(folder: Path) -> dict[str, tuple[str, Program]]:
    """Return what answers give as examples of API pages: fingerprint → the symbol and its program.

    Args:
        folder: of a knowledge base that is built.

    Raises:
        NotBuilt: there is none.
    """
    manifest = Manifest.read(folder)
    if manifest is None:
        raise NotBuilt("There is no knowledge base yet.", "Build it: lobby kb build")
    searcher = Opened(folder, manifest).searcher
    found: dict[str, tuple[str, Program]] = {}
    for page in searcher.pages:
        if page.symbol and (made := example_of(page, searcher)):
            found.setdefault(made.fingerprint, (page.symbol, made))
    return found


def failures(runner: Runner, programs: Iterable[tuple[str, Program]], jobs: int = 2) -> dict[str, str]:
    """Run programs and return the fingerprints of those that fail, each with its symbol and why."""

    def one(item: tuple[str, Program]) -> tuple[str, str]:
        symbol, made = item
        for _ in range(TRIES):
            result = runner.run(Job(made.source, limits=Limits(wall_s=WALL_S)))
            if result.status == "ok":
                return made.fingerprint, ""
        return made.fingerprint, f"{symbol}: {_why(result)}"

    with ThreadPoolExecutor(jobs) as pool:
        return {fingerprint: why for fingerprint, why in pool.map(one, programs) if why}


def _why(result: Result) -> str:
    if result.error is None:
        return result.status
    return f"{result.error.type}: {' '.join(result.error.message.split())}"[:120]


def main() -> None:
    """Run all examples that answers would give, until all those that are left run; write or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write the table in place of printing it")
    chosen = parser.parse_args()
    known = dict(failing())
    passed: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder))
        try:
            for _ in range(MOST_ROUNDS):
                left = {key: item for key, item in examples(chosen.data_dir / "knowledge").items() if key not in passed}
                found = failures(runner, left.values(), chosen.jobs)
                passed |= left.keys() - found.keys()
                known.update(found)
                table = json.dumps(dict(sorted(known.items(), key=lambda item: item[1])), indent=1, ensure_ascii=False)
                if chosen.write:
                    FAILING.write_text(table + "\n", encoding="utf-8")
                    failing.cache_clear()
                if not found or not chosen.write:
                    break
        finally:
            runner.close()
    sys.stdout.write("" if chosen.write else table + "\n")


if __name__ == "__main__":
    main()
