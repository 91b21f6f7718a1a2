"""Which encoding a model uses, and where its vocabulary is on this machine."""

import hashlib
import os
from pathlib import Path

DEFAULT = "o200k_base"
CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"

# Longest prefix first where one is the start of another.
_BY_PREFIX: tuple[tuple[str, str], ...] = (
    ("gpt-4o", DEFAULT), ("gpt-4.1", DEFAULT), ("gpt-4.5", DEFAULT), ("gpt-5", DEFAULT),
    ("gpt-oss", DEFAULT), ("chatgpt-4o", DEFAULT), ("o1", DEFAULT), ("o3", DEFAULT), ("o4", DEFAULT),
    ("gpt-4", "cl100k_base"), ("gpt-3.5", "cl100k_base"), ("gpt-35", "cl100k_base"),
    ("text-embedding-3", "cl100k_base"), ("text-embedding-ada-002", "cl100k_base"),
)  # fmt: skip

# tiktoken names a file in its cache by the SHA-1 of its address; the digests are of the files themselves.
_FILES = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}


def encoding_of(model: str) -> tuple[str, bool]:
    """(encoding name, whether the model is known to use it).

    `model` may carry its provider (`openai/gpt-4o-mini`) and the mark of a fine-tuned model
    (`ft:gpt-4o:...`). A model that is not known counts by o200k.
    """
    name = model.rpartition("/")[2].removeprefix("ft:").lower()
    for prefix, encoding in _BY_PREFIX:
        if name == prefix or name.startswith((prefix + "-", prefix + ":", prefix + ".")):
            return encoding, True
    return DEFAULT, False


def cached_vocabulary(encoding: str) -> Path | None:
    """The vocabulary file in tiktoken's cache, None when it is absent or not the right one.

    tiktoken deletes a file with another digest and fetches it again, so the digest is checked
    here first. An empty cache setting means that tiktoken keeps nothing: None.
    """
    directory = _cache_directory()
    if directory is None or encoding not in _FILES:
        return None
    name, digest = _FILES[encoding]
    path = directory / name
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
    return path if found == digest else None


def _cache_directory() -> Path | None:
    for name in (CACHE_VARIABLE, "DATA_GYM_CACHE_DIR"):
        if name in os.environ:
            return Path(os.environ[name]) if os.environ[name] else None
    # tempfile would write a file to find out, and `check` writes none.
    named = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return Path(next(filter(None, named), "/tmp")) / "data-gym-cache"
