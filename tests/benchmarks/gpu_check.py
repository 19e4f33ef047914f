"""The GPU acceptance: `make gpu-check`, on a machine that has one.

Every check is a snippet in the real sandbox on a real card, on PyTorch and on JAX (TensorFlow too where its build can):
a product of matrices, a small `fit`, what the walls leave in sight, memory limits, a crash and an endless loop in a
kernel, and after each that the next run is unharmed. The figures are kept in `gpu_figures.json` beside this file.

Exit status: 0 all passed, 1 something failed, 3 there is nothing to check here.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner import gpu, gpu_meter
from runner.cache import versions
from runner.job import GIB, LOCAL, MIB, Backend, Job, Limits, Result
from runner.runner import Runner, RunnerConfig

FIGURES = Path(__file__).with_name("gpu_figures.json")
PASSED, FAILED, CANNOT = 0, 1, 3
NEEDED: tuple[Backend, ...] = ("torch", "jax")
# CUDA itself holds 0.3-0.6 GiB of a card for each process; a limit has to leave room for it.
LIMIT = 3 * GIB

# Prints one line of JSON: where the result lies and what it is.
MATMUL = """
import json
import keras

a = keras.random.normal((2048, 2048), seed=1)
b = keras.ops.matmul(a, keras.ops.transpose(a))
value = getattr(b, "value", b)
device = value.device() if callable(getattr(value, "device", None)) else value.device
trace = float(keras.ops.trace(b))
squares = float(keras.ops.sum(keras.ops.square(a)))
print(json.dumps({"device": str(device).lower(), "error": abs(trace - squares) / squares}))
"""
FIT = """
import json
import keras
import numpy as np

keras.utils.set_random_seed(7)
x = np.random.default_rng(7).normal(size=(4096, 32)).astype("float32")
y = (x[:, :1] * x[:, 1:2] > 0).astype("float32")
model = keras.Sequential([keras.layers.Dense(128, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=5, batch_size=256, verbose=0).history
value = model.weights[0].value
device = value.device() if callable(value.device) else value.device
print(json.dumps({"device": str(device).lower(), "first": history["loss"][0], "last": history["loss"][-1]}))
"""
SEEN = """
import json, os, re
cards = [name for name in os.listdir("/dev") if re.fullmatch(r"nvidia\\d+", name)]
others = [name for name in os.listdir("/dev") if "nvidia" in name and name not in cards]
facts = os.listdir("/proc/driver/nvidia/gpus") if os.path.isdir("/proc/driver/nvidia/gpus") else []
import keras
count = {"torch": lambda: __import__("torch").cuda.device_count(),
         "jax": lambda: len(__import__("jax").devices("cuda")),
         "tensorflow": lambda: len(__import__("tensorflow").config.list_physical_devices("GPU"))}
print(json.dumps({"cards": cards, "others": sorted(others), "facts": len(facts),
                  "counted": count[keras.backend.backend()]()}))
"""
# Holds more than the limit, and does not ask the framework whether it may: straight from the driver.
DRIVER = """
import ctypes, time
cuda = ctypes.CDLL("libcuda.so.1")
context, device, place = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_uint64()
def check(status, doing):
    if status:
        print("CUDA says", status, "to", doing, flush=True)
        raise SystemExit(9)
check(cuda.cuInit(0), "cuInit")
check(cuda.cuDeviceGet(ctypes.byref(device), 0), "cuDeviceGet")
check(cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), device), "cuDevicePrimaryCtxRetain")
check(cuda.cuCtxSetCurrent(context), "cuCtxSetCurrent")
"""
HOARD = (
    DRIVER
    + """
check(cuda.cuMemAlloc_v2(ctypes.byref(place), ctypes.c_size_t({bytes})), "cuMemAlloc")
print("holding", flush=True)
time.sleep(20)
"""
)
# A kernel of one thread that writes where nothing is, or that never ends.
KERNEL = (
    DRIVER
    + """
