"""Print every table of figures of this machine: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = sorted(Path(__file__).parent.glob("*_bench.py"))

if __name__ == "__main__":
    # One process each: what one has loaded must not weigh on the next.
    statuses = [subprocess.run([sys.executable, path, *sys.argv[1:]]).returncode for path in BENCHMARKS]
    sys.exit(max(statuses, default=1))
