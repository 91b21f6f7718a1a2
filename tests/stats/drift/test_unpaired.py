"""Drops of a metric on different rows: intervals that cover, p values that are fair."""

import numpy as np
import pytest
import scipy.stats

from prompteval.stats.drift.looks import GREATEST_E, alarms, e_value, next_evidence, rate_e_value
from prompteval.stats.drift.unpaired import mean_drop, proportion_drop, table_drop


def macro_f1(table: np.ndarray) -> np.ndarray:
    hits = np.diagonal(table, axis1=-2, axis2=-1)
    return np.mean(2 * hits / np.maximum(table.sum(-1) + table.sum(-2), 1), axis=-1)


def confusion(accuracy: float) -> np.ndarray:
    shares = np.full((3, 3), (1 - accuracy) / 6)
    shares[np.diag_indices(3)] = accuracy / 3
    return shares.ravel() / shares.sum()


@pytest.mark.slow
def test_the_drop_of_macro_f1_is_covered_and_its_p_is_fair() -> None:
    """At a true drop of 10 points the interval covers it; at none p is small in one pair of twenty."""
    generator = np.random.default_rng(0)
    covered = small = 0
    true = np.subtract(*(macro_f1(1e6 * confusion(accuracy).reshape(3, 3)) for accuracy in (0.9, 0.8)))
    for number in range(100):
        tables = [generator.multinomial(300, confusion(a)).reshape(3, 3) for a in (0.9, 0.8, 0.9)]
        found = table_drop(tables[0], tables[1], macro_f1, seed=number)
        same = table_drop(tables[0], tables[2], macro_f1, seed=number)
        assert found is not None and same is not None
        drop = found(0.95)
        covered += drop.low <= true <= drop.high
        small += same(0.95).p <= 0.05
    assert covered >= 89 and small <= 11


def test_accuracy_and_means_are_the_textbooks() -> None:
    """p of the pooled z test, and scipy's Welch interval where no bound is appended."""
    drop = proportion_drop(90, 100, 60, 80)
    table = [[90, 10], [60, 20]]
    wanted = scipy.stats.chi2_contingency(table, correction=False).pvalue
    assert drop.observed == pytest.approx(0.15) and drop.p == pytest.approx(wanted)
    assert 0.03 < drop.low < 0.15 < drop.high < 0.28
    generator = np.random.default_rng(1)
    before, after = generator.normal(1.0, 1, 50), generator.normal(0.6, 2, 70)
    found = mean_drop(before, after, bounds=None)
    test = scipy.stats.ttest_ind(before, after, equal_var=False)
    ends = test.confidence_interval(0.95)
    assert (found.low, found.high, found.p) == pytest.approx((ends.low, ends.high, test.pvalue))
    same = mean_drop(np.ones(5), np.ones(4), bounds=None)
    assert (same.observed, same.p) == (0.0, 1.0)
    assert mean_drop(np.ones(5), np.ones(4), bounds=(0.0, 1.0)).high > 0.1


def test_an_empty_side_and_a_metric_without_a_value_are_none() -> None:
    """Neither has a drop."""
    table = np.asarray([[3, 1], [0, 4]])
    assert table_drop(table, np.zeros((2, 2), int), macro_f1, seed=0) is None
    assert table_drop(table, table, lambda t: np.full(t.shape[:-2], np.nan), seed=0) is None


def test_e_values_are_at_most_1_in_the_mean_under_no_change() -> None:
    """Of uniform p values, by integration; a small p has a large one."""
    grid = (np.arange(200_000) + 0.5) / 200_000
    assert np.mean([e_value(p) for p in grid]) <= 1.0
    assert e_value(1.0) == 0.5 and e_value(1e-6) > 1000
    with pytest.raises(ValueError, match="p-value"):
        e_value(float("nan"))


def test_the_e_value_of_a_rate_is_at_most_1_in_the_mean() -> None:
    """Exactly, over every count, at the threshold and below it; at twice the threshold its log grows."""
    counts = np.arange(61)
    values = np.asarray([rate_e_value(int(k), 500, 0.01) for k in counts])
    for rate, most in ((0.01, 1.0 + 1e-9), (0.005, 1.0), (0.0, 1.0)):
        assert float((scipy.stats.binom.pmf(counts, 500, rate) * values).sum()) <= most
    growth = scipy.stats.binom.pmf(counts, 500, 0.02) @ np.log(values)
    assert growth > 1.0 and rate_e_value(500, 500, 0.01) == GREATEST_E
    assert rate_e_value(1, 10, 0.001) < 5.0  # one failure in ten requests is no evidence of a rate


def test_false_alarms_are_as_far_apart_as_was_set() -> None:
    """With uniform p values the mean time to an alarm is at least the looks that were asked for."""
    generator = np.random.default_rng(5)
    lengths = []
    for _ in range(120):
        evidence, looks = 0.0, 0
        while not alarms(evidence, 200) and looks < 5000:
            evidence, looks = next_evidence(evidence, e_value(float(generator.random()))), looks + 1
        lengths.append(looks)
    assert np.mean(lengths) >= 200
