"""GPUs: found without CUDA, shown to one run at a time, measured and rationed.

No test here needs a card. A card is described by device nodes, files and libraries, and these may be any: the cells
below are shown /dev/zero under the name of a card, and everything around it is the real runner. What only a card can
show is in `make gpu-check`.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bot.commands import doctor
from bot.settings import Settings
from bot.wording import run_card
from runner import gpu, gpu_lease, layout, policy
from runner.gpu import Found, Gpu, backends_with_cuda, driver_libraries, find
from runner.gpu_lease import Gpus
from runner.gpu_meter import Meter, library
from runner.gpu_quota import WINDOW_S, Quota
from runner.job import BACKENDS, LOCAL, GpuUse, Job, Limits, Result
from runner.problem import Problem
from runner.runner import Runner, RunnerConfig
from tests.benchmarks import gpu_check

ROOT = Path(__file__).resolve().parents[2]
INFORMATION = """Model: \t\t NVIDIA Test {number}
IRQ:   \t\t 33
GPU UUID: \t GPU-{number}
Bus Location: \t 0000:0{number}:00.0
Device Minor: \t {number}
GPU Excluded:\t {excluded}
"""


def card(number: int = 0, node: str = "/dev/zero") -> Gpu:
    """Describe a card whose node is another device; each has a name that no other test run marks as taken."""
    nodes = {"/dev/nvidiactl": "/dev/null", "/dev/nvidia-uvm": "/dev/full", f"/dev/nvidia{number}": node}
    return Gpu(
        number=number,
        name=f"Test {number}",
        uuid=f"GPU-{uuid.uuid4()}",
        place=f"test-{uuid.uuid4()}",
        nodes=nodes,
        libraries={"libcuda.so.1": "/etc/hosts", "libnvidia-ml.so.1": sys.executable},
        facts={"nvidia/params": "ModifyDeviceFiles: 0\n", f"nvidia/gpus/{number}/information": "Model: Test\n"},
    )


def settings(*gpus: Gpu, **more: Any) -> RunnerConfig:
    chosen: dict[str, Any] = {"launch": "cold", "slots": 3, "gpu_backends": frozenset(BACKENDS), **more}
    return RunnerConfig(gpus=gpus, **chosen)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with Runner(tmp_path_factory.mktemp("gpu"), settings(card(), gpu_seconds_per_hour=0)) as made:
        if not made.capability().available:
            pytest.skip(f"THIS MACHINE CANNOT ISOLATE CODE: {made.capability().problems}")
        yield made


def on_gpu(runner: Runner, source: str, **job: Any) -> Result:
    return runner.run(Job(source, device="gpu", **job))


# -- finding -------------------------------------------------------------------------------------------------


def machine(folder: Path, *numbers: int, control: tuple[str, ...] = ("nvidiactl", "nvidia-uvm")) -> tuple[Path, Path]:
    """Lay out what a driver shows of its cards; nodes are links to a real device."""
    dev, driver = folder / "dev", folder / "driver"
    dev.mkdir()
    for name in (*control, *(f"nvidia{number}" for number in numbers), "null", "nvidia-caps"):
        (dev / name).symlink_to("/dev/null")
    driver.mkdir()
    (driver / "params").write_text("ResmanDebugLevel: 4294967295\nModifyDeviceFiles: 1\nDeviceFileMode: 438\n")
    (driver / "version").write_text("NVRM version: 580.1\n")
    for number in numbers:
        place = driver / "gpus" / f"0000:0{number}:00.0"
        place.mkdir(parents=True)
        (place / "information").write_text(INFORMATION.format(number=number, excluded="No"))
    return dev, driver


def some_libraries() -> Mapping[str, str]:
    return {"libcuda.so.1": "/usr/lib/libcuda.so.580.1"}


def test_machine_without_a_driver_has_none_and_no_problem(tmp_path: Path) -> None:
    found = find(tmp_path / "dev", tmp_path / "driver")
    assert (found.gpus, found.problems) == ((), ())


def test_this_machine_is_looked_at_without_harm() -> None:
    found = find()
    assert all(Path(place).is_char_device() for gpu in found.gpus for place in gpu.nodes.values())
    if not Path("/dev/nvidiactl").exists() and not Path("/proc/driver/nvidia").exists():
        assert (found.gpus, found.problems, driver_libraries()) == ((), (), {})


def test_each_card_is_described_by_its_own_nodes_and_facts_only(tmp_path: Path) -> None:
    dev, driver = machine(tmp_path, 0, 3)
    found = find(dev, driver, some_libraries)
    assert found.problems == ()
    first, second = found.gpus
    assert (first.number, first.name, first.uuid, first.device) == (0, "NVIDIA Test 0", "GPU-0", "gpu:0")
    assert (second.number, second.device, second.place) == (3, "gpu:3", "0000:03:00.0")
    assert set(second.nodes) == {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia3"}
    assert second.nodes["/dev/nvidia3"] == str(dev / "nvidia3")
    assert set(second.facts) == {
        "nvidia/params", "nvidia/version", "nvidia/gpus/0000:03:00.0/information"
    }  # fmt: skip
    assert "ModifyDeviceFiles: 0" in second.facts["nvidia/params"]
    assert "DeviceFileMode: 438" in second.facts["nvidia/params"]
    assert second.libraries == some_libraries()


def test_card_that_the_driver_tells_nothing_of_is_used_by_its_number(tmp_path: Path) -> None:
    dev, _ = machine(tmp_path, 1)
    (gpu,) = find(dev, tmp_path / "nothing", some_libraries).gpus
    assert (gpu.number, gpu.uuid, gpu.place, gpu.facts) == (1, "", "nvidia1", {})


def test_card_that_nothing_has_used_yet_has_no_uuid_that_counts(tmp_path: Path) -> None:
    dev, driver = machine(tmp_path, 0)
    place = driver / "gpus" / "0000:00:00.0" / "information"
    place.write_text(place.read_text().replace("GPU-0", "GPU-????????-????-????-????-????????????"))
    (gpu,) = find(dev, driver, some_libraries).gpus
    assert (gpu.uuid, gpu.place) == ("", "0000:00:00.0")


def test_excluded_card_is_left_alone(tmp_path: Path) -> None:
    dev, driver = machine(tmp_path, 0, 1)
    excluded = INFORMATION.format(number=0, excluded="Yes")
    (driver / "gpus" / "0000:00:00.0" / "information").write_text(excluded)
    assert [gpu.number for gpu in find(dev, driver, some_libraries).gpus] == [1]


@pytest.mark.parametrize(
    ("control", "libraries", "what"),
    [
        ((), some_libraries, "no device nodes"),
        (("nvidiactl",), some_libraries, "nvidia-uvm is missing"),
        (("nvidiactl", "nvidia-uvm"), dict, "no libcuda.so.1"),
    ],
)
def test_half_installed_driver_is_a_problem_with_a_remedy(
    tmp_path: Path, control: tuple[str, ...], libraries: Any, what: str
) -> None:
    dev, driver = machine(tmp_path, 0, control=control)
    found = find(dev, driver, libraries)
    assert found.gpus == ()
    (problem,) = found.problems
    assert what in problem.what
    assert problem.remedy


@pytest.mark.parametrize("node", ["/etc/hosts", "/nowhere", "/dev/console"])
def test_node_that_no_cell_could_open_is_a_problem(tmp_path: Path, node: str) -> None:
    dev, driver = machine(tmp_path, 0)
    (dev / "nvidia0").unlink()
    (dev / "nvidia0").symlink_to(node)
    found = find(dev, driver, some_libraries)
    assert found.gpus == ()
    assert "NVreg_DeviceFileMode" in found.problems[0].remedy


def test_builds_with_cuda_are_told_from_others_without_importing_them() -> None:
    told = backends_with_cuda()
    seen = subprocess.run(
        [sys.executable, "-c", "import torch; print(torch.version.cuda is not None)"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ("torch" in told) == (seen.stdout.strip() == "True")
    assert ("jax" in told) == any(
        importlib.util.find_spec(f"jax_cuda{version}_plugin") is not None for version in (12, 13)
    )


def test_builds_with_cuda_are_known_by_their_files(tmp_path: Path) -> None:
    for name in ("torch", "tensorflow/python/platform"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("torch", "tensorflow"):
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('this was imported')\n")
    (tmp_path / "torch" / "version.py").write_text("cuda: Optional[str] = '13.0'\n")
    info = tmp_path / "tensorflow" / "python" / "platform" / "build_info.py"
    info.write_text("build_info = OrderedDict([('is_cuda_build', True), ('is_rocm_build', False)])\n")
    program = "from runner.gpu import backends_with_cuda; print(sorted(backends_with_cuda()))"
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": os.environ["PATH"]}

    def told() -> str:
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=True
        ).stdout

    assert told() == "['torch']\n"
    for name in ("jax_cuda13_plugin", "nvidia_cudnn_cu12"):
        (tmp_path / f"{name}-9.dist-info").mkdir()
        (tmp_path / f"{name}-9.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 9\n")
    assert told() == "['jax', 'tensorflow', 'torch']\n"


def test_libraries_are_those_of_the_driver_for_this_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path(sys.executable).resolve()
    (tmp_path / "libcuda.so.0.1").symlink_to(real)
    (tmp_path / "libcuda.so.0").symlink_to("libcuda.so.0.1")
    (tmp_path / "libnvidia-ptxjitcompiler.so.0").write_bytes(b"\x7fELF\x01" + real.read_bytes()[5:64])  # 32 bits
    (tmp_path / "libnvidia-nvvm.so.0").write_bytes(b"")
    (tmp_path / "libcudart.so.0").symlink_to(real)
    monkeypatch.setattr(gpu, "_LIBRARY_FOLDERS", (str(tmp_path),))
    names = {"libcuda.so.0": str(real), "libcuda.so.0.1": str(real)}
    assert {name: path for name, path in driver_libraries().items() if (tmp_path / name).exists()} == names


# -- inside --------------------------------------------------------------------------------------------------

LOOK = """
import json, os, stat, sys
told = {
    "dev": sorted(os.listdir("/dev")),
    "driver": sorted(os.path.join(place, name) for place, _, names in os.walk("/proc/driver") for name in names),
    "devices": bool(open("/proc/devices").read().strip()),
    "params": open("/proc/driver/nvidia/params").read() if os.path.exists("/proc/driver/nvidia/params") else "",
    "library": os.path.exists("/opt/driver/lib/libcuda.so.1"),
    "environment": {name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS",
        "KERAS_TORCH_DEVICE", "LD_LIBRARY_PATH", "XLA_CLIENT_MEM_FRACTION")},
}
print(json.dumps(told))
"""


def test_cell_with_a_gpu_shows_that_card_and_its_driver_and_no_more(runner: Runner) -> None:
    told = json.loads(on_gpu(runner, LOOK).stdout)
    cards = [name for name in told["dev"] if "nvidia" in name]
    assert cards == ["nvidia-uvm", "nvidia0", "nvidiactl"]
    assert told["driver"] == ["/proc/driver/nvidia/gpus/0/information", "/proc/driver/nvidia/params"]
    assert told["params"] == "ModifyDeviceFiles: 0\n"
    assert told["devices"]
    assert told["library"]
    assert told["environment"]["CUDA_VISIBLE_DEVICES"] == "0"
    assert told["environment"]["LD_LIBRARY_PATH"].startswith(layout.DRIVER_LIBRARIES)


def test_cell_without_a_gpu_shows_nothing_of_one(runner: Runner) -> None:
    told = json.loads(runner.run(Job(LOOK, device="cpu")).stdout)
    assert not [name for name in told["dev"] if "nvidia" in name]
    assert (told["driver"], told["devices"], told["library"]) == ([], False, False)
    assert told["environment"]["CUDA_VISIBLE_DEVICES"] == "-1"
    assert told["environment"]["JAX_PLATFORMS"] == "cpu"


def test_nodes_are_real_devices_that_open_read_map_and_take_calls(runner: Runner) -> None:
    source = """
