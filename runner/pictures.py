"""Whether a file that is named like a picture is one that a page can show.

Pages show a run's pictures, and anybody can write any bytes under such a name. Nothing is decoded here beyond what the
formats say of their own structure; a PNG, which is what nearly every plot is, is checked to its last row.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
# Samples a pixel by colour type: PNG (Third Edition), section 11.2.1, https://www.w3.org/TR/png-3/#11IHDR.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {1, 2, 4, 8, 16}
# A browser unfolds a picture as a whole; of what is larger only the file is offered.
_MOST_BYTES = 256 << 20
_READ = 1 << 16
_BEGINNINGS = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "image/bmp": (b"BM",),
    "image/x-ms-bmp": (b"BM",),
    "image/tiff": (b"II*\0", b"MM\0*"),
    "image/vnd.microsoft.icon": (b"\0\0\1\0",),
    "image/avif": (b"\0\0\0",),
}
# What ends a picture, and how many bytes may follow: cameras and editors append things to a JPEG.
_ENDINGS = {"image/jpeg": (b"\xff\xd9", 4096), "image/gif": (b"\0;", 0)}


def is_whole(source: int, kind: str) -> bool:
    """Tell whether an open file holds a whole picture of its kind.

    Args:
        source: the file's descriptor; its position is neither used nor moved.
        kind: the media type that its name says, such as `image/png`.
    """
    if kind == "image/svg+xml":
        return True  # text; shown as a picture it runs nothing and loads nothing
    if kind == "image/png":
        return _is_whole_png(source)
    ending, after = _ENDINGS.get(kind, (b"", 0))
    reach = len(ending) + after
    begins = os.pread(source, 12, 0).startswith(_BEGINNINGS.get(kind, (b"",)))
    return begins and ending in os.pread(source, reach, max(0, os.fstat(source).st_size - reach))


def _is_whole_png(source: int) -> bool:
    """Walk the chunks and unfold the pixels, without keeping them."""
    chunks = _chunks(source)
    kind, content = next(chunks, (b"", b""))
    if kind != b"IHDR" or len(content) != 13:
        return False
    width, height = int.from_bytes(content[:4]), int.from_bytes(content[4:8])
    depth, colour, interlaced = content[8], content[9], content[12]
    if not width or not height or depth not in _DEPTHS or colour not in _SAMPLES:
        return False
    # Each row begins with a byte for its filter. Interlaced rows are cut up, and more of them.
    wanted = height * (1 + (width * depth * _SAMPLES[colour] + 7) // 8)
    if wanted > _MOST_BYTES:
        return False
    pixels, unfolded = zlib.decompressobj(), 0
    try:
        for kind, content in chunks:
            if kind == b"IEND":
                return unfolded >= wanted if not interlaced else unfolded > 0
            rest = content if kind == b"IDAT" else b""
            while rest and unfolded <= wanted:
                unfolded += len(pixels.decompress(rest, _READ))
                rest = pixels.unconsumed_tail
    except zlib.error:
        return False
    return False


def _chunks(source: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and content of each chunk, up to the first that is cut off or harmed."""
    if os.pread(source, 8, 0) != _PNG:
        return
    size, at = os.fstat(source).st_size, 8
    while at + 12 <= size:
        length = int.from_bytes(os.pread(source, 4, at))
        if at + 12 + length > size:
            return
        body = os.pread(source, 4 + length, at + 4)
        if zlib.crc32(body) != int.from_bytes(os.pread(source, 4, at + 8 + length)):
            return
        yield body[:4], body[4:]
        at += 12 + length
