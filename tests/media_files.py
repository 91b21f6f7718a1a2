"""Small files of each kind, made here: nothing of them was photographed, written or said by anybody."""

import struct
import zlib
from base64 import b64encode


def png(width: int = 8, height: int = 8, rgb: tuple[int, int, int] = (255, 0, 0), noise: int = 0) -> bytes:
    """An image of one colour; `noise` adds so many bytes in a chunk that no reader looks at."""
    rows = b"".join(b"\0" + bytes(rgb) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"noIs", bytes(noise)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*chunk) for chunk in chunks if chunk[1] or chunk[0] != b"noIs"
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(width: int = 6, height: int = 4, thumbnail: bytes = b"") -> bytes:
    """The segments of a JPEG with a scan; `thumbnail` stands in a segment before it, as cameras write it."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    segments = [(0xE1, b"Exif\0\0" + thumbnail), (0xC0, frame), (0xDA, b"\x01\x01\x00\x00\x3f\x00")]
    body = b"".join(struct.pack(">BBH", 0xFF, kind, len(data) + 2) + data for kind, data in segments)
    return b"\xff\xd8" + body + b"\x12\x34\xff\xd9"


def gif(width: int = 3, height: int = 2) -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HH", width, height)
        + b"\0\0\0"
        + b",\0\0\0\0\x03\0\x02\0\0\x02\x02\x44\x01\0;"
    )


def webp(width: int = 5, height: int = 7) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    body = b"WEBPVP8L" + struct.pack("<IBI", 5, 0x2F, bits) + b"\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf(text: str = "Invoice 7") -> bytes:
    return f"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% {text}\ntrailer<</Root 1 0 R>>\n%%EOF\n".encode()


def wav(samples: int = 80) -> bytes:
    data = bytes(samples)
    form = struct.pack("<HHIIHH", 1, 1, 8_000, 8_000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", samples) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3() -> bytes:
    return b"ID3\x04\0\0\0\0\0\x02\0\0" + b"\xff\xfb\x90\x00" + bytes(413)


WHOLE = {
    "image/png": png(), "image/jpeg": jpeg(), "image/gif": gif(), "image/webp": webp(),
    "application/pdf": pdf(), "audio/wav": wav(), "audio/mpeg": mp3(),
}  # fmt: skip


def data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
