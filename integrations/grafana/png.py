"""What a PNG shows, as far as one must know to tell a panel from a notice. Pure."""

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST_BYTES = 64 * 1024 * 1024
"""Of the pixels; what unfolds to more was not asked for."""
LINES_OF_BLANK = 3
"""An empty page has lines that are all the same; an encoder may write them in up to three ways."""


def size(picture: bytes) -> tuple[int, int]:
    """Width and height, which the first chunk holds (IHDR, at bytes 16 to 24)."""
    return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")


def is_blank(picture: bytes) -> bool:
    """Whether nothing is drawn on it; a picture that cannot be read counts as blank.

    A browser that could not load the page takes a picture of an empty one.
    """
    _, height = size(picture)
    try:
        pixels = zlib.decompressobj().decompress(b"".join(_data(picture)), LARGEST_BYTES)
    except zlib.error:
        return True
    length = len(pixels) // height if height else 0
    if length == 0:
        return True
    lines = {pixels[start : start + length] for start in range(0, length * height, length)}
    return len(lines) <= LINES_OF_BLANK


def _data(picture: bytes) -> Iterator[bytes]:
    """The contents of the chunks that hold pixels (IDAT)."""
    at = len(SIGNATURE)
    while at + 8 <= len(picture):
        length = int.from_bytes(picture[at : at + 4], "big")
        if picture[at + 4 : at + 8] == b"IDAT":
            yield picture[at + 8 : at + 8 + length]
        at += length + 12
