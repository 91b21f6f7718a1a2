"""Whether images are whole, and how large they are, by the headers of their formats; nothing is decoded.

Formats: PNG (W3C Recommendation), JPEG (ITU-T T.81, Annex B), GIF89a, WebP container specification.
"""

import re
from struct import error as too_short
from struct import unpack, unpack_from

Pixels = tuple[int, int]  # width, height

_CUT = "is cut off"
_PNG_HEADER = 13
# Chunks of a PNG, or segments of a JPEG; a file of the greatest size, written in blocks of 8 kB, has 2,500.
MOST_PARTS = 50_000
_TOO_MANY = f"has over {MOST_PARTS:,} parts"
# The next marker of JPEG with a length, behind fill and markers without one: TEM and RST0 to RST7.
_MARKER = re.compile(rb"(?:\xff++[\x01\xd0-\xd7])*+\xff++(.)", re.DOTALL)
# Start of frame, which has the size: SOF0 to SOF15 without DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def png_fault(data: bytes) -> str:
    """What is wrong; empty for chunks from IHDR to IEND. Checksums are not looked at."""
    at, kind = 8, b""
    for _ in range(MOST_PARTS):
        if at + 12 > len(data):
            return _CUT
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if at == 8 and (kind != b"IHDR" or length != _PNG_HEADER):
            return "has no header"
        if at == 8 and at + 12 + length <= len(data) and 0 in unpack_from(">II", data, 16):
            return "has no pixels"
        at += 12 + length
        if kind == b"IEND":
            return "" if at <= len(data) else _CUT
    return _TOO_MANY


def jpeg_fault(data: bytes) -> str:
    """What is wrong; empty where an end of image comes after the scan. What follows it is not looked at."""
    segments = _segments(data)
    if len(segments) > MOST_PARTS:
        return _TOO_MANY
    scan = next((at for marker, at in segments if marker == 0xDA), None)
    return "" if scan is not None and data.find(b"\xff\xd9", scan) >= 0 else _CUT


def gif_fault(data: bytes) -> str:
    """What is wrong; empty where the trailer ends it."""
    return "" if len(data) > 13 and data.rstrip(b"\x00").endswith(b";") else _CUT


def webp_fault(data: bytes) -> str:
    """What is wrong; empty where all of the container is there."""
    return "" if len(data) >= 20 and int.from_bytes(data[4:8], "little") + 8 <= len(data) else _CUT


def pixels(media_type: str, data: bytes) -> Pixels | None:
    """Width and height; None where the headers do not say."""
    try:
        if media_type == "image/png":
            return unpack(">II", data[16:24])
        if media_type == "image/gif":
            return unpack("<HH", data[6:10])
        if media_type == "image/jpeg":
            return _jpeg_pixels(data)
        return _webp_pixels(data) if media_type == "image/webp" else None
    except too_short:
        return None


def _segments(data: bytes) -> list[tuple[int, int]]:
    """(marker, offset of its length) of each segment up to the first scan, MOST_PARTS and one at most.

    What is damaged ends it.
    """
    found, at = list[tuple[int, int]](), 2
    while len(found) <= MOST_PARTS and (marker := _MARKER.match(data, at)) is not None:
        at = marker.end()
        found.append((marker[1][0], at))
        if marker[1] in b"\xda\xd9":
            break
        at += max(int.from_bytes(data[at : at + 2], "big"), 2)
    return found


def _jpeg_pixels(data: bytes) -> Pixels | None:
    for marker, at in _segments(data):
        if marker in _FRAMES:
            height, width = unpack_from(">HH", data, at + 3)
            return width, height
    return None


def _webp_pixels(data: bytes) -> Pixels | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return width, height
    if chunk == b"VP8L":
        (bits,) = unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
