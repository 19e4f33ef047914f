"""Tricks with files left behind: only plain content of the run's own comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.job import Result

Run = Callable[..., Result]


def names(result: Result) -> list[str]:
    return [artifact.name for artifact in result.artifacts]


def test_regular_file_comes_back_with_its_content(run: Run) -> None:
    result = run("open('/work/a.csv', 'w').write('1,2')")
    (artifact,) = result.artifacts
    assert (artifact.name, artifact.media_type, artifact.size) == ("a.csv", "text/csv", 3)
    assert Path(artifact.path).read_text() == "1,2"


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "/etc/shadow", "/proc/self/mem", "../../../../etc/passwd", "/dev/zero"]
)
def test_link_is_not_followed(run: Run, target: str) -> None:
    assert names(run(f"import os; os.symlink({target!r}, '/work/link')")) == []


def test_link_to_a_folder_is_not_followed(run: Run) -> None:
    assert names(run("import os; os.symlink('/etc', '/work/etc'); os.symlink('/work', '/work/loop')")) == []


def test_hard_link_outside_cannot_be_made(run: Run) -> None:
    assert run("import os; os.link('/etc/passwd', '/work/p')").status == "error"


def test_hard_links_of_own_files_are_plain_files(run: Run) -> None:
    result = run("import os; open('/work/a', 'w').write('x'); os.link('/work/a', '/work/b')")
    assert names(result) == ["a", "b"]


@pytest.mark.parametrize("special", ["os.mkfifo('/work/p')", "socket.socket(socket.AF_UNIX).bind('/work/s')"])
def test_special_file_is_left_out_and_does_not_block(run: Run, special: str) -> None:
    result = run(f"import os, socket; {special}")
    assert (result.status, names(result)) == ("ok", [])


def test_huge_sparse_file_is_left_out(run: Run) -> None:
    result = run("open('/work/sparse', 'wb').truncate(200 << 20)")
    assert (result.status, names(result)) == ("ok", [])


def test_file_at_the_limit_comes_back_and_one_byte_more_does_not(run: Run) -> None:
    source = "open('/work/fits', 'wb').write(bytes(1000)); open('/work/over', 'wb').write(bytes(1001))"
    assert names(run(source, artifact_bytes=1000)) == ["fits"]


def test_no_more_files_than_allowed_come_back(run: Run) -> None:
    result = run("for n in range(500): open(f'/work/{n:03}.txt', 'w').write('x')")
    assert names(result) == [f"{n:03}.txt" for n in range(10)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.txt", "a_b.txt"),
        ("\x1b[31m.txt", "__31m.txt"),
        (".hidden", "hidden"),
        ("...", "file"),
        ("-rf", "rf"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("<script>.html", "_script_.html"),
        ("c:\\windows", "c__windows"),
        ("наука.png", "наука.png"),
        ("a b.txt", "a b.txt"),
    ],
)
def test_odd_name_is_made_plain(cold: Run, name: str, shown: str) -> None:
    result = cold(f"open('/work/' + {name!r}, 'w').write('x')")
    assert names(result) == [shown]


def test_name_that_is_no_text_is_made_plain(run: Run) -> None:
    (artifact,) = run("open(b'/work/\\xff\\xfe.bin', 'w').write('x')").artifacts
    assert artifact.name.endswith(".bin")
    artifact.name.encode()


def test_longest_name_is_shortened_and_keeps_its_suffix(run: Run) -> None:
    (artifact,) = run("open('/work/' + 'n' * 251 + '.png', 'w').write('x')").artifacts
    assert len(artifact.name) <= 120
    assert artifact.name.endswith(".png")


def test_names_that_become_equal_stay_apart(run: Run) -> None:
    result = run("for name in ('a?b', 'a*b', 'a|b'): open('/work/' + name, 'w').write(name)")
    assert names(result) == ["a_b", "a_b-2", "a_b-3"]
    assert {Path(artifact.path).read_text() for artifact in result.artifacts} == {"a?b", "a*b", "a|b"}


def test_files_in_folders_come_back_flat(run: Run) -> None:
    result = run("import os; os.makedirs('/work/a/b'); open('/work/a/b/c.txt', 'w').write('x')")
    assert names(result) == ["a_b_c.txt"]


def test_deep_and_wide_folders_are_searched_within_bounds(run: Run) -> None:
    source = """
        import os
        for n in range(300): os.mkdir(f'/work/w{n}')
        path = '/work'
        for n in range(200):
            path += '/d'; os.mkdir(path)
        open('/work/found.txt', 'w').write('x')
    """
    result = run(source)
    assert names(result) == ["found.txt"]
    assert result.duration_s < 10


def test_unreadable_file_harms_nobody(run: Run) -> None:
    source = "import os; open('/work/a', 'w').write('x'); os.chmod('/work/a', 0); open('/work/b', 'w').write('y')"
    assert "b" in names(run(source))


def test_unreadable_folder_harms_nobody(run: Run) -> None:
    source = "import os; os.mkdir('/work/d'); os.chmod('/work/d', 0); open('/work/z', 'w').write('y')"
    assert "z" in names(run(source))


def test_file_swapped_until_the_end_is_one_of_the_two(run: Run) -> None:
    source = """
        import os
        open('/work/a', 'w').write('good'); os.symlink('/etc/passwd', '/work/l')
        if os.fork() == 0:
            while True:
                os.replace('/work/a', '/work/t'); os.replace('/work/l', '/work/a')
                os.replace('/work/a', '/work/l'); os.replace('/work/t', '/work/a')
        import time; time.sleep(0.2)
    """
    result = run(source)
    for artifact in result.artifacts:
        assert Path(artifact.path).read_text() == "good"


def test_working_folder_cannot_be_replaced(run: Run) -> None:
    assert run("import os; os.rename('/work', '/tmp/w')").status == "error"
    assert run("import os; os.rmdir('/work')").status == "error"


def test_files_come_back_from_a_run_that_was_ended(run: Run) -> None:
    result = run("open('/work/partial.txt', 'w').write('so far')\nwhile True: pass", wall_s=0.7)
    assert (result.status, names(result)) == ("timeout", ["partial.txt"])


def test_given_file_comes_back_only_when_changed(run: Run) -> None:
    given = {"files": {"data.txt": b"one", "other.txt": b"two"}}
    result = run("print(open('data.txt').read()); open('other.txt', 'a').write('!')", job=given)
    assert (result.stdout, names(result)) == ("one\n", ["other.txt"])


def test_bytecode_is_not_an_artifact(run: Run) -> None:
    given = {"files": {"helper.py": b"value = 5"}}
    result = run("import sys; sys.dont_write_bytecode = False\nimport helper; print(helper.value)", job=given)
    assert (result.stdout, names(result)) == ("5\n", [])


def test_what_is_not_kept_is_named_with_the_reason(run: Run) -> None:
    source = """
        for number in range(12): open(f'{number:02}.txt', 'w').write('x')
        open('big.bin', 'wb').truncate((8 << 20) + 1)
    """
    result = run(source)
    assert (result.status, len(result.artifacts)) == ("ok", 10)
    assert [(left.name, left.why) for left in result.left_out] == [
        ("10.txt", "a run keeps 10 files"),
        ("11.txt", "a run keeps 10 files"),
        ("big.bin", "a file may have 8 MiB"),
    ]


def test_text_called_a_picture_is_not_shown_as_one(run: Run) -> None:
    result = run(
        "open('x.png', 'w').write('<script>alert(1)</script>'); open('y.png', 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n...')"
    )
    assert [(each.name, each.media_type) for each in result.artifacts] == [
        ("x.png", "application/octet-stream"),
        ("y.png", "application/octet-stream"),
    ]


def test_how_many_more_were_not_kept_is_said(run: Run) -> None:
    result = run("for number in range(45): open(f'{number:02}.txt', 'w').write('x')")
    assert len(result.artifacts) == 10 and len(result.left_out) == 21
    assert (result.left_out[-1].name, result.left_out[-1].why) == ("15 more", "20 are named")
