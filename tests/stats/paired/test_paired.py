"""Paired tests, intervals and verdicts, against scipy, statsmodels and by hand."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.stats.paired.decision import DecisionRule, decide, holm
from prompteval.stats.paired.mcnemar import binomial_cdf, mcnemar, tango
from prompteval.stats.paired.permutation import sign_flip
from prompteval.stats.paired.power import binary_power, cases_needed
from prompteval.stats.paired.swap import compare_statistic
from prompteval.stats.paired.values import compare_values
from tests.multiple_tests import multipletests

COUNTS = st.tuples(st.integers(0, 60), st.integers(0, 60))
SCORES = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=2, max_size=40)


def binary(broken: int, fixed: int, n: int) -> Comparison:
    a = np.r_[np.ones(broken), np.zeros(fixed), np.ones(n - broken - fixed)]
    b = np.r_[np.zeros(broken), np.ones(fixed), np.ones(n - broken - fixed)]
    return compare_values("accuracy", a, b, low=0.0, high=1.0, seed=1)


@given(COUNTS)
def test_mcnemar_equals_scipy_and_statsmodels(counts: tuple[int, int]) -> None:
    """The exact p is the binomial test; mid-p takes half of the observed point away on each side."""
    assume(sum(counts) > 0)
    midp, exact = mcnemar(*counts)
    table = [[5, counts[0]], [counts[1], 7]]
    assert exact == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue, abs=1e-9)
    point = scipy_stats.binom.pmf(min(counts), sum(counts), 0.5)
    assert midp == pytest.approx(
        min(2 * scipy_stats.binom.cdf(min(counts), sum(counts), 0.5) - point, 1), abs=1e-9
    )
    assert mcnemar(*counts) == mcnemar(*reversed(counts))


@given(st.integers(0, 200), st.integers(1, 200), st.floats(0.01, 0.99))
def test_the_binomial_equals_scipy(k: int, n: int, p: float) -> None:
    """Through the incomplete beta function, to 1e-9."""
    assert binomial_cdf(k, n, p) == pytest.approx(scipy_stats.binom.cdf(k, n, p), abs=1e-9)


@settings(max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 900))
def test_tango_inverts_the_score_test(broken: int, fixed: int, concordant: int) -> None:
    """At each end the score statistic is 1.96, its nuisance parameter the root of the likelihood equation."""
    n = broken + fixed + concordant
    for end in tango(broken, fixed, n):

        def slope(q: float, d: float = end) -> float:
            return fixed / (q + d) + broken / q - 2 * concordant / (1 - 2 * q - d)

        tiny = 1e-13
        q = optimize.brentq(slope, max(0.0, -end) + tiny, (1 - end) / 2 - tiny, xtol=1e-16, rtol=1e-14)
        score = (fixed - broken - n * end) / math.sqrt(n * (2 * q + end - end * end))
        assert abs(score) == pytest.approx(scipy_stats.norm.ppf(0.975), abs=1e-6)


def test_graded_scores_have_the_t_interval_of_two_cases_more() -> None:
    """scipy's t interval with one -R and one +R appended, before it is extended to 0; plain t without bounds."""
    generator = np.random.default_rng(5)
    a = generator.uniform(0, 0.5, 80)
    b = a + generator.uniform(0.1, 0.5, 80)
    for ends, extra in [((0.0, 1.0), [1.0, -1.0]), ((None, None), [])]:
        found = compare_values("x", a, b, low=ends[0], high=ends[1], seed=1)
        d = np.r_[b - a, extra]
        expected = scipy_stats.t.interval(0.95, len(d) - 1, d.mean(), scipy_stats.sem(d))
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


def test_where_the_test_sees_nothing_the_interval_reaches_zero() -> None:
    """Four cases lost and none won: mid-p is 1/16, and Tango's interval alone would exclude 0."""
    found = binary(4, 0, 100)
    assert found.p == pytest.approx(1 / 16) and found.high == 0.0
    assert tango(4, 0, 100)[1] < 0


def test_swapping_clusters_takes_bounded_memory() -> None:
    """Twelve clusters of many cases: no more than about a million weights at once."""
    codes, most = np.repeat(np.arange(12), 5_000), []

    def evaluate(weights: np.ndarray) -> np.ndarray:
        most.append(weights.size)
        return weights[:, 0] - weights[:, -1]

    compare_statistic("x", evaluate, len(codes), clusters=codes, seed=1)
    assert max(most) <= 2_000_000


