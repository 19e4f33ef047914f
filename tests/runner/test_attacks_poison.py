"""Nothing that a run does reaches a later run or the parent that both come from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.job import Result

Run = Callable[..., Result]


@pytest.mark.parametrize("folder", ["/work", "/tmp", "/dev/shm", "/home/user", "/home/user/.keras", "/snippet"])
def test_files_are_gone_in_the_next_run(cold: Run, folder: str) -> None:
    assert cold(f"open('{folder}/left', 'w').write('x')").status == "ok"
    assert cold(f"import os; print(os.path.exists('{folder}/left'))").stdout == "False\n"


def test_configuration_of_keras_is_gone_in_the_next_run(run: Run) -> None:
    run('open(\'/home/user/.keras/keras.json\', \'w\').write(\'{"backend": "nonsense", "floatx": "float16"}\')')
    assert run("import os; print(os.path.exists('/home/user/.keras/keras.json'))").stdout == "False\n"


def test_modules_of_the_parent_are_untouched(run: Run) -> None:
    run("import json, sys, builtins\njson.dumps = None\nbuiltins.len = None\nsys.path.clear()\nsys.modules.clear()")
    assert run("import json; print(json.dumps(len('abc')))").stdout == "3\n"


def test_patched_keras_is_gone_in_the_next_run(warm: Run) -> None:
    first = warm("import keras\nkeras.Model.fit = keras.layers.Dense = None\nprint(keras.layers.Dense)")
    assert first.stdout == "None\n"
    assert warm("import keras; print(keras.layers.Dense.__name__)").stdout == "Dense\n"


def test_environment_and_working_folder_are_fresh(run: Run) -> None:
    run("import os; os.environ['POISON'] = '1'; os.putenv('POISON', '1'); os.chdir('/tmp'); os.umask(0)")
    assert (
        run("import os; print(os.environ.get('POISON'), os.getcwd(), oct(os.umask(0)))").stdout == "None /work 0o22\n"
    )


def test_python_randomness_differs_between_runs(run: Run) -> None:
    assert run("import random; print(random.random())").stdout != run("import random; print(random.random())").stdout


def test_numpy_randomness_differs_between_runs(run: Run) -> None:
    source = "import numpy; print(numpy.random.rand())"
    assert run(source).stdout != run(source).stdout


def test_seed_repeats_every_generator(run: Run) -> None:
    source = "import random, numpy; print(random.random(), numpy.random.rand(), hash('text'))"
    first, second, other = (run(source, job={"seed": seed}).stdout for seed in (7, 7, 8))
    assert first == second != other


def test_shared_segments_are_gone_in_the_next_run(run: Run) -> None:
    made = "import ctypes; print(ctypes.CDLL(None).shmget(4711, 4096, 0o1666))"
    found = "import ctypes; print(ctypes.CDLL(None).shmget(4711, 4096, 0o666))"
    assert run(made).stdout != "-1\n"
    assert run(found).stdout == "-1\n"


def test_background_process_is_gone_in_the_next_run(run: Run) -> None:
    run("import subprocess; subprocess.Popen(['/usr/bin/sleep', '100'], start_new_session=True)")
    assert run("import os; print(len([n for n in os.listdir('/proc') if n.isdigit()]))").stdout == "2\n"


def test_packages_cannot_be_changed_by_any_way_in(run: Run) -> None:
    source = """
        import os, site, sys, sysconfig
        tried = 0
        for folder in {sysconfig.get_path('purelib'), sysconfig.get_path('stdlib'), sys.prefix, sys.base_prefix}:
            for act in (lambda: open(folder + '/x.pth', 'w'), lambda: os.mkdir(folder + '/new'),
                        lambda: os.chmod(folder, 0o777), lambda: os.rename(folder, folder + '2'),
                        lambda: os.utime(folder), lambda: os.symlink('/work', folder + '/l')):
                try: act()
                except OSError: tried += 1
                else: print('changed', folder)
        print(tried)
    """
    assert run(source).stdout == "24\n"


def test_no_writable_memory_is_shared_with_the_parent(run: Run) -> None:
    result = run("print([line for line in open('/proc/self/maps') if line.split()[1] in ('rw-s', 'rwxs', '-w-s')])")
    assert result.stdout == "[]\n"
