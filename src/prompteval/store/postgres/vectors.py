"""Vectors in Postgres by the extension pgvector: an index of a corpus that a team builds once.

A table for each index, by the hash of what it was built from. Vectors go there and come back as they are, in
single precision, and are written in the binary form of COPY.
"""

import struct
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from prompteval.core.errors import StoreError, UsageError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.protocols import KeptVectors
from prompteval.store.postgres.session import Session
from prompteval.workspace.store_place import POSTGRES

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
_INDICES: Final = (
    "CREATE TABLE IF NOT EXISTS prompteval_vector_indices (identity TEXT PRIMARY KEY, kind TEXT NOT NULL,"
    " vectors BIGINT NOT NULL, dimension INTEGER NOT NULL, truncated INTEGER NOT NULL)"
)
# The extension may be in a schema that the search path does not have: for this transaction it has.
_REACH: Final = (
    "SELECT set_config('search_path', concat_ws(', ', current_setting('search_path'),"
    " quote_ident(nspname)), true) FROM pg_extension JOIN pg_namespace"
    " ON pg_namespace.oid = extnamespace WHERE extname = 'vector'"
)
_BUILD: Final = {
    "flat": "",
    "hnsw": "CREATE INDEX ON {} USING hnsw (vector vector_ip_ops) WITH (m = 32, ef_construction = 200)",
    "ivf": "CREATE INDEX ON {} USING ivfflat (vector vector_ip_ops) WITH (lists = {})",
}
# What pgvector searches: nodes of a graph it keeps in view, cells of an inverted file.
MOST_NODES: Final = 1_000
FEWEST_NODES: Final = 64
FEWEST_CELLS_PROBED: Final = 32
# The most dimensions that an index of pgvector takes; without one, it is the type's own.
MOST_INDEXED_DIMENSIONS: Final = 2_000
MOST_DIMENSIONS: Final = 16_000
VECTORS_A_CELL: Final = 39
VECTORS_A_WRITE: Final = 1_000
# Between two looks whether another process is done with its index.
TURN_SECONDS: Final = 0.5
_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END: Final = struct.pack(">h", -1)


