"""Tail probabilities, against scipy."""

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.drift.tails import (
    binomial_at_least,
    chi_squared_sf,
    exact_proportion,
    excess_p,
    kolmogorov_sf,
)
from prompteval.stats.interval import wilson


@given(st.floats(0, 500), st.integers(1, 300))
def test_chi_squared_is_scipys(x: float, df: int) -> None:
    """To nine digits, far in both tails."""
    assert chi_squared_sf(x, df) == pytest.approx(scipy.stats.chi2.sf(x, df), rel=1e-9, abs=1e-13)


@given(st.floats(0, 4))
def test_kolmogorov_is_scipys(x: float) -> None:
    """The limiting distribution."""
    assert kolmogorov_sf(x) == pytest.approx(scipy.stats.kstwobign.sf(x), rel=1e-9, abs=1e-11)


@given(st.integers(0, 400), st.integers(1, 400), st.floats(1e-6, 1 - 1e-6))
def test_the_binomial_tail_and_the_exact_interval_are_scipys(k: int, n: int, p: float) -> None:
    """P(X >= k), and Clopper and Pearson's ends."""
    k = min(k, n)
    assert binomial_at_least(k, n, p) == pytest.approx(scipy.stats.binom.sf(k - 1, n, p), rel=1e-8, abs=1e-13)
    wanted = scipy.stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    assert exact_proportion(k, n, level=0.95) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


@given(st.integers(0, 200), st.integers(1, 200), st.floats(0.01, 0.9))
def test_the_excess_p_is_the_inverted_interval(k: int, n: int, threshold: float) -> None:
    """At most 0.025 exactly where the 95 % interval lies beyond the threshold."""
    k = min(k, n)

    def low_at(level: float) -> float:
        return wilson(k, n, level=level).low or 0.0

    low = low_at(0.95)
    if abs(low - threshold) > 1e-6:
        assert (excess_p(low_at, threshold) <= 0.025) == (low > threshold)
