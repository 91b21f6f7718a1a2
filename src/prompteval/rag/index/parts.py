"""A dense index in parts that were embedded apart: each is whole by itself, and searches are merged.

A part holds neighbouring chunks. It is done when its `_SUCCESS` is there, which is written last and says how
many vectors it has, their dimension, the hash of their file, the model and the content. The file that joins
parts repeats what each of them said: one that was made again since is found without a look at the chunks.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from prompteval.core.errors import UsageError
from prompteval.core.protocols import Embedder
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.core.strict_json import loads
from prompteval.rag.index.content import REBUILD, IndexedChunks, content_of, read_checked, write_private
from prompteval.rag.index.dense import DenseIndex, IndexIdentity, refuse_other_dimension
from prompteval.rag.index.persist import (
    VECTORS_FILE,
    check_index,
    load_index,
    open_index,
    other_model,
    save_index,
    stored_hash,
)
from prompteval.workspace.rag_options import IndexKind

SUCCESS = "_SUCCESS"
PARTS = "parts.json"
FORMAT = "prompteval/dense-parts@1"


@dataclass(frozen=True, slots=True)
class PartManifest:
    """What a part says of itself; `sha256` is of its vectors, `content` of its chunks."""

    count: int
    dimension: int
    sha256: str
    model: str
    kind: IndexKind
    content: str


@dataclass(frozen=True, slots=True)
class JoinedParts:
    """What parts are together, and what each of them said when they were joined."""

    whole: PartManifest
    parts: tuple[PartManifest, ...]


def part_of(chunks: Sequence[Chunk], number: int, of: int) -> Sequence[Chunk]:
    """The chunks of part `number`, from 1: neighbours, so that the order of all is that of the parts."""
    return chunks[len(chunks) * (number - 1) // of : len(chunks) * number // of]


def part_directory(directory: Path, number: int, of: int) -> Path:
    """Where a part lies below an index."""
    return directory / f"part-{number}-of-{of}"


def build_part(place: Path, chunks: Sequence[Chunk], embedder: Embedder, kind: IndexKind) -> PartManifest:
    """Embed a part and store it; one that is done already is kept.

    Raises as DenseIndex.build does.
    """
    content = content_of(chunks)
    found = read_part(place)
    if found is not None and (found.model, found.kind, found.content) == (embedder.identity, kind, content):
        return found
    index = DenseIndex.build(chunks, embedder, kind, content=content)
    if place.exists():  # what was said of the part, and of an index that it may belong to, no longer holds
        (place.parent / PARTS).unlink(missing_ok=True)
        (place / SUCCESS).unlink(missing_ok=True)
    save_index(index, place)
    identity = index.index_identity
    made = PartManifest(
        len(index), identity.dimension, stored_hash(place), identity.model, kind, identity.content
    )
    write_private(place / SUCCESS, [json.dumps(asdict(made)).encode()])
    return made


def read_part(place: Path) -> PartManifest | None:
    """What a part says; None where it is not done, or its vectors are not those that it names."""
    found = _said(place)
    try:
        if found is not None:
            read_checked(place / VECTORS_FILE, found.sha256)
    except UsageError:
        return None
    return found


def _said(place: Path) -> PartManifest | None:
    """What a part says; None where it says nothing that can be read."""
    try:
        return PartManifest(**loads((place / SUCCESS).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def join_parts(directory: Path, of: int, indexed: IndexedChunks) -> PartManifest:
    """Make one index of its parts, by a file that names them; what that index is.

    Raises UsageError where a part is not done, or is of another model or other chunks.
    """
    parts = [read_part(part_directory(directory, number, of)) for number in range(1, of + 1)]
    for number, part in enumerate(parts, 1):
        if part is None or part.content != content_of(part_of(indexed.chunks, number, of)):
            raise UsageError(f"{part_directory(directory, number, of)}: the part is not done", "run it again")
    done = [part for part in parts if part is not None]
    if len({(part.model, part.dimension, part.kind) for part in done}) != 1:
        raise UsageError(f"{directory}: its parts are of several models", REBUILD)
    count = sum(part.count for part in done)
    first = done[0]
    whole = PartManifest(count, first.dimension, "", first.model, first.kind, indexed.content)
    body = {"format": FORMAT, "parts": [asdict(part) for part in done], **asdict(whole)}
    write_private(directory / PARTS, [json.dumps(body).encode()])
    return whole


class PartedIndex:
    """A Retriever over an index in parts: every part is searched, and the best of all are kept.

    Scores are exact in each part, so that a flat index finds what one over all chunks finds, in the same
    order. `truncated` and `truncated_queries` are as of a DenseIndex.
    """

    def __init__(
        self, directory: Path, parts: Sequence[DenseIndex], identity: IndexIdentity, embedder: Embedder
    ) -> None:
        """`directory` is where the parts lie, for messages; `embedder` is of queries."""
        self._directory = directory
        self._parts = tuple(parts)
        self._embedder = embedder
        self.index_identity = identity
        self.truncated = sum(part.truncated for part in parts)
        self.truncated_queries = 0

    @property
    def identity(self) -> str:
        return self.index_identity.text

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def search(self, query: str, k: int) -> Ranking:
        """At most k chunk ids by cosine similarity."""
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[str], k: int) -> list[Ranking]:
        """One ranking a query, in order; each query is encoded once."""
        asked = [query for query in queries if query.strip()]
        if not asked or k < 1:
            return [Ranking(()) for _ in queries]
        vectors, truncated = self._embedder.embed(asked)
        self.truncated_queries += truncated
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        refuse_other_dimension(rows, self.index_identity.dimension, str(self._directory), REBUILD)
        found = zip(*(part.search_vectors(rows, k) for part in self._parts), strict=True)
        best = (_best(rankings, k) for rankings in found)
        return [next(best) if query.strip() else Ranking(()) for query in queries]


def _best(rankings: Sequence[Ranking], k: int) -> Ranking:
    """The k best of all parts; among equal scores those of an earlier part, whose chunks are earlier."""
    hits = sorted((hit for ranking in rankings for hit in ranking.hits), key=lambda hit: -hit[1])[:k]
    tied = sum(one[1] == other[1] for one, other in pairwise(hits))
    return Ranking(tuple(hits), tied)


def open_dense(
    directory: Path,
    indexed: IndexedChunks,
    embedder: Embedder,
    kind: IndexKind,
    query_embedder: Embedder,
) -> DenseIndex | PartedIndex:
    """The index of a directory: of its parts, where they hold these chunks; else as `open_index` does."""
    found = _joined(directory, indexed, kind)
    if found is None:
        return open_index(directory, indexed, embedder, kind, query_embedder)
    _refuse_mixed(directory, found, embedder)
    of, whole = len(found.parts), found.whole
    parts = [
        load_index(part_directory(directory, number, of), embedder, query_embedder)
        for number in range(1, of + 1)
    ]
    identity = IndexIdentity(whole.model, whole.dimension, kind, whole.content)
    return PartedIndex(directory, parts, identity, query_embedder)


def check_dense(directory: Path, indexed: IndexedChunks, embedder: Embedder, kind: IndexKind) -> None:
    """Raise UsageError where `open_dense` would refuse the directory, without asking the model or writing."""
    found = _joined(directory, indexed, kind)
    if found is None:
        check_index(directory, indexed, embedder, kind)
    else:
        _refuse_mixed(directory, found, embedder)


def _refuse_mixed(directory: Path, joined: JoinedParts, embedder: Embedder) -> None:
    """Raise UsageError for an index of another model, or with a part that was embedded again since."""
    if joined.whole.model != embedder.identity:
        raise other_model(directory, joined.whole.model, embedder.identity)
    for number, part in enumerate(joined.parts, 1):
        place = part_directory(directory, number, len(joined.parts))
        if _said(place) != part or stored_hash(place) != part.sha256:
            message = f"{place}: the part is not of the index, which was not finished"
            raise UsageError(message, "run `prompteval rag index` with as many parts again")


def _joined(directory: Path, indexed: IndexedChunks, kind: IndexKind) -> JoinedParts | None:
    """The joined parts of a directory; None where there are none of these chunks and this kind."""
    try:
        body = loads((directory / PARTS).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{directory / PARTS}: cannot be read: {error}", REBUILD) from None
    try:
        if body.pop("format") != FORMAT:
            raise ValueError("another format")
        parts = tuple(PartManifest(**part) for part in body.pop("parts"))
        if not parts:
            raise ValueError("no parts")
        joined = JoinedParts(PartManifest(**body), parts)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UsageError(f"{directory / PARTS}: is not an index in parts of this version", REBUILD) from None
    return joined if (joined.whole.kind, joined.whole.content) == (kind, indexed.content) else None
