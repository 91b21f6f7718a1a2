"""Intervals against scipy and statsmodels, and at the edges."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from prompteval.stats.bootstrap import bca_interval, multinomial_bca
from prompteval.stats.distributions import (
    incomplete_beta,
    normal_cdf,
    normal_quantile,
    t_cdf,
    t_quantile,
    t_two_sided,
)
from prompteval.stats.interval import percentile_latency, student_t, t01, wilson


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_statsmodels(counts: tuple[int, int]) -> None:
    """Both ends, to 1e-9."""
    found = wilson(*counts)
    low, high = proportion_confint(*counts, method="wilson")
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


@given(st.floats(0.0001, 0.9999), st.floats(1, 500))
def test_t_quantile_equals_scipy(p: float, df: float) -> None:
    """To 1e-9 relative."""
    assert t_quantile(p, df) == pytest.approx(scipy.stats.t.ppf(p, df), rel=1e-9, abs=1e-9)


@given(st.floats(-8, 8), st.floats(1, 200))
def test_distributions_equal_scipy(x: float, df: float) -> None:
    """The normal, Student's t and the incomplete beta function."""
    assert normal_cdf(x) == pytest.approx(scipy.stats.norm.cdf(x), abs=1e-12)
    assert t_cdf(x, df) == pytest.approx(scipy.stats.t.cdf(x, df), abs=1e-9)
    assert t_two_sided(x, df) == pytest.approx(2 * scipy.stats.t.sf(abs(x), df), rel=1e-9, abs=1e-12)
    assert incomplete_beta(0.3, df, 2.5) == pytest.approx(scipy.stats.beta.cdf(0.3, df, 2.5), abs=1e-9)
    assert normal_quantile(0.975) == pytest.approx(scipy.stats.norm.ppf(0.975), abs=1e-12)


values = st.lists(st.floats(0, 1), min_size=2, max_size=50)


@given(values)
def test_t01_is_student_over_two_more_values(found: list[float]) -> None:
    """One 0 and one 1 appended, the shown value the plain mean, the ends within the bounds."""
    interval = t01(np.asarray(found), 0.0, 1.0)
    padded = [*found, 0.0, 1.0]
    low, _high = scipy.stats.t.interval(0.95, len(padded) - 1, np.mean(padded), scipy.stats.sem(padded))
    assert interval.value == pytest.approx(np.mean(found))
    assert interval.low is not None and interval.high is not None
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.low == pytest.approx(min(max(low, 0), np.mean(found)), abs=1e-9)


@given(values.filter(lambda v: max(v) - min(v) > 1e-6))
def test_student_t_equals_scipy(found: list[float]) -> None:
    """Mean and both ends, to 1e-9; small samples say that they are approximate."""
    interval = student_t(np.asarray(found))
    low, high = scipy.stats.t.interval(0.95, len(found) - 1, np.mean(found), scipy.stats.sem(found))
    assert (interval.low, interval.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert "approximate" in interval.note


def test_b13_edges_have_reasons_not_nan() -> None:
    """n = 0, n = 1 and zero variance."""
    empty = np.zeros(0)
    for found in (wilson(0, 0), t01(empty, 0, 1), student_t(empty)):
        assert (found.value, found.low, found.high, found.reason) == (None, None, None, "no case was scored")
    one = student_t(np.array([3.0]))
    assert (one.value, one.low, one.reason) == (3.0, None, "one case has no interval")
    same = student_t(np.full(10, 0.5))
    assert (same.low, same.high) == (0.5, 0.5)
    assert wilson(5, 5).high == 1.0 and wilson(0, 5).low == 0.0
    assert percentile_latency(empty, 0.5) is None


def accuracy(tables: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return (tables[..., 0, 0] + tables[..., 1, 1]) / tables.sum(axis=(-2, -1))


def test_multinomial_bca_is_seeded_and_near_scipy() -> None:
    """The same seed gives the same ends; they agree with scipy's BCa over the cases."""
    table = np.array([[40, 10, 0], [5, 45, 0]])
    first, second = multinomial_bca(table, accuracy, seed=1), multinomial_bca(table, accuracy, seed=1)
    assert first == second
    hits = np.repeat([1.0, 0.0], [85, 15])
    wanted = scipy.stats.bootstrap(
        (hits,), np.mean, n_resamples=9999, rng=0, method="BCa"
    ).confidence_interval
    assert first.low == pytest.approx(wanted.low, abs=0.011)
    assert first.high == pytest.approx(wanted.high, abs=0.011)


def test_b13_bootstrap_without_variation() -> None:
    """A perfect table has its value as both ends, and says so."""
    found = multinomial_bca(np.array([[10, 0, 0], [0, 10, 0]]), accuracy, seed=0)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.note
    assert bca_interval(0.5, np.full(9, 0.5), np.full(3, 0.5)).low == 0.5


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_percentiles_are_observed_values(found: list[float], q: float) -> None:
    """A percentile is one of the values, between the least and the greatest."""
    assert percentile_latency(np.asarray(found), q) in found


def test_nan_is_refused() -> None:
    """No interval is made of a score that is not there."""
    for method in (student_t, lambda v: t01(v, 0.0, 1.0), lambda v: wilson(float(v.sum()), 2)):
        with pytest.raises(ValueError, match="NaN"):
            method(np.array([0.5, np.nan]))
