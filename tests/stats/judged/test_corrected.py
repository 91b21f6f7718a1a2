"""Corrected means: against the labels alone, a plain formula, and the truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.distributions import t_quantile
from prompteval.stats.judged.corrected import (
    LabelledElsewhere,
    corrected_mean,
    labels_to_halve,
    rogan_gladen,
)


def _population(seed: int, n: int, accuracy: float) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = (generator.random(n) < 0.4).astype(float)
    judge = np.where(generator.random(n) < accuracy, truth, 1.0 - truth)
    return truth, judge


@given(st.integers(0, 10_000), st.integers(2, 120), st.integers(0, 300), st.floats(0.3, 1.0))
def test_it_is_never_wider_than_the_labels_alone(seed: int, n: int, rest: int, accuracy: float) -> None:
    """Whatever the judge; a judge of noise has next to no weight, and the ends stay on the scale."""
    truth, judge = _population(seed, n + rest, accuracy)
    found = corrected_mean(truth[:n], judge[:n], judge[n:])
    own, alone = found.interval, found.labels_alone
    assert own.high - own.low <= alone.high - alone.low + 1e-12
    assert 0.0 <= own.low <= own.value <= own.high <= 1.0
    assert found.worth >= n - 1e-9


def test_it_is_the_formula_of_ppi() -> None:
    """Mean and half width at the tuned weight, from the formula written out."""
    truth, judge = _population(7, 600, 0.85)
    n = 100
    found = corrected_mean(truth[:n], judge[:n], judge[n:])
    cov = np.cov(truth[:n], judge[:n])
    of_rest = judge.var(ddof=1) / 500
    weight = cov[0, 1] / n / (cov[1, 1] / n + of_rest)
    errors = truth[:n] - weight * judge[:n]
    half = t_quantile(0.975, n - 1) * math.sqrt(errors.var(ddof=1) / n + weight**2 * of_rest)
    assert found.weight == pytest.approx(weight)
    assert found.interval.value == pytest.approx(weight * judge[n:].mean() + errors.mean())
    assert found.interval.high - found.interval.value == pytest.approx(half)
    assert found.interval.method == "ppi++" and not found.interval.note


def test_the_labels_alone_are_students_t() -> None:
    """With nothing judged beside the labels, it is the mean of the labels."""
    truth, judge = _population(3, 80, 0.9)
    found = corrected_mean(truth, judge, np.zeros(0))
    half = t_quantile(0.975, 79) * truth.std(ddof=1) / math.sqrt(80)
    assert found.weight == 0.0 and found.interval == found.labels_alone
    assert found.interval.high == pytest.approx(truth.mean() + half)


def test_few_labels_or_disagreements_are_said_and_padded() -> None:
    """A judge that is never wrong on 60 labels still has an interval of some width."""
    truth, _ = _population(5, 560, 1.0)
    found = corrected_mean(truth[:60], truth[:60], truth[60:])
    assert found.interval.note == "rough: under 50 labels or 5 disagreements"
    assert found.interval.high - found.interval.low > 0.05
    assert corrected_mean(truth[:1], truth[:1], truth[1:]).interval.value is None


def test_strata_undo_an_unequal_sample() -> None:
    """A stratum that was labelled more often than its share counts no more than its share."""
    truth, judge = np.r_[np.ones(300), np.zeros(300)], np.r_[np.ones(300), np.zeros(300)]
    chosen = np.r_[0:60, 300:320]  # 60 of the one stratum, 20 of the other
    strata = np.r_[np.zeros(60), np.ones(20)].astype(np.int32)
    noisy = truth[chosen] * 1.0
    noisy[::7] = 1 - noisy[::7]
    rest = np.delete(judge, chosen)
    found = corrected_mean(noisy, judge[chosen], rest, strata=strata, shares=np.array([0.5, 0.5]))
    wanted = 0.5 * noisy[:60].mean() + 0.5 * noisy[60:].mean()
    assert found.labels_alone.value == pytest.approx(wanted)


def _balanced(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(judge, strata, labelled first): 1,000 cases, 100 of them hard, of which as many are labelled as of others."""
    generator = np.random.default_rng(seed)
    strata = (generator.permutation(1000) < 100).astype(np.int32)
    judge = (generator.random(1000) < np.where(strata, 0.2, 0.9)).astype(float)
    drawn = [generator.permutation(np.flatnonzero(strata == which)) for which in (0, 1)]
    order = np.concatenate([drawn[0][:80], drawn[1][:80], drawn[0][80:], drawn[1][80:]])
    return judge[order], strata[order], order


def test_a_balanced_sample_leaves_a_rest_that_is_not_the_whole() -> None:
    """The judge's mean is that of all cases: of a judge that is always right it is the value."""
    judge, strata, _ = _balanced(0)
    shares = np.array([0.9, 0.1])
    found = corrected_mean(judge[:160], judge[:160], judge[160:], strata=strata[:160], shares=shares)
    assert found.weight == pytest.approx(1.0) and found.interval.value == pytest.approx(judge.mean())
    held = 0
    for seed in range(400):
        judge, strata, order = _balanced(seed)
        flips = np.random.default_rng([seed, 1]).random(1000)[order] < np.where(strata, 0.3, 0.1)
        truth = np.where(flips, 1.0 - judge, judge)
        found = corrected_mean(truth[:160], judge[:160], judge[160:], strata=strata[:160], shares=shares)
        held += (
            found.interval.low
            <= 0.9 * (0.9 * 0.9 + 0.01) + 0.1 * (0.2 * 0.7 + 0.8 * 0.3)
            <= found.interval.high
        )
    assert 370 <= held <= 392, held


