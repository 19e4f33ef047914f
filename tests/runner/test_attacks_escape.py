"""Ways out: every one has to be closed, and by more than one bolt where that can be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.job import Result

Run = Callable[..., Result]

CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    outcome = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return 'done' if outcome >= 0 else os.strerror(ctypes.get_errno())
"""

# x86-64 numbers, with arguments that would work without the filter or at least not crash.
REFUSED = {
    "ptrace": "call(101, 0, 0, 0, 0)",
    "process_vm_readv": "call(310, 1, 0, 0, 0, 0, 0)",
    "process_vm_writev": "call(311, 1, 0, 0, 0, 0, 0)",
    "kcmp": "call(312, 1, 2, 0, 0, 0)",
    "pidfd_getfd": "call(438, 0, 0, 0)",
    "bpf": "call(321, 0, 0, 0)",
    "perf_event_open": "call(298, 0, 0, -1, -1, 0)",
    "io_uring_setup": "call(425, 8, 0)",
    "userfaultfd": "call(323, 0)",
    "keyctl": "call(250, 0, 0, 0, 0, 0)",
    "add_key": "call(248, 0, 0, 0, 0, 0)",
    "init_module": "call(175, 0, 0, 0)",
    "finit_module": "call(313, 0, 0, 0)",
    "kexec_load": "call(246, 0, 0, 0, 0)",
    "reboot": "call(169, 0, 0, 0, 0)",
    "swapon": "call(167, 0, 0)",
    "settimeofday": "call(164, 0, 0)",
    "clock_settime": "call(227, 0, 0)",
    "personality": "call(135, 0x0040000)",
    "modify_ldt": "call(154, 1, 0, 0)",
    "iopl": "call(172, 3)",
    "quotactl": "call(179, 0, 0, 0, 0)",
    "acct": "call(163, 0)",
    "open_by_handle_at": "call(304, 0, 0, 0)",
    "name_to_handle_at": "call(303, -100, 0, 0, 0, 0)",
    "fanotify_init": "call(300, 0, 0)",
    "seccomp": "call(317, 0, 0, 0)",
    "vmsplice": "call(278, 1, 0, 0, 0)",
    "setns": "call(308, 0, 0)",
    "unshare_user": "call(272, 0x10000000)",
    "unshare_mounts": "call(272, 0x00020000)",
    "unshare_network": "call(272, 0x40000000)",
    "clone_user": "call(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "clone_pid": "call(56, 0x20000000 | 17, 0, 0, 0, 0)",
    "clone_mounts": "call(56, 0x00020000 | 17, 0, 0, 0, 0)",
    "clone3": "call(435, 0, 0)",
    "mount": "call(165, 0, 0, 0, 0, 0)",
    "umount": "call(166, 0, 0)",
    "pivot_root": "call(155, 0, 0)",
    "chroot": "call(161, 0)",
    "open_tree": "call(428, -100, 0, 0)",
    "move_mount": "call(429, 0, 0, 0, 0, 0)",
    "fsopen": "call(430, 0, 0)",
    "mount_setattr": "call(442, 0, 0, 0, 0, 0)",
    "a_call_of_the_future": "call(600, 0)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_system_call_is_refused(cold: Run, name: str) -> None:
    result = cold(f"{CALL}\nprint({REFUSED[name]})")
    assert result.stdout.strip() in ("Operation not permitted", "Function not implemented"), result


def test_filter_holds_in_a_child_program(run: Run) -> None:
    result = run(
        "import subprocess; print(subprocess.run(['unshare', '--user', 'true'], capture_output=True).returncode)"
    )
    assert result.status in ("ok", "error")
    assert result.stdout != "0\n"


def test_thirty_two_bit_calls_kill(cold: Run) -> None:
    # int 0x80 with eax = 20 (getpid of i386): mov eax,20; int 0x80; ret
    source = """
        import ctypes, mmap
        code = mmap.mmap(-1, 4096, prot=7)
        code.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))
        print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
    """
    result = cold(source)
    assert result.stdout == ""
    assert (result.status, result.signal) in (("killed", "SIGSYS"), ("killed", "SIGSEGV"))


def test_calls_of_the_x32_interface_kill(cold: Run) -> None:
    result = cold(f"{CALL}\nprint(call(0x40000000 | 39))")
    assert (result.status, result.signal, result.stdout) == ("killed", "SIGSYS", "")


def test_no_capability_in_any_set(run: Run) -> None:
    result = run("print([line.split()[1] for line in open('/proc/self/status') if line.startswith('Cap')])")
    assert result.stdout == f"{['0000000000000000'] * 5}\n"


def test_nothing_can_be_gained(run: Run) -> None:
    result = run("print([l.split()[1] for l in open('/proc/self/status') if l.startswith(('NoNewPrivs', 'Seccomp:'))])")
    assert result.stdout == "['1', '2']\n"


@pytest.mark.parametrize("call", ["os.setuid(0)", "os.setgid(0)", "os.setgroups([0])", "os.setresuid(0, 0, 0)"])
def test_root_cannot_be_become(run: Run, call: str) -> None:
    result = run(f"import os; {call}")
    assert result.status == "error"


def test_setuid_program_gives_nothing(run: Run) -> None:
    source = """
        import os, shutil, subprocess
        shutil.copy('/usr/bin/id', '/tmp/id'); os.chmod('/tmp/id', 0o6755)
        print(subprocess.run(['/tmp/id', '-u'], capture_output=True, text=True).stdout)
    """
    assert run(source).stdout.strip() == "65534"


def test_device_nodes_cannot_be_made(run: Run) -> None:
    result = run("import os, stat; os.mknod('/work/disk', 0o600 | stat.S_IFBLK, os.makedev(254, 0))")
    assert result.error is not None
    assert result.error.type == "PermissionError"


@pytest.mark.parametrize(
    "place",
    [
        "/opt/venv/lib/python3.11/site-packages/keras/__init__.py",
        "/opt/python/lib/python3.11/os.py",
        "/opt/lobby/runner/harness/session.py",
        "/usr/bin/python3",
        "/etc/passwd",
        "/new",
        "/dev/new",
        "/opt/new",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/sys/vm/overcommit_memory",
        "/sys/devices/system/cpu/cpu0/online",
    ],
)
def test_place_cannot_be_written(cold: Run, place: str) -> None:
    result = cold(f"open({place!r}, 'w').write('mine')")
    assert result.status == "error"


def test_the_interpreter_cannot_be_overwritten_through_proc(run: Run) -> None:
    result = run("open('/proc/self/exe', 'wb')")
    assert result.status == "error"


@pytest.mark.parametrize("entry", ["root", "cwd", "fd/0", "fd/7", "mem", "environ", "maps", "exe", "ns/mnt"])
def test_first_process_is_closed(run: Run, entry: str) -> None:
    source = f"""
        import os
        place = '/proc/1/{entry}'
        try: print(os.listdir(place) if os.path.isdir(place) else os.readlink(place))
        except OSError: print(open(place).read(10))
    """
    result = run(source)
    assert (result.status, result.stdout) == ("error", "")


def test_first_process_cannot_be_killed(run: Run) -> None:
    source = """
        import os, signal
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSTOP, signal.SIGCHLD):
            try: os.kill(1, number)
            except PermissionError: pass  # where Landlock keeps signals in, it is not even ignored
        print('still here')
    """
    result = run(source)
    assert (result.status, result.stdout) == ("ok", "still here\n")


def test_signal_to_everybody_reaches_nobody_else(run: Run) -> None:
    source = "import os, signal\ntry: os.kill(-1, signal.SIGKILL)\nexcept ProcessLookupError: pass\nprint('alone')"
    assert run(source).stdout == "alone\n"


def test_dots_do_not_lead_out_of_the_root(run: Run) -> None:
    source = """
        import os
        here = os.open('/', os.O_RDONLY)
        for _ in range(64): here = os.open('..', os.O_RDONLY, dir_fd=here)
        print(sorted(os.listdir(here)) == sorted(os.listdir('/')))
    """
    assert run(source).stdout == "True\n"


def test_root_is_what_it_should_be(run: Run) -> None:
    result = run("import os; print(sorted(os.listdir('/')))")
    known = {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "newproc", "opt", "proc", "root", "sbin", "scratch"}
    assert set(eval(result.stdout)) <= known | {"snippet", "sys", "tmp", "usr", "work"}


def test_cgroups_cannot_be_reached(run: Run) -> None:
    result = run(
        "import os; print(os.path.exists('/sys/fs/cgroup'),"
        "[line for line in open('/proc/mounts') if line.split()[2].startswith('cgroup')])"
    )
    assert result.stdout == "False []\n"


def test_priority_cannot_be_raised(run: Run) -> None:
    result = run("import os; os.nice(-5)")
    assert result.status == "error"


def test_real_time_scheduling_is_refused(run: Run) -> None:
    result = run("import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))")
    assert result.status == "error"


def test_terminal_cannot_be_fed(run: Run) -> None:
    result = run("import fcntl; fcntl.ioctl(0, 0x5412, b'x')")
    assert result.status == "error"


def test_open_descriptor_of_the_harness_leads_nowhere(run: Run) -> None:
    source = """
        import array, socket
        channel = socket.socket(fileno=3)
        print(channel.family == socket.AF_UNIX, repr(channel.getpeername()))
        channel.settimeout(0.2)
        print(channel.recv(100))
        channel.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2] * 80))])
    """
    result = run(source)
    assert result.stdout.splitlines()[:2] == ["True ''", "b''"]
    assert result.status in ("ok", "error")