code = b'''.version 6.0
.target sm_60
.address_size 64
.visible .entry bad()
{{
    .reg .u64 %place;
    .reg .u32 %value;
{body}
}}
'''
module, kernel = ctypes.c_void_p(), ctypes.c_void_p()
check(cuda.cuModuleLoadData(ctypes.byref(module), code), "cuModuleLoadData")
check(cuda.cuModuleGetFunction(ctypes.byref(kernel), module, b"bad"), "cuModuleGetFunction")
check(cuda.cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, None, None, None), "cuLaunchKernel")
print("launched", flush=True)
status = cuda.cuCtxSynchronize()
print("after", status, flush=True)
raise SystemExit(7 if status else 0)
"""
)
CRASH = KERNEL.format(
    body="    mov.u64 %place, 16;\n    mov.u32 %value, 1;\n    st.global.u32 [%place], %value;\n    ret;"
)
# Each turn reads the clock, so that no compiler can know when to stop.
ENDLESS = KERNEL.format(
    body="    mov.u64 %place, 0;\nagain:\n    mov.u32 %value, %clock;\n    setp.eq.u32 %stop, %value, %value;\n"
    "    @%stop bra again;\n    ret;"
).replace("    .reg .u32 %value;", "    .reg .u32 %value;\n    .reg .pred %stop;")
# The frameworks' own ways to ask for too much; each is refused by its allocator before the driver is asked.
TOO_MUCH: dict[str, str] = {
    "torch": "import torch\nx = torch.empty({bytes}, dtype=torch.uint8, device='cuda')\nprint('holding')",
    "jax": "import jax\nx = jax.numpy.ones(({bytes},), dtype='uint8').block_until_ready()\nprint('holding')",
}


@dataclass
class Check:
    """One line of the table: what was asked, whether it was so, and what was measured."""

    name: str
    backend: str
    passed: bool
    result: Result | None = None
    why: str = ""
    told: dict[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Return what is kept of it."""
        kept: dict[str, Any] = {"check": self.name, "backend": self.backend, "passed": self.passed, **self.told}
        if self.why:
            kept["why"] = self.why
        if self.result is not None:
            use = self.result.gpu
            kept |= {"status": self.result.status, "startup_ms": self.result.startup_ms,
                     "duration_s": self.result.duration_s, "host_peak_bytes": self.result.peak_memory_bytes,
                     "gpu_seconds": use and use.seconds, "gpu_peak_bytes": use and use.peak_memory_bytes}  # fmt: skip
        return kept


