"""A BM25 index on disk: numbers as little-endian arrays, the rest in JSON, checked by hash; never pickle."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.core.errors import UsageError
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_postings import Bm25, Postings
from prompteval.rag.index.content import (
    META_FILE,
    REBUILD,
    read_checked,
    read_meta,
    write_private,
)

FORMAT = "prompteval/bm25@1"
POSTINGS_FILE = "postings.bin"
# As written, one after the other: `starts`, `places`, `impacts`.
_KINDS: tuple[np.dtype[Any], ...] = (np.dtype("<i8"), np.dtype("<i4"), np.dtype("<f4"))


def save_bm25(index: Bm25Index, directory: Path) -> None:
    """Write the index, readable by its owner only; the JSON file last, so that half an index is none."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = index.postings
    arrays: tuple[NDArray[Any], ...] = (held.starts, held.places, held.impacts)
    pieces = [
        np.ascontiguousarray(part, kind).data.cast("B")
        for part, kind in zip(arrays, _KINDS, strict=True)
        if len(part)
    ]
    meta = {
        "format": FORMAT, "how": index.how.identity, "content": index.content,
        "sha256": write_private(directory / POSTINGS_FILE, pieces),
        "postings": len(held.places), "terms": list(held.terms), "ids": list(index.ids),
    }  # fmt: skip
    write_private(directory / META_FILE, [json.dumps(meta, ensure_ascii=True).encode()])


def load_bm25(directory: Path, how: Bm25) -> Bm25Index:
    """The index of a directory, for the engine, parameters and words it was built with.

    Raises UsageError, with how to rebuild, when it was built with others, when a file is missing,
    damaged or has another hash than was written.
    """
    meta = _meta(directory)
    if meta["how"] != how.identity:
        message = f"{directory}: the index was built with {meta['how']}, not {how.identity}"
        raise UsageError(message, f"{REBUILD}, or use the settings it was built with")
    data = read_checked(directory / POSTINGS_FILE, meta["sha256"])
    counts = (len(meta["terms"]) + 1, meta["postings"], meta["postings"])
    if len(data) != sum(count * kind.itemsize for count, kind in zip(counts, _KINDS, strict=True)):
        raise UsageError(f"{directory}: the postings do not belong to the index", REBUILD)
    arrays, offset = [], 0
    for count, kind in zip(counts, _KINDS, strict=True):
        arrays.append(np.frombuffer(data, kind, count, offset).astype(kind.newbyteorder("=")))
        offset += count * kind.itemsize
    postings = Postings(tuple(meta["terms"]), len(meta["ids"]), *arrays)
    return Bm25Index(meta["ids"], postings, how, meta["content"])


def _meta(directory: Path) -> dict[str, Any]:
    meta: dict[str, Any] = read_meta(directory)
    whole = (
        isinstance(meta, dict)
        and meta.get("format") == FORMAT
        and all(isinstance(meta.get(name), str) for name in ("how", "content", "sha256"))
        and isinstance(meta.get("postings"), int)
        and all(isinstance(meta.get(name), list) for name in ("terms", "ids"))
        and all(isinstance(item, str) for name in ("terms", "ids") for item in meta[name])
    )
    if not whole:
        raise UsageError(f"{directory / META_FILE}: is not a BM25 index of this version", REBUILD)
    return meta
