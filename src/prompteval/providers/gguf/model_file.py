"""The file of a local model: where it may lie, and which model it is."""

import hashlib
from pathlib import Path
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.providers.gguf.header import Head, read_head
from prompteval.workspace.safe_paths import OutsideWorkspace, resolve_inside
from prompteval.workspace.settings import ModelProfile

# What of a file its identity is made of: so many blocks of so many bytes, evenly apart, and its length.
BLOCKS: Final = 64
BLOCK_BYTES: Final = 65_536


def model_file(path: str, profile: ModelProfile | None, root: Path) -> Path:
    """The file that a reference names, inside the workspace; a profile of the settings may name any.

    Raises UsageError for one that does not exist or lies outside.
    """
    shown = f"gguf/{path}" if profile is None else f"model {profile.name!r}"
    if not path:
        raise UsageError(f'{shown}: no file is named; set model = "path/to/model.gguf"')
    try:
        found = (root / path).resolve() if profile is not None else resolve_inside(root.resolve(), path)
    except OutsideWorkspace:
        help = 'name it in a profile: provider = "gguf", model = "/path/to/model.gguf"'
        raise UsageError(f"{shown} is outside the workspace", help) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{shown}: {error}") from None
    if not found.is_file():
        why = "is not a file" if found.exists() else "does not exist"
        raise UsageError(f"{shown}: {path} {why}")
    return found


def head_of(path: str, profile: ModelProfile | None, root: Path) -> Head:
    """The head of that file. Raises UsageError for one that is not a model or cannot be read."""
    file = model_file(path, profile, root)
    try:
        return read_head(file)
    except ValueError as error:
        raise UsageError(f"{path} is not a model: {error}") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def fingerprint_of(file: Path) -> str:
    """What tells a model from another: its length, and blocks from all over it. Raises OSError."""
    size = file.stat().st_size
    found = hashlib.sha256(str(size).encode("ascii"))
    with file.open("rb") as opened:
        for number in range(BLOCKS):
            opened.seek(max(size - BLOCK_BYTES, 0) * number // (BLOCKS - 1))
            found.update(opened.read(BLOCK_BYTES))
    return found.hexdigest()[:32]