import errno, fcntl, mmap, os, stat
for name in ("nvidia0", "nvidiactl", "nvidia-uvm"):
    assert stat.S_ISCHR(os.stat("/dev/" + name).st_mode)
card = os.open("/dev/nvidia0", os.O_RDWR)
assert os.read(card, 4) == bytes(4)
assert mmap.mmap(card, 4096)[:4] == bytes(4)
try:
    fcntl.ioctl(card, 0x46, b"x" * 16)  # the driver's own numbers have this type; this device knows none
except OSError as error:
    print(errno.errorcode[error.errno])
"""
    assert on_gpu(runner, source).stdout == "ENOTTY\n"


def test_walls_stand_with_a_gpu_too(runner: Runner) -> None:
    source = """
import os, socket
for attempt in (
    lambda: os.mknod("/tmp/nvidia1", 0o20666, os.makedev(195, 1)),
    lambda: open("/dev/nvidia9", "w"),
    lambda: open("/proc/driver/nvidia/params", "w"),
    lambda: open("/opt/driver/lib/libcuda.so.1", "w"),
    lambda: os.remove("/dev/nvidia0"),
    lambda: os.chmod("/dev/nvidia0", 0o600),
    lambda: socket.socket(),
):
    try:
        attempt()
    except OSError:
        continue
    print("came through", attempt)
