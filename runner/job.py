"""Job in, Result out: the values that cross the runner's border.

All are frozen, carry plain data, and turn into the JSON of a run with `to_dict` and back with `from_dict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Backend = Literal["tensorflow", "jax", "torch"]
Device = Literal["auto", "cpu", "gpu"]
Status = Literal[
    "ok", "error", "timeout", "memory", "killed", "limit", "rejected", "unavailable", "cancelled", "interrupted"
]

BACKENDS: tuple[Backend, ...] = get_args(Backend)
DEVICES: tuple[Device, ...] = get_args(Device)
STATUSES: tuple[Status, ...] = get_args(Status)
# The account of whoever sits at this machine: no quota holds for them.
LOCAL = "local"

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. Seconds, bytes and counts; the reasons are in `runner.policy`."""

    wall_s: float = 30.0
    cpu_s: float = 60.0
    memory_bytes: int = 2 * GIB
    processes: int = 256
    disk_bytes: int = 256 * MIB
    disk_files: int = 10_000
    output_kept_bytes: int = 64 * KIB
    output_cap_bytes: int = 8 * MIB
    artifacts: int = 10
    artifact_bytes: int = 8 * MIB
    source_bytes: int = 64 * KIB
    gpu_memory_bytes: int | None = None  # what the driver counts for the run, CUDA's own share included; None: the card

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Limits:
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})


@dataclass(frozen=True, slots=True)
class Job:
    """One snippet to run.

    `source` is Python text. `files` are extra files laid into the working folder, by plain file name. `seed` sets
    Python's, NumPy's and the backend's generators; without one every run draws its own. With `graph` every model that
    the snippet built is left as a picture, `model-N.png`. `account` is whose quota of GPU seconds it uses; those who
    have none share one, the empty one. It never reaches the snippet.
    """

    source: str
    backend: Backend = "tensorflow"
    device: Device = "auto"
    limits: Limits = field(default_factory=Limits)
    seed: int | None = None
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    graph: bool = False
    account: str = ""


@dataclass(frozen=True, slots=True)
class RunError:
    """What the snippet raised. `line` counts from 1 in the snippet; `traceback` holds the snippet's own frames.

    `raised_in` names the package below the snippet's line through which the error came: `keras` before what it stands
    on, "" when the snippet itself raised it, and None where that is not known. `called` is the public symbol of Keras
    that the snippet had called, or that had called it, as `keras.Model.fit`; None where there is none.
    """

    type: str
    message: str
    line: int | None = None
    source_line: str | None = None
    traceback: str | None = None
    raised_in: str | None = None
    called: str | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """One call of `fit`: epochs done and the history by metric (None where a figure was not finite)."""

    epochs: int
    history: dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that the snippet built: its name, how many parameters, and Keras' summary as text."""

    name: str
    parameters: int | None
    summary: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that the snippet left in its working folder. `path` is where the runner keeps it on this machine."""

    name: str
    media_type: str
    size: int
    path: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that the snippet left and that was not kept, with the reason in words."""

    name: str
    size: int
    why: str


@dataclass(frozen=True, slots=True)
class GpuUse:
    """What a run had of a GPU: the card's name, seconds of wall clock that it held the card, and its peak memory there.

    The memory is None where the driver does not tell.
    """

    name: str
    seconds: float
    peak_memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while a run was going on.

    `kind` is `output` (data: stream, text), `epoch` (data: epoch, epochs, metrics, seconds_left), `artifact`
    (data: as Artifact) or `done` (data: the result). `number` counts from 1 within the run.
    """

    number: int
    kind: Literal["output", "epoch", "artifact", "done"]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. Everything but `stdout`, `stderr`, `error`, `fits` and `models` is measured from outside."""

    id: str
    status: Status
    backend: Backend
    exit_code: int | None = None
    signal: str | None = None
    keras_version: str | None = None
    device: str = "cpu"
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    error: RunError | None = None
    duration_s: float = 0.0
    startup_ms: float | None = None
    queued_ms: float = 0.0
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    fits: tuple[Fit, ...] = ()
    models: tuple[ModelInfo, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    suggestions: tuple[dict[str, Any], ...] = ()
    upgrade: dict[str, Any] | None = None
    cached: bool = False  # an earlier identical run's outcome, not run again
    gpu: GpuUse | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain JSON data, in the order of the published contract."""
        data = asdict(self)
        order = ("id", "status", "exit_code", "signal", "backend", "keras_version", "device")
        plain = {name: data.pop(name) for name in order}
        plain.update(data)
        for name in ("fits", "models", "artifacts", "left_out", "suggestions"):
            plain[name] = list(plain[name])
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Result:
        """Rebuild a result from `to_dict`; unknown keys are ignored.

        Raises:
            KeyError: `id`, `status` or `backend` is missing.
            TypeError: a nested value has not the fields it must have.
        """
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        error = known.get("error")
        known["error"] = RunError(**error) if error is not None else None
        gpu = known.get("gpu")
        known["gpu"] = GpuUse(**gpu) if gpu is not None else None
        known["fits"] = tuple(Fit(**item) for item in known.get("fits", ()))
        known["models"] = tuple(ModelInfo(**item) for item in known.get("models", ()))
        known["artifacts"] = tuple(Artifact(**item) for item in known.get("artifacts", ()))
        known["left_out"] = tuple(LeftOut(**item) for item in known.get("left_out", ()))
        known["suggestions"] = tuple(known.get("suggestions", ()))
        return cls(**known)
