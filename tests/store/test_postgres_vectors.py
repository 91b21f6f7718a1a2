"""pgvector beside FAISS: the same rankings, built once for all who share the database."""

import re
import threading
from collections.abc import Sequence

import numpy as np
import psycopg
import pytest

from prompteval.core.errors import StoreError, UsageError
from prompteval.core.retrieval import Chunk
from prompteval.rag.index.dense import KINDS, DenseIndex
from prompteval.rag.index.embedding import Floats
from prompteval.store.postgres import deadline, session
from prompteval.store.postgres.vectors import PostgresVectorStores
from prompteval.workspace.rag_options import IndexKind
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("address")]
COUNT, DIMENSION = 3_000, 48
CHUNKS = [Chunk(f"d{number}", 0, 4, str(number)) for number in range(COUNT)]
QUERIES = [f"q{number}" for number in range(40)]


class Seeded:
    """A unit vector of each text, drawn from a hash of it; every tenth text has one of its own ten."""

    identity = "seeded"

    def __init__(self, dimension: int = DIMENSION) -> None:
        self.embedded = 0
        self._dimension = dimension

    def embed(self, texts: Sequence[str]) -> tuple[Floats, int]:
        self.embedded += len(texts)
        seeds = [
            sum(map(ord, text)) * 7919 + len(text) if text.endswith("7") else hash_of(text) for text in texts
        ]
        found = np.array(
            [np.random.default_rng(seed).normal(size=self._dimension) for seed in seeds], dtype=np.float32
        )
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found, 3


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[-8:], "big")


def rankings(index: DenseIndex, k: int) -> list[tuple[tuple[str, float], ...]]:
    return [ranking.hits for ranking in index.search_many(QUERIES, k)]


@pytest.mark.parametrize("k", [1, 10, 1_100, COUNT + 5])
def test_flat_is_exact_search_to_the_last_bit(k: int) -> None:
    """Every id, score and tie as FAISS has them: candidates are scored again in either case."""
    exact = DenseIndex.build(CHUNKS, Seeded())
    shared = DenseIndex.build(CHUNKS, Seeded(), stores=PostgresVectorStores())
    assert rankings(shared, k) == rankings(exact, k)
    assert shared.identity == exact.identity and shared.truncated == exact.truncated


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "flat"])
def test_an_approximate_index_finds_nearly_all_with_exact_scores(kind: IndexKind) -> None:
    """Nine in ten of the nearest at least; what is found has the score of exact search."""
    exact = DenseIndex.build(CHUNKS, Seeded())
    shared = DenseIndex.build(CHUNKS, Seeded(), kind, stores=PostgresVectorStores())
    expected, found = rankings(exact, 10), rankings(shared, 10)
    pairs = list(zip(expected, found, strict=True))
    assert sum(len({*one} & {*other}) for one, other in pairs) >= 0.9 * 10 * len(QUERIES)


def test_an_index_is_built_once_and_by_one_of_several() -> None:
    """The chunks are not encoded again; another corpus or model is another index."""
    first, later, other = Seeded(), Seeded(), Seeded()
    made = DenseIndex.build(CHUNKS, first, stores=PostgresVectorStores())
    found = DenseIndex.build(CHUNKS, later, stores=PostgresVectorStores())
    assert rankings(found, 10) == rankings(made, 10) and found.truncated == 3
    assert (first.embedded, later.embedded) == (COUNT + len(QUERIES), len(QUERIES))
    DenseIndex.build(CHUNKS[1:], other, stores=PostgresVectorStores())
    assert other.embedded == COUNT - 1


def test_several_builders_at_once_make_one_index() -> None:
    """Whoever comes second takes what the first has made."""
    vectors = Seeded().embed([chunk.text for chunk in CHUNKS])[0]
    shared: list[np.ndarray] = []

    def build() -> None:
        shared.append(PostgresVectorStores().build("same", vectors, "flat", 0).store.take(np.arange(5)))

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shared) == 4 and all(np.array_equal(one, vectors[:5]) for one in shared)


def test_what_pgvector_cannot_hold_is_said_with_what_can() -> None:
    """An index has 2,000 dimensions at most."""
    wide = np.zeros((2, 2_001), dtype=np.float32)
    with pytest.raises(UsageError, match=r"2,000 dimensions with index: hnsw.*write index: flat"):
        PostgresVectorStores().build("wide", wide, "hnsw", 0)
    built = PostgresVectorStores().build("wide", wide, "flat", 0)
    assert built.store.nearest(wide[:1], 3).tolist() == [[0, 1, -1]]


def test_b16_a_model_of_another_dimension_is_refused_until_the_table_is_dropped(address: str) -> None:
    """The dimension is the stored one; what the message says to do builds the index again."""
    made = DenseIndex.build(CHUNKS[:5], Seeded(), stores=PostgresVectorStores())
    assert made.index_identity.dimension == DIMENSION
    narrow = DenseIndex.build(CHUNKS[:5], Seeded(8), stores=PostgresVectorStores())
    expected = (
        r"the index has 48 dimensions, the model gives 8 \((DROP TABLE prompteval_vectors_\w+) to rebuild"
    )
    with pytest.raises(UsageError, match=expected) as caught:
        narrow.search("q1", 1)
    drop = re.search(expected, str(caught.value))
    assert drop is not None
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(drop[1])
    again = DenseIndex.build(CHUNKS[:5], Seeded(8), stores=PostgresVectorStores())
    assert len(again.search("q1", 3)) == 3


@pytest.mark.parametrize("kind", ["sqlite", "flat; DROP TABLE prompteval_vector_indices", ""])
def test_s17_nothing_of_a_statement_is_read_from_the_database(address: str, kind: str) -> None:
    """Others may write it there: the table follows from the identity, and a kind is one that is known."""
    PostgresVectorStores().build("mine", Seeded().embed(["a", "b"])[0], "flat", 0)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("UPDATE prompteval_vector_indices SET kind = %s", (kind,))
        with pytest.raises(StoreError, match="an index of the kind"):
            PostgresVectorStores().find("mine")
        assert connection.execute("SELECT kind FROM prompteval_vector_indices").fetchall() == [(kind,)]


def test_a_builder_waits_as_long_as_another_one_builds(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than any answer may take, and than a lost connection is tried again."""
    monkeypatch.setattr(session, "RETRY_SECONDS", 0.5)
    monkeypatch.setattr(deadline, "ANSWER_SECONDS", 0.5)
    vectors = Seeded().embed(["a", "b"])[0]
    with psycopg.connect(address) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('mine', 7382915003))")
        threading.Timer(2.5, other.rollback).start()
        built = PostgresVectorStores().build("mine", vectors, "flat", 0)
    assert built.store.nearest(vectors, 1).tolist() == [[0], [1]]
