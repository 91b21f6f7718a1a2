"""Rankings joined with their judgments, many queries at once, as flat columns.

Gold is a list of AND-groups, each with OR-alternatives; a plain relevance judgment is a group with
one alternative. Only hits that cover a group are kept, so a run of a million lines is as small here
as its relevant lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from prompteval.core.retrieval import Ranking

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GoldGroup:
    """One AND-group: the ids that satisfy it, each with its grade; one of them is enough.

    `grade` is what the ideal ranking gains for the group: the best grade of its alternatives,
    also where none of them can be retrieved (a span that no chunk covers). Grades under 1 are not
    relevant.
    """

    alternatives: Mapping[str, int] = field(default_factory=dict)
    grade: int = 1

    @classmethod
    def of(cls, alternatives: Mapping[str, int]) -> "GoldGroup":
        """A group whose ideal grade is the best among its alternatives; 0 for none."""
        return cls(alternatives, max(alternatives.values(), default=0))


@dataclass(frozen=True, slots=True)
class Judged:
    """Coverings: which hit covers which gold group, in order of query, rank, then grade, highest first.

    `query` indexes 0..queries-1, `rank` counts from 1, `group` indexes `gold_query` and `gold_grade`
    (the query and the ideal grade of every relevant group), `grade` is at least 1. The hit is in a
    run of `tie_size` hits with equal scores, which begins at rank `tie_first`.
    """

    queries: int
    query: Ints
    rank: Ints
    group: Ints
    grade: Ints
    tie_first: Ints
    tie_size: Ints
    gold_query: Ints
    gold_grade: Ints

    def take(self, rows: NDArray[np.bool_] | Ints) -> "Judged":
        """The coverings an index or mask selects, in the order it gives."""
        return replace(
            self,
            query=self.query[rows],
            rank=self.rank[rows],
            group=self.group[rows],
            grade=self.grade[rows],
            tie_first=self.tie_first[rows],
            tie_size=self.tie_size[rows],
        )

    def ordered(self) -> "Judged":
        """The same coverings by query, rank and grade."""
        return self.take(np.lexsort((-self.grade, self.rank, self.query)))


def judge(rankings: Sequence[Ranking], gold: Sequence[Sequence[GoldGroup]]) -> Judged:
    """One ranking and its gold groups a query, in the same order; a group under grade 1 is not gold.

    Raises ValueError where their lengths differ.
    """
    rows: list[tuple[int, ...]] = []
    groups: list[tuple[int, int]] = []
    for query, (ranking, wanted) in enumerate(zip(rankings, gold, strict=True)):
        covers: dict[str, list[tuple[int, int]]] = {}
        for group in wanted:
            if group.grade < 1:
                continue
            for name, grade in group.alternatives.items():
                if grade >= 1:
                    covers.setdefault(name, []).append((len(groups), grade))
            groups.append((query, group.grade))
        ties = _tie_runs(ranking)
        for rank, (name, _) in enumerate(ranking.hits, 1):
            rows.extend((query, rank, group, grade, *ties[rank - 1]) for group, grade in covers.get(name, ()))
    table = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    ideal = np.array(groups, dtype=np.int64).reshape(-1, 2).T
    return Judged(len(rankings), *table, *ideal).ordered()


def _tie_runs(ranking: Ranking) -> list[tuple[int, int]]:
    """(rank of the first, number) of the hits that share each hit's score."""
    runs: list[list[int]] = []
    for rank, (_, score) in enumerate(ranking.hits, 1):
        if rank > 1 and score == ranking.hits[rank - 2][1]:
            runs[-1][1] += 1
        else:
            runs.append([rank, 1])
    return [(first, size) for first, size in runs for _ in range(size)]


def reordered(judged: Judged, *, best: bool) -> Judged:
    """The coverings under the best or the worst order of every run of tied hits.

    Hits are ordered by the sum of the grades they cover. That is the best and the worst of all
    orders for every measure where tied hits share no group and cover one each, as plain judgments
    do; else it is an order that may occur.
    """
    if len(judged.query) == 0:
        return judged
    changed = np.diff(judged.query, prepend=-1) | np.diff(judged.rank, prepend=0)
    starts = np.flatnonzero(changed)
    hit = np.cumsum(changed != 0) - 1
    weight = np.add.reduceat(judged.grade, starts)
    query, first, size = judged.query[starts], judged.tie_first[starts], judged.tie_size[starts]
    order = np.lexsort((-weight, first, query))
    place = position_within(query[order] * (int(first.max()) + 1) + first[order])
    rank = np.empty(len(starts), dtype=np.int64)
    rank[order] = first[order] + (place if best else size[order] - 1 - place)
    return replace(judged, rank=rank[hit]).ordered()


def position_within(keys: Ints) -> Ints:
    """0, 1, 2, … within each run of equal neighbouring keys."""
    index = np.arange(len(keys))
    begins = np.ones(len(keys), dtype=bool)
    begins[1:] = keys[1:] != keys[:-1]
    return index - np.maximum.accumulate(np.where(begins, index, 0))
