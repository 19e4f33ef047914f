"""How fast the runner is, beside the same snippet started cold through bubblewrap in the same run.

    python tests/benchmarks/runner_bench.py [--quick] [--json] [--soak RUNS]

Every figure is measured here and now. Percentiles are over the runs named in the last column.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from runner.job import BACKENDS, MIB, Backend, Job, Limits, Result
from runner.runner import Runner, RunnerConfig

IMPORT = "import keras, time; print(time.monotonic())"
FIT = """
import keras, numpy as np
model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(np.random.rand(64, 4), np.random.rand(64, 1), epochs=3, verbose=0)
"""


@dataclass(frozen=True)
class Line:
    """One line of the table: `unit` belongs to `middle` (median or rate) and `late` (99th percentile)."""

    what: str
    middle: float
    late: float | None
    unit: str
    runs: int


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def line(what: str, values: Sequence[float], unit: str = "ms") -> Line:
    print(f"{what}: {statistics.median(values):.1f} {unit}", file=sys.stderr, flush=True)
    return Line(what, statistics.median(values), percentile(values, 0.99), unit, len(values))


def bubblewrap_ms(backend: Backend, runs: int) -> list[float]:
    """Return the time from the request to the line after `import keras` of a new process in bubblewrap."""
    program = shutil.which("bwrap")
    if program is None:
        return []
    purelib, prefix = sysconfig.get_path("purelib"), str(Path(sys.base_prefix).resolve())
    command = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for place in ("/usr", "/etc/ld.so.cache", "/etc/alternatives"):
        command += ["--ro-bind-try", place, place]
    for link in ("bin", "lib", "lib64"):
        command += ["--symlink", f"usr/{link}", f"/{link}"]
    command += ["--ro-bind", prefix, prefix, "--ro-bind", purelib, "/packages", "--proc", "/proc", "--dev", "/dev"]
    command += ["--tmpfs", "/tmp", "--tmpfs", "/work", "--chdir", "/work", "--clearenv"]
    variables = {"HOME": "/tmp", "PYTHONPATH": "/packages", "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    for name, value in {**variables, "JAX_PLATFORMS": "cpu", "PYTHONDONTWRITEBYTECODE": "1"}.items():
        command += ["--setenv", name, value]
    command += [str(Path(sys.executable).resolve()), "-c", IMPORT]
    times = []
    for _ in range(runs):
        begun = time.monotonic()
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        times.append((float(told.split()[-1]) - begun) * 1000)
    return times


def first_line_ms(run: Callable[[Job], Result], backend: Backend) -> float:
    """Return the time from the request to the line after `import keras`, on the same clock as the baseline."""
    begun = time.monotonic()
    result = run(Job(IMPORT, backend=backend, limits=Limits(wall_s=60)))
    if result.status != "ok":
        raise SystemExit(f"the runner failed: {result}")
    return (float(result.stdout) - begun) * 1000


def measure_backend(folder: Path, backend: Backend, runs: int, cold_runs: int) -> list[Line]:
    lines = []
    cold = bubblewrap_ms(backend, cold_runs)
    if cold:
        lines.append(line(f"{backend}: cold through bubblewrap", cold))
    with Runner(folder / f"forked-{backend}", RunnerConfig(parked=0, backends=(backend,), cache_entries=0)) as runner:
        runner.run(Job("import keras", backend=backend, limits=Limits(wall_s=60)))
        lines.append(
            line(f"{backend}: forked from a warm parent", [first_line_ms(runner.run, backend) for _ in range(runs)])
        )
    with Runner(folder / f"parked-{backend}", RunnerConfig(parked=2, backends=(backend,), cache_entries=0)) as runner:
        times, startups, fits = [], [], []
        for _ in range(runs):
            runner._pool.wait_parked(backend, 2, 60)
            time.sleep(0.02)
            begun = time.monotonic()
            result = runner.run(Job(IMPORT, backend=backend))
            times.append((float(result.stdout) - begun) * 1000)
            startups.append(result.startup_ms or 0.0)
        for _ in range(max(3, runs // 10)):
            runner._pool.wait_parked(backend, 2, 60)
            fits.append(runner.run(Job(FIT, backend=backend)).duration_s * 1000)
        lines.append(line(f"{backend}: parked child, `import keras` included", times))
        lines.append(line(f"{backend}: parked child, startup_ms alone", startups))
        lines.append(line(f"{backend}: a small fit, whole snippet", fits))
        if cold:
            lines.append(
                Line(
                    f"{backend}: parked against cold",
                    statistics.median(cold) / statistics.median(times),
                    None,
                    "x",
                    runs,
                )
            )
    return lines


def throughput(folder: Path, source: str, what: str, count: int, config: RunnerConfig) -> Line:
    with Runner(folder / f"throughput-{what[:5].strip()}", config) as runner:
        runner.run(Job("import keras", limits=Limits(wall_s=60)))
        runner._pool.wait_parked("tensorflow", config.parked, 60)
        begun = time.monotonic()
        ids = [runner.submit(Job(source)) for _ in range(count)]
        states = [list(runner.events(run_id))[-1].data["status"] for run_id in ids]
        rate = count / (time.monotonic() - begun)
        if states != ["ok"] * count:
            raise SystemExit(f"not all were ok: {states}")
    return Line(what, rate, None, "runs/s", count)


def cached(folder: Path, runs: int) -> Line:
    with Runner(folder / "cached", RunnerConfig(launch="cold")) as runner:
        runner.run(Job("print(1)"))
        times = []
        for _ in range(runs):
            begun = time.monotonic()
            assert runner.run(Job("print(1)")).cached
            times.append((time.monotonic() - begun) * 1000)
    return line("identical run from the cache", times)


def eight_at_once(folder: Path) -> Line:
    config = RunnerConfig(slots=8, parked=0, backends=("tensorflow",), cache_entries=0)
    with Runner(folder / "eight", config) as runner:
        runner.run(Job("import keras", limits=Limits(wall_s=60)))
        ids = [runner.submit(Job(FIT + "\nimport time; time.sleep(2)", limits=Limits(wall_s=60))) for _ in range(8)]
        results = [list(runner.events(run_id))[-1].data for run_id in ids]
        assert [result["status"] for result in results] == ["ok"] * 8
        return Line(
            "eight fits at once, own memory of all", sum(r["peak_memory_bytes"] for r in results) / MIB, None, "MiB", 8
        )


def counters() -> dict[str, int]:
    status = Path("/proc/self/status").read_text()
    return {
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "threads": threading.active_count(),
        "groups": sum(1 for _ in Path("/sys/fs/cgroup").rglob(f"lobby-{os.getpid()}-*/run-*")),
        "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
        "shared memory": sum(1 for _ in Path("/dev/shm").iterdir()),
        "resident MiB": int(status.split("VmRSS:")[1].split()[0]) >> 10,
    }


def soak(folder: Path, runs: int) -> None:
    """Run many in a row and print counters and speed along the way; they have to stay flat."""
    with Runner(folder / "soak", RunnerConfig(parked=1, cache_entries=0, kept_runs=500)) as runner:
        runner.run(Job("import keras", limits=Limits(wall_s=60)))
        begun = time.monotonic()
        for number in range(1, runs + 1):
            result = runner.run(Job(f"print({number})"))
            if (result.status, result.stdout) != ("ok", f"{number}\n"):
                raise SystemExit(f"run {number} went wrong: {result}")
            if number % max(1, runs // 10) == 0:
                rate = max(1, runs // 10) / (time.monotonic() - begun)
                begun = time.monotonic()
                print(f"{number:>6} runs  {rate:5.1f}/s  {counters()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    parser.add_argument("--soak", type=int, default=0, metavar="RUNS", help="only run this many in a row")
    arguments = parser.parse_args()
    runs, cold_runs = (10, 2) if arguments.quick else (60, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.soak:
            soak(folder, arguments.soak)
            return
        lines: list[Line] = []
        for backend in BACKENDS:
            lines += measure_backend(folder, backend, runs, cold_runs)
        plain = RunnerConfig(parked=0, backends=("tensorflow",), cache_entries=0, queue=1000, plain_is_bare=False)
        lines.append(throughput(folder, "print('hello')", "hello world, warm TensorFlow parent", runs * 3, plain))
        bare = RunnerConfig(launch="cold", cache_entries=0, queue=1000)
        lines.append(throughput_bare(folder, runs * 3, bare))
        lines.append(throughput(folder, FIT, "fits, warm TensorFlow parent", max(6, runs // 4), plain))
        lines.append(cached(folder, runs))
        lines.append(eight_at_once(folder))
    if arguments.json:
        print(json.dumps({"load": os.getloadavg(), "cores": os.cpu_count(), "lines": [asdict(each) for each in lines]}))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end\n")
    print(f"| {'what':52} | {'median':>10} | {'p99':>10} | unit   | runs |")
    print(f"|{'-' * 54}|{'-' * 11}:|{'-' * 11}:|--------|-----:|")
    for each in lines:
        late = f"{each.late:10.1f}" if each.late is not None else " " * 10
        print(f"| {each.what:52} | {each.middle:10.1f} | {late} | {each.unit:6} | {each.runs:4} |")


def throughput_bare(folder: Path, count: int, config: RunnerConfig) -> Line:
    with Runner(folder / "bare", config) as runner:
        runner.run(Job("print(1)"))
        begun = time.monotonic()
        ids = [runner.submit(Job("print('hello')")) for _ in range(count)]
        for run_id in ids:
            list(runner.events(run_id))
        return Line("hello world, bare parent", count / (time.monotonic() - begun), None, "runs/s", count)


if __name__ == "__main__":
    main()
