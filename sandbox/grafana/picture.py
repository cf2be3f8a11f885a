"""PNG images without a library: a line across a plain ground is all that a stand-in must draw."""

import math
import struct
import zlib

GROUND = (24, 27, 31)
GRID = (52, 56, 61)
LINE = (115, 191, 105)
GRID_EVERY = 50


def png(width: int, height: int, *, seed: int, line: bool = True) -> bytes:
    """Draw a picture of this size in pixels; the seed moves the line, so panels look different."""
    ground, grid = bytes(GROUND) * width, bytes(GRID) * width
    rows = [bytearray(grid if y % GRID_EVERY == 0 else ground) for y in range(height)]
    for x in range(width if line else 0):
        middle = round(_height_at(x, height, seed))
        for row in rows[max(0, middle - 1) : middle + 2]:
            row[3 * x : 3 * x + 3] = bytes(LINE)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits each of R, G, B
    pixels = b"".join(b"\0" + row for row in rows)  # 0: this row is not filtered
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(pixels))
        + _chunk(b"IEND", b"")
    )


def _height_at(x: int, height: int, seed: int) -> float:
    return height * (0.5 + 0.2 * math.sin(x / 60 + seed) + 0.1 * math.sin(x / 17 + 2 * seed))


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