print(os.getuid(), open("/proc/self/status").read().split("CapEff:")[1].split()[0])
"""
    assert on_gpu(runner, source).stdout == "65534 0000000000000000\n"


def test_two_cards_are_two_runs_that_see_one_each(tmp_path: Path) -> None:
    cards = (card(0, "/dev/zero"), card(1, "/dev/urandom"))
    source = "import os, time; print(sorted(n for n in os.listdir('/dev') if n[6:].isdigit())); time.sleep(1)"
    with Runner(tmp_path, settings(*cards)) as runner:
        runs = [runner.submit(Job(source, device="gpu")) for _ in cards]
        results = [_result(runner, run) for run in runs]
    assert {(each.device, each.stdout) for each in results} == {
        ("gpu:0", "['nvidia0']\n"), ("gpu:1", "['nvidia1']\n")
    }  # fmt: skip


def test_frameworks_are_told_of_the_card_and_their_share() -> None:
    plain = policy.environment("jax", card())
    shared = policy.environment("torch", card(), 0.25)
    assert "XLA_CLIENT_MEM_FRACTION" not in plain
    assert (plain["JAX_PLATFORMS"], plain["XLA_PYTHON_CLIENT_PREALLOCATE"]) == ("cuda,cpu", "false")
    assert (shared["JAX_PLATFORMS"], shared["KERAS_TORCH_DEVICE"]) == ("cpu", "cuda")
    assert shared["PYTORCH_ALLOC_CONF"] == "per_process_memory_fraction:0.2500"
    assert policy.environment("jax") == {**policy.environment("jax", None, 0.5)}  # a share of nothing changes nothing


# -- warm parents --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    made = Runner(tmp_path_factory.mktemp("warm"), settings(card(), launch="warm", parked=0, gpu_seconds_per_hour=0))
    yield made
    made.close()


def test_warm_parent_of_a_card_has_imported_and_has_not_opened_it(warm: Runner) -> None:
    source = """
