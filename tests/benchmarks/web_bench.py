"""How fast and how light the pages are, while snippets run: wrk against `lobby serve` on this machine.

    python tests/benchmarks/web_bench.py [--quick] [--json]

The knowledge base of the settings is used (LOBBY_DATA_DIR), and built when there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.assistant import open_knowledge
from bot.settings import load

LOBBY = Path(sys.executable).with_name("lobby")
CONNECTIONS = 64
RUNS_AT_ONCE = 8
STREAMS = 10_000
STREAMS_AT_ONCE = 100
# Trains for longer than any measurement lasts; its time limit ends it.
TRAINING = """\
import keras, numpy as np
model = keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(np.random.rand(4096, 32), np.random.rand(4096, 1), epochs=100_000, verbose=0)
"""
PAGES = (
    "/",
    "/faq",
    "/faq/stop-training-early",
    "/docs",
    "/docs/keras.layers.LSTM",
    "/learn",
    "/errors",
    "/playground",
    "/cheatsheet",
    "/static/lobby.css",
    "/static/lobby.js",
)
# Every request asks another of so many questions, as people who type do.
DISTINCT = """\
local n = 0
local words = {"dropout", "lstm", "save", "load", "layer", "loss", "metric", "shape", "train", "freeze", "mask",
  "graph", "export", "gpu", "batch", "epoch", "adam", "conv", "pool", "embed"}
request = function()
  n = n + 1
  local q = words[n % 20 + 1] .. "+" .. words[math.floor(n / 20) % 20 + 1] .. "+" .. n
  return wrk.format("GET", "/api/search?q=" .. q)
end
"""


@dataclass(frozen=True)
class Line:
    """One figure with its unit."""

    what: str
    value: float
    unit: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 seconds and 500 streams instead of 30 and 10,000")
    parser.add_argument("--json", action="store_true")
    arguments, _ = parser.parse_known_args()
    if shutil.which("wrk") is None:
        print("wrk is missing: apt-get install wrk", file=sys.stderr)
        return 3
    seconds, streams = (5, 500) if arguments.quick else (30, STREAMS)
    settings = load().settings
    knowledge = open_knowledge(settings)
    knowledge.build()
    knowledge.close()
    with tempfile.TemporaryDirectory(prefix="lobby-bench-") as folder:
        # The knowledge is shared, the runs are the benchmark's own.
        (Path(folder) / "knowledge").symlink_to(settings.data_dir / "knowledge")
        environment = {**os.environ, "LOBBY_DATA_DIR": folder, "LOBBY_RUN_SLOTS": str(RUNS_AT_ONCE)}
        lines = measure(environment, seconds, streams)
    if arguments.json:
        print(json.dumps([asdict(line) for line in lines]))
    else:
        for line in lines:
            print(f"{line.what:58} {line.value:>10,.1f} {line.unit}")
    return 0


def measure(environment: dict[str, str], seconds: int, streams: int) -> list[Line]:
    begun = time.monotonic()
    service = subprocess.Popen(
        [LOBBY, "serve", "--port", "0", "--json"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert service.stdout is not None
        address = json.loads(service.stdout.readline())["address"]
        with httpx.Client(base_url=address, timeout=120) as client:
            while True:
                try:
                    client.get("/").raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.02)
            lines = [Line("start to first served page", time.monotonic() - begun, "s")]
            while client.get("/readyz").status_code != 200:
                time.sleep(0.1)
            lines += weights(client)
            lines += typing(client)
            lines += load_of(address, "idle", seconds)
            runs = [
                client.post("/api/runs", json={"source": TRAINING, "timeout_s": 60}).json()["id"]
                for _ in range(RUNS_AT_ONCE)
            ]
            time.sleep(5)
            lines += load_of(address, f"with {RUNS_AT_ONCE} trainings", min(seconds, 15))
            for run_id in runs:
                client.delete(f"/api/runs/{run_id}")
            lines += opened_and_dropped(client, address, service.pid, streams)
        return lines
    finally:
        service.terminate()
        service.wait(timeout=30)


def weights(client: httpx.Client) -> list[Line]:
    """Weigh every page, as it is sent compressed and as it is read."""
    lines = []
    for path in PAGES:
        plain = len(client.get(path, headers={"Accept-Encoding": "identity"}).content)
        with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as response:
            sent = sum(len(piece) for piece in response.iter_raw())
        lines += [Line(f"weight of {path}", plain / 1024, "KiB"), Line("  sent compressed", sent / 1024, "KiB")]
    return lines


def typing(client: httpx.Client) -> list[Line]:
    """Type a question letter by letter; every letter is looked up."""
    question = "how do I stop training when the loss stops improving"
    times = []
    for end in range(3, len(question)):
        begun = time.perf_counter()
        client.get("/api/search", params={"q": question[:end]}).raise_for_status()
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    return [
        Line("a letter typed, median", times[len(times) // 2], "ms"),
        Line("a letter typed, slowest", times[-1], "ms"),
    ]


def load_of(address: str, when: str, seconds: int) -> list[Line]:
    lines = []
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(DISTINCT)
        script.flush()
        for name, path, extra in (
            ("FAQ entry", "/faq/stop-training-early", []),
            ("search, one question", "/api/search?q=dropout", []),
            ("search, all different", "/", ["-s", script.name]),
        ):
            command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "--latency", *extra]
            done = subprocess.run([*command, address + path], capture_output=True, text=True, check=True).stdout
            rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])  # type: ignore[index]
            late = _ms(re.search(r"99%\s+([\d.]+)(us|ms|s)", done))
            bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
            lines += [Line(f"{name}, {when}: requests", rate, "/s"), Line("  99th percentile", late, "ms")]
            if bad:
                lines.append(Line("  refused", float(bad[1]), "requests"))
    return lines


def opened_and_dropped(client: httpx.Client, address: str, pid: int, streams: int) -> list[Line]:
    """Open event streams of one run and drop them; memory must stay flat, and nothing may be left open."""
    run_id = client.post("/api/runs", json={"source": "import time\ntime.sleep(50)", "timeout_s": 60}).json()["id"]
    process = psutil.Process(pid)
    before = process.memory_info().rss

    def open_some(count: int) -> None:
        for _ in range(count):
            with httpx.Client(base_url=address, timeout=30) as one, one.stream("GET", f"/api/runs/{run_id}/events"):
                pass

    threads = [threading.Thread(target=open_some, args=(streams // STREAMS_AT_ONCE,)) for _ in range(STREAMS_AT_ONCE)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - begun
    time.sleep(2)
    left = re.search(r"lobby_event_streams ([\d.]+)", client.get("/metrics").text)
    client.delete(f"/api/runs/{run_id}")
    return [
        Line(f"{streams:,} event streams opened and dropped", took, "s"),
        Line("  memory more than before", (process.memory_info().rss - before) / 2**20, "MiB"),
        Line("  streams still open", float(left[1]) if left else -1, ""),
    ]


def _ms(found: re.Match[str] | None) -> float:
    assert found is not None
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


if __name__ == "__main__":
    sys.exit(main())
