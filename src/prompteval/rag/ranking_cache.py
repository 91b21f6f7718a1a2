"""Rankings from the cache, so that a question asked again builds no index and loads no model."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

from prompteval.core.protocols import BlobCache, Reranker, Retriever
from prompteval.core.ranges import RANGES
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.core.strict_json import loads
from prompteval.rag.index.content import indexed_text
from prompteval.rag.search_many import search_many

# What rerankers count of their work.
COUNTED = ("truncated", "truncated_queries", "saturated")


class LazyRetriever:
    """A Retriever that is built at its first search. `identity` names everything the building reads."""

    def __init__(self, identity: str, build: Callable[[], Retriever]) -> None:
        self.identity = identity
        self._build = build

    @cached_property
    def built(self) -> Retriever:
        return self._build()

    def search(self, query: str, k: int) -> Ranking:
        return self.built.search(query, k)

    def search_many(self, queries: Sequence[str], k: int) -> list[Ranking]:
        """One ranking a query, in order."""
        return search_many(self.built, queries, k)


class CachedRetriever:
    """A Retriever in front of another: each query is searched for once, ever. `searched` counts the rest."""

    def __init__(self, retriever: Retriever, cache: BlobCache) -> None:
        self._retriever = retriever
        self._cache = cache
        self.searched = 0

    @property
    def identity(self) -> str:
        return self._retriever.identity

    def search(self, query: str, k: int) -> Ranking:
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[str], k: int) -> list[Ranking]:
        """One ranking a query, in order."""
        keys = [_key("search", self.identity, str(k), query) for query in queries]
        known = _read(self._cache, keys)
        missing = {key: query for key, query in zip(keys, queries, strict=True) if key not in known}
        if missing:
            fresh = dict(zip(missing, search_many(self._retriever, list(missing.values()), k), strict=True))
            self.searched += len(fresh)
            _write(self._cache, fresh)
            known.update(fresh)
        return [known[key] for key in keys]


class CachedReranker:
    """A Reranker in front of another, by question and the content of its candidates.

    `counts` adds up what the reranker counts while it works (passages that were cut, scores that are
    saturated), cached ones included.
    """

    def __init__(self, reranker: Reranker, cache: BlobCache) -> None:
        self._reranker = reranker
        self._cache = cache
        self.counts: Counter[str] = Counter()

    @property
    def identity(self) -> str:
        return self._reranker.identity

    def rerank(self, query: str, chunks: Sequence[Chunk]) -> Ranking:
        texts = [text for chunk in chunks for text in (chunk.id, indexed_text(chunk))]
        key = _key("rerank", self.identity, query, *texts)
        known = _read_counts(self._cache, _counted(key))
        found = _read(self._cache, [key]).get(key)
        if found is None or known is None:
            before = self._now()
            found = self._reranker.rerank(query, chunks)
            counts = self._now() - before
            _write(self._cache, {key: found})
            self._cache.put({_counted(key): (json.dumps(counts).encode(), False)})
        else:
            counts = known
        self.counts += counts
        return found

    def _now(self) -> Counter[str]:
        return Counter({name: int(getattr(self._reranker, name, 0)) for name in COUNTED})


def _counted(key: str) -> str:
    return f"{key}:counts"


def _key(kind: str, *parts: str) -> str:
    digest = hashlib.sha256(f"{kind}\0".encode())
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def _write(cache: BlobCache, rankings: dict[str, Ranking]) -> None:
    cache.put(
        {
            key: (json.dumps([ranking.hits, ranking.tied, ranking.duplicates]).encode(), False)
            for key, ranking in rankings.items()
        }
    )


def _read(cache: BlobCache, keys: Sequence[str]) -> dict[str, Ranking]:
    """Rankings by key; an entry that is not a ranking is a miss."""
    found = {}
    for key, (data, _) in cache.get(list(dict.fromkeys(keys))).items():
        try:
            hits, tied, duplicates = loads(data)
            ranking = Ranking(
                tuple((str(name), float(score)) for name, score in hits), int(tied), int(duplicates)
            )
        except (ValueError, TypeError, OverflowError):
            continue
        if all(math.isfinite(score) for _, score in ranking.hits):
            found[key] = ranking
    return found


def _read_counts(cache: BlobCache, key: str) -> Counter[str] | None:
    """What was counted of one reranking; None where there is nothing, or something else."""
    data, _ = cache.get([key]).get(key, (b"", False))
    try:
        counts = loads(data)
    except ValueError:
        return None
    if not isinstance(counts, dict) or not all(RANGES["tokens"].holds(count) for count in counts.values()):
        return None
    return Counter({name: counts.get(name, 0) for name in COUNTED})
