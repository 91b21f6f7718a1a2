"""A TREC run and relevance judgments from their files, as columns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.core.retrieval import Ranking, Ties
from prompteval.rag.trec.fields import LineBlock, LineProblems, Texts, read_blocks

RUN_FORM = ("query", "Q0", "document", "rank", "score", "tag")
QRELS_FORM = ("query", "iteration", "document", "grade")
# BEIR writes a header and no iteration; a file of such lines without the header is read as well.
BEIR_FORM = ("query", "document", "grade")
BEIR_HEADER = (b"query-id", b"corpus-id", b"score")
_WORD = 8
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

Ints = NDArray[np.int32]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class TrecRows:
    """Rows of (query, document, number) in the order of the file.

    `queries` are the ids in order of first occurrence, `query` indexes them, `document` holds ids
    as UTF-8 bytes and `key` a hash of each, equal for equal ids. `number` is the score of a run, in
    64-bit floats, or the grade of a judgment. `lines` are the lines of the rows, in parts.
    """

    path: str
    queries: tuple[str, ...]
    query: Ints
    document: Texts
    key: Hashes
    number: NDArray[Any]
    lines: tuple[Any, ...] = field(repr=False, default=())

    def __len__(self) -> int:
        return len(self.query)

    def line(self, row: int) -> int:
        """The line of the file a row is in."""
        for part in self.lines:
            if row < len(part):
                return int(part[row])
            row -= len(part)
        raise IndexError("no such row")


def read_run(path: Path) -> TrecRows:
    """A run: lines of query, Q0, document, rank, score, tag. The rank is not read, as by trec_eval.

    Raises InvalidInput with the line of everything that is wrong (PE370 to PE372, PE374).
    """
    return _read(path, (RUN_FORM,), ("query", "document", "score"), np.float64)


def read_qrels(path: Path) -> TrecRows:
    """Relevance judgments: lines of query, iteration, document, grade; or BEIR's three columns.

    Raises InvalidInput with the line of everything that is wrong, and of a document that is judged
    twice for one query (PE373).
    """
    table = _read(path, (QRELS_FORM, BEIR_FORM), ("query", "document", "grade"), np.int64)
    repeats = repeated_rows(table)
    if len(repeats):
        problems = LineProblems(table.path)
        for row in repeats.tolist():
            name, query = table.document[row].decode(), table.queries[table.query[row]]
            message = f"document {name!r} has two judgments for query {query!r}"
            problems.add(table.line(row), "PE373", message, "keep one of the lines")
        problems.stop()
    return table


def _read(
    path: Path, forms: tuple[tuple[str, ...], ...], wanted: tuple[str, ...], kind: type[Any]
) -> TrecRows:
    problems = LineProblems(str(path))
    queries: dict[bytes, int] = {}
    parts: list[tuple[object, ...]] = []
    for block in _without_header(read_blocks(path, forms, wanted)):
        asked, found, _ = block.columns
        values = block.numbers(2, kind, wanted[2], problems)
        parts.append((_numbered(asked, queries), found, hashed(found), values, block.lines))
    if not parts:
        raise InvalidInput([Problem(str(path), 0, 0, "PE370", "the file has only a header")])
    query, document, key, number = [np.concatenate([part[at] for part in parts]) for at in range(4)]
    names = tuple(name.decode() for name in queries)
    return TrecRows(str(path), names, query, document, key, number, tuple(part[4] for part in parts))


def _without_header(blocks: Iterator[LineBlock]) -> Iterator[LineBlock]:
    """The blocks without BEIR's header, where the first line is that."""
    for at, block in enumerate(blocks):
        if at == 0 and tuple(column[0] for column in block.columns) == BEIR_HEADER:
            block = LineBlock(tuple(column[1:] for column in block.columns), block.lines[1:])
            if not len(block.lines):
                continue
        yield block


def _numbered(query: Texts, queries: dict[bytes, int]) -> Ints:
    """The number of each row's query; lines of one query mostly stand together."""
    changed = np.ones(len(query), dtype=bool)
    changed[1:] = query[1:] != query[:-1]
    starts = np.flatnonzero(changed)
    codes = [queries.setdefault(name, len(queries)) for name in query[starts].tolist()]
    return np.repeat(np.array(codes, dtype=np.int32), np.diff(starts, append=len(query)))


def hashed(texts: Texts) -> Hashes:
    """A hash of each text, the same for every width of the array that holds it."""
    width = texts.dtype.itemsize
    words = -(-width // _WORD)
    padded = (
        np.ascontiguousarray(texts.astype(f"S{words * _WORD}")).view(np.uint64).reshape(len(texts), words)
    )
    found = np.zeros(len(texts), dtype=np.uint64)
    for at in range(words):
        word = padded[:, at]
        mixed = (found ^ word) * _ODD
        mixed ^= mixed >> _SHIFT
        # A word of nothing but padding adds nothing.
        found = np.where(word != 0, mixed, found) if at else mixed
    return found


def pair_key(query: NDArray[Any], key: Hashes) -> Hashes:
    """A hash of query number and document."""
    mixed = (key + query.astype(np.uint64)) * _ODD
    return np.asarray(mixed ^ (mixed >> _SHIFT))


def repeated_rows(table: TrecRows) -> NDArray[np.int64]:
    """Rows whose query and document are in an earlier row, ascending."""
    key = pair_key(table.query, table.key)
    ordered = np.sort(key)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.zeros(0, dtype=np.int64)
    rows = np.flatnonzero(np.isin(key, twice))
    query, document = table.query[rows], table.document[rows]
    order = np.lexsort((rows, document, query))
    same = (query[order][1:] == query[order][:-1]) & (document[order][1:] == document[order][:-1])
    return np.sort(rows[order[1:][same]])


def rankings(run: TrecRows, ties: Ties = "input") -> dict[str, Ranking]:
    """The run as one ranking a query."""
    hits: dict[int, list[tuple[str, float]]] = {}
    for query, document, score in zip(
        run.query.tolist(), run.document.tolist(), run.number.tolist(), strict=True
    ):
        hits.setdefault(query, []).append((document.decode(), score))
    return {run.queries[query]: Ranking.of(found, ties) for query, found in hits.items()}