@pytest.mark.parametrize("accuracy", [0.6, 0.85])
def test_one_stratum_is_a_simple_random_sample(accuracy: float) -> None:
    """Both formulas then differ by where the judge's variance is taken from alone."""
    truth, judge = _population(9, 400, accuracy)
    plain = corrected_mean(truth[:100], judge[:100], judge[100:]).interval
    strata, shares = np.zeros(100, np.int32), np.ones(1)
    found = corrected_mean(truth[:100], judge[:100], judge[100:], strata=strata, shares=shares).interval
    assert found.value == pytest.approx(plain.value, abs=0.001)
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=0.02)


def test_ninety_five_in_a_hundred_intervals_hold_the_truth() -> None:
    """600 cases of which 100 are labelled, 1,000 draws of a population whose mean is known."""
    truth, judge = _population(11, 20_000, 0.8)
    generator = np.random.default_rng(2)
    held = 0
    for _ in range(1000):
        drawn = generator.permutation(20_000)[:600]
        t, j = truth[drawn], judge[drawn]
        found = corrected_mean(t[:100], j[:100], j[100:]).interval
        held += found.low <= truth.mean() <= found.high
    assert 925 <= held <= 970


def test_rogan_gladen_meets_its_published_example() -> None:
    """A judge with errors of both kinds: the plain value is theirs, and chance is refused."""
    labels = LabelledElsewhere(positives=100, found=80, negatives=100, rejected=90)
    found = rogan_gladen(300, 1000, labels)
    assert found.value == pytest.approx((0.3 + 0.9 - 1) / 0.7)
    assert found.low < found.value < found.high
    chance = LabelledElsewhere(100, 50, 100, 50)
    assert "not better than chance" in rogan_gladen(300, 1000, chance).reason


def test_rogan_gladen_covers_the_truth() -> None:
    """At least 93 % of 1,000 draws with labels from elsewhere."""
    generator, held = np.random.default_rng(4), 0
    for _ in range(1000):
        seen = generator.binomial(500, 0.3 * 0.8 + 0.7 * 0.1)
        labels = LabelledElsewhere(60, generator.binomial(60, 0.8), 60, generator.binomial(60, 0.9))
        found = rogan_gladen(int(seen), 500, labels)
        held += found.low is not None and found.low <= 0.3 <= found.high
    assert held >= 930


def test_halving_takes_three_times_as_many_labels_again() -> None:
    """As many as are left, else it cannot be done."""
    truth, judge = _population(1, 600, 0.8)
    assert labels_to_halve(corrected_mean(truth[:100], judge[:100], judge[100:])) == 300
    assert labels_to_halve(corrected_mean(truth[:300], judge[:300], judge[300:])) is None


def _clustered(seed: int, clusters: int, each: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(truth, judge, cluster): cases of a cluster are alike, and so are the judge's mistakes in it."""
    generator = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), each)
    truth = generator.random(clusters * each) < generator.beta(0.6, 0.6, clusters)[codes]
    wrong = generator.random(clusters * each) < generator.beta(0.3, 1.2, clusters)[codes]
    return truth.astype(float), np.where(wrong, ~truth, truth).astype(float), codes.astype(np.int32)


def test_whole_clusters_are_counted_where_cases_come_in_them() -> None:
    """60 threads of 10 cases, 150 cases labelled: intervals hold the truth as often as they say, or nearly."""
    held, plain = 0, 0
    for seed in range(600):
        truth, judge, codes = _clustered(seed, 60, 10)
        drawn = np.random.default_rng(seed).permutation(600)
        t, j, c = truth[drawn], judge[drawn], codes[drawn]
        for free in (False, True):
            clusters = None if free else c
            found = corrected_mean(t[:150], j[:150], j[150:], clusters=clusters)
            inside = found.interval.low <= 0.5 <= found.interval.high  # the mean of beta(0.6, 0.6)
            held, plain = (held, plain + inside) if free else (held + inside, plain)
    assert 0.92 <= held / 600 <= 0.98 and plain / 600 < 0.8


def test_a_cluster_a_case_changes_next_to_nothing() -> None:
    """The variance is that of free cases up to one degree of freedom."""
    truth, judge = _population(7, 600, 0.85)
    free = corrected_mean(truth[:100], judge[:100], judge[100:]).interval
    found = corrected_mean(truth[:100], judge[:100], judge[100:], clusters=np.arange(600, dtype=np.int32))
    assert found.freedom == 99
    assert found.interval.high - found.interval.low == pytest.approx(free.high - free.low, rel=0.01)
    assert (
        corrected_mean(truth[:9], judge[:9], judge[9:], clusters=np.zeros(600, np.int32)).interval.value
        is None
    )
