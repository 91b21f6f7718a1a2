"""Embeddings from a cache by content and model, so that only what changed is encoded."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from prompteval.core.notice import notice
from prompteval.core.protocols import BlobCache, Embedder, TokenEmbedder, WindowedEmbedder

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
# As many texts are encoded before they are stored, so that a run that is stopped keeps most of its work.
TEXTS_A_BATCH = 64
# Hears of work that takes its time: its name, how much is done, how much there is.
ReportProgress = Callable[[str, int, int], None]


def no_progress(work: str, done: int, total: int) -> None:
    """Reports nothing."""


_WIDTH = 4  # bytes of the dimension, little-endian, before the numbers


class CachedEmbedder:
    """An Embedder in front of another; each different text is encoded once, ever.

    `encoded` counts the texts that had to be encoded in this process.
    """

    def __init__(self, embedder: Embedder, cache: BlobCache, progress: ReportProgress = no_progress) -> None:
        self._embedder = embedder
        self._cache = cache
        self._progress = progress
        self.encoded = 0

    @property
    def identity(self) -> str:
        return self._embedder.identity

    def embed(self, texts: Sequence[str]) -> tuple[Floats, int]:
        """(float32 array of shape (len(texts), dimension), number of texts truncated)."""
        if not texts:
            return self._embedder.embed(texts)
        identity = self.identity
        keys = [cache_key(identity, "text", text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        known = _read(self._cache, keys, np.dtype("<f4"))
        self._encode(wanted, known)
        if _is_mixed(known):
            known = {}
            self._encode(wanted, known)
        found = np.concatenate([known[key][0] for key in keys])
        return np.ascontiguousarray(found, dtype=np.float32), sum(known[key][1] for key in keys)

    def _encode(self, wanted: Mapping[str, str], known: dict[str, tuple[object, bool]]) -> None:
        """Encode and store the texts that are not known yet, by key."""
        missing = [key for key in wanted if key not in known]
        for done, some in zip(count(0, TEXTS_A_BATCH), _batches(missing), strict=False):
            self._progress("embedding", done, len(missing))
            texts = [wanted[key] for key in some]
            vectors, truncated = self._embedder.embed(texts)
            flags = _flags(self._embedder, texts, truncated)
            self.encoded += len(some)
            fresh = {key: (vectors[i : i + 1], flags[i]) for i, key in enumerate(some)}
            self._cache.put({key: (_bytes(rows, "<f4"), flag) for key, (rows, flag) in fresh.items()})
            known.update(fresh)
        if missing:
            self._progress("embedding", len(missing), len(missing))

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text is longer than the window, as it was noted when the text was encoded."""
        identity = self.identity
        keys = [cache_key(identity, "text", text) for text in texts]
        found = {key: flag for key, (_, flag) in self._cache.get(list(dict.fromkeys(keys))).items()}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing and isinstance(self._embedder, WindowedEmbedder):
            found.update(zip(missing, self._embedder.truncates(list(missing.values())), strict=True))
        return [found.get(key, False) for key in keys]


class CachedTokenEmbedder:
    """A TokenEmbedder in front of another. Vectors are kept with 16 bits, so that all come from those."""

    def __init__(self, embedder: TokenEmbedder, cache: BlobCache) -> None:
        self._embedder = embedder
        self._cache = cache
        self.encoded = 0

    @property
    def identity(self) -> str:
        return self._embedder.identity

    def embed_tokens(self, texts: Sequence[str]) -> tuple[list[Floats], list[bool]]:
        """(float32 arrays of shape (tokens, dimension), whether each text was truncated)."""
        identity = self.identity
        keys = [cache_key(identity, "tokens", text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        known = _read(self._cache, keys, np.dtype("<f2"))
        self._encode(wanted, known)
        if _is_mixed(known):
            known = {}
            self._encode(wanted, known)
        return [known[key][0].astype(np.float32) for key in keys], [known[key][1] for key in keys]

    def _encode(self, wanted: Mapping[str, str], known: dict[str, tuple[object, bool]]) -> None:
        """Encode and store the texts that are not known yet, by key."""
        for some in _batches([key for key in wanted if key not in known]):
            vectors, flags = self._embedder.embed_tokens([wanted[key] for key in some])
            self.encoded += len(some)
            fresh = {key: (vectors[i].astype(np.float16), flags[i]) for i, key in enumerate(some)}
            self._cache.put({key: (_bytes(rows, "<f2"), flag) for key, (rows, flag) in fresh.items()})
            known.update(fresh)


def cache_key(identity: str, kind: Literal["text", "tokens"], text: str) -> str:
    """The hash of model, kind of vector and text."""
    digest = hashlib.sha256(f"{identity}\0{kind}\0".encode())
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _is_mixed(known: Mapping[str, tuple[Any, bool]]) -> bool:
    """Whether vectors differ in length: one that was stored is not of this model."""
    return len({rows.shape[1] for rows, _ in known.values()}) > 1


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), TEXTS_A_BATCH):
        yield keys[start : start + TEXTS_A_BATCH]


def _flags(embedder: Embedder, texts: Sequence[str], truncated: int) -> list[bool]:
    """Which of the texts were truncated, of which the embedder reports the number."""
    if truncated in (0, len(texts)):
        return [truncated > 0] * len(texts)
    if isinstance(embedder, WindowedEmbedder):
        return embedder.truncates(texts)
    return [embedder.embed([text])[1] > 0 for text in texts]


def _bytes(rows: Any, kind: str) -> bytes:  # noqa: ANN401 - an array of an encoder, without types
    dimension = int(rows.shape[1])
    return dimension.to_bytes(_WIDTH, "little") + np.ascontiguousarray(rows, dtype=kind).tobytes()


def _read(cache: BlobCache, keys: Sequence[str], kind: np.dtype[Any]) -> dict[str, tuple[Any, bool]]:
    """Rows by key. A damaged entry counts as a miss, with a warning."""
    found: dict[str, tuple[object, bool]] = {}
    damaged = 0
    for key, (data, truncated) in cache.get(list(dict.fromkeys(keys))).items():
        dimension = int.from_bytes(data[:_WIDTH], "little")
        whole = dimension > 0 and (len(data) - _WIDTH) % (dimension * kind.itemsize) == 0
        rows = np.frombuffer(data, dtype=kind, offset=_WIDTH).reshape(-1, dimension) if whole else None
        if rows is None or not np.isfinite(rows).all():
            damaged += 1
        else:
            found[key] = (rows, truncated)
    if damaged:
        notice(f"{damaged} cached embeddings are damaged and will be computed again")
    return found


class NoBlobCache:
    """A BlobCache that keeps nothing."""

    def get(self, keys: Sequence[str]) -> Mapping[str, tuple[bytes, bool]]:
        return {}

    def put(self, entries: Mapping[str, tuple[bytes, bool]]) -> None:
        """Forget them."""
