"""A file as an input of a prompt: known by its hash, read again where it is sent."""

import hashlib
import os
import re
import stat
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeGuard

from prompteval.core.errors import InvalidInput, ProviderError, UsageError
from prompteval.core.media.images import pixels
from prompteval.core.media.kinds import MEDIA_TYPES, MOST_FILE_BYTES, described, media_type_of, too_large
from prompteval.core.media.length import length
from prompteval.core.strict_json import json_type_name
from prompteval.core.text import printable

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

# The key of a validation context under which files are by their hashes, where inputs are read from JSON.
CONTEXT: Final = "files"
DATA_URL: Final = "data:"
# The key of one under which the caller says what a file must be, where it takes less.
FILE_WANTED: Final = "file_wanted"
_WANTED: Final = "must be a path beside the case file, a data URL, or a File in application code"
_HEAD = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),", re.IGNORECASE)
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav",
}  # fmt: skip
_KEYS = frozenset({"sha256", "media_type", "bytes"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Part of the fingerprint of every prompt with a file: it does not change.
_SCHEMA: Final = {"type": "string", "format": "file", "description": "A file as a data URL in base64."}


class File:
    """An image, a PDF document or audio, which a model is shown.

    It is its content: two files with the same bytes are equal, wherever they are. `sha256` is 64 hexadecimal
    digits, `size` in bytes, `pixels` width and height of an image whose headers say them, `length` the pages
    of a PDF or the seconds of audio, `name` where it is from, for messages. The content of a file on disk is
    not `held`: `read` gives it, and refuses what is not the same any more.
    """

    __slots__ = ("_read", "held", "length", "media_type", "name", "pixels", "sha256", "size")

    def __init__(self, data: bytes, read: Callable[[], bytes] | None, name: str) -> None:
        self.media_type = media_type_of(data)
        self.sha256 = _digest(data)
        self.size = len(data)
        self.pixels = pixels(self.media_type, data)
        self.length = length(self.media_type, data)
        self.held = read is None
        self._read = read or (lambda: data)
        self.name = name

    @classmethod
    def of_bytes(cls, data: bytes, read: Callable[[], bytes] | None = None, name: str = "the file") -> Self:
        """A file by its bytes, which `read` gives again; they are held without it.

        Raises ValueError, saying what is wrong, for what is no known type, not whole or too large.
        """
        return cls(data, read, name)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """A file by its content. Raises UsageError for what is not an image, a PDF, WAV or MP3."""
        try:
            return cls.of_bytes(bytes(data))
        except ValueError as error:
            raise UsageError(f"these {len(data):,} bytes are not a file to send: {error}") from None

    @classmethod
    def from_path(cls, path: str | os.PathLike[str]) -> Self:
        """A file on disk; it is read again for each call. Raises UsageError, as `from_bytes`."""
        place = Path(path)
        try:
            return cls.of_bytes(_contents(place), lambda: _contents(place), str(place))
        except (ValueError, OSError) as error:
            raise UsageError(f"{place}: {_reason(error)}") from None

    @classmethod
    def from_data_url(cls, url: str) -> Self:
        """A file by a data URL in base64. Raises UsageError, as `from_bytes`."""
        try:
            return cls.of_data_url(url)
        except ValueError as error:
            raise UsageError(f"the data URL: {error}") from None

    @classmethod
    def of_data_url(cls, url: str) -> Self:
        """As `from_data_url`. Raises ValueError.

        What it says of its type must be so: `image/jpg` and `audio/mp3` are names of JPEG and MP3 too.
        """
        head = _HEAD.match(url)
        if head is None:
            raise ValueError("it has no comma between its type and its data")
        if ";base64" not in head[2].lower():
            raise ValueError("it is not in base64; write data:image/png;base64,...")
        if len(url) - head.end() > MOST_FILE_BYTES * 4 // 3 + 4:
            raise ValueError(too_large((len(url) - head.end()) * 3 // 4))
        try:
            data = b64decode(url[head.end() :], validate=True)
        except (NotBase64, ValueError) as error:
            raise ValueError(f"its data is not base64: {str(error).lower()}") from None
        found = cls.of_bytes(data, name="a data URL")
        said = _OTHER_NAMES.get(head[1].lower(), head[1].lower())
        if said != found.media_type:
            raise ValueError(f"it says {head[1] or 'no type'} and is {described(found.media_type)}")
        return found

    def read(self) -> bytes:
        """The content. Raises ProviderError(file) where it cannot be read or is not what it was."""
        try:
            data = self._read()
        except (OSError, ValueError, InvalidInput) as error:
            raise ProviderError("file", f"{self.name} cannot be read any more: {_reason(error)}") from None
        if len(data) != self.size or _digest(data) != self.sha256:
            message = f"{self.name} changed while it was used: it was {self.size:,} bytes with the hash "
            raise ProviderError("file", f"{message}{self.sha256[:12]}, now {len(data):,} bytes")
        return data

    @property
    def value(self) -> "FileValue":
        """The file as a JSON value, which has no content."""
        return FileValue(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, File) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __repr__(self) -> str:
        return f"File({self.media_type}, {self.size:,} bytes, sha256 {self.sha256[:12]})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> "CoreSchema":
        from pydantic_core import core_schema

        written = core_schema.plain_serializer_function_ser_schema(value_of, when_used="json")
        return core_schema.with_info_plain_validator_function(_validated, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> dict[str, Any]:
        return dict(_SCHEMA)


class FileValue(dict[str, object]):
    """What is stored and compared of a file: its `sha256`, `media_type` and `bytes`; `file` is the file.

    It is the value of an input in a case: a JSON object, as every input is. `path` is what the case says of
    where the file is, empty for a data URL; it is no part of the value.
    """

    __slots__ = ("file", "path")

    def __init__(self, file: File, path: str = "") -> None:
        super().__init__(sha256=file.sha256, media_type=file.media_type, bytes=file.size)
        self.file = file
        self.path = path


class WrongFile(str):
    """What a case says where a file should be, with the reason why it is none."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, text: str, reason: str) -> Self:
        made = super().__new__(cls, text)
        made.reason = reason
        return made


def read_data_url(text: str) -> FileValue | WrongFile | None:
    """The file of a data URL, or why it is none; None for another text."""
    if text[: len(DATA_URL)].lower() != DATA_URL:
        return None
    try:
        return FileValue(File.of_data_url(text))
    except ValueError as error:
        return WrongFile(text, f"data URL: {error}")


def is_file_value(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether a JSON value, which may have been stored, is that of a file."""
    return (
        isinstance(value, Mapping)
        and value.keys() == _KEYS
        and isinstance(value["sha256"], str)
        and _SHA256.fullmatch(value["sha256"]) is not None
        and isinstance(value["media_type"], str)
        and value["media_type"] in MEDIA_TYPES
        and type(value["bytes"]) is int
    )


def _reason(error: Exception) -> str:
    if isinstance(error, InvalidInput):
        return error.problems[0].message
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _contents(path: Path) -> bytes:
    """All of a file. Raises ValueError for what is not a file or is too large to be sent, or OSError."""
    found = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would be waited for
    with open(found, "rb") as file:  # noqa: PTH123 - of a descriptor
        status = os.fstat(found)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a regular file")
        if status.st_size > MOST_FILE_BYTES:
            raise ValueError(too_large(status.st_size))
        return file.read(MOST_FILE_BYTES + 1)


def value_of(file: object) -> "FileValue":
    """A file as JSON values. Raises TypeError for anything else, as an encoder of JSON expects."""
    if isinstance(file, File):
        return file.value
    raise TypeError(f"{type(file).__name__} is not a JSON value")


def _validated(value: object, info: Any) -> File:
    """What pydantic takes for a File. Raises PydanticCustomError."""
    from pydantic_core import PydanticCustomError

    def wrong(reason: str) -> PydanticCustomError:
        return PydanticCustomError("file", "{reason}", {"reason": printable(reason)})

    context = info.context or {}
    known: Mapping[str, object] = context.get(CONTEXT, {})
    wanted: str = context.get(FILE_WANTED, "")
    if isinstance(value, str):
        value = known.get(value, value)
    elif isinstance(value, dict) and not isinstance(value, FileValue):
        value = known.get(str(value.get("sha256")), value)
    if isinstance(value, File):
        return value
    if isinstance(value, FileValue):
        return value.file
    if isinstance(value, WrongFile):
        raise wrong(value.reason)
    if is_file_value(value):
        raise wrong("only the hash of the file is stored, not its content")
    if not isinstance(value, str):
        raise wrong(wanted or f"{_WANTED}, not {json_type_name(value)}")
    found = read_data_url(value)
    if not value.strip():
        raise wrong(f"is empty; it {wanted or _WANTED}")
    if found is None:
        raise wrong(wanted or f"{_WANTED}; File.from_path reads a path")
    if isinstance(found, WrongFile):
        raise wrong(found.reason)
    return found.file
