"""Files packed by gzip, unpacked while they are read, within a bound; and what other packed files are."""

import codecs
import gzip
import io
import re
import zlib
from typing import BinaryIO, cast

# A file of gigabytes may be packed into megabytes.
MOST_UNPACKED = 4_000_000_000
_MARK = b"\x1f\x8b"
# How files of other forms begin, which a text is taken for by its name.
_FORMS = (
    (b"\x1f\x8b", "compressed by gzip"), (b"\xfd7zXZ\x00", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"), (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "in Parquet's format"), (b"SQLite format 3\x00", "a SQLite database"),
    (b"%PDF-", "a PDF document"),
)  # fmt: skip
# The first line of a PDF, whatever the second has: a comment, which some programs write in UTF-8.
_PDF = re.compile(rb"%PDF-\d\.\d[\r\n]")
# Bytes that tell them.
HEAD = 16
# Control characters but for white space and those of terminals (ESC), which no text has.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class PackedFault(ValueError):
    """A packed file that is damaged, or larger than is read."""


def other_form(head: bytes) -> str:
    """What a file is whose first HEAD bytes are not those of a text, such as "a zip archive"; empty else.

    A mark that can be read is not enough: PAR1, %PDF- and bzip2's are how a text may begin, too.
    """
    if head[:3] == b"BZh" and head[4:10] == b"1AY&SY":
        form = "compressed by bzip2"
    else:
        form = next((name for mark, name in _FORMS if head.startswith(mark)), "")
    return "" if form and _is_text(head) and not _PDF.match(head) else form


def _is_text(head: bytes) -> bool:
    """Whether a file that begins so may be UTF-8; the last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(head) is None


def unpacked(file: BinaryIO, most: int | None = None) -> BinaryIO:
    """The content of an open file: unpacked where its first bytes are those of gzip, else as it is.

    Reading raises PackedFault where the packed data are damaged or unpack to more than
    `most` bytes, MOST_UNPACKED unless given.
    Closing it closes the file.
    """
    plain = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", file))
    if plain.peek(2)[:2] != _MARK:
        return plain
    return io.BufferedReader(_Unpacked(plain, MOST_UNPACKED if most is None else most))


class _Unpacked(io.RawIOBase):
    def __init__(self, packed: BinaryIO, most: int) -> None:
        self._packed = packed
        self._file = gzip.GzipFile(fileobj=packed)
        self._most = most
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        try:
            found = self._file.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise PackedFault(f"the gzip file is damaged: {error}") from None
        self._read += len(found)
        if self._read > self._most:
            raise PackedFault(f"the gzip file unpacks to more than {self._most:,} bytes")
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._packed.close()
        super().close()
