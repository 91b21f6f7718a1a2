"""A dense index on disk: vectors in safetensors, the rest in JSON, checked by hash; never pickle."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.protocols import Embedder, KeptVectors
from prompteval.rag.index.content import (
    META_FILE,
    REBUILD,
    IndexedChunks,
    read_checked,
    read_meta,
    write_private,
)
from prompteval.rag.index.dense import KINDS, OTHER_MODEL, DenseIndex, IndexIdentity
from prompteval.rag.index.embedding import Floats
from prompteval.rag.index.faiss_vectors import FaissVectors
from prompteval.workspace.rag_options import IndexKind

FORMAT = "prompteval/dense@1"
VECTORS_FILE = "vectors.safetensors"


def save_index(index: DenseIndex, directory: Path) -> None:
    """Write the index, readable by its owner only; the JSON file last, so that half an index is none."""
    try:
        from safetensors.numpy import save
    except ModuleNotFoundError:
        raise MissingExtra("dense retrieval", "rag") from None
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    sha256 = write_private(directory / VECTORS_FILE, [save({"vectors": _in_memory(index)})])
    identity = index.index_identity
    meta = {
        "format": FORMAT, "model": identity.model, "dimension": identity.dimension, "kind": identity.kind,
        "content": identity.content, "truncated": index.truncated, "ids": list(index.ids),
        "sha256": sha256,
    }  # fmt: skip
    write_private(directory / META_FILE, [json.dumps(meta, ensure_ascii=True).encode()])


def stored_hash(directory: Path) -> str:
    """The sha256 of the vectors of an index that was saved. Raises UsageError where there is none."""
    found: str = _meta(directory)["sha256"]
    return found


def _in_memory(index: DenseIndex) -> Floats:
    store = index.store
    if isinstance(store, FaissVectors):
        return store.vectors
    found: Floats = store.take(np.arange(len(index)))
    return found


def load_index(directory: Path, embedder: Embedder, query_embedder: Embedder | None = None) -> DenseIndex:
    """The index of a directory, for the model it was built with, which is not asked for anything.

    Raises UsageError, with how to rebuild, when it was built with another model, when a file is missing,
    damaged or has another hash than was written. Another dimension is refused at the first search.
    """
    meta, vectors = _read(directory, embedder.identity)
    identity = IndexIdentity(meta["model"], meta["dimension"], meta["kind"], meta["content"])
    store = FaissVectors(vectors, identity.kind)
    kept = KeptVectors(store, identity.dimension, meta["truncated"], str(directory), REBUILD)
    return DenseIndex(meta["ids"], kept, embedder, identity, query_embedder)


def open_index(
    directory: Path,
    indexed: IndexedChunks,
    embedder: Embedder,
    kind: IndexKind = "flat",
    query_embedder: Embedder | None = None,
) -> DenseIndex:
    """The stored index where it holds these chunks, else one that is built and stored.

    Another corpus or kind of index is rebuilt; an index of another model, or one that is damaged, is
    refused as by `load_index`.
    """
    if _is_current(directory, indexed, embedder, kind):
        return load_index(directory, embedder, query_embedder)
    index = DenseIndex.build(indexed.chunks, embedder, kind, query_embedder, content=indexed.content)
    save_index(index, directory)
    return index


def check_index(
    directory: Path, indexed: IndexedChunks, embedder: Embedder, kind: IndexKind = "flat"
) -> None:
    """Raise UsageError where `open_index` would refuse the directory, without asking the model or writing."""
    if _is_current(directory, indexed, embedder, kind):
        _read(directory, embedder.identity)


def _is_current(directory: Path, indexed: IndexedChunks, embedder: Embedder, kind: IndexKind) -> bool:
    """Whether the directory has an index to read: of these chunks, or of another model, which is refused."""
    if not (directory / META_FILE).exists():
        return False
    meta = _meta(directory)
    same = (meta["kind"], meta["content"]) == (kind, indexed.content)
    return same or bool(meta["model"] != embedder.identity)


def _read(directory: Path, model: str) -> tuple[dict[str, Any], Any]:
    """(what the index says of itself, its vectors). Raises UsageError as `load_index` does."""
    meta = _meta(directory)
    if meta["model"] != model:
        raise other_model(directory, meta["model"], model)
    vectors = _vectors(directory, meta["sha256"])
    if vectors.shape != (len(meta["ids"]), meta["dimension"]):
        raise UsageError(f"{directory}: the vectors do not belong to the index", REBUILD)
    return meta, vectors


def other_model(directory: Path, built_with: str, model: str) -> UsageError:
    """The refusal of an index of another model."""
    message = f"{directory}: the index was built with {built_with}, not {model}"
    return UsageError(message, f"{REBUILD}, {OTHER_MODEL}")


def _meta(directory: Path) -> dict[str, Any]:
    meta: dict[str, Any] = read_meta(directory)
    texts = ("model", "content", "sha256")
    whole = (
        isinstance(meta, dict)
        and meta.get("format") == FORMAT
        and all(isinstance(meta.get(name), str) for name in texts)
        and all(isinstance(meta.get(name), int) for name in ("dimension", "truncated"))
        and meta.get("kind") in KINDS
        and isinstance(meta.get("ids"), list)
        and all(isinstance(item, str) for item in meta["ids"])
    )
    if not whole:
        raise UsageError(f"{directory / META_FILE}: is not a dense index of this version", REBUILD)
    return meta


def _vectors(directory: Path, sha256: str) -> Any:  # noqa: ANN401 - of safetensors, without types
    """The vectors, after their hash is found to be the one that was written."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = directory / VECTORS_FILE
    data = read_checked(path, sha256)
    try:
        vectors = load(data)["vectors"]
    except (SafetensorError, KeyError) as error:
        raise UsageError(f"{path}: holds no vectors: {error}", REBUILD) from None
    return np.ascontiguousarray(vectors, dtype=np.float32)