class Acceptance:
    """Runs all checks on one backend after the other."""

    def __init__(self, runner: Runner, measured: bool) -> None:
        self._runner = runner
        self._measured = measured  # NVML answers, so figures of memory must be there

    def all(self, backends: tuple[Backend, ...]) -> Iterator[Check]:
        """Yield every check as soon as it is done."""
        for backend in backends:
            yield self._expect("matmul, first", backend, MATMUL, ok, on_card, right_product, quiet, self._told_memory)
            yield self._expect("matmul, again", backend, MATMUL, ok, on_card, right_product)
            yield self._expect("fit", backend, FIT, ok, on_card, learned, quiet)
            yield self._expect("one card in sight", backend, SEEN, ok, sees_one_card)
            for check in self._memory(backend):
                yield check
                yield self._expect(f"… and after ({check.name})", backend, MATMUL, ok, on_card, right_product)
            for name, source, status, wall_s in (
                ("a crash in a kernel", CRASH, "error", 30.0),
                ("an endless kernel", ENDLESS, "timeout", 10.0),
            ):
                limits = Limits(wall_s=wall_s)
                yield self._expect(name, backend, source, ends_as(status), says("launched"), limits=limits)
                yield self._expect(f"… and after ({name})", backend, MATMUL, ok, on_card, right_product)
            yield self._one_at_a_time(backend)

    def _memory(self, backend: Backend) -> Iterator[Check]:
        limits = Limits(gpu_memory_bytes=LIMIT)
        if backend in TOO_MUCH and self._measured:  # a share of the card takes knowing its size
            source = TOO_MUCH[backend].replace("{bytes}", str(2 * LIMIT))
            name = "more memory than the limit, asked of the framework"
            yield self._expect(name, backend, source, ends_as("memory"), limits=limits)
        if self._measured:
            source = HOARD.replace("{bytes}", str(2 * LIMIT))
            name = "more memory than the limit, taken from the driver"
            yield self._expect(name, backend, source, ends_as("memory"), says("holding"), limits=limits)
        source = HOARD.replace("{bytes}", str(1 << 44))
        yield self._expect("more memory than the card has", backend, source, ends_as("error"), says("CUDA says 2"))

    def _expect(
        self,
        name: str,
        backend: Backend,
        source: str,
        *judges: Callable[[Result], str],
        limits: Limits | None = None,
    ) -> Check:
        result = self._runner.run(
            Job(textwrap.dedent(source), backend=backend, device="gpu", limits=limits or Limits(), account=LOCAL)
        )
        why = "" if result.device.startswith("gpu") else f"it ran on {result.device}"
        why = why or next((said for judge in judges if (said := judge(result))), "")
        return Check(name, backend, not why, result, why)

    def _told_memory(self, result: Result) -> str:
        if not self._measured:
            return ""
        peak = result.gpu.peak_memory_bytes if result.gpu else None
        return "" if peak and peak > 32 * MIB else f"NVML told {peak} bytes of GPU memory"

    def _one_at_a_time(self, backend: Backend) -> Check:
        source = "import time\na = time.monotonic()\ntime.sleep(1)\nprint(a, time.monotonic())"
        results: list[Result] = []
        threads = [
            threading.Thread(
                target=lambda: results.append(
                    self._runner.run(Job(source, backend=backend, device="gpu", account=LOCAL))
                )
            )
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        try:
            (_, end), (begin, _) = sorted(tuple(map(float, result.stdout.split())) for result in results)
            apart = begin >= end or len({result.device for result in results}) == 2
        except ValueError:
            apart = False
        return Check("one run a card", backend, apart, why="" if apart else f"{results}"[:500])


def ok(result: Result) -> str:
    """Say what is wrong with a run that should have ended well."""
    return "" if result.status == "ok" else f"{result.status}: {result.error}; {result.stderr[-300:]}"


def quiet(result: Result) -> str:
    """Say so when the framework talked between the snippet's words."""
    return f"on stderr is {result.stderr[-300:]!r}" if result.stderr else ""


def ends_as(status: str) -> Callable[[Result], str]:
    """Return a judge of how a run ended."""
    return lambda result: (
        "" if result.status == status else f"{result.status}, not {status}: {result.error} {result.stdout[-300:]}"
    )


def says(text: str) -> Callable[[Result], str]:
    """Return a judge of what a run printed."""
    return lambda result: "" if text in result.stdout else f"it printed {result.stdout[-300:]!r}, without {text!r}"


def on_card(result: Result) -> str:
    """Say so when the framework computed elsewhere."""
    device = json.loads(result.stdout)["device"]
    return "" if "cuda" in device or "gpu" in device else f"it computed on {device}"


def right_product(result: Result) -> str:
    """Say so when the trace of A·Aᵀ is not the sum of A's squares; TensorFloat-32 keeps about three digits."""
    error = json.loads(result.stdout)["error"]
    return "" if error < 5e-3 else f"the product is off by {error:.1%}"


def learned(result: Result) -> str:
    """Say so when the loss did not fall."""
    told = json.loads(result.stdout)
    return "" if told["last"] < told["first"] else f"the loss went from {told['first']} to {told['last']}"


def sees_one_card(result: Result) -> str:
    """Say so when more than one card, or more than it needs, is in sight."""
    told = json.loads(result.stdout)
    right = len(told["cards"]) == 1 and told["others"] == ["nvidia-uvm", "nvidiactl"] and told["counted"] == 1
    return "" if right and told["facts"] <= 1 else f"in sight are {told}"


def missing() -> str:
    """Say in one line why nothing can be checked on this machine; empty when all can."""
    found = gpu.find()
    if not found.gpus:
        said = "; ".join(f"{problem.what} {problem.remedy}" for problem in found.problems)
        return said or "this machine has no NVIDIA GPU."
    lacking = [backend for backend in NEEDED if backend not in gpu.backends_with_cuda()]
    if lacking:
        return f"the installed {' and '.join(lacking)} cannot use a GPU. docs/gpu.md says which builds can."
    return ""


def main() -> int:
    """Run the acceptance, print its table and keep its figures."""
    why = missing()
    if why:
        print(f"GPU CHECK SKIPPED, NOTHING WAS CHECKED: {why}", file=sys.stderr)
        return CANNOT
    (card, *_) = gpu.find().gpus
    nvml = gpu_meter.library()
    backends = (*NEEDED, *(("tensorflow",) if "tensorflow" in gpu.backends_with_cuda() else ()))
    if nvml is None:
        print("NVML is missing: memory cannot be measured or limited from outside (docs/gpu.md).", file=sys.stderr)
    checks = []
    with tempfile.TemporaryDirectory(prefix="lobby-gpu-") as folder, Runner(
        Path(folder), RunnerConfig(parked=0, cache_entries=0)
    ) as runner:  # fmt: skip
        capability = runner.capability()
        if not capability.available:
            print(f"GPU CHECK SKIPPED, NOTHING WAS CHECKED: {capability.problems[0].what}", file=sys.stderr)
            return CANNOT
        print(f"{card.name}, cells as {capability.mode}")
        for check in Acceptance(runner, nvml is not None).all(backends):
            checks.append(check)
            print(f"{'ok    ' if check.passed else 'FAILED'} {check.backend:<10} {check.name} {check.why}", flush=True)
    figures = {
        "when": time.strftime("%Y-%m-%d"),
        "card": card.name,
        "driver": nvml.nvmlSystemGetDriverVersion() if nvml is not None else None,
        "kernel": platform.release(),
        "versions": versions(),
        "mode": capability.mode,
        "isolation": capability.isolation,
        "checks": [check.row() for check in checks],
    }
    FIGURES.write_text(json.dumps(figures, indent=1, default=str) + "\n")
    failed = sum(not check.passed for check in checks)
    print(f"{len(checks) - failed} of {len(checks)} passed; the figures are in {FIGURES.name}")
    return FAILED if failed else PASSED


if __name__ == "__main__":
    sys.exit(main())
