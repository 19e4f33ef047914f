"""The same walls when the service is an ordinary user, with nothing but user namespaces.

The attack tests are run once more, in a process that is an unprivileged user without any capability. Where the
interpreter lies in a folder that only root may enter, a private mount namespace shows that folder to everybody first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

USER = "54321"
HERE = Path(__file__).resolve().parent

SETUP = """
set -e
prefix=$1; shift
closed=$1; shift
if [ -n "$closed" ]; then
    mount --bind "$prefix" /mnt
    mount -t tmpfs -o mode=755 tmpfs "$closed"
    mkdir -p "$prefix"
    mount --move /mnt "$prefix"
fi
exec setpriv --reuid="$USER_ID" --regid="$USER_ID" --clear-groups --bounding-set=-all --inh-caps=-all "$@"
"""


def closed_folder(prefix: Path) -> str:
    """Return the first folder above `prefix` that an ordinary user may not enter."""
    for folder in reversed(prefix.parents):
        if not folder.stat().st_mode & 0o001:
            return str(folder)
    return ""


def as_user(arguments: list[str], folder: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    if os.geteuid() != 0:
        command = arguments
    else:
        prefix = Path(sys.base_prefix).resolve()
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SETUP, "sh"]
        command += [str(prefix), closed_folder(prefix), *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "USER_ID": USER, "LANG": "C.UTF-8"}
    return subprocess.run(
        command, cwd=HERE.parents[1], env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )


@pytest.fixture
def folder() -> Path:
    """A folder that the other user can reach and write to; pytest's own are closed to others."""
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="lobby-user-"))
    if os.geteuid() == 0:
        os.chown(made, int(USER), int(USER))
    yield made  # type: ignore[misc]
    shutil.rmtree(made, ignore_errors=True)


PROBE = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from runner.runner import Runner, RunnerConfig
from runner.job import Job
with Runner(Path(sys.argv[1]) / "r", RunnerConfig(launch="cold")) as runner:
    capability = runner.capability().to_dict()
    result = runner.run(Job("import os; print(os.getuid())"))
    print(json.dumps([os.getuid(), capability, result.to_dict()]))
"""


def test_ordinary_user_isolates_with_user_namespaces(folder: Path) -> None:
    import json

    told = as_user([sys.executable, "-c", PROBE, str(folder)], folder, 60)
    assert told.returncode == 0, told.stderr
    uid, capability, result = json.loads(told.stdout)
    assert uid != 0
    assert capability["available"]
    assert capability["mode"] == "user"
    assert (result["status"], result["stdout"].split()[0]) == ("ok", "65534")


@pytest.mark.timeout(400)
def test_attacks_end_the_same_way_for_an_ordinary_user(folder: Path) -> None:
    # What only a cgroup can see is left out: memory held in files, and limits shared by processes that die quickly.
    left_out = "not (scratch_files or memory_files or shared_segments or parked or forked)"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", left_out]
    command += [str(path) for path in sorted(HERE.glob("test_attacks_*.py"))]
    told = as_user([*command, f"--basetemp={folder}/t"], folder, 380)
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]


@pytest.mark.timeout(200)
def test_card_is_shown_to_one_run_of_an_ordinary_user_too(folder: Path) -> None:
    chosen = "cell or node or walls or two_cards or one_card or badly or another_service or used_up or meter"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen]
    told = as_user([*command, str(HERE / "test_gpu.py"), f"--basetemp={folder}/t"], folder, 180)
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]
