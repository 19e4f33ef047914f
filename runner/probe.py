"""What this machine can do: isolation is tried once, for real, and every fact or problem is put into words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from runner import cell, syscalls
from runner.errors import NoSpace, Unavailable
from runner.job import Limits
from runner.problem import Problem
from runner.spawner import Spawner, SpawnFailed


@dataclass(frozen=True)
class Capability:
    """Whether snippets can be run here, and how they are kept in.

    `mode` is `root` (mounts belong to the machine, cells run as unused ids), `user` (all in user namespaces) or `none`.
    `isolation` names each layer with its state.
    """

    available: bool
    mode: str
    isolation: dict[str, str]
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def probe(spawner: Spawner, limits_by: str, group_problem: str | None) -> Capability:
    """Make one real cell and report; nothing is left of it."""
    problems: list[Problem] = []
    mode = "root" if cell.privileged() else "user"
    available = True
    try:
        if not spawner.alive():
            spawner.start()
        spawner.spawn(Limits()).close()
    except (Unavailable, NoSpace) as error:
        available, mode = False, "none"
        problems.append(Problem(error.what, error.remedy))
    except SpawnFailed as error:
        available, mode = False, "none"
        problems.append(Problem(f"No cell could be made: {error}.", "Look at the kernel's log for what was refused."))
    landlock = syscalls.landlock_version()
    isolation = {
        "namespaces": "user, pid, mount, network, ipc, uts, cgroup" if available else "refused",
        "system calls": "filtered by seccomp" if available else "unknown",
        "landlock": f"version {landlock}" if landlock else "not in this kernel",
        "limits": limits_by,
    }
    if group_problem:
        problems.append(
            Problem(
                f"Memory and processes are limited by looking every 50 ms: {group_problem}.",
                "Run the service as root, or under systemd with Delegate=yes.",
            )
        )
    if not landlock:
        problems.append(Problem("Landlock is missing; it is a second belt only.", "Use Linux 5.13 or later."))
    return Capability(available, mode, isolation, tuple(problems))
