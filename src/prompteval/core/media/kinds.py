"""The types of files that are sent to models, known by their first bytes and never by a name."""

from collections.abc import Mapping
from typing import Final

from prompteval.core.media.audio import mp3_fault, wav_fault
from prompteval.core.media.images import gif_fault, jpeg_fault, png_fault, webp_fault

# Of one file. Servers refuse requests of 20 to 50 MB, and base64 makes a third more of it.
MOST_FILE_BYTES: Final = 20_000_000
# Of all files of one request.
MOST_SENT_BYTES: Final = 50_000_000
# Media type → its kind.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "image/png": "image",
    "image/jpeg": "image",
    "image/gif": "image",
    "image/webp": "image",
    "application/pdf": "pdf",
    "audio/wav": "audio",
    "audio/mpeg": "audio",
}
KINDS: Final = ("image", "pdf", "audio")
# As a list of them names it.
SHORT_NAMES: Final[Mapping[str, str]] = {
    "image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WebP",
    "application/pdf": "PDF", "audio/wav": "WAV", "audio/mpeg": "MP3",
}  # fmt: skip
_NAMES: Final[Mapping[str, str]] = {
    "image/png": "a PNG image",
    "image/jpeg": "a JPEG image",
    "image/gif": "a GIF image",
    "image/webp": "a WebP image",
    "application/pdf": "a PDF document",
    "audio/wav": "WAV audio",
    "audio/mpeg": "MP3 audio",
}
_TAKEN: Final = "PNG, JPEG, GIF and WebP images, PDF, WAV and MP3 are taken"
# A PDF may have some bytes before its header, and after its last mark; readers look that far.
_PDF_EDGE: Final = 1_024
# What people hand over as an image that is none, by how it begins.
_OTHERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"<svg", "an SVG drawing"), (b"<?xml", "XML"), (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"), (b"BM", "a BMP image"), (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"), (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"OggS", "Ogg audio"), (b"fLaC", "FLAC audio"), (b"version https://git-lfs", "a pointer of Git LFS"),
    (b"\xff\xf1", "AAC audio"), (b"\xff\xf9", "AAC audio"), (b"\x1a\x45\xdf\xa3", "a WebM or Matroska file"),
    (b"\x00\x00\x01\x00", "an icon (ICO)"), (b"\xff\x0a", "a JPEG XL image"), (b"%!PS", "PostScript"),
    (b"FORM", "AIFF audio"), (b"\xd0\xcf\x11\xe0", "an office document of an old format"),
)  # fmt: skip
# Files of the ISO base media format, by the brand behind their first box.
_BRANDS: Final[Mapping[bytes, str]] = {
    b"heic": "a HEIC image", b"heix": "a HEIC image", b"mif1": "a HEIC image", b"avif": "an AVIF image",
    b"M4A ": "M4A audio", b"qt  ": "a QuickTime movie",
}  # fmt: skip
_MOVIE: Final = "an MP4 movie, or audio in one"


def kind_of(media_type: str) -> str:
    """`image`, `pdf` or `audio`."""
    return MEDIA_TYPES[media_type]


def described(media_type: str) -> str:
    """A media type as a message names it: `a PNG image`."""
    return _NAMES.get(media_type, media_type)


def media_type_of(data: bytes) -> str:
    """The media type of a whole file. Raises ValueError for no known type and for a file that is cut off."""
    if not data:
        raise ValueError("the file is empty")
    if len(data) > MOST_FILE_BYTES:
        raise ValueError(too_large(len(data)))
    found = _by_magic(data)
    if found is None:
        raise ValueError(f"it is {_other(data)}; {_TAKEN}")
    fault = _FAULTS[found](data)
    if fault:
        raise ValueError(f"it begins as {described(found)} and {fault}")
    return found


def too_large(size: int) -> str:
    """What is wrong with a file of so many bytes."""
    return f"the file has {size:,} bytes, at most {MOST_FILE_BYTES:,} are sent"


def _by_magic(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    if b"%PDF-" in data[:_PDF_EDGE] and not data.lstrip().startswith(b"<"):
        return "application/pdf"
    # 11 bits of sync, no reserved version, layer III: ADTS, which shares the sync, has layer 0.
    if data.startswith(b"ID3") or (data[0] == 0xFF and len(data) > 1 and data[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    return None


def _pdf_fault(data: bytes) -> str:
    return "" if b"%%EOF" in data[-_PDF_EDGE:] else "is cut off: it has no end mark (%%EOF)"


_FAULTS: Final = {
    "image/png": png_fault,
    "image/jpeg": jpeg_fault,
    "image/gif": gif_fault,
    "image/webp": webp_fault,
    "application/pdf": _pdf_fault,
    "audio/wav": wav_fault,
    "audio/mpeg": mp3_fault,
}


def _other(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], _MOVIE)
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = start.lower()
    if lower.startswith((b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in data[:4096]:
        return "an SVG drawing"
    found = (name for begin, name in _OTHERS if start.startswith(begin) or lower.startswith(begin))
    return next(found, "of no known type")
