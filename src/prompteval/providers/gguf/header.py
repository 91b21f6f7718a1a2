"""What the head of a GGUF file says, read by hand: whether the file is a model at all, before it is loaded.

Form: the GGUF specification of ggml (github.com/ggml-org/ggml, docs/gguf.md), versions 2 and 3.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
# Of the values of a head; a vocabulary has some hundred thousand entries.
MOST_KEYS: Final = 10_000
MOST_ENTRIES: Final = 5_000_000
MOST_TEXT_BYTES: Final = 10_000_000
# The formats of plain values by their number; a text is 8, a list 9.
_PLAIN: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9


@dataclass(frozen=True, slots=True)
class Head:
    """The architecture of a model, the tokens that it was trained to read, and how many tensors it has."""

    architecture: str
    context_length: int | None
    tensors: int


def read_head(path: Path) -> Head:
    """The head of a file. Raises ValueError, saying why, for what is not a model; OSError as reading does."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise ValueError("it is not a GGUF file")
        try:
            return _read(file)
        except (struct.error, UnicodeDecodeError):
            raise ValueError("it is a GGUF file that is damaged or cut off in its head") from None


def _read(file: BinaryIO) -> Head:
    version = _plain(file, "I")
    if version not in VERSIONS:
        raise ValueError(f"it is a GGUF file of version {version}; versions 2 and 3 can be read")
    tensors, keys = int(_plain(file, "Q")), int(_plain(file, "Q"))
    if keys > MOST_KEYS:
        raise ValueError("it is a GGUF file that is damaged or cut off in its head")
    found: dict[str, object] = {}
    for _ in range(keys):
        name = _text(file)
        found[name] = _value(file, int(_plain(file, "I")))
    architecture = found.get("general.architecture")
    if not isinstance(architecture, str) or not tensors:
        raise ValueError("it is a GGUF file without a model in it")
    if architecture == "clip" or found.get("general.type", "model") != "model":
        raise ValueError("it is a GGUF file beside a model, such as an adapter, and no model itself")
    return Head(architecture, _whole(found, f"{architecture}.context_length"), tensors)


def _value(file: BinaryIO, kind: int) -> object:
    """A value; of a list nothing is kept."""
    if kind == _TEXT:
        return _text(file)
    if kind != _LIST:
        if kind not in _PLAIN:
            raise ValueError(f"it is a GGUF file with a value of the unknown kind {kind}")
        return _plain(file, _PLAIN[kind])
    inner, count = int(_plain(file, "I")), int(_plain(file, "Q"))
    if inner == _LIST:
        raise ValueError("it is a GGUF file with a list inside a list, which llama.cpp does not read")
    if count > MOST_ENTRIES:
        raise ValueError("it is a GGUF file that is damaged or cut off in its head")
    if inner in _PLAIN:
        _exactly(file, count * struct.calcsize(f"<{_PLAIN[inner]}"))
    else:
        for _ in range(count):
            _value(file, inner)
    return None


def _plain(file: BinaryIO, form: str) -> int | float | bool:
    found: int | float | bool = struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))[0]
    return found


def _text(file: BinaryIO) -> str:
    length = int(_plain(file, "Q"))
    if length > MOST_TEXT_BYTES:
        raise ValueError("it is a GGUF file that is damaged or cut off in its head")
    return _exactly(file, length).decode("utf-8")


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise struct.error("the file ends here")
    return data


def _whole(found: Mapping[str, object], name: str) -> int | None:
    value = found.get(name)
    return value if type(value) is int and value > 0 else None
