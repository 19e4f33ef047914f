"""`lobby doctor`: what this machine can do, each with how to mend it."""

from __future__ import annotations

import importlib
import importlib.metadata
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click
from pydantic import SecretStr

from bot import printing, settings
from bot.assistant import open_knowledge, open_runner
from bot.channels.base import Finding
from bot.commands.common import common_options, load_settings, print_json
from bot.errors import CANNOT, DONE
from bot.memory import Memory
from runner import gpu, gpu_meter
from runner.errors import NoSpace

LEAST_FREE_BYTES = 2 * 2**30
BACKEND_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `failed` means that a part of Lobby cannot work; `warning`, that it works less well."""

    name: str
    state: Literal["ok", "warning", "failed"]
    what: str
    remedy: str = ""


@click.command()
@common_options
def doctor(as_json: bool, data_dir: Path | None) -> int:
    """Look at this machine: sandbox, backends, models, knowledge, port, disk, chats, settings."""
    loaded = load_settings(data_dir)
    checks = list(examine(loaded.settings))
    if as_json:
        print_json({"checks": [asdict(check) for check in checks], "settings": settings.describe(loaded)})
    else:
        printing.show_checks([asdict(check) for check in checks], settings.describe(loaded))
    return CANNOT if any(check.state == "failed" for check in checks) else DONE


def examine(chosen: settings.Settings) -> Iterator[Check]:
    """Yield one check after the other."""
    yield _python()
    yield from _packages()
    yield from _sandbox(chosen)
    yield from _gpus(chosen)
    yield _knowledge(chosen)
    yield _chats(chosen.data_dir)
    yield _disk(chosen.data_dir)
    yield _port(chosen)
    yield from _chat("Discord", chosen.discord_token, chosen)
    yield from _chat("Matrix", chosen.matrix_token, chosen)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", "ok", version)


def _packages() -> Iterator[Check]:
    for name in ("keras", "keras-hub", "keras-tuner", *BACKEND_PACKAGES.values(), "sentence-transformers", "faiss-cpu"):
        try:
            yield Check(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Check(name, "failed", "not installed", "Run `make install`.")


def _sandbox(chosen: settings.Settings) -> Iterator[Check]:
    runner = open_runner(chosen)
    try:
        capability = runner.capability()
    finally:
        runner.close()
    yield Check("sandbox", "ok" if capability.available else "failed", capability.mode)
    for problem in capability.problems:
        yield Check("sandbox", "warning" if capability.available else "failed", problem.what, problem.remedy)


def _gpus(chosen: settings.Settings) -> Iterator[Check]:
    if not chosen.run_gpu:
        yield Check("GPU", "ok", "switched off (run_gpu); runs use the CPU")
        return
    found = gpu.find()
    if not found.gpus and not found.problems:
        yield Check("GPU", "ok", "none; runs use the CPU")
    for problem in found.problems:
        yield Check("GPU", "warning", problem.what, problem.remedy)
    if not found.gpus:
        return
    able = sorted(gpu.backends_with_cuda())
    for each in found.gpus:
        if able:
            yield Check("GPU", "ok", f"{each.name} as {each.device}, for {', '.join(able)}")
        else:
            what = f"{each.name} is there, but every installed backend is built for the CPU alone"
            yield Check("GPU", "warning", what, "Install builds with CUDA: docs/gpu.md says which.")
    if gpu_meter.library() is None:
        what = "NVML is missing; what runs hold of a GPU's memory is not measured"
        yield Check("GPU", "warning", what, "Run `pip install 'keras-lobby[gpu]'`.")


def _knowledge(chosen: settings.Settings) -> Check:
    status = open_knowledge(chosen).status()
    if status.usable:
        return Check("knowledge base", "ok", f"{status.pages:,} pages, {status.passages:,} passages")
    return Check("knowledge base", "warning", status.what, status.remedy)


def _chats(folder: Path) -> Check:
    try:
        memory = Memory(folder / "chat")
    except NoSpace as error:
        return Check("chats", "failed", error.what, error.remedy)
    counts = memory.counts()
    memory.close()
    return Check("chats", "ok", f"{counts['conversation']:,} conversations and {counts['feedback']:,} votes remembered")


def _disk(folder: Path) -> Check:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    what = f"{free / 2**30:.1f} GiB free under {existing}"
    if free < LEAST_FREE_BYTES:
        return Check("disk", "warning", what, "Free some, or choose another --data-dir.")
    return Check("disk", "ok", what)


def _port(chosen: settings.Settings) -> Check:
    with socket.socket(socket.AF_INET6 if ":" in chosen.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.host, chosen.port))
        except OSError as error:
            what = f"{chosen.host}:{chosen.port} cannot be listened on: {error.strerror}"
            return Check("port", "warning", what, "Set another `port`, unless Lobby itself has it.")
    return Check("port", "ok", f"{chosen.host}:{chosen.port} is free")


def _chat(name: str, token: SecretStr, chosen: settings.Settings) -> Iterator[Check]:
    if not token.get_secret_value():
        yield Check(name, "ok", "no token; this channel stays closed")
        return
    extra = name.lower()
    try:
        health = importlib.import_module(f"bot.channels.{extra}.health")
    except ImportError as error:
        yield Check(name, "failed", f"{error.name} is not installed", f"Run `pip install 'keras-lobby[{extra}]'`.")
        return
    findings: list[Finding] = health.examine(chosen)
    for finding in findings:
        yield Check(name, finding.state, finding.what, finding.remedy)