class PostgresVectors:
    """See `VectorStore`. Several threads take turns at its connection."""

    def __init__(self, session: Session, name: str, count: int, kind: str) -> None:
        self._session = session
        self._name = name
        self._count = count
        self._kind = kind
        self._turn = threading.Lock()
        weakref.finalize(self, session.close)  # a retriever is not closed by anybody

    def nearest(self, queries: Floats, k: int) -> Places:
        """Places of shape (queries, k), the best first; -1 where there are no more."""
        places = np.full((len(queries), k), -1, dtype=np.int64)
        for number, query in enumerate(queries):
            with self._turn:
                found = self._session.retried(partial(self._one, _text(query), k), "could not be read")
            places[number, : len(found)] = found
        return places

    def _one(self, query: str, k: int) -> list[int]:
        sql = f"SELECT place FROM {self._name} ORDER BY vector <#> %s::vector LIMIT %s"
        with self._session.transaction():
            self._session.execute(_REACH)
            if k > MOST_NODES:  # an index gives no more: every vector is looked at
                self._session.execute("SET LOCAL enable_indexscan = off")
            elif self._kind == "hnsw":
                depth = min(MOST_NODES, max(FEWEST_NODES, 2 * k))
                self._session.execute(f"SET LOCAL hnsw.ef_search = {depth}")
            elif self._kind == "ivf":
                cells = max(FEWEST_CELLS_PROBED, _cells(self._count) // 8)
                self._session.execute(f"SET LOCAL ivfflat.probes = {cells}")
            return [found[0] for found in self._session.execute(sql, (query, k))]

    def take(self, places: Places) -> Floats:
        """The vectors at some places, of shape (places, dimension), float32."""
        with self._turn:
            found = self._session.retried(partial(self._taken, places.tolist()), "could not be read")
        try:
            rows = [np.frombuffer(found[place], dtype=">f4", offset=4) for place in places.tolist()]
        except KeyError as error:
            raise StoreError(POSTGRES, f"{self._name} has lost the vector {error}; DROP the table") from None
        return np.array(rows, dtype=np.float32)

    def _taken(self, places: list[int]) -> dict[int, bytes]:
        sql = f"SELECT place, vector_send(vector) FROM {self._name} WHERE place = ANY(%s)"
        with self._session.transaction():
            self._session.execute(_REACH)
            return {one[0]: one[1] for one in self._session.execute(sql, (places,))}


class PostgresVectorStores:
    """See `VectorStores`: the indices of the database that PROMPTEVAL_STORE_URL, or libpq, names."""

    def find(self, identity: str) -> KeptVectors | None:
        """The index of an identity; None where nobody has built it, or its table was dropped."""
        session = Session(readonly=True)
        try:
            found = _found(session, identity)
        except BaseException:
            session.close()
            raise
        if found is None:
            session.close()
            return None
        return found.open(session)

    def build(self, identity: str, vectors: Floats, kind: str, truncated: int) -> KeptVectors:
        """The index, which is built unless another process was faster. Raises StoreError, UsageError."""
        count, dimension = vectors.shape
        most = MOST_DIMENSIONS if kind == "flat" else MOST_INDEXED_DIMENSIONS
        if dimension > most:
            raise UsageError(
                f"pgvector takes {most:,} dimensions with index: {kind}, and the model gives {dimension:,}",
                "write index: flat" if dimension <= MOST_DIMENSIONS else "write store: faiss",
            )
        session = Session()

        def work() -> StoredIndex:
            with session.transaction():
                _take_turn(session, "hashtextextended(%s, 7382915003)", identity)
                found = _found(session, identity)
                if found is None:
                    found = StoredIndex(_name(identity), kind, count, dimension, truncated)
                    _make(session, identity, found, vectors)
                return found

        try:
            stored = session.retried(work, "the vectors could not be stored")
        finally:
            session.close()
        return stored.open(Session(readonly=True))


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """The table of an index, how it is searched, and what prompteval_vector_indices has of it."""

    table: str
    kind: str
    vectors: int
    dimension: int
    truncated: int

    def open(self, session: Session) -> KeptVectors:
        """Its vectors, read by a session that is theirs from now on."""
        vectors = PostgresVectors(session, self.table, self.vectors, self.kind)
        rebuild = f"DROP TABLE {self.table} to rebuild the index"
        return KeptVectors(vectors, self.dimension, self.truncated, POSTGRES, rebuild)


def _make(session: Session, identity: str, index: StoredIndex, vectors: Floats) -> None:
    """The table of an index, whole or not at all, within a transaction."""
    name = index.table
    _take_turn(session, "7382915004")
    session.execute("CREATE EXTENSION IF NOT EXISTS vector")
    session.execute(_REACH)
    session.execute(_INDICES)
    session.execute(
        f"CREATE TABLE {name} (place BIGINT PRIMARY KEY, vector vector({index.dimension}) NOT NULL)"
    )
    session.copy(f"COPY {name} (place, vector) FROM STDIN (FORMAT BINARY)", _pieces(vectors))
    if index.vectors and (statement := _BUILD[index.kind].format(name, _cells(index.vectors))):
        session.execute_slowly(statement)
    session.execute_slowly(f"ANALYZE {name}")
    session.execute("DELETE FROM prompteval_vector_indices WHERE identity = %s", (identity,))
    sql = "INSERT INTO prompteval_vector_indices VALUES (%s, %s, %s, %s, %s)"
    session.execute(sql, (identity, index.kind, index.vectors, index.dimension, index.truncated))


def _take_turn(session: Session, key: str, *values: str) -> None:
    """Wait within a transaction until no other process holds a lock, however long it builds its index."""
    while not session.execute(f"SELECT pg_try_advisory_xact_lock({key})", values)[0][0]:
        time.sleep(TURN_SECONDS)


def _found(session: Session, identity: str) -> StoredIndex | None:
    """An index that is whole; None where it is not there. Raises StoreError for an unknown kind."""
    table = _name(identity)
    sql = "SELECT to_regclass('prompteval_vector_indices'), to_regclass(%s)"
    if None in session.execute(sql, (table,))[0]:
        return None
    sql = "SELECT kind, vectors, dimension, truncated FROM prompteval_vector_indices WHERE identity = %s"
    for kind, vectors, dimension, truncated in session.execute(sql, (identity,)):
        if kind not in _BUILD:
            raise StoreError(POSTGRES, f"prompteval_vector_indices has an index of the kind {kind!r:.40}")
        return StoredIndex(table, kind, vectors, dimension, truncated)
    return None


def _name(identity: str) -> str:
    """The table of an index, which follows from its identity: others may write what a table has of it."""
    return f"prompteval_vectors_{fingerprint_bytes(identity.encode()).partition(':')[2][:24]}"


def _cells(count: int) -> int:
    return max(1, min(int(count**0.5), count // VECTORS_A_CELL))


def _text(vector: Floats) -> str:
    """A vector as pgvector reads it, every bit of it."""
    return f"[{','.join(f'{value:.9g}' for value in vector.tolist())}]"


def _pieces(vectors: Floats) -> Iterator[bytes]:
    """The rows (place, vector) in the binary form of COPY, the numbers big-endian."""
    count, dimension = vectors.shape
    form = np.dtype(
        [
            ("fields", ">i2"), ("first", ">i4"), ("place", ">i8"), ("second", ">i4"), ("dimension", ">i2"),
            ("unused", ">i2"), ("vector", ">f4", (dimension,)),
        ]
    )  # fmt: skip
    yield _HEAD
    for start in range(0, count, VECTORS_A_WRITE):
        part = vectors[start : start + VECTORS_A_WRITE]
        rows = np.zeros(len(part), dtype=form)
        rows["fields"], rows["first"], rows["second"] = 2, 8, 4 + 4 * dimension
        rows["place"] = np.arange(start, start + len(part))
        rows["dimension"], rows["vector"] = dimension, part
        yield rows.tobytes()
    yield _END
