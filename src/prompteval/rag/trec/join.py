"""A run joined with judgments: every relevant document of every query at its rank, without a Python loop."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.core.errors import UsageError
from prompteval.core.retrieval import Ties
from prompteval.metrics.judged import Judged, position_within
from prompteval.rag.trec.read import TrecRows, pair_key, repeated_rows

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Joined:
    """Judged queries in order of their id, and what the run has of them.

    `in_run` has the shape (queries,); `unjudged` counts queries of the run without a judgment;
    `duplicates` the lines left out because their document stands at a better rank of the query, of
    which `first_duplicate` is the first line in the file, 0 for none.
    """

    queries: tuple[str, ...]
    judged: Judged
    in_run: NDArray[np.bool_]
    unjudged: int
    duplicates: int
    first_duplicate: int


def join(qrels: TrecRows, run: TrecRows, ties: Ties = "input") -> Joined:
    """Raises UsageError where no query of the run is judged."""
    names = sorted(qrels.queries)
    number = {name: place for place, name in enumerate(names)}
    of_run = np.array([number.get(name, -1) for name in run.queries], dtype=np.int32)
    if (of_run < 0).all():
        message = f"no query of {run.path} is judged in {qrels.path}"
        help = f"the run has {run.queries[0]!r}, the judgments {qrels.queries[0]!r}; ids are compared as text"
        raise UsageError(message, help)
    of_qrels = np.array([number[name] for name in qrels.queries], dtype=np.int32)
    repeats = repeated_rows(run)
    rows, query, score = _in_order(run, of_run, ties, len(repeats) > 0)
    judged = _judged(qrels, of_qrels, run, rows, query, score, len(names))
    in_run = np.zeros(len(names), dtype=bool)
    in_run[of_run[of_run >= 0]] = True
    first = run.line(int(repeats[0])) if len(repeats) else 0
    return Joined(tuple(names), judged, in_run, int((of_run < 0).sum()), len(repeats), first)


def _in_order(
    run: TrecRows, of_run: NDArray[np.int32], ties: Ties, repeats: bool
) -> tuple[Places, NDArray[np.int32], NDArray[Any]]:
    """(rows of the run by query and rank, numbers of their queries, scores), each document once a query.

    Queries stay in the order of the run, so that one which is sorted needs no sorting.
    """
    with np.errstate(over="ignore"):
        score: NDArray[Any] = run.number.astype(np.float32) if ties == "trec" else run.number
    query, rows = run.query, np.arange(len(run))
    if (of_run < 0).any():
        rows = np.flatnonzero(of_run[query] >= 0)
        query, score = query[rows], score[rows]
    if not _descending(query, score):
        order = np.lexsort((-score, query))
        rows, query, score = rows[order], query[order], score[order]
    if ties == "trec":
        rows = rows[_by_id_in_ties(query, score, run.document[rows])]
    if repeats:
        _, code = np.unique(run.document[rows], return_inverse=True)
        _, first = np.unique(query.astype(np.int64) * (int(code.max()) + 1) + code, return_index=True)
        first.sort()
        rows, query, score = rows[first], query[first], score[first]
    return rows, of_run[query], score


def _descending(query: NDArray[np.int32], score: NDArray[Any]) -> bool:
    """Whether rows are ordered by query, and by falling score within each."""
    return bool(((query[1:] > query[:-1]) | ((query[1:] == query[:-1]) & (score[1:] <= score[:-1]))).all())


def _by_id_in_ties(query: NDArray[np.int32], score: NDArray[Any], document: NDArray[np.bytes_]) -> Places:
    """The order in which tied documents stand by id, descending by bytes; all others stay."""
    order = np.arange(len(query))
    same = (query[1:] == query[:-1]) & (score[1:] == score[:-1])
    tied = np.concatenate((same, [False])) | np.concatenate(([False], same))
    places = np.flatnonzero(tied)
    group = np.cumsum(np.concatenate(([True], ~same)))[places]
    by_id = np.argsort(document[places], kind="stable")[::-1]
    order[places] = places[by_id[np.argsort(group[by_id], kind="stable")]]
    return order


def _judged(
    qrels: TrecRows,
    of_qrels: NDArray[np.int32],
    run: TrecRows,
    rows: Places,
    query: NDArray[np.int32],
    score: NDArray[Any],
    queries: int,
) -> Judged:
    relevant = np.flatnonzero(qrels.number >= 1)
    gold_query = of_qrels[qrels.query[relevant]]
    order = np.argsort(gold_query, kind="stable")
    relevant, gold_query = relevant[order], gold_query[order]
    group, place = _found(qrels, relevant, gold_query, run, rows, query)
    begins = np.concatenate(([True], (query[1:] != query[:-1]) | (score[1:] != score[:-1])))
    first_place = np.flatnonzero(begins)
    tie = np.cumsum(begins)[place] - 1
    rank = position_within(query.astype(np.int64)) + 1
    size = np.diff(first_place, append=len(query))
    grade = qrels.number[relevant]
    return Judged(
        queries, gold_query[group].astype(np.int64), rank[place], group, grade[group],
        rank[first_place[tie]], size[tie], gold_query.astype(np.int64), grade,
    ).ordered()  # fmt: skip


def _found(
    qrels: TrecRows,
    relevant: Places,
    gold_query: NDArray[np.int32],
    run: TrecRows,
    rows: Places,
    query: NDArray[np.int32],
) -> tuple[Places, Places]:
    """(relevant judgments that the run has, the places where it has them)."""
    key = pair_key(query, run.key[rows])
    by_key = np.argsort(key)
    ordered = key[by_key]
    wanted = pair_key(gold_query, qrels.key[relevant])
    at = np.searchsorted(ordered, wanted)
    open_ = np.arange(len(relevant))
    groups: list[Places] = []
    places: list[Places] = []
    # Different pairs may share a hash, so what stands there is compared, and then what stands next.
    while len(open_):
        open_ = open_[at[open_] < len(ordered)]
        open_ = open_[ordered[at[open_]] == wanted[open_]]
        place = by_key[at[open_]]
        same = (query[place] == gold_query[open_]) & (
            run.document[rows[place]] == qrels.document[relevant[open_]]
        )
        groups.append(open_[same])
        places.append(place[same])
        open_ = open_[~same]
        at[open_] += 1
    return np.concatenate(groups) if groups else open_, np.concatenate(places) if places else open_
