"""Names of ranking metrics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.metrics.ranking_names import (
    GAINS,
    MEASURES,
    STAGES,
    RankingMetric,
    parse_ranking_metric,
)

stages = st.sampled_from(STAGES)
names = st.one_of(
    st.builds(RankingMetric, st.just("ndcg"), st.none() | st.integers(1, 1000), st.sampled_from(GAINS), stage=stages),
    st.builds(
        RankingMetric, st.sampled_from(sorted(set(MEASURES) - {"ndcg"})), st.integers(1, 1000),
        grade=st.integers(1, 9), stage=stages,
    ),
)  # fmt: skip


@given(names)
def test_a_printed_name_parses_back_equal(name: RankingMetric) -> None:
    """`str` and `parse_ranking_metric` are inverse."""
    assert parse_ranking_metric(str(name)) == name


@pytest.mark.parametrize(
    "text", ["ndcg@10", "ndcg(gain=exp)@10", "mrr", "map", "mrr@5", "recall(grade=2)@100"]
)
def test_what_is_typed_is_what_is_printed(text: str) -> None:
    """Names without a stage, where no stage is asked for."""
    assert str(parse_ranking_metric(text, ())) == text


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("retrieval.ndgc@10", "did you mean 'ndcg'"),
        ("retrieval.recall", "needs a cut-off: write recall@10"),
        ("retrieval.ndcg@0", "counts from 1"),
        ("retrieval.ndcg(gain=log)@5", "gain must be one of linear, exp"),
        ("retrieval.recall(grade=0)@5", "whole number from 1"),
        ("retrieval.recall(gain=exp)@5", "recall has no parameter 'gain'"),
        ("retrieval.mrr(grade=1, grade=2)", "duplicate parameter 'grade'"),
        ("retrieval.mrr(grade)", "write parameter=value"),
        ("retreival.mrr", "did you mean 'retrieval'"),
        ("mrr", "needs a stage: write retrieval.mrr"),
        ("ndcg@ten", "is not a ranking metric"),
    ],
)
def test_a_wrong_name_says_how_to_mend_it(text: str, mend: str) -> None:
    """Each mistake has its own sentence."""
    with pytest.raises(ValueError, match=mend.replace("(", r"\(")):
        parse_ranking_metric(text)
