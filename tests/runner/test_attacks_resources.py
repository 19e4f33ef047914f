"""Exhaustion: each snippet wants more than there is of something; each test says how that has to end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.job import Result

Run = Callable[..., Result]

MIB = 1 << 20


def test_endless_loop_ends_at_the_wall_clock(run: Run) -> None:
    result = run("while True: pass", wall_s=1.0)
    assert result.status == "timeout"
    assert 0.9 < result.duration_s < 3


def test_endless_sleep_ends_at_the_wall_clock_and_keeps_what_was_printed(run: Run) -> None:
    result = run("import time; print('before', end=''); time.sleep(1e9)", wall_s=0.7)
    assert (result.status, result.stdout) == ("timeout", "before")


def test_cpu_time_ends_a_busy_run_before_the_wall_clock(run: Run) -> None:
    result = run("while True: pass", cpu_s=0.5, wall_s=20.0)
    assert result.status == "timeout"
    assert result.duration_s < 10


def test_cpu_time_of_all_processes_is_added_up(run: Run) -> None:
    result = run("import os\nfor _ in range(3): os.fork()\nwhile True: pass", cpu_s=1.0, wall_s=20.0)
    assert result.status == "timeout"
    assert result.duration_s < 10


def test_catastrophic_regular_expression_is_a_timeout(run: Run) -> None:
    assert run("import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", wall_s=0.7).status == "timeout"


def test_code_that_never_leaves_the_interpreter_is_a_timeout(run: Run) -> None:
    assert run("x = 7 ** (7 ** 9)", wall_s=0.7).status == "timeout"


def test_ignored_and_blocked_signals_do_not_prolong_a_run(run: Run) -> None:
    source = """
        import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        while True: pass
    """
    assert run(source, wall_s=0.7).status == "timeout"


def test_run_that_stops_itself_is_a_timeout(run: Run) -> None:
    assert run("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", wall_s=0.7).status == "timeout"


def test_hang_in_atexit_is_a_timeout(run: Run) -> None:
    source = "import atexit, time; atexit.register(time.sleep, 1e6); print('done')"
    result = run(source, wall_s=0.7)
    assert (result.status, result.stdout) == ("timeout", "done\n")


def test_hang_in_a_finalizer_is_a_timeout(run: Run) -> None:
    source = """
        class Sticky:
            def __del__(self):
                while True: pass
        kept = Sticky()
    """
    assert run(source, wall_s=0.7).status == "timeout"


def test_thread_that_never_ends_is_a_timeout(run: Run) -> None:
    source = "import threading, time; threading.Thread(target=time.sleep, args=(1e6,)).start(); print('main over')"
    result = run(source, wall_s=0.7)
    assert (result.status, result.stdout) == ("timeout", "main over\n")


def test_fork_bomb_hits_the_process_limit(run: Run) -> None:
    assert run("import os\nwhile True: os.fork()", processes=24).status == "limit"


def test_fork_bomb_that_catches_every_error_hits_the_process_limit(run: Run) -> None:
    source = """
        import os
        while True:
            try: os.fork()
            except BaseException: pass
    """
    assert run(source, processes=24).status == "limit"


def test_thread_bomb_hits_the_process_limit(run: Run) -> None:
    source = """
        import threading, time
        while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    """
    assert run(source, processes=24).status == "limit"


def test_zombie_flood_hits_the_process_limit(run: Run) -> None:
    source = """
        import os, time
        while True:
            if os.fork() == 0: os._exit(0)
    """
    assert run(source, processes=24).status == "limit"


def test_failed_fork_that_is_handled_is_fine(run: Run) -> None:
    source = """
        import os, signal
        children = []
        try:
            while True:
                child = os.fork()
                if child == 0:
                    signal.pause()
                children.append(child)
        except OSError as error:
            print(type(error).__name__)
        for child in children: os.kill(child, signal.SIGKILL)
    """
    result = run(source, processes=16)
    assert (result.status, result.stdout) == ("ok", "BlockingIOError\n")


def test_python_objects_hit_the_memory_limit(run: Run) -> None:
    result = run("kept = []\nwhile True: kept.append(bytearray(8 << 20))", memory_bytes=192 * MIB)
    assert result.status == "memory"
    assert result.exit_code is None
    assert (result.peak_memory_bytes or 0) > 100 * MIB


def test_memory_of_all_processes_is_added_up(run: Run) -> None:
    source = """
        import os, time
        for _ in range(4):
            if os.fork() == 0:
                kept = bytearray(64 << 20)
                time.sleep(30)
        time.sleep(30)
    """
    assert run(source, memory_bytes=192 * MIB).status == "memory"


def test_child_process_that_eats_memory_ends_the_run_as_memory(run: Run) -> None:
    source = """
        import subprocess, sys
        subprocess.run([sys.executable, '-c', 'x = [bytearray(8 << 20) for _ in range(1000)]'])
        import time; time.sleep(30)
    """
    result = run(source, memory_bytes=192 * MIB)
    assert result.status == "memory"
    assert result.duration_s < 10


def test_shared_memory_hits_the_memory_limit(run: Run) -> None:
    source = """
        import mmap
        kept = mmap.mmap(-1, 1 << 30)
        for at in range(0, 1 << 30, 4096): kept[at] = 1
    """
    assert run(source, memory_bytes=192 * MIB).status == "memory"


def test_memory_files_hit_the_memory_limit(run: Run) -> None:
    source = """
        import os
        for number in range(100):
            file = os.memfd_create(str(number))
            os.write(file, bytes(16 << 20))
        import time; time.sleep(1)
    """
    assert run(source, memory_bytes=192 * MIB).status in ("memory", "limit")


def test_scratch_files_count_as_memory(run: Run) -> None:
    source = "open('/dev/shm/a', 'wb').write(bytes(180 << 20)); kept = bytearray(64 << 20)"
    assert run(source, memory_bytes=192 * MIB).status in ("memory", "limit")


def test_twenty_gigabytes_at_once_are_memory(run: Run) -> None:
    source = "import numpy\nx = numpy.ones(20 << 27)"
    assert run(source, memory_bytes=256 * MIB).status == "memory"


def test_more_than_the_machine_has_is_memory_with_the_line(run: Run) -> None:
    result = run("a = 1\nx = bytearray(1 << 46)")
    assert result.status == "memory"
    assert result.error is not None
    assert result.error.line == 2


def test_raising_memory_error_by_hand_is_an_error(run: Run) -> None:
    result = run("raise MemoryError('I said so')")
    assert result.status == "error"


@pytest.mark.parametrize("folder", ["/work", "/tmp", "/dev/shm", "/home/user"])
def test_full_disk_is_a_limit(run: Run, folder: str) -> None:
    source = f"file = open('{folder}/big', 'wb')\nwhile True: file.write(bytes(1 << 20))"
    result = run(source, disk_bytes=32 * MIB)
    assert result.status == "limit"
    assert result.error is not None
    assert "disk" in result.error.message


def test_folders_share_one_disk(run: Run) -> None:
    source = "for name in ('/work/a', '/tmp/a', '/dev/shm/a'): open(name, 'wb').write(bytes(14 << 20))"
    assert run(source, disk_bytes=32 * MIB).status == "limit"


def test_too_many_files_are_a_limit(run: Run) -> None:
    assert run("for n in range(2000): open(f'/tmp/{n}', 'w')", disk_files=500).status == "limit"


def test_too_many_folders_are_a_limit(run: Run) -> None:
    assert run("import os\nfor n in range(2000): os.mkdir(f'/work/{n}')", disk_files=500).status == "limit"


def test_file_larger_than_the_disk_cannot_be_made(run: Run) -> None:
    result = run("open('/work/hole', 'wb').truncate(1 << 40)")
    assert result.status == "error"
    assert [artifact.size for artifact in result.artifacts] == [0]


def test_descriptors_run_out_inside_only(run: Run) -> None:
    result = run("kept = []\nwhile True: kept.append(open('/dev/null'))")
    assert result.status == "error"
    assert result.error is not None
    assert "Too many open files" in result.error.message


def test_pipes_filled_to_the_brim_harm_nobody(run: Run) -> None:
    source = """
        import os
        try:
            while True:
                reader, writer = os.pipe2(os.O_NONBLOCK)
                try: os.write(writer, bytes(1 << 20))
                except BlockingIOError: pass
        except OSError: print('full')
    """
    result = run(source)
    assert (result.status, result.stdout) == ("ok", "full\n")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_endless_printing_is_a_limit_and_keeps_head_and_tail(run: Run, stream: str) -> None:
    source = f"import sys\nn = 0\nwhile True: print(n, 'x' * 500, file=sys.{stream}); n += 1"
    result = run(source)
    text = getattr(result, stream)
    assert result.status == "limit"
    assert result.truncated
    assert text.startswith("0 xxx")
    assert "bytes left out" in text
    assert 60_000 < len(text) < 70_000


def test_endless_printing_of_a_child_process_is_a_limit(run: Run) -> None:
    result = run("import subprocess; subprocess.run(['/usr/bin/yes'])")
    assert result.status == "limit"


def test_a_line_without_end_is_a_limit(run: Run) -> None:
    assert run("import sys\nwhile True: sys.stdout.write('y' * 65536)").status == "limit"


def test_output_up_to_the_cap_is_fine(run: Run) -> None:
    result = run("print('z' * 1_000_000); print('end')")
    assert result.status == "ok"
    assert result.truncated
    assert result.stdout.endswith("z\nend\n")


def test_double_forked_survivor_dies_with_the_run(run: Run) -> None:
    source = """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(300)
            os._exit(0)
        os.wait()
        print('gone')
    """
    result = run(source)
    assert (result.status, result.stdout) == ("ok", "gone\n")
    assert result.duration_s < 5


def test_survivor_that_holds_the_output_open_does_not_delay_the_end(run: Run) -> None:
    result = run("import subprocess; subprocess.Popen(['/usr/bin/sleep', '300']); print('over')")
    assert (result.status, result.stdout) == ("ok", "over\n")
    assert result.duration_s < 5


def test_limits_cannot_be_raised(run: Run) -> None:
    source = """
        import resource
        for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
            soft, hard = resource.getrlimit(kind)
            try: resource.setrlimit(kind, (hard + 1, hard + 1))
            except (ValueError, OSError): continue
            print('raised', kind)
    """
    assert run(source).stdout == ""


def test_message_queues_and_shared_segments_stay_inside(run: Run) -> None:
    source = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        kept = 0
        for _ in range(64):
            number = libc.shmget(0, 16 << 20, 0o1600)
            if number < 0: break
            libc.shmat.restype = ctypes.c_void_p
            place = libc.shmat(number, None, 0)
            ctypes.memset(place, 1, 16 << 20)
    """
    assert run(source, memory_bytes=192 * MIB).status in ("memory", "ok")


def test_endless_recursion_is_an_error_with_a_short_traceback(run: Run) -> None:
    result = run("def f(): f()\nf()")
    assert result.status == "error"
    assert result.error is not None
    assert result.error.type == "RecursionError"
    assert len(result.error.traceback or "") < 5000


def test_crash_in_native_code_is_killed_with_its_signal(run: Run) -> None:
    result = run("import ctypes; ctypes.string_at(0)")
    assert (result.status, result.signal, result.exit_code) == ("killed", "SIGSEGV", None)


def test_abort_is_killed_with_its_signal(run: Run) -> None:
    result = run("import os; os.abort()")
    assert (result.status, result.signal) == ("killed", "SIGABRT")


def test_signal_to_itself_is_killed_with_its_name(run: Run) -> None:
    result = run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (result.status, result.signal) == ("killed", "SIGKILL")


def test_own_time_signal_is_not_a_timeout(run: Run) -> None:
    result = run("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)")
    assert (result.status, result.signal) == ("killed", "SIGXCPU")
