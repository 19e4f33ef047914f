"""What comes out is text, whatever was written."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.job import Result
from runner.output import Kept, Live, clean, clean_text

Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bPq#0\x1b\\after", "after"),
        (b"\x1b(B\x1b7\x1b=x", "x"),
        (b"a\x00b\x07c\x7f", "abc"),
        (b"caf\xc3\xa9 \xff\xfe", "café \ufffd\ufffd"),
        (b"10%\r50%\r100%\n", "100%\n"),
        (b"abc\rX\n", "Xbc\n"),
        (b"12\b\b34\n", "34\n"),
        (b"line\r\nnext", "line\nnext"),
        ("\x9b31mC1".encode(), "C1"),
        (b"\x1b[", ""),
        (b"tab\tstays", "tab\tstays"),
    ],
)
def test_terminal_control_is_removed(written: bytes, shown: str) -> None:
    assert clean(written) == shown


def test_what_a_snippet_writes_raw_is_cleaned(run: Run) -> None:
    result = run("import os; os.write(1, b'\\x1b[31m\\xffred\\x00\\n'); os.write(2, b'\\x1b]0;t\\x07err')")
    assert (result.stdout, result.stderr) == ("\ufffdred\n", "err")


def test_lone_surrogates_can_be_printed(run: Run) -> None:
    result = run("print('\\udcff \\U0001F600')")
    assert result.status == "ok"
    result.stdout.encode()


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_cleaned_text_can_be_stored_and_shown(data: bytes) -> None:
    text = clean(data)
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in text)
    assert "\x1b" not in text
    text.encode()


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(2, 60))
@settings(max_examples=300, deadline=None)
def test_head_and_tail_are_kept_however_it_arrives(parts: list[bytes], limit: int) -> None:
    kept = Kept(limit)
    for part in parts:
        kept.feed(part)
    whole = b"".join(parts)
    assert kept.total == len(whole)
    if len(whole) <= limit // 2 * 2:
        assert kept.text() == clean(whole)
    else:
        assert kept.truncated


def test_cleaning_takes_linear_time() -> None:
    for hostile in ("\x1b]" * 40_000, "\x1b[" + "0" * 100_000, "\x1bP" * 40_000, "\r" * 100_000, "a\b" * 50_000):
        clean_text(hostile)


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([b"one\n", b"two\n"], "one\ntwo\n"),
        ([b"dots", b".", b".\n"], "dots..\n"),
        # A progress bar, cut anywhere: one line, as a terminal would leave it.
        ([b"\r1/3 a", b"\r2/3 b", b"\b\b\b\b\b3/3 c\n", b"next\n"], "3/3 c\nnext\n"),
        # What was told already cannot be taken back, so the line is told again below.
        ([b"1/3", b"\r2/3", b"\r3/3\nnext\n"], "1/3\n3/3\nnext\n"),
        ([b"a\r", b"\nb\r\n"], "a\nb\n"),
        ([b"x", b"\r50%", b"\r99%"], "x\n99%"),
        ([b"\xe2\x82", b"\xac\n"], "€\n"),
    ],
)
def test_lines_that_overwrite_themselves_are_told_whole(pieces: list[bytes], told: str) -> None:
    live = Live(1 << 16)
    assert "".join(map(live.feed, pieces)) + live.end() == told


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_plain_text_is_told_as_it_is_kept_however_it_arrives(data: bytes, cuts: list[int]) -> None:
    data = data.replace(b"\r", b"").replace(b"\b", b"").replace(b"\x1b", b"").replace(b"\x9b", b"")
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    live = Live(1 << 16)
    told = "".join(live.feed(data[start:end]) for start, end in itertools.pairwise(places)) + live.end()
    kept = clean(data)
    # A letter that never came to its end is only told with the result.
    assert kept == told or kept.startswith(told)