import sys
print("tensorflow" in sys.modules)
sys.path.insert(0, "/opt/lobby")
from runner.zygote import touched_gpu
print(touched_gpu())
card = open("/dev/nvidia0", "rb")
print(touched_gpu())
import mmap
view = mmap.mmap(card.fileno(), 4096, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE)
card.close()
print(touched_gpu())
"""
    result = on_gpu(warm, f"# keras\n{source}")
    assert result.stdout == "True\nFalse\nTrue\nTrue\n", result
    assert list(warm.status()["parents_on_gpus"]) == ["gpu:0 tensorflow"]


def test_keras_runs_in_a_child_of_that_parent(warm: Runner) -> None:
    # There is no CUDA behind this node: TensorFlow finds that out by itself, quietly, and computes on the CPU.
    source = "import keras, numpy as np\nm = keras.Sequential([keras.layers.Dense(1)])\nm.compile('sgd', 'mse')\n"
    result = on_gpu(warm, source + "m.fit(np.ones((8, 2)), np.ones(8), epochs=2, verbose=0)\nprint('done')")
    assert (result.status, result.stdout, result.stderr) == ("ok", "done\n", "")
    assert result.fits[0].epochs == 2
    assert result.device == "gpu:0"


def test_parent_whose_imports_open_the_card_gives_way_to_a_bare_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "opener.py").write_text("card = open('/dev/nvidia0', 'rb')\n")
    plain = policy.environment

    def environment(*arguments: Any) -> dict[str, str]:
        return {**plain(*arguments), "PYTHONPATH": "/opt/extra"}

    monkeypatch.setattr(policy, "environment", environment)
    monkeypatch.setattr("runner.pool.WARM_IMPORTS", ("opener",))
    chosen = settings(card(), launch="warm", parked=0, extra_binds={"/opt/extra": str(tmp_path / "extra")})
    with Runner(tmp_path / "runs", chosen) as runner:
        results = [on_gpu(runner, "import sys; print('opener' in sys.modules)") for _ in range(2)]
        parents = runner.status()["parents_on_gpus"]
    assert [(each.status, each.stdout, each.device) for each in results] == [("ok", "False\n", "gpu:0")] * 2
    assert len(parents) == 1


# -- one run a card ------------------------------------------------------------------------------------------

TIMES = "import time\na = time.monotonic()\ntime.sleep(0.4)\nprint(a, time.monotonic())"


def _result(runner: Runner, run_id: str) -> Result:
    for _ in runner.events(run_id):
        pass
    result = runner.result(run_id)
    assert result is not None
    return result


def test_one_card_serves_one_run_at_a_time_and_others_go_on(runner: Runner) -> None:
    runs = [runner.submit(Job(TIMES, device="gpu")) for _ in range(3)]
    beside = runner.run(Job(TIMES + "\n#", device="cpu"))
    results = [_result(runner, run) for run in runs]
    assert {each.device for each in results} == {"gpu:0"}
    spans = sorted(tuple(map(float, each.stdout.split())) for each in results)
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(spans))
    assert beside.device == "cpu"
    assert float(beside.stdout.split()[0]) < spans[-1][0]  # it did not wait for its turn behind them


def test_run_says_what_it_had_of_the_card(runner: Runner) -> None:
    result = on_gpu(runner, TIMES)
    assert result.gpu is not None
    assert (result.device, result.gpu.name) == ("gpu:0", "Test 0")
    assert result.gpu.seconds >= result.duration_s >= 0.4
    assert Result.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    assert result.to_dict()["gpu"]["seconds"] == result.gpu.seconds


def test_who_leaves_the_choice_gets_the_card_when_it_is_free_and_the_cpu_when_not(runner: Runner) -> None:
    free = runner.run(Job("print('keras')"))
    plain = runner.run(Job("print('nothing to compute')"))
    holder = runner.submit(Job("import time; time.sleep(2)", device="gpu"))
    _until_started(runner, holder)
    busy = runner.run(Job("print('keras', 2)"))
    _result(runner, holder)
    assert [free.device, plain.device, busy.device] == ["gpu:0", "cpu", "cpu"]
    assert free.gpu is not None
    assert plain.gpu is None


def _until_started(runner: Runner, run_id: str) -> None:
    end = time.monotonic() + 20
    while not any(gpu["state"] == "busy" for gpu in runner.status()["gpus"]):
        assert time.monotonic() < end, run_id
        time.sleep(0.01)


def test_waiting_and_running_holders_can_be_cancelled_and_the_card_is_free_again(runner: Runner) -> None:
    holder = runner.submit(Job("import time; time.sleep(20)", device="gpu"))
    _until_started(runner, holder)
    waiting = runner.submit(Job("print('never')", device="gpu"))
    assert runner.cancel(waiting)
    assert runner.cancel(holder)
    assert [_result(runner, run).status for run in (waiting, holder)] == ["cancelled", "cancelled"]
    assert on_gpu(runner, "print('next')").stdout == "next\n"
    assert [gpu["state"] for gpu in runner.status()["gpus"]] == ["free"]


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os; os.abort()", "killed"),
        ("import os; os.kill(os.getpid(), 9)", "killed"),
        ("1 / 0", "error"),
        ("x = (", "rejected"),
    ],
)
def test_badly_ending_run_leaves_the_card_to_the_next(runner: Runner, source: str, status: str) -> None:
    assert on_gpu(runner, source).status == status
    after = on_gpu(runner, "print(open('/dev/nvidia0', 'rb').read(1))")
    assert (after.status, after.stdout, after.device) == ("ok", "b'\\x00'\n", "gpu:0")


def test_card_that_another_service_has_is_waited_for(tmp_path: Path) -> None:
    gpu = card()
    with Runner(tmp_path, settings(gpu)) as runner, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(f"\0lobby-gpu-{gpu.place}".encode())
        assert runner.run(Job("print('keras')")).device == "cpu"
        waiting = runner.submit(Job("print('at last')", device="gpu"))
        time.sleep(0.7)
        assert runner.result(waiting) is None
        other.close()
        result = _result(runner, waiting)
    assert (result.stdout, result.device) == ("at last\n", "gpu:0")


def test_nothing_that_ran_on_a_card_is_remembered(runner: Runner) -> None:
    job = Job("print(6 * 7)", device="gpu", seed=1)
    assert [runner.run(job).cached for _ in range(2)] == [False, False]


def test_card_that_cannot_be_shown_is_unavailable_or_the_cpu(tmp_path: Path) -> None:
    gone = replace(card(), nodes={"/dev/nvidia0": "/dev/no-such-node"})
    with Runner(tmp_path, settings(gone)) as runner:
        asked = on_gpu(runner, "print(1)")
        left = runner.run(Job("print('keras')"))
        assert [gpu["state"] for gpu in runner.status()["gpus"]] == ["free"]
    assert (asked.status, asked.stdout) == ("unavailable", "")
    assert (left.status, left.stdout, left.device) == ("ok", "keras\n", "cpu")


def test_machine_without_a_card_runs_everything_on_the_cpu(tmp_path: Path) -> None:
    with Runner(tmp_path, settings()) as runner:
        for device in ("gpu", "auto", "cpu"):
            result = runner.run(Job("print('keras')", device=device))  # type: ignore[arg-type]
            assert (result.status, result.device, result.gpu, result.stderr) == ("ok", "cpu", None, "")
    assert not (tmp_path / "gpu.sqlite3").exists()


def test_backend_built_without_cuda_stays_on_the_cpu(tmp_path: Path) -> None:
    with Runner(tmp_path, settings(card(), gpu_backends=frozenset(("jax",)))) as runner:
        assert runner.run(Job("print('keras')", backend="torch", device="gpu")).device == "cpu"
        assert runner.run(Job("print('keras')", backend="jax", device="gpu")).device == "gpu:0"


# -- time ----------------------------------------------------------------------------------------------------


def test_clock_of_a_gpu_run_is_longer_unless_another_was_asked_for() -> None:
    lease = Gpus((card(),), None, frozenset(BACKENDS)).take(Job("keras"))
    assert lease is not None
    assert lease.fitted(Job("x")).limits == replace(Limits(), wall_s=60.0)
    asked = Job("x", limits=Limits(wall_s=5.0))
    assert lease.fitted(asked) is asked
    lease.mark.close()


@pytest.fixture
def quota(tmp_path: Path) -> Iterator[Quota]:
    made = Quota(tmp_path / "gpu.sqlite3", 10.0)
    yield made
    made.close()


def test_quota_is_used_up_at_its_value_and_not_before(quota: Quota) -> None:
    quota.spend("ann", 6.0)
    quota.spend("ann", 3.9)
    assert quota.wait_s("ann") == 0
    quota.spend("ann", 0.1)
    assert 0 < quota.wait_s("ann") <= WINDOW_S
    assert quota.wait_s("bob") == 0


def test_quota_does_not_hold_for_whoever_sits_at_the_machine(quota: Quota) -> None:
    quota.spend(LOCAL, 1000.0)
    assert quota.wait_s(LOCAL) == 0


def test_wait_ends_when_enough_of_the_use_is_an_hour_old(quota: Quota, tmp_path: Path) -> None:
    for seconds in (8.0, 1.0, 9.0):
        quota.spend("ann", seconds)
    ages = {8.0: 3000.0, 1.0: 2000.0, 9.0: 100.0}
    with sqlite3.connect(tmp_path / "gpu.sqlite3") as base:
        for seconds, age in ages.items():
            base.execute("update gpu_use set ended = ? where seconds = ?", (time.time() - age, seconds))
    # Nine and one are ten, the whole quota: the run of one second has to become an hour old.
    assert quota.wait_s("ann") == pytest.approx(WINDOW_S - 2000.0, abs=5)


def test_quota_outlives_the_service_and_forgets_what_is_old(tmp_path: Path) -> None:
    path = tmp_path / "gpu.sqlite3"
    first = Quota(path, 10.0)
    first.spend("ann", 11.0)
    first.close()
    second = Quota(path, 10.0)
    assert second.wait_s("ann") > 0
    with sqlite3.connect(path) as base:
        base.execute("update gpu_use set ended = ended - ?", (WINDOW_S,))
    assert second.wait_s("ann") == 0
    second.spend("bob", 1.0)
    assert [row[0] for row in sqlite3.connect(path).execute("select account from gpu_use")] == ["bob"]
    second.close()


def test_no_quota_counts_nobody_out(tmp_path: Path) -> None:
    free = Quota(tmp_path / "gpu.sqlite3", 0.0)
    free.spend("ann", 1e9)
    assert free.wait_s("ann") == 0
    free.close()


def test_used_up_quota_rejects_who_asks_and_leaves_the_others_the_cpu(tmp_path: Path) -> None:
    with Runner(tmp_path, settings(card(), gpu_seconds_per_hour=0.2)) as runner:
        first = on_gpu(runner, "import time; time.sleep(0.3)", account="ann")
        asked = on_gpu(runner, "print(1)", account="ann")
        left = runner.run(Job("print('keras')", account="ann"))
        other = on_gpu(runner, "print(2)", account="bob")
        local = on_gpu(runner, "print(3)", account=LOCAL)
    assert (first.status, first.device) == ("ok", "gpu:0")
    assert asked.status == "rejected"
    assert asked.error is not None
    assert asked.error.type == "QuotaExceeded"
    assert (left.status, left.device) == ("ok", "cpu")
    assert (other.device, local.device) == ("gpu:0", "gpu:0")


def test_quota_that_ends_while_a_run_waits_rejects_it_when_its_turn_comes(tmp_path: Path) -> None:
    with Runner(tmp_path, settings(card(), gpu_seconds_per_hour=0.2)) as runner:
        first = runner.submit(Job("import time; time.sleep(0.6)", device="gpu"))
        _until_started(runner, first)
        second = runner.submit(Job("print(1)", device="gpu"))
        assert [_result(runner, run).status for run in (first, second)] == ["ok", "rejected"]


def test_account_is_kept_with_a_waiting_run_and_no_part_of_what_is_remembered(tmp_path: Path) -> None:
    with Runner(tmp_path, settings()) as runner:
        first = runner.run(Job("print(1)", account="ann"))
        second = runner.run(Job("print(1)", account="bob"))
        assert (first.cached, second.cached) == (False, True)
        assert runner.job(first.id).account == "ann"


# -- memory --------------------------------------------------------------------------------------------------


def test_without_nvml_nothing_is_measured_and_nothing_fails() -> None:
    if library() is not None:
        pytest.skip("GPU: NVML is there, which this test wants missing; make gpu-check asks it")
    meter = Meter(card())
    meter.begin(os.getpid())
    assert (meter.look(1.0), meter.peak, meter.total, meter.fault()) == (None, None, None, None)


class Hungry(Meter):
    """A meter of a driver that says what a test wants; everything else is the runner's own."""

    def _used(self) -> int | None:
        return 3 << 30


