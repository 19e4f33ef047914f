"""Which runs may stand in for identical later ones.

A run is remembered under a hash of everything that decides its outcome. It is remembered only when it ended by itself
and said nothing random: it was seeded, or no generator moved. Code that might look at clocks, processes or the machine
is never remembered, whatever it printed (`runner.reproducible`), nor is a run whose files were not all kept.
"""

from __future__ import annotations

import functools
import hashlib
import platform
import re
import time
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path

from runner.job import Job, Result
from runner.live import LiveRun
from runner.reports import Told
from runner.reproducible import may_repeat, shows_addresses
from runner.store import Store, job_to_json

_SEEDED = re.compile(r"set_random_seed\(\s*\d+\s*\)")
_RANDOM = re.compile(r"random|shuffle|dropout|Dropout|SeedGenerator")
_PACKAGES = ("keras", "tensorflow", "jax", "jaxlib", "torch", "numpy", "keras-hub", "keras-tuner", "keras-lobby")


@functools.cache
def versions() -> str:
    """Return the versions that a run's outcome may depend on."""
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return "; ".join([f"python {platform.python_version()}", *found])


def key(job: Job) -> str | None:
    """Return the key of a job's outcome, None where it can never be remembered."""
    if not may_repeat(job.source):
        return None
    anybodys = job_to_json(replace(job, account=""))
    return hashlib.sha256(f"{versions()}\n{anybodys}".encode("utf-8", "surrogatepass")).hexdigest()


def may_keep(job: Job, result: Result, told: Told) -> bool:
    """True when this outcome may be given again for the same key."""
    if result.status not in ("ok", "error") or not told.ended or result.left_out:
        return False
    if any(map(shows_addresses, (result.stdout, result.stderr, result.error.message if result.error else ""))):
        return False
    if job.seed is not None or _SEEDED.search(job.source):
        return True
    return not told.drew and not _RANDOM.search(job.source)


def recall(store: Store, run: LiveRun, folder: Path) -> Result | None:
    """Return the outcome remembered under a run's key as that run's own, its events told again, None if there is none.

    `folder` is where the run's artifacts belong; they become further names of the earlier run's files.
    """
    found = store.remembered(run.cache_key) if run.cache_key is not None else None
    if found is None:
        return None
    earlier, events = found
    moved = []
    for artifact in earlier.artifacts:
        if not Path(artifact.path).is_file():
            return None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / artifact.name).hardlink_to(artifact.path)
        moved.append(replace(artifact, path=str(folder / artifact.name)))
    for event in events:
        if event.kind in ("output", "epoch"):
            run.tell(event.kind, event.data)
    for artifact in moved:
        run.tell("artifact", asdict(artifact))
    spent = round((time.monotonic() - run.accepted) * 1000, 3)
    startup = spent if earlier.startup_ms is not None else None
    return replace(earlier, id=run.id, artifacts=tuple(moved), startup_ms=startup, queued_ms=0.0, cached=True)