def test_sign_flips_of_few_pairs_are_exact() -> None:
    """scipy's exact permutation test of the same sums; never 0."""
    d = np.asarray([0.3, 0.1, -0.2, 0.5, 0.4])
    found = scipy_stats.permutation_test(
        (d, np.zeros(5)), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip(d, seed=1) == pytest.approx(found.pvalue, abs=1e-12)
    assert sign_flip(np.full(3, 0.5), seed=1) == 0.25


def test_sign_flips_of_many_pairs_are_seeded_and_near_the_exact_p() -> None:
    """Twenty pairs: the random p lies by the exact one, is the same again, and is not 0."""
    d = np.random.default_rng(3).normal(0.4, 1, 20)
    signs = ((np.arange(2**20)[:, None] >> np.arange(20)) & 1) * -2.0 + 1.0
    exact = float(np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-9))
    assert sign_flip(d, seed=7) == sign_flip(d, seed=7) == pytest.approx(exact, abs=0.02)
    assert 0 < sign_flip(np.full(200, 1.0), seed=1) < 0.001


@given(SCORES)
def test_swapping_the_sides_turns_the_sign(rows: list[tuple[int, int]]) -> None:
    """Delta and interval are mirrored, p stays."""
    a, b = (np.asarray(side) / 10 for side in zip(*rows, strict=True))
    one = compare_values("mean", a, b, low=0.0, high=1.0, seed=1)
    other = compare_values("mean", b, a, low=0.0, high=1.0, seed=1)
    assert (one.delta, one.low, one.high) == (
        pytest.approx(-other.delta),
        pytest.approx(-other.high),
        pytest.approx(-other.low),
    )  # type: ignore[operator]
    assert one.p == other.p and 0 < one.p <= 1  # type: ignore[operator]
    assert one.low <= one.delta <= one.high  # type: ignore[operator]


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=20))
def test_holm_equals_statsmodels(values: list[float]) -> None:
    """To 1e-9, in the order given."""
    assert holm(values) == pytest.approx(list(multipletests(values, method="holm")[1]), abs=1e-9)


def test_a_statistic_compared_by_swapping_agrees_with_the_mean() -> None:
    """For a plain mean, swapping is sign flipping."""
    generator = np.random.default_rng(2)
    a, b = generator.random(11), generator.random(11)
    stacked = np.r_[a, b]
    found = compare_statistic("x", lambda w: (w @ stacked) / w.sum(axis=-1), 11, seed=1)
    assert found.p == pytest.approx(sign_flip(b - a, seed=1), abs=1e-9)
    assert (found.a, found.b) == (pytest.approx(a.mean()), pytest.approx(b.mean()))


@pytest.mark.parametrize(
    ("broken", "fixed", "n", "verdict"),
    [
        (40, 5, 300, "regressed"),
        (5, 40, 300, "improved"),
        (3, 3, 900, "not_worse"),
        (15, 15, 300, "inconclusive"),
        (0, 0, 300, "not_worse"),
        (9, 0, 1000, "not_worse"),
    ],
)
def test_the_four_steps(broken: int, fixed: int, n: int, verdict: str) -> None:
    """In order; a significant drop under min_effect does not block."""
    (found,) = decide([binary(broken, fixed, n)], [DecisionRule()])
    assert found.verdict is ComparisonVerdict(verdict)


def test_where_lower_is_better_a_rise_is_worse() -> None:
    """The same differences, the other verdict."""
    worse = binary(5, 40, 300)
    (found,) = decide([worse], [DecisionRule(higher_is_better=False)])
    assert found.verdict is ComparisonVerdict.REGRESSED


def test_inconclusive_says_what_the_cases_can_say() -> None:
    """The worst that is left, and how many more cases would settle it."""
    (found,) = decide([binary(15, 15, 300)], [DecisionRule()])
    assert "a drop of at most 3.8 points cannot be ruled out" in found.detail
    assert "more cases to rule out 2.0 points" in found.detail
    assert cases_needed(binary(15, 15, 300), 0.02) == pytest.approx(
        0.1013 * (2.8016 / 0.02) ** 2 - 300, rel=0.01
    )


@pytest.mark.parametrize("margin", [0.0, 5e-324, 1e-320, 1e-200, 1e-9])
def test_b25_a_margin_next_to_nothing_has_no_count_of_cases(margin: float) -> None:
    """No overflow, and no number that nobody could reach."""
    assert cases_needed(binary(15, 15, 300), margin) is None


def test_the_detectable_effect_has_the_power_it_says() -> None:
    """80 % at the printed drop, by simulation of the whole rule."""
    (found,) = decide([binary(15, 15, 300)], [DecisionRule()])
    assert found.mde is not None
    assert binary_power(300, found.mde, max(30.5 / 301, found.mde), 0.05, 0.02) == pytest.approx(
        0.8, abs=0.01
    )
    generator = np.random.default_rng(1)
    psi = max(30.5 / 301, found.mde)
    draws = generator.multinomial(300, [(psi + found.mde) / 2, (psi - found.mde) / 2, 1 - psi], size=2000)
    hits = [
        decide([binary(int(b), int(c), 300)], [DecisionRule()])[0].verdict is ComparisonVerdict.REGRESSED
        for b, c, _ in draws[:400]
    ]
    assert np.mean(hits) == pytest.approx(0.8, abs=0.08)