def test_more_gpu_memory_than_allowed_ends_the_run_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_lease, "Meter", Hungry)
    source = "import time\nprint('before')\ntime.sleep(20)"
    with Runner(tmp_path, settings(card())) as runner:
        over = on_gpu(runner, source, limits=Limits(gpu_memory_bytes=(3 << 30) - 1))
        at = on_gpu(runner, "print(1)", limits=Limits(gpu_memory_bytes=3 << 30))
        free = on_gpu(runner, "print(2)")
    assert (over.status, over.exit_code, over.signal) == ("memory", None, None)
    assert over.error is not None
    assert over.error.message == "more than 3,071 MiB of the GPU's memory were wanted"
    assert over.gpu is not None
    assert over.gpu.peak_memory_bytes == 3 << 30
    assert (at.status, free.status) == ("ok", "ok")


class Watching(Meter):
    """A meter that notes whom it takes for the run's own."""

    seen: ClassVar[list[tuple[bool, bool, bool]]] = []

    def begin(self, pid: int) -> None:
        super().begin(pid)
        self.seen.append((self._own(pid), self._own(os.getpid()), self._own(1)))


def test_meter_tells_processes_of_the_run_from_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_lease, "Meter", Watching)
    Watching.seen.clear()
    with Runner(tmp_path, settings(card())) as runner:
        assert on_gpu(runner, "print(1)").status == "ok"
    assert Watching.seen == [(True, False, False)]


