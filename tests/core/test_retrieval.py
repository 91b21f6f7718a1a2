"""Rankings have one total order, fixed when they are made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.observation import Observation
from prompteval.core.retrieval import Chunk, Context, Ranking
from prompteval.store.observation_form import observation_from, observation_json

HITS = st.lists(st.tuples(st.text(max_size=3), st.floats(allow_nan=False, width=32)), max_size=30)


@given(HITS)
def test_order_is_score_descending_then_as_given(hits: list[tuple[str, float]]) -> None:
    """Scores never rise along a ranking, and hits with one score keep their order."""
    ranking = Ranking.of(hits)
    assert [s for _, s in ranking.hits] == sorted((s for _, s in ranking.hits), reverse=True)
    place = {hit: n for n, hit in reversed(list(enumerate(hits)))}
    for one, other in zip(ranking.hits, ranking.hits[1:], strict=False):
        assert one[1] > other[1] or place[one] < place[other]


def test_the_best_of_doubled_ids_counts() -> None:
    """A repeated id keeps its best place, and the repeats are counted."""
    ranking = Ranking.of([("a", 1.0), ("b", 3.0), ("a", 3.0), ("c", 1.0)])
    assert ranking.hits == (("b", 3.0), ("a", 3.0), ("c", 1.0))
    assert (ranking.tied, ranking.duplicates) == (1, 1)


def test_a_score_that_is_nan_is_refused() -> None:
    """NaN would make the order depend on the order given."""
    with pytest.raises(ValueError, match="NaN"):
        Ranking.of([("a", float("nan"))])


def test_rankings_and_contexts_survive_the_store() -> None:
    """What was ranked and packed reads back equal."""
    chunk = Chunk("d", 0, 2, "ab", "Title")
    context = Context((chunk,), ((chunk, "budget"),), tokens=1, budget=2, flags={"truncated": 1})
    seen = Observation("ok", output="x", ranking=Ranking.of([("d:0-2", 0.5)]), context=context)
    assert observation_from("ok", 0.0, None, observation_json(seen)) == seen
