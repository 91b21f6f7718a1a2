"""Ranking measures against pytrec_eval, worked examples, and every order of tied hits."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.core.retrieval import Ranking
from prompteval.metrics.judged import GoldGroup, judge, reordered
from prompteval.metrics.ranking import of_one, per_query, tie_sensitive
from prompteval.metrics.ranking_names import RankingMetric, parse_ranking_metric
from tests.metrics.builders import plain_gold

IDS = [f"d{number}" for number in range(9)]
NAMES = {
    "ndcg@3": "ndcg_cut_3", "ndcg": "ndcg", "recall@3": "recall_3", "precision@3": "P_3",
    "hit@3": "success_3", "mrr": "recip_rank", "map": "map", "map@3": "map_cut_3",
}  # fmt: skip
grades = st.dictionaries(st.sampled_from(IDS), st.integers(-2, 3), min_size=1)
orders = st.permutations(IDS).flatmap(lambda ids: st.integers(0, 9).map(lambda n: ids[:n]))


def metric(text: str) -> RankingMetric:
    return parse_ranking_metric(text, ())


def ranked(ids: list[str] | tuple[str, ...] | str, scores: list[float] | None = None) -> Ranking:
    return Ranking.of(zip(ids, scores or [-float(rank) for rank in range(len(ids))], strict=True))


def value(text: str, ranking: Ranking, gold: list[GoldGroup]) -> float:
    return float(per_query(judge([ranking], [gold]), metric(text))[0][0])


@given(st.lists(st.tuples(orders, grades), min_size=1, max_size=5))
def test_measures_equal_trec_eval(queries: list[tuple[list[str], dict[str, int]]]) -> None:
    """Graded, negative, unjudged and unretrieved: each query to 1e-9."""
    judged = judge([ranked(order) for order, _ in queries], [plain_gold(gold) for _, gold in queries])
    # With a negative label pytrec_eval reads outside its table for `ndcg` without a cut-off.
    qrels = {str(i): {d: max(g, 0) for d, g in gold.items()} for i, (_, gold) in enumerate(queries)}
    run = {str(i): {d: -float(r) for r, d in enumerate(order)} for i, (order, _) in enumerate(queries)}
    measures = {"ndcg_cut.3", "ndcg", "recall.3", "P.3", "success.3", "recip_rank", "map", "map_cut.3"}
    wanted: dict[str, Any] = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    for ours, theirs in NAMES.items():
        values, _ = per_query(judged, metric(ours))
        for index, found in enumerate(values):
            if queries[index][0]:  # pytrec_eval leaves out a query that retrieved nothing
                assert found == pytest.approx(wanted[str(index)][theirs], abs=1e-9), ours


@given(
    st.lists(
        st.tuples(
            st.dictionaries(
                st.sampled_from([*IDS, "é", "é9", "\U0001f600", "\uffff"]),
                st.sampled_from([0.0, -0.0, 1.0, 1.0 + 2**-30, 16777217.0, 16777216.0, -2.5, 1e300]),
                min_size=1,
            ),
            grades,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_tied_hits_in_trec_order_equal_trec_eval(
    queries: list[tuple[dict[str, float], dict[str, int]]],
) -> None:
    """With `ties="trec"`: 32-bit scores, then ids descending; an unjudged query is not theirs either."""
    judged = judge(
        [Ranking.of(run.items(), ties="trec") for run, _ in queries],
        [plain_gold(gold) for _, gold in queries],
    )
    qrels = {str(i): {d: max(g, 0) for d, g in gold.items()} for i, (_, gold) in enumerate(queries)}
    run = {"unjudged": {"d1": 1.0}, **{str(i): run for i, (run, _) in enumerate(queries)}}
    wanted: dict[str, Any] = pytrec_eval.RelevanceEvaluator(
        qrels, {"ndcg_cut.3", "ndcg", "recall.3", "P.3", "success.3", "recip_rank", "map", "map_cut.3"}
    ).evaluate(run)
    assert len(wanted) == len(queries)
    for ours, theirs in NAMES.items():
        for index, found in enumerate(per_query(judged, metric(ours))[0]):
            assert found == pytest.approx(wanted[str(index)][theirs], abs=1e-9), ours


def test_one_query_is_as_many() -> None:
    """A value where something is relevant, None where nothing is, 0 where nothing was found."""
    assert of_one(ranked("xa"), plain_gold({"a": 1}), metric("mrr")) == 0.5
    assert of_one(ranked("xa"), plain_gold({"a": 0, "x": -1}), metric("mrr")) is None
    assert of_one(ranked(""), plain_gold({"a": 1}), metric("ndcg@10")) == 0.0


def test_rcap_divides_by_the_smaller_of_k_and_relevant() -> None:
    """Two of three places right out of four relevant: recall 2/4, capped recall 2/3."""
    gold = plain_gold(dict.fromkeys("abcd", 1))
    assert value("recall@3", ranked("abx"), gold) == 0.5
    assert value("rcap@3", ranked("abx"), gold) == pytest.approx(2 / 3)
    assert value("rcap@3", ranked("axx2"), plain_gold({"a": 1})) == 1.0


def test_exponential_gain_is_two_to_the_grade_minus_one() -> None:
    """Grade 2 after grade 1: (1 + 3/log2 3) / (3 + 1/log2 3); linear (1 + 2/log2 3) / (2 + 1/log2 3)."""
    gold, ranking, log3 = plain_gold({"a": 1, "b": 2}), ranked("ab"), math.log2(3)
    assert value("ndcg(gain=exp)@10", ranking, gold) == pytest.approx((1 + 3 / log3) / (3 + 1 / log3))
    assert value("ndcg@10", ranking, gold) == pytest.approx((1 + 2 / log3) / (2 + 1 / log3))
    with pytest.raises(ValueError, match="grades up to 50"):
        value("ndcg(gain=exp)", ranking, plain_gold({"a": 51}))


def test_binary_measures_take_the_grade_that_is_set() -> None:
    """With grade=2 a document of grade 1 is not relevant, and a query with nothing higher is undefined."""
    gold = plain_gold({"a": 1, "b": 2})
    assert value("recall(grade=2)@1", ranked("ab"), gold) == 0.0
    assert value("mrr(grade=2)", ranked("ab"), gold) == 0.5
    values, defined = per_query(judge([ranked("a")], [plain_gold({"a": 1})]), metric("map(grade=2)"))
    assert values.tolist() == [0.0] and defined.tolist() == [False]


def test_the_ideal_comes_from_the_judgments_not_from_the_retrieved() -> None:
    """One relevant of two retrieved at rank 1: 1 / (1 + 1/log2 3), not 1."""
    assert value("ndcg@10", ranked("ax"), plain_gold({"a": 1, "b": 1})) == pytest.approx(
        1 / (1 + 1 / math.log2(3))
    )


def test_and_groups_count_once_and_alternatives_do_not_add() -> None:
    """Groups {a or b} and {c}: a and b cover one group, so recall is 1/2 and b gains nothing."""
    gold = [GoldGroup.of({"a": 1, "b": 1}), GoldGroup.of({"c": 1})]
    assert value("recall@2", ranked("abc"), gold) == 0.5
    assert value("map", ranked("abc"), gold) == pytest.approx((1 / 1 + 2 / 3) / 2)
    wanted = (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    assert value("ndcg@3", ranked("abc"), gold) == pytest.approx(wanted)
    assert value("precision@2", ranked("abc"), gold) == 1.0


def test_a_hit_that_covers_every_group_is_perfect_and_never_more() -> None:
    """One chunk with both spans at rank 1: all measures are 1."""
    gold = [GoldGroup.of({"a": 1}), GoldGroup.of({"a": 1, "b": 1})]
    assert [value(name, ranked("ab"), gold) for name in ("ndcg@1", "ndcg@5", "map", "recall@1")] == [1.0] * 4


def test_a_group_that_nothing_can_cover_stays_in_the_denominator() -> None:
    """A span that no chunk holds counts as not found."""
    assert value("recall@5", ranked("a"), [GoldGroup.of({"a": 1}), GoldGroup()]) == 0.5


@given(st.lists(st.tuples(orders, st.lists(grades.map(GoldGroup.of), max_size=4)), min_size=1, max_size=4))
def test_values_stay_within_0_and_1_and_recall_grows(
    queries: list[tuple[list[str], list[GoldGroup]]],
) -> None:
    """For any AND/OR gold; a longer prefix never finds fewer groups."""
    judged = judge([ranked(order) for order, _ in queries], [gold for _, gold in queries])
    for name in (*NAMES, "ndcg(gain=exp)@2", "rcap@2", "recall@9"):
        values, defined = per_query(judged, metric(name))
        assert ((values >= 0) & (values <= 1 + 1e-12)).all() and (values[~defined] == 0).all()
    assert (per_query(judged, metric("recall@9"))[0] >= per_query(judged, metric("recall@3"))[0]).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=6), grades, st.sampled_from(sorted(NAMES)))
def test_tie_sensitivity_equals_trying_every_order(
    levels: list[int], gold: dict[str, int], name: str
) -> None:
    """A query is sensitive exactly where some order of its tied hits gives another value."""
    scores, ids = sorted((float(level) for level in levels), reverse=True), IDS[: len(levels)]
    blocks = [
        [i for i, s in zip(ids, scores, strict=True) if s == level]
        for level in sorted(set(scores), reverse=True)
    ]
    found = [
        value(name, ranked(tuple(itertools.chain(*order))), plain_gold(gold))
        for order in itertools.product(*(itertools.permutations(block) for block in blocks))
    ]
    judged = judge([ranked(ids, scores)], [plain_gold(gold)])
    best, worst = (float(per_query(reordered(judged, best=b), metric(name))[0][0]) for b in (True, False))
    assert best == pytest.approx(max(found), abs=1e-12) and worst == pytest.approx(min(found), abs=1e-12)
    assert bool(tie_sensitive(judged, [metric(name)])[0]) == (max(found) - min(found) > 1e-12)


def test_no_query_and_no_hit_have_no_value() -> None:
    """Nothing in gives nothing out, without a warning."""
    assert len(per_query(judge([], []), metric("ndcg@10"))[0]) == 0
    values, defined = per_query(judge([ranked("")], [[]]), metric("map"))
    assert values.tolist() == [0.0] and not defined.any()
    assert not np.any(tie_sensitive(judge([ranked("")], [[]]), [metric("map")]))
