"""A machine that refuses namespaces: one plain sentence, nothing run, nothing tried again and again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]
PROBE = """
import json, logging, os, sys
from pathlib import Path
logging.basicConfig(level=logging.WARNING)
sys.path.insert(0, os.getcwd())
from runner.runner import Runner, RunnerConfig
from runner.job import Job
with Runner(Path(sys.argv[1]), RunnerConfig(cache_entries=0)) as runner:
    runner.warm_up("tensorflow")
    results = [runner.run(Job(source)).to_dict() for source in ("print(1)", "import keras")]
    print(json.dumps([results, runner.capability().to_dict(), runner.status()["parents_replaced"]]))
"""


def test_refused_namespaces_are_told_once_with_the_likely_cause(tmp_path: Path) -> None:
    refuse = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command = ["unshare", "-Ur", "sh", "-c", refuse, "sh", sys.executable, "-c", PROBE, str(tmp_path / "r")]
    told = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=False)
    if "unshare failed" in told.stderr:
        pytest.skip("NO USER NAMESPACE CAN BE MADE TO REFUSE OTHERS IN")
    assert told.returncode == 0, told.stderr
    assert told.stderr == ""
    results, capability, replaced = json.loads(told.stdout)
    for result in results:
        assert (result["status"], result["stdout"]) == ("unavailable", "")
        assert ". User namespaces are probably off or limited" in result["error"]["message"]
    assert not capability["available"]
    assert capability["problems"][0]["what"].endswith(".")
    assert "user.max_user_namespaces" in capability["problems"][0]["remedy"]
    assert replaced <= 1  # a run may ask a parent that another thread has just begun to start
