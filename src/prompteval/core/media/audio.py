"""Whether audio files are whole, by the headers of their formats; nothing is decoded.

Formats: RIFF WAVE (Microsoft, Multimedia Programming Interface 1.0), ID3v2.4, ISO/IEC 11172-3.
"""

import re

_CUT = "is cut off"
_ZEROS = re.compile(rb"\0*")
# The length that is written while the end is not known yet, as when audio comes through a pipe.
_UNKNOWN = frozenset({0, 0xFFFFFFFF})


def wav_fault(data: bytes) -> str:
    """What is wrong; empty for a container that is whole and has a format."""
    length = int.from_bytes(data[4:8], "little")
    if length not in _UNKNOWN and length + 8 > len(data):
        return _CUT
    return "" if b"fmt " in data[12:4096] else "has no format"


def mp3_fault(data: bytes) -> str:
    """What is wrong; empty where a frame of layer III follows the tag, if there is one."""
    at = mp3_frame(data)
    if at + 4 > len(data):
        return _CUT
    known = data[at] == 0xFF and data[at + 1] & 0xE6 == 0xE2
    bitrate, rate = data[at + 2] >> 4, data[at + 2] >> 2 & 3
    return "" if known and bitrate not in (0, 15) and rate != 3 else "has no frame of audio"


def mp3_frame(data: bytes) -> int:
    """Where the first frame is to be: behind a tag of ID3 and its padding."""
    if not data.startswith(b"ID3"):
        return 0
    size = data[6:10].ljust(4, b"\0")
    at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=True))
    padding = _ZEROS.match(data, min(at, len(data)))
    return at if padding is None else padding.end()
