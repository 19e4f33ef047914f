"""What a snippet must not be able to read."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.job import Result
from runner.runner import Runner

Run = Callable[..., Result]
SECRET = "correct-horse-battery-staple"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/hostname",
        "/etc/machine-id",
        "/etc/resolv.conf",
        "/etc/ssl/private",
        "/root/.ssh",
        "/home/*",
        "/var/log",
        "/var/lib",
        "/run",
        "/boot",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/sda",
        "/dev/vda",
        "/dev/kvm",
        "/dev/fuse",
        "/dev/pts/0",
        "/proc/kcore",
        "/proc/kallsyms",
        "/proc/keys",
        "/proc/cmdline",
        "/proc/config.gz",
        "/proc/sched_debug",
        "/proc/timer_list",
        "/proc/diskstats",
        "/proc/partitions",
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/core_pattern",
        "/sys/class",
        "/sys/fs/cgroup",
        "/sys/kernel",
        "/old",
    ],
)
def test_place_of_the_host_shows_nothing(cold: Run, path: str) -> None:
    source = f"""
        import glob, os
        for found in glob.glob({path!r}):
            if found == '/home/user': continue
            content = os.listdir(found) if os.path.isdir(found) else open(found, 'rb').read(100)
            if content: print(found, content)
    """
    result = cold(source)
    assert result.stdout == ""


def test_only_named_files_of_etc_are_there(run: Run) -> None:
    result = run("import os; print(sorted(os.listdir('/etc')))")
    allowed = {"alternatives", "fonts", "group", "hosts", "ld.so.cache", "nsswitch.conf", "passwd"}
    assert set(eval(result.stdout)) <= allowed


def test_environment_of_the_service_is_not_passed_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOBBY_DISCORD_TOKEN", SECRET)
    result = run("import os; print(dict(os.environ)); print(open('/proc/self/environ').read())")
    assert SECRET not in result.stdout
    assert "DISCORD" not in result.stdout


def test_environment_of_the_first_process_is_closed(run: Run) -> None:
    result = run("print(open('/proc/1/environ').read())")
    assert result.error is not None
    assert result.error.type == "PermissionError"


def test_only_own_processes_are_seen(run: Run) -> None:
    result = run("import os; print(sorted(int(name) for name in os.listdir('/proc') if name.isdigit()))")
    assert result.stdout == "[1, 2]\n"


def test_service_is_no_process_that_can_be_named(run: Run) -> None:
    result = run(f"import os; print(os.path.exists('/proc/{os.getpid()}')); os.kill({os.getpid()}, 0)")
    assert result.stdout == "False\n"
    assert result.error is not None
    assert result.error.type == "ProcessLookupError"


def test_files_of_the_service_are_not_there(run: Run, runner: Runner) -> None:
    result = run(f"import os; print(os.path.exists({str(runner._folder)!r}), os.path.exists({str(Path.cwd())!r}))")
    assert result.stdout == "False False\n"


def test_memory_of_the_service_is_not_inherited(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # Masked in the snippet, so that the snippet's own memory holds it only once it was unmasked.
    mark = b"only-the-service-knows-this-one"
    monkeypatch.setenv("LOBBY_MEMORY_MARK", mark.decode())
    source = f"""
        import re
        half = bytes(letter ^ 1 for letter in {bytes(letter ^ 1 for letter in mark[:20])!r})
        found = 0
        with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
            for line in maps:
                first, last, rights = re.match(r'(\\w+)-(\\w+) (\\S+)', line).groups()
                if 'r' not in rights or int(last, 16) - int(first, 16) > 1 << 26 or 'vvar' in line: continue
                try:
                    memory.seek(int(first, 16))
                    content = memory.read(int(last, 16) - int(first, 16))
                except (OSError, OverflowError, ValueError): continue
                rest = bytes(x ^ 1 for x in {bytes(x ^ 1 for x in mark[20:])!r})
                found += sum(content[at.end():at.end() + 11] == rest for at in re.finditer(re.escape(half), content))
        print(found)
    """
    result = run(source)
    assert (result.status, result.stdout) == ("ok", "0\n")


def test_name_of_the_host_is_not_told(run: Run) -> None:
    result = run("import socket, os; print(socket.gethostname(), os.uname().nodename)")
    assert result.stdout == "lobby lobby\n"
    assert socket.gethostname() != "lobby"


def test_mount_table_names_no_folder_outside(run: Run) -> None:
    result = run("print(open('/proc/self/mountinfo').read())")
    assert "pytest" not in result.stdout
    assert str(Path.cwd() / "tests") not in result.stdout


def test_own_cgroup_is_the_root_it_sees(run: Run) -> None:
    result = run("print(open('/proc/self/cgroup').read())")
    assert "lobby-" not in result.stdout


def test_other_runs_are_invisible_while_both_live(runner: Runner, run: Run, mode: str) -> None:
    from runner.job import Job, Limits

    other = runner.submit(
        Job("open('/tmp/mine', 'w').write('x')\nimport time; time.sleep(3)", limits=Limits(wall_s=10))
    )
    result = run("import os; print(os.listdir('/tmp'), len([n for n in os.listdir('/proc') if n.isdigit()]))")
    assert result.stdout == "[] 2\n"
    runner.cancel(other)


def test_descriptors_are_its_own_four(run: Run) -> None:
    source = """
        import os
        for number in os.listdir('/proc/self/fd'):
            try: print(number, os.readlink(f'/proc/self/fd/{number}').split(':')[0])
            except FileNotFoundError: pass
    """
    lines = run(source).stdout.splitlines()
    assert lines == ["0 /dev/null", "1 pipe", "2 pipe", "3 socket"]


def test_kernel_log_is_closed(run: Run) -> None:
    source = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.klogctl(3, ctypes.create_string_buffer(4096), 4096))
    """
    assert run(source).stdout == "-1\n"


def test_key_rings_are_closed(run: Run) -> None:
    source = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        print([libc.syscall(number, 0, 0, 0, 0, 0) for number in (248, 249, 250)], ctypes.get_errno())
    """
    assert run(source).stdout == "[-1, -1, -1] 1\n"


def test_uid_map_names_nobody_of_the_host(run: Run) -> None:
    result = run(
        "import os; print(os.getuid(), os.getgid(), os.getgroups(), open('/proc/self/uid_map').read().split()[0])"
    )
    assert result.stdout == "65534 65534 [] 65534\n" or result.stdout == "65534 65534 [65534] 65534\n"