def test_b13_nothing_to_compare_is_a_reason_and_never_significant() -> None:
    """No pair, one pair, all ties, one cluster."""
    none = compare_values("x", np.zeros(0), np.zeros(0), low=0.0, high=1.0, seed=1)
    assert none.reason == "no case is in both" and none.p is None
    one = compare_values("x", np.asarray([0.2]), np.asarray([0.9]), low=None, high=None, seed=1)
    ties = compare_values("x", np.full(30, 0.4), np.full(30, 0.4), low=0.0, high=1.0, seed=1)
    assert ties.p == 1.0 and ties.delta == 0.0
    codes = np.zeros(10, dtype=np.int32)
    cluster = compare_values("x", np.zeros(10), np.ones(10), low=0.0, high=1.0, clusters=codes, seed=1)
    for found in decide([none, one, cluster], [DecisionRule()] * 3):
        assert found.verdict is ComparisonVerdict.INCONCLUSIVE and "NaN" not in found.detail


def test_nan_is_refused() -> None:
    """A score is finite; whoever hands in NaN is told."""
    with pytest.raises(ValueError, match="finite"):
        compare_values("x", np.asarray([np.nan]), np.asarray([1.0]), low=0.0, high=1.0, seed=1)


def test_the_published_table_of_two_prompts() -> None:
    """BBH: 573 broken and 1,981 fixed of 6,511 (McNemar's chi-square 776.2): improved beyond doubt."""
    (found,) = decide([binary(573, 1981, 6511)], [DecisionRule()])
    assert found.verdict is ComparisonVerdict.IMPROVED
    assert found.delta == pytest.approx(0.739671 - 0.523422, abs=1e-6)
    assert found.p is not None and found.p < 1e-100


def test_counted_pairs_are_the_pairs_themselves() -> None:
    """Equal pairs counted, or given one by one: the same values and interval length, p within its noise."""
    generator = np.random.default_rng(5)
    expected, first, second = (generator.integers(0, 2, 400) for _ in range(3))
    right = np.stack([first == expected, second == expected]).astype(float)

    def share(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:  # type: ignore[type-arg]
        return lambda w: (w @ rows.ravel() / w.sum(axis=-1)) ** 2

    kinds, counts = np.unique(right, axis=1, return_counts=True)
    one_by_one = compare_statistic("squared", share(right), 400, seed=3)
    counted = compare_statistic("squared", share(kinds), len(counts), counts=counts, seed=3)
    assert (counted.a, counted.b, counted.pairs) == (
        pytest.approx(one_by_one.a),
        pytest.approx(one_by_one.b),
        400,
    )
    assert counted.low == pytest.approx(one_by_one.low, abs=0.006)
    assert counted.p == pytest.approx(one_by_one.p, abs=0.03)


def test_few_counted_pairs_are_exact() -> None:
    """Twelve pairs are counted out, as one by one."""
    kinds, counts = np.asarray([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.asarray([7, 2, 3])
    rows = np.repeat(kinds, counts, axis=1)
    pairs = [
        compare_statistic("m", lambda w, r=r: w @ r.ravel() / w.sum(axis=-1), r.shape[1], counts=c, seed=1)
        for r, c in ((kinds, counts), (rows, None))
    ]
    assert pairs[0].p == pytest.approx(pairs[1].p, abs=1e-12) == pytest.approx(mcnemar(7, 2)[1], abs=1e-12)


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=12))
def test_ties_of_tenths_are_counted_as_ties(tenths: list[int]) -> None:
    """Sums of tenths that are equal are equal however they round: p is that of whole numbers."""
    whole = np.asarray(tenths, dtype=float)
    assert sign_flip(whole / 10, seed=1) == sign_flip(whole, seed=1) == sign_flip(1e6 * whole, seed=1)


def test_unbounded_scores_take_the_paired_t_test_of_scipy() -> None:
    """p and interval to 1e-9, so that they always agree."""
    generator = np.random.default_rng(6)
    a = generator.lognormal(size=80)
    b = a + generator.normal(0.1, 0.4, 80)
    found = compare_values("latency", a, b, low=None, high=None, seed=1)
    wanted = scipy_stats.ttest_rel(b, a)
    assert found.test == "paired-t" and found.p == pytest.approx(wanted.pvalue, abs=1e-9)
    interval = wanted.confidence_interval()
    assert (found.low, found.high) in [
        (pytest.approx(interval.low, abs=1e-9), pytest.approx(interval.high, abs=1e-9)),
        (pytest.approx(min(interval.low, 0)), pytest.approx(max(interval.high, 0))),
    ]
