"""The protocol between cell and runner, under fire.

A long run: LOBBY_FUZZ=1000000 pytest tests/runner/test_reports.py
"""

from __future__ import annotations

import json
import os
import random
import struct
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runner import policy
from runner.job import Job, Result
from runner.outcome import result_of
from runner.output import Kept
from runner.reports import Frames, Told
from runner.supervise import Ending

CASES = int(os.environ.get("LOBBY_FUZZ", "3000"))
KINDS = [
    "waiting",
    "started",
    "rejected",
    "error",
    "epoch",
    "fit",
    "model",
    "end",
    "fault",
    "backend",
    "values",
    "drew",
]
FIELDS = [
    "at", "error", "memory", "type", "message", "line", "source_line", "traceback", "fit", "epoch", "epochs", "metrics",
    "seconds_left", "history", "name", "parameters", "summary", "what", "values", "drew",
]  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
messages = st.builds(
    lambda kind, rest: {**rest, "kind": kind},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8),
)


def frame(message: Any) -> bytes:
    body = json.dumps(message).encode("utf-8", "surrogatepass")
    return struct.pack("!I", len(body)) + body


def judge(stream: bytes, cuts: list[int]) -> None:
    """Feed a stream in pieces; whatever it says, a valid result with the measured status has to come out."""
    frames, told = Frames(), Told()
    at = 0
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        for message in frames.feed(stream[at:cut]):
            event = told.take(message)
            if event is not None:
                json.dumps(event, allow_nan=False)
        at = cut
    ending = Ending(begun=10.0, stdout=Kept(100), stderr=Kept(100), told=told, wait_status=7 << 8, ended=11.0)
    result = result_of("01J", Job("x"), ending, (), (), queued_ms=0.0, accepted_ms=0.0)
    # Exit status 7 was measured: nothing that was told may make it a success.
    assert result.status in ("error", "memory", "rejected", "interrupted")
    assert result.exit_code in (7, None)
    assert len(result.fits) <= policy.FITS
    assert len(result.models) <= policy.MODELS
    text = json.dumps(result.to_dict(), allow_nan=False)
    text.encode()
    assert "\\u001b" not in text
    assert Result.from_dict(json.loads(text)) == result


@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 10_000), max_size=4))
@settings(max_examples=min(CASES, 300), deadline=None)
def test_well_framed_lies_are_harmless(told: list[dict[str, Any]], cuts: list[int]) -> None:
    judge(b"".join(frame(message) for message in told), cuts)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=4))
@settings(max_examples=min(CASES, 300), deadline=None)
def test_noise_is_harmless(stream: bytes, cuts: list[int]) -> None:
    judge(stream, cuts)


def test_mutated_streams_are_harmless() -> None:
    """Many cases fast: true reports with bytes flipped, cut out, doubled and inserted."""
    seed = frame({"kind": "started", "at": 10.5}) + b"".join(
        frame(message)
        for message in (
            {"kind": "epoch", "fit": 1, "epoch": 1, "epochs": 3, "metrics": {"loss": 0.5}, "seconds_left": 1.0},
            {"kind": "error", "error": {"type": "E", "message": "m", "line": 1, "traceback": "t"}, "memory": False},
            {"kind": "fit", "epochs": 1, "history": {"loss": [0.5, None]}},
            {"kind": "model", "name": "m", "parameters": 5, "summary": "s"},
            {"kind": "end"},
        )
    )
    chance = random.Random(int(os.environ.get("LOBBY_FUZZ_SEED", "1")))
    for _ in range(CASES):
        stream = bytearray(seed)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(stream) + 1)
            match chance.randrange(4):
                case 0 if at < len(stream):
                    stream[at] = chance.randrange(256)
                case 1:
                    del stream[at : at + chance.randrange(40)]
                case 2:
                    stream[at:at] = chance.randbytes(chance.randrange(12))
                case _:
                    stream[at:at] = stream[max(0, at - chance.randrange(60)) : at]
        judge(bytes(stream), [chance.randrange(600)])


def test_frames_survive_any_cutting() -> None:
    stream = b"".join(frame({"kind": "end", "n": n}) for n in range(50))
    frames = Frames()
    assert sum(len(list(frames.feed(stream[at : at + 1]))) for at in range(len(stream))) == 50


def test_frame_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    def sized(size: int) -> bytes:
        head = b'{"kind": "end", "x": "'
        return struct.pack("!I", size) + head + b"a" * (size - len(head) - 2) + b'"}'

    assert len(list(Frames().feed(sized(policy.FRAME_BYTES)))) == 1
    over = Frames()
    assert list(over.feed(sized(policy.FRAME_BYTES + 1))) == []
    assert over.deaf
