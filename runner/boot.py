"""The first program of a parent process: it builds the root, moves in, and becomes the interpreter in there."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

from runner import cell, layout, syscalls

_START = f"import sys; sys.path.insert(0, {layout.LOBBY!r}); from runner.zygote import main; main()"


def main() -> None:
    """Read the plan from the command socket (first argument: its descriptor), then go inside."""
    commands = socket.socket(fileno=int(sys.argv[1]))
    plan = cell.Plan.from_dict(json.loads(commands.recv(1 << 20)))
    try:
        owner = cell.privileged()
        cell.enter_root(plan)
        if not owner:
            _step_inside(commands)
        os.set_inheritable(commands.fileno(), True)
        arguments = ["python", "-s", "-P", "-c", _START, str(commands.fileno()), plan.backend, plan.seccomp]
        os.execve(  # noqa: S606 - the very point: to become the interpreter inside
            f"{layout.VENV}/bin/python", [*arguments, *plan.imports], plan.environment
        )
    except OSError as error:
        commands.send(json.dumps({"problem": str(error)}).encode())
        raise SystemExit(1) from None


def _step_inside(commands: socket.socket) -> None:
    """Continue as the first process of the new PID namespace; the one outside only waits for it."""
    child = os.fork()
    if child:
        commands.close()
        os.waitpid(child, 0)
        os._exit(0)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