class Lost(Meter):
    def fault(self) -> str | None:
        return "GPU is lost"


def test_lost_card_is_used_no_more_and_runs_go_on_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_lease, "Meter", Lost)
    with Runner(tmp_path, settings(card())) as runner:
        devices = [on_gpu(runner, "print(1)").device for _ in range(2)]
        assert [gpu["state"] for gpu in runner.status()["gpus"]] == ["broken"]
    assert devices == ["gpu:0", "cpu"]


FULL = "import torch\nexec(compile('raise torch.OutOfMemoryError(\"CUDA out of memory\")', 'torch/x.py', 'exec'))"


def test_framework_that_is_refused_memory_of_its_device_ends_as_memory(runner: Runner) -> None:
    result = on_gpu(runner, FULL, backend="torch")
    assert result.status == "memory"
    assert result.error is not None
    assert result.error.message == "the device's memory ran out: OutOfMemoryError"
    assert result.error.line == 2


def test_such_an_error_raised_by_hand_is_an_error(runner: Runner) -> None:
    result = on_gpu(runner, "import torch\nraise torch.OutOfMemoryError('mine')", backend="torch")
    assert result.status == "error"


# -- what needs a card ---------------------------------------------------------------------------------------


def test_acceptance_says_loudly_that_it_checked_nothing() -> None:
    if find().gpus:
        pytest.skip("GPU: there is one here; run make gpu-check")
    command = [sys.executable, "-m", "tests.benchmarks.gpu_check"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr.startswith("GPU CHECK SKIPPED, NOTHING WAS CHECKED: ")
    assert len(told.stderr.splitlines()) == 1


def test_acceptance_passes_nothing_on_a_card_that_is_none(warm: Runner) -> None:
    checks = list(gpu_check.Acceptance(warm, measured=False).all(("tensorflow",)))
    assert {check.name for check in checks if check.passed} == {"one run a card"}
    assert next(check.why for check in checks if check.name == "matmul, first").startswith("it computed on ")
    json.dumps([check.row() for check in checks])


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_sums_of_the_acceptance_are_right_where_there_is_no_card(warm: Runner, backend: str) -> None:
    for source, judge in ((gpu_check.MATMUL, gpu_check.right_product), (gpu_check.FIT, gpu_check.learned)):
        result = warm.run(Job(source, backend=backend, device="cpu"))  # type: ignore[arg-type]
        assert (result.status, judge(result)) == ("ok", "")
        assert gpu_check.on_card(result) == "it computed on cpu" + (":0" if "cpu:0" in result.stdout else "")


# -- what people are told ----------------------------------------------------------------------------------------------


def _said(monkeypatch: pytest.MonkeyPatch, found: Found, backends: frozenset[str], **more: Any) -> list[Any]:
    monkeypatch.setattr(gpu, "find", lambda: found)
    monkeypatch.setattr(gpu, "backends_with_cuda", lambda: backends)
    return [(check.state, check.what) for check in doctor._gpus(Settings(**more))]


def test_doctor_names_cards_what_is_missing_and_who_can_use_them(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem("/dev/nvidia-uvm is missing.", "Run it.")
    able: frozenset[str] = frozenset(("torch", "jax"))
    assert _said(monkeypatch, Found(), able) == [("ok", "none; runs use the CPU")]
    assert _said(monkeypatch, Found((), (problem,)), able) == [("warning", problem.what)]
    assert _said(monkeypatch, Found((card(),)), able)[0] == ("ok", "Test 0 as gpu:0, for jax, torch")
    assert _said(monkeypatch, Found((card(),)), frozenset())[0][0] == "warning"
    assert _said(monkeypatch, Found((card(),)), able, run_gpu=False) == [
        ("ok", "switched off (run_gpu); runs use the CPU")
    ]


def test_card_of_a_run_names_the_gpu_its_seconds_and_its_memory() -> None:
    use = GpuUse("NVIDIA Test", 12.34, 900 << 20)
    result = Result("1", "ok", "torch", device="gpu:0", duration_s=1.0, gpu=use)
    assert "GPU:0 (NVIDIA Test, 12.3 s, 900 MiB of it)" in run_card(result)
    unmeasured = replace(result, gpu=GpuUse("NVIDIA Test", 12.34))
    assert "GPU:0 (NVIDIA Test, 12.3 s)" in run_card(unmeasured)
    assert "(" not in run_card(replace(result, device="cpu", gpu=None))
