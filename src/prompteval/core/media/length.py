"""How long PDF documents and audio are, by what is written in them; nothing is rendered or decoded.

Formats: PDF 1.7 (ISO 32000-1, 7.5.7 and 7.7.3), RIFF WAVE, ISO/IEC 11172-3 and 13818-3 (layer III).
"""

import re
import zlib
from itertools import islice
from typing import Final

from prompteval.core.media.audio import mp3_frame

_PAGE: Final = re.compile(rb"/Type\s{0,8}/Page(?![A-Za-z])")
# Objects that are packed together, where pages may be: how many are looked into, and how much of each.
_PACKED: Final = re.compile(rb"/ObjStm")
_STREAM: Final = re.compile(rb"stream\r?\n")
_NEAR: Final = 500
MOST_PACKED: Final = 500
MOST_UNPACKED_BYTES: Final = 500_000
# Kilobits a second by their index in a frame, of MPEG-1 and of MPEG-2 with half the sample rate.
_RATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_HALF_RATES: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# What the first frame of a variable bit rate holds in place of audio, within so many bytes.
_VARIABLE: Final = (b"Xing", b"VBRI")
_HEAD: Final = 200


def length(media_type: str, data: bytes) -> int:
    """Pages of a PDF, seconds of audio, 0 for an image. Of a whole file; at least 1 of the others."""
    read = {"application/pdf": pages, "audio/wav": wav_seconds, "audio/mpeg": mp3_seconds}.get(media_type)
    return 0 if read is None else read(data)


def pages(data: bytes) -> int:
    """Pages of a PDF; 1 where none is found, as in one that is encrypted."""
    found = len(_PAGE.findall(data))
    for packed in islice(_PACKED.finditer(data), MOST_PACKED):
        start = _STREAM.search(data, packed.end(), packed.end() + _NEAR)
        if start is not None:
            found += len(_PAGE.findall(_unpacked(data[start.end() : start.end() + MOST_UNPACKED_BYTES])))
    return max(found, 1)


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, MOST_UNPACKED_BYTES)
    except zlib.error:
        return b""


def wav_seconds(data: bytes) -> int:
    """Seconds of WAVE by its bytes a second, rounded up; of telephone audio where they are not written."""
    form = data.find(b"fmt ", 12, 4096)
    rate = int.from_bytes(data[form + 16 : form + 20], "little") if form >= 0 else 0
    return -(-len(data) // (rate or 8_000))


def mp3_seconds(data: bytes) -> int:
    """Seconds of MP3 by the bit rate of its first frame, rounded up; a variable one counts as the lowest."""
    frame = mp3_frame(data)
    rates = _RATES if data[frame + 1] & 0x08 else _HALF_RATES
    variable = any(name in data[frame : frame + _HEAD] for name in _VARIABLE)
    index = 1 if variable else data[frame + 2] >> 4
    return -(-len(data) // (rates[index] * 125))
