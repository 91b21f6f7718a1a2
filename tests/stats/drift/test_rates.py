"""Rates, percentiles of counted values, and the burn of an error budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.drift.burn import BURN_ALPHA, burn_rates
from prompteval.stats.drift.numbers import Weighted
from prompteval.stats.drift.rates import (
    detectable_rate,
    failures_to_alert,
    rate_can_show,
    rate_power,
    rate_test,
    weighted_percentile,
)
from prompteval.stats.percentile import percentile_interval


@given(st.lists(st.integers(0, 60), min_size=1, max_size=300), st.sampled_from([0.5, 0.95, 0.99]))
def test_the_percentile_of_counted_values_is_that_of_the_values(values: list[int], q: float) -> None:
    """Value and both ends equal the plain form's, missing ends too."""
    found, counts = np.unique(np.asarray(values, np.float64), return_counts=True)
    ours = weighted_percentile(Weighted(found, counts.astype(np.int64)), q)
    plain = percentile_interval(np.asarray(values, np.float64), q)
    assert (ours.value, ours.low, ours.high) == (plain.value, plain.low, plain.high)


def test_one_failure_in_ten_requests_does_not_page() -> None:
    """Nor two of two; three in a hundred against one in a thousand do."""
    assert not rate_test(1, 10, 0.001).above(0.001)
    assert not rate_test(2, 2, 0.001).above(0.001)
    assert rate_test(3, 100, 0.001).above(0.001)
    assert not rate_test(900, 1_000_000, 0.001).above(0.001)
    assert [n for n in range(6) if rate_can_show(n, 0.001)] == [3, 4, 5] and not rate_can_show(5, 0.6)


@given(st.integers(3, 5000), st.sampled_from([0.001, 0.01, 0.2]))
def test_the_fewest_failures_that_alert_are_the_fewest(n: int, threshold: float) -> None:
    """One less does not, and the power at the threshold is at most the stated error."""
    if not rate_can_show(n, threshold):
        return
    least = failures_to_alert(n, threshold)
    assert rate_test(least, n, threshold).above(threshold)
    assert not rate_test(least - 1, n, threshold).above(threshold)
    assert rate_power(threshold, n, threshold) <= 0.025 + 1e-12


def test_the_detectable_rate_has_the_power_asked_for() -> None:
    """At 2,000 rows; two rows show none."""
    found = detectable_rate(2000, 0.001, 0.8)
    assert found is not None and rate_power(found, 2000, 0.001) == pytest.approx(0.8, abs=1e-6)
    assert detectable_rate(2, 0.001, 0.8) is None


def minutes(rate: float, start: int, end: int, rows: int = 60) -> dict[int, tuple[int, int]]:
    return {minute: (rows, round(rate * rows)) for minute in range(start, end)}


def test_a_fast_burn_needs_both_windows() -> None:
    """A fifth failing for the last hour pages at 14.4; once it is over for ten minutes it no longer does."""
    counts = minutes(0.0, 0, 4320) | minutes(0.2, 4260, 4320)
    fast, middle, _ = burn_rates(counts, 4320 * 60 - 1, 0.01, 60)
    assert fast.long == pytest.approx(20.0) and fast.short == pytest.approx(20.0)
    assert fast.alerts(BURN_ALPHA) and not middle.alerts(BURN_ALPHA)
    over = counts | minutes(0.0, 4310, 4320)
    assert not burn_rates(over, 4320 * 60 - 1, 0.01, 60)[0].alerts(BURN_ALPHA)


def test_a_burn_without_rows_or_with_two_failures_is_no_page() -> None:
    """An empty window has no rate; two failures of three requests are no evidence."""
    empty = burn_rates({}, 1e6, 0.01, 60)
    assert [burn.long for burn in empty] == [None] * 3 and not any(b.alerts(BURN_ALPHA) for b in empty)
    few = burn_rates({100: (3, 2)}, 6059, 0.01, 60)
    assert few[0].long == pytest.approx(200 / 3) and not few[0].alerts(BURN_ALPHA)
