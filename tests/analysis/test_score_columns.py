"""A case that has run once enters the columns as one whose repeats all agree."""

from hypothesis import given
from hypothesis import strategies as st

from prompteval.analysis.columns.score_columns import ScoreColumn
from prompteval.core.stored import StoredScore

numbers = st.sampled_from([0.0, 0.5, 1.0, 3.0])
scores = st.builds(
    StoredScore,
    name=st.just("s"),
    value=numbers,
    status=st.sampled_from(["scored", "failed"]),
    labels=st.none() | st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from("abc")),
    low=st.none() | numbers,
    high=st.none() | numbers,
    passed=st.none() | st.booleans(),
)


@given(st.lists(scores, min_size=1, max_size=5))
def test_one_score_counts_as_equal_ones_do(found: list[StoredScore]) -> None:
    """Every column but the number of repeats is the same."""
    once, twice = ScoreColumn(), ScoreColumn()
    for score in found:
        once.add([score])
        twice.add([score, score])
    for name in ("values", "passes", "expected", "predicted", "failed", "classes", "low", "high", "binary"):
        assert getattr(once, name) == getattr(twice, name), name
    assert list(once.turns) == [1] * len(found) and not once.repeated
