"""Order-statistic intervals of percentiles, against scipy and at the edges."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.percentile import percentile_interval

TIMES = st.lists(st.floats(0, 1e6), min_size=1, max_size=200, unique=True)


@given(TIMES, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_ends_are_those_of_scipys_quantile_test(times: list[float], q: float) -> None:
    """Both ends to the last digit; where scipy has none, neither have we."""
    found = percentile_interval(np.asarray(times), q)
    wanted = scipy.stats.quantile_test(times, p=q).confidence_interval()
    assert found.low == (None if np.isnan(wanted.low) else wanted.low)
    assert found.high == (None if np.isnan(wanted.high) else wanted.high)
    assert bool(found.reason) == (found.low is None or found.high is None)


@pytest.mark.parametrize(("q", "enough"), [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_the_reason_names_how_many_would_do(q: float, enough: int) -> None:
    """One value less has a missing end and says so; that many have both."""
    less = percentile_interval(np.arange(enough - 1.0), q)
    assert less.high is None and f"{enough} would do" in less.reason
    assert percentile_interval(np.arange(float(enough)), q).high is not None


def test_b13_no_value_one_value_all_ties_and_nan() -> None:
    """A reason, a value without ends, the tied value for both ends, and a refusal."""
    assert percentile_interval(np.zeros(0), 0.5).reason == "no case was timed"
    one = percentile_interval(np.asarray([7.0]), 0.5)
    assert (one.value, one.low, one.high) == (7.0, None, None)
    assert "a lower and an upper end; 6 would do" in one.reason
    tied = percentile_interval(np.full(50, 3.0), 0.5)
    assert (tied.low, tied.value, tied.high) == (3.0, 3.0, 3.0)
    with pytest.raises(ValueError, match="NaN"):
        percentile_interval(np.asarray([np.nan]), 0.5)
