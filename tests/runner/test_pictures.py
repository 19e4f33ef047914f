"""A picture is shown only when it is whole: what encoders write passes, what is cut, harmed or made up does not."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from runner.pictures import is_whole

KINDS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "ico": "image/vnd.microsoft.icon",
}


def whole(path: Path, kind: str) -> bool:
    source = os.open(path, os.O_RDONLY)
    try:
        return is_whole(source, kind)
    finally:
        os.close(source)


def picture(mode: str) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 33, 4), dtype=np.uint8)
    return Image.fromarray(pixels, "RGBA").convert(mode)


@pytest.mark.parametrize("ending", KINDS)
def test_what_an_encoder_writes_is_whole(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    picture("RGB").save(path)
    assert whole(path, KINDS[ending])


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_every_kind_of_png_is_whole(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    if mode == "I;16":
        Image.fromarray(np.arange(48 * 33, dtype=np.uint16).reshape(48, 33)).save(path)
    else:
        picture(mode).save(path)
    assert whole(path, "image/png")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("ending", ["png", "jpg", "gif"])
def test_what_was_cut_off_is_not_whole(tmp_path: Path, ending: str, share: float) -> None:
    path = tmp_path / f"a.{ending}"
    picture("RGB").save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert not whole(path, KINDS[ending])


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, data: bytes, depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + b"garbage" * 100,
        png(2, 2, zlib.compress(b"\0" * 6))[:-1],
        png(2, 2, zlib.compress(b"\0" * 5)),
        png(2, 2, b"no deflate"),
        png(0, 2, zlib.compress(b"\0" * 6)),
        png(2, 2, zlib.compress(b"\0" * 6), depth=7),
        png(2, 2, zlib.compress(b"\0" * 6), colour=1),
        # 10 KiB that a browser would unfold to more than it has memory for.
        png(60_000, 60_000, zlib.compress(b"\0" * (1 << 20))),
    ],
    ids=["signature", "no end", "a row short", "no stream", "no width", "depth", "colour", "bomb"],
)
def test_what_only_begins_like_a_png_is_not_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert not whole(path, "image/png")


def test_a_made_png_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(2, 2, zlib.compress(b"\0" * 6)))
    assert whole(path, "image/png")


@given(content=st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    assert not whole(path, "image/png")
    for kind in KINDS.values():
        whole(path, kind)
