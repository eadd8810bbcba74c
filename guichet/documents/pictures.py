"""Whether a picture is one from its first byte to its last: nothing hidden behind it, no size that would drown its reader.

Only the structure is walked, in bounded steps; nothing is decoded.
"""

import os
import struct
from typing import BinaryIO

# Far more than a camera writes, far less than what would keep the service busy.
MOST_PIECES = 5_000
MOST_PIXELS = 120_000_000

_PNG = b"\x89PNG\r\n\x1a\n"
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
# Markers that tell the size of the picture: all "start of frame" but the three codes that are something else.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Cameras pad the end of a file with a few zeros.
_PADDING = 64


def is_png(file: BinaryIO) -> bool:
    """A chain of chunks from the header to IEND, which ends the file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(8) != _PNG:
        return False
    for number in range(MOST_PIECES * 10):
        head = file.read(8)
        if len(head) < 8:
            return False
        length, kind = struct.unpack(">I4s", head)
        if number == 0 and not (kind == b"IHDR" and length == 13 and _fits(*struct.unpack(">II", file.read(8)))):
            return False
        end = file.seek(length + 4 - (8 if number == 0 else 0), os.SEEK_CUR)
        if end > size:
            return False
        if kind == b"IEND":
            return length == 0 and end == size
    return False


def is_jpeg(file: BinaryIO) -> bool:
    """Marked segments up to the scan, a frame among them, and the end mark at the end of the file."""
    file.seek(0)
    if file.read(2) != bytes((0xFF, _START)):
        return False
    framed = False
    for _ in range(MOST_PIECES):
        marker, length = _segment(file)
        if marker is None or length < 2:
            return False
        if marker in _FRAMES:
            frame = file.read(5)
            framed = len(frame) == 5 and _fits(*struct.unpack(">xHH", frame))
            length -= 5
        if marker == _SCAN:
            return framed and _is_ended(file)
        file.seek(length - 2, os.SEEK_CUR)
    return False


def _segment(file: BinaryIO) -> tuple[int | None, int]:
    head = file.read(4)
    if len(head) < 4 or head[0] != 0xFF or head[1] in {0x00, 0x01, 0xFF, _START, _END}:
        return None, 0
    return head[1], int.from_bytes(head[2:])


def _is_ended(file: BinaryIO) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _PADDING))
    return file.read().rstrip(b"\0").endswith(bytes((0xFF, _END)))


def _fits(height: int, width: int) -> bool:
    return 0 < height * width <= MOST_PIXELS
