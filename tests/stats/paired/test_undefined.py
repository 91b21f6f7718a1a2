"""B13: what cannot be compared has a reason, is never NaN and never significant."""

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.permutation import permuted
from prompteval.stats.paired.swap import compare_statistic
from prompteval.stats.paired.values import compare_values


def values(
    a: list[float], b: list[float], clusters: list[int] | None = None, **ends: float | None
) -> Comparison:
    codes = None if clusters is None else np.asarray(clusters, dtype=np.int64)
    ends = {"low": 0.0, "high": 1.0} | ends
    return compare_values("x", np.asarray(a, float), np.asarray(b, float), clusters=codes, seed=1, **ends)  # type: ignore[arg-type]


def recall(expected: list[int], a: list[int], b: list[int]) -> Comparison:
    """Hits among the positives, undefined without one."""
    rows, said = np.asarray([*expected, *expected], float), np.asarray([*a, *b], float)

    def evaluate(weights: np.ndarray) -> np.ndarray:
        positives = weights @ rows
        return np.divide(
            weights @ (rows * said), positives, out=np.full(len(weights), np.nan), where=positives > 0
        )

    return compare_statistic("recall", evaluate, len(expected), seed=1)


B13 = {
    "no case": (values([], []), "no case is in both"),
    "one case": (values([0.0], [1.0]), "one case has no interval"),
    "one graded case": (values([0.2], [0.9]), "one case has no interval"),
    "the same difference everywhere": (
        values([0.1] * 60, [0.6] * 60, low=None, high=None),
        "every difference is the same",
    ),
    "one cluster": (values([0.0] * 9, [1.0] * 9, [0] * 9), "one cluster has no interval"),
    "one class": (recall([0] * 30, [0] * 30, [1] * 30), "one side has no value"),
    "one positive": (recall([1] + [0] * 29, [0] * 30, [1] * 30), "36% of resamples have no value"),
    "no case of a statistic": (recall([], [], []), "no case is in both"),
    "one case of a statistic": (recall([1], [0], [1]), "one case has no interval"),
}


@pytest.mark.parametrize("name", B13)
def test_b13_undefined_comparisons_have_a_reason_and_no_p(name: str) -> None:
    """Inconclusive, no p, no number that is NaN, and a sentence that says why."""
    found, reason = B13[name]
    (decided,) = decide([found], [DecisionRule()])
    assert (found.reason, found.p, decided.p_adjusted) == (reason, None, None)
    assert decided.verdict is ComparisonVerdict.INCONCLUSIVE and reason in decided.detail
    assert not any(isinstance(field, float) and math.isnan(field) for field in astuple(decided))


def test_b13_undefined_comparisons_are_no_part_of_the_family() -> None:
    """Holm counts what was tested."""
    tested = values([1.0] * 20 + [0.0] * 80, [0.0] * 20 + [0.0] * 80)
    decided = decide([B13["no case"][0], tested, B13["one class"][0]], [DecisionRule()] * 3)
    assert decided[1].p_adjusted == tested.p


def test_b13_all_ties_are_no_difference() -> None:
    """p is 1 for graded, yes-or-no, unbounded and other metrics alike."""
    same = [values([0.4] * 30, [0.4] * 30), values([1.0] * 30, [1.0] * 30)]
    same += [values([0.4] * 60, [0.4] * 60, low=None, high=None)]
    same += [recall([1, 0] * 30, [1, 1, 0] * 20, [1, 1, 0] * 20)]
    for found in decide(same, [DecisionRule()] * 4):
        assert found.p == 1.0 and found.delta == 0.0 and "did not change" in found.detail


@pytest.mark.parametrize("units", [5, 40])
def test_permutations_without_a_value_count_against_a_difference(units: int) -> None:
    """Exact or drawn: p is 1 where no permutation has a value."""
    assert permuted(lambda mask: np.full(len(mask), np.nan), units, 0.5, seed=1) == 1.0


@pytest.mark.parametrize(
    ("count", "decides", "told"), [(5, False, "under 6"), (12, True, "rough"), (25, True, "")]
)
def test_few_clusters_decide_nothing_or_are_told(count: int, decides: bool, told: str) -> None:
    """Under 6 nothing is decided, under 20 the sentence warns."""
    generator = np.random.default_rng(1)
    codes = np.repeat(np.arange(count), 8)
    a = generator.uniform(0.5, 0.9, len(codes))
    found = values(list(a), list(a - generator.uniform(0.3, 0.5, len(codes))), list(codes))
    (decided,) = decide([found], [DecisionRule()])
    assert decided.clusters == count and told in decided.detail
    assert (decided.verdict is ComparisonVerdict.REGRESSED) == decides


def test_missing_cases_never_pass() -> None:
    """What would be `not_worse` or `improved` is incomplete; a regression stays one."""
    a, b = np.r_[np.ones(40), np.zeros(860)], np.zeros(900)
    rows = [(a, a), (b, a), (a, b)]
    found = [compare_values("x", x, y, low=0.0, high=1.0, seed=1, missing=3) for x, y in rows]
    decided = decide(found, [DecisionRule()] * 3)
    assert [one.verdict.value for one in decided] == ["incomplete", "incomplete", "regressed"]
    assert all("3 missing" in one.detail for one in decided)


@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 0.5, 1.0])] * 2), min_size=0, max_size=30),
    st.sampled_from([(0.0, 1.0), (None, None), (0.0, 2.0)]),
    st.booleans(),
)
def test_b13_whatever_the_scores_no_number_is_nan(
    rows: list[tuple[float, float]], ends: tuple[float | None, float | None], clustered: bool
) -> None:
    """A p from above 0 to 1 with an interval around the difference, or a reason."""
    a, b = ([pair[side] for pair in rows] for side in (0, 1))
    codes = [i % 7 for i in range(len(rows))] if clustered and len(rows) >= 7 else None
    found = values(a, b, codes, low=ends[0], high=ends[1])
    (decided,) = decide([found], [DecisionRule()])
    assert not any(isinstance(field, float) and math.isnan(field) for field in astuple(decided))
    if found.p is None:
        assert found.reason
    else:
        assert 0 < found.p <= 1 and found.low <= found.delta <= found.high  # type: ignore[operator]
