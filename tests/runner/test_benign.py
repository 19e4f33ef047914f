"""Honest code must not notice the walls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.job import Result

Run = Callable[..., Result]


def test_processes_and_pools_work(run: Run) -> None:
    source = """
        import multiprocessing
        def double(n): return 2 * n
        if __name__ == '__main__':
            with multiprocessing.Pool(2) as pool: print(pool.map(double, range(4)))
            queue = multiprocessing.Queue(); queue.put(5); print(queue.get())
            print(multiprocessing.Value('i', 7).value, multiprocessing.Lock() is not None)
    """
    result = run(source)
    assert (result.status, result.stdout) == ("ok", "[0, 2, 4, 6]\n5\n7 True\n"), result


def test_spawned_processes_find_the_main_module(cold: Run) -> None:
    source = """
        import multiprocessing
        def double(n): return 2 * n
        if __name__ == '__main__':
            with multiprocessing.get_context('spawn').Pool(1) as pool: print(pool.map(double, [4]))
    """
    result = cold(source, wall_s=40.0)
    assert (result.status, result.stdout) == ("ok", "[8]\n"), result


def test_executors_threads_and_asyncio_work(run: Run) -> None:
    source = """
        import asyncio, concurrent.futures, threading
        with concurrent.futures.ProcessPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, -2])))
        with concurrent.futures.ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-3])))
        async def main():
            await asyncio.sleep(0.01)
            process = await asyncio.create_subprocess_exec('echo', 'sub', stdout=asyncio.subprocess.PIPE)
            print((await process.communicate())[0])
        asyncio.run(main())
        thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()
    """
    result = run(source)
    assert (result.status, result.stdout) == ("ok", "[1, 2]\n[3]\nb'sub\\n'\nthread\n"), result


def test_temporary_files_and_own_python_work(run: Run) -> None:
    source = """
        import os, subprocess, sys, tempfile
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
            print(bool(folder), file.write(b'x'))
        told = subprocess.run([sys.executable, '-c', 'import sys, numpy; print(sys.prefix)'], capture_output=True)
        print(told.stdout.decode())
        print(subprocess.check_output('echo shell | tr a-z A-Z', shell=True))
    """
    result = run(source)
    assert (result.status, result.stdout) == ("ok", "True 1\n/opt/venv\n\nb'SHELL\\n'\n"), result


def test_empty_input_is_end_of_file(run: Run) -> None:
    result = run("try: input('name? ')\nexcept EOFError: print('none')")
    assert (result.status, result.stdout) == ("ok", "name? none\n")


def test_files_in_the_working_folder_can_be_written_and_read(run: Run) -> None:
    source = """
        from pathlib import Path
        Path('data').mkdir(); Path('data/x.txt').write_text('5'); print(Path.cwd(), Path('data/x.txt').read_text())
        Path('~/.keras').expanduser().mkdir(exist_ok=True); print(Path.home())
    """
    assert run(source).stdout == "/work 5\n/home/user\n"


def test_warnings_and_logging_go_to_the_error_stream(run: Run) -> None:
    result = run("import logging, warnings; warnings.warn('careful'); logging.warning('so-so')")
    assert result.status == "ok"
    assert "careful" in result.stderr
    assert "WARNING:root:so-so" in result.stderr
    assert result.stdout == ""


def test_code_can_look_at_itself(run: Run) -> None:
    source = """
        import inspect, pickle
        class Thing:
            def method(self): return 'here'
        print(inspect.getsource(Thing.method).strip())
        print(pickle.loads(pickle.dumps(Thing())).method(), __name__, __file__)
    """
    assert run(source).stdout.splitlines()[-1] == "here __main__ /snippet/snippet.py"


def test_own_module_called_runner_can_be_imported(run: Run) -> None:
    result = run("import runner; print(runner.who)", job={"files": {"runner.py": b"who = 'mine'"}})
    assert result.stdout == "mine\n"


def test_exit_handlers_and_finalizers_run(run: Run) -> None:
    source = """
        import atexit
        atexit.register(print, 'atexit')
        class Thing:
            def __del__(self): print('finalized')
        thing = Thing()
        print('end')
    """
    assert run(source).stdout == "end\natexit\nfinalized\n"


@pytest.mark.parametrize(
    "module",
    ["numpy", "scipy.stats", "pandas", "matplotlib.pyplot", "PIL.Image", "sklearn.linear_model", "h5py", "pydot"],
)
def test_what_tutorials_import_is_there_and_says_nothing(cold: Run, module: str) -> None:
    result = cold(f"import {module}", wall_s=60.0)
    assert (result.status, result.stdout, result.stderr) == ("ok", "", ""), result


def test_figures_left_open_become_pictures(cold: Run) -> None:
    source = """
        import matplotlib.pyplot as plt
        plt.plot([1, 2]); plt.show()
        plt.figure(); plt.plot([2, 1]); plt.figure()
    """
    result = cold(source, wall_s=60.0)
    assert [artifact.name for artifact in result.artifacts] == ["plot-1.png", "plot-2.png", "plot-3.png"]
    assert {artifact.media_type for artifact in result.artifacts} == {"image/png"}
    assert result.stderr == ""


def test_graph_picture_is_drawn_by_graphviz(cold: Run) -> None:
    source = "import pydot; g = pydot.Dot(); g.add_edge(pydot.Edge('a', 'b')); g.write_png('g.png')"
    result = cold(source, wall_s=60.0)
    assert [artifact.name for artifact in result.artifacts] == ["g.png"], result
