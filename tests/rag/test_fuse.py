"""Fusion of rankings by rank and by score, and hybrid retrieval over it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.core.retrieval import Ranking
from prompteval.rag.fuse import reciprocal_rank_fusion, weighted_fusion
from prompteval.rag.index.hybrid import Hybrid

A = Ranking.of([("x", 9.0), ("y", 5.0), ("z", 1.0)])
B = Ranking.of([("y", 0.9), ("w", 0.1)])
names = st.lists(st.sampled_from("abcdefgh"), unique=True)


class Fixed:
    def __init__(self, ranking: Ranking) -> None:
        self.identity = "fixed"
        self._ranking = ranking
        self.asked: list[int] = []

    def search(self, query: str, k: int) -> Ranking:
        self.asked.append(k)
        return self._ranking.top(k)


def test_rrf_is_the_sum_of_reciprocal_ranks() -> None:
    """1/(60 + rank) from rank 1, absent = 0."""
    found = dict(reciprocal_rank_fusion([A, B]).hits)
    assert found == {"y": 1 / 62 + 1 / 61, "x": 1 / 61, "w": 1 / 62, "z": 1 / 63}


@given(st.lists(names, min_size=1, max_size=4))
def test_rrf_of_a_ranking_with_itself_keeps_its_order(lists: list[list[str]]) -> None:
    """Every id appears once; equal rankings fuse to the same order."""
    rankings = [Ranking.of((name, -float(at)) for at, name in enumerate(ids)) for ids in lists]
    assert set(reciprocal_rank_fusion(rankings).ids) == {name for ids in lists for name in ids}
    assert reciprocal_rank_fusion([rankings[0]] * 3).ids == rankings[0].ids


def test_weighted_scores_are_normalised_per_query() -> None:
    """Min-max by ranking; one hit, or equal scores, count as 1; absent as 0."""
    assert dict(weighted_fusion([A, B], [1, 3]).hits) == {"y": 0.5 + 3, "x": 1.0, "w": 0.0, "z": 0.0}
    assert dict(weighted_fusion([Ranking.of([("x", -4.0)])], [2]).hits) == {"x": 2.0}
    scores = dict(weighted_fusion([A], [1], "zscore").hits)
    assert scores["y"] == pytest.approx(0) and scores["x"] == pytest.approx(1.5**0.5)
    assert dict(weighted_fusion([Ranking.of([("x", 7.0)])], [1], "zscore").hits) == {"x": 0.0}


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [1.0, -1.0], [1.0, 1.0, 1.0]])
def test_weights_that_do_not_go_with_the_rankings_are_refused(weights: list[float]) -> None:
    """One weight a ranking, none negative, one above zero."""
    with pytest.raises(ValueError, match="weights"):
        weighted_fusion([A, B], weights)
    with pytest.raises(UsageError, match="weight"):
        Hybrid([Fixed(A), Fixed(B)], weights=weights)


def test_hybrid_asks_each_to_its_depth_and_cuts_at_k() -> None:
    """Depth goes to the parts, k to the result; the identity names both and the fusion."""
    one, other = Fixed(A), Fixed(B)
    hybrid = Hybrid([one, other], depth=2)
    assert hybrid.search("q", 2).ids == ("y", "x")
    assert (one.asked, other.asked) == ([2], [2])
    assert hybrid.identity == "hybrid(rrf,depth=2,fixed;fixed)"
    assert Hybrid([one, other], weights=[1, 0]).search("q", 1).ids == ("x",)


def test_nothing_fuses_to_nothing() -> None:
    """No ranking, or only empty ones."""
    assert reciprocal_rank_fusion([]) == Ranking(())
    assert weighted_fusion([Ranking(()), Ranking(())], [1, 1]) == Ranking(())


def test_a_document_that_one_list_lacks_is_never_above_one_it_has() -> None:
    """By z-scores 0 is the mean: absent counts as the least score of that list."""
    one = Ranking((("a", 3.0), ("b", 2.0), ("c", 1.0)))
    other = Ranking((("d", 9.0), ("a", 8.0)))
    assert weighted_fusion([one, other], [1.0, 1.0], "zscore").ids == ("a", "d", "b", "c")
    assert weighted_fusion([one, other], [1.0, 0.0001], "zscore").ids[:2] == ("a", "b")
    assert dict(weighted_fusion([one, Ranking(())], [0.5, 0.5]).hits) == {"a": 0.5, "b": 0.25, "c": 0.0}
