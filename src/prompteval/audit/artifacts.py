"""PA115 and PA116: model artifacts and pickles, by the first bytes of a file and not by its name."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from prompteval.audit.files import read_beginning
from prompteval.audit.findings import Finding
from prompteval.core.problem import Problem

BEGINNING = 64
MOST_MEMBERS = 10_000
_KINDS = (
    (b"GGUF", "a GGUF model"),
    (b"ggml", "a GGML model"),
    (b"ggjt", "a GGML model"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras models are"),
)


def artifact_findings(root: Path, path: str) -> Iterator[Finding]:
    """What a file is, where it is a model or a pickle; a file of any size is read at its beginning only."""
    beginning = read_beginning(root / path, BEGINNING)
    kind = next((kind for magic, kind in _KINDS if beginning.startswith(magic)), "")
    if not kind and _is_safetensors(beginning):
        kind = "a safetensors model"
    if not kind and path.endswith(".onnx") and beginning[:1] == b"\x08":
        kind = "an ONNX model"
    if not kind and beginning.startswith(b"PK\x03\x04") and _holds_pickle(root / path):
        kind = "a PyTorch archive with a pickle"
        yield _finding("PA116", path, f"{kind}: loading it runs code that it holds")
    elif is_pickle(beginning):
        yield _finding("PA116", path, "a pickle: loading it runs code that it holds")
    if kind:
        yield _finding("PA115", path, f"model artifact: {kind}")


def is_pickle(beginning: bytes) -> bool:
    """Protocol 2 or newer: the mark of the protocol, and from 4 on a frame; PyTorch's old form is one too."""
    if len(beginning) < 3 or beginning[0] != 0x80 or not 2 <= beginning[1] <= 5:
        return False
    return beginning[2:3] in (b"\x95", b"c", b"}", b"]", b"(", b"X", b"\x8c", b"K", b"\x8a", b"q", b"C", b"N")


def _is_safetensors(beginning: bytes) -> bool:
    """Eight bytes with the length of a header, which is JSON."""
    length = int.from_bytes(beginning[:8], "little")
    return len(beginning) > 9 and 2 <= length < 1 << 30 and beginning[8:10] == b'{"'


def _holds_pickle(path: Path) -> bool:
    """Whether a ZIP names `data.pkl`: its list of members is read, none of them is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist()[:MOST_MEMBERS])
    except (OSError, zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError, MemoryError):
        return False


def _finding(code: str, path: str, message: str) -> Finding:
    helps = {
        "PA115": "keep weights in a registry or in Git LFS, with their hash and where they come from",
        "PA116": "store safetensors, ONNX or JSON instead",
    }
    return Finding(Problem(path, 0, 0, code, message, helps[code], "warning"), 0, message)
