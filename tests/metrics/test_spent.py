"""What a case took, as metrics: percentiles of weighted rows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.metrics.names import parse_metric
from prompteval.metrics.spent import TIME_METRICS, share_of, weighted_percentile
from prompteval.stats.percentile import percentile_interval

TIMES = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


@given(TIMES, st.sampled_from(TIME_METRICS))
def test_equal_weights_give_the_nearest_rank(values: list[float], name: str) -> None:
    """The same value that the interval of order statistics is around."""
    times, share = np.array(values), share_of(name)
    found = weighted_percentile(times, share)(np.ones(len(times)))
    assert float(found) == percentile_interval(times, share).value


@given(TIMES, st.data())
def test_a_weight_is_as_many_rows(values: list[float], data: st.DataObject) -> None:
    """A row that counts three times is three rows, and one that counts zero times is none."""
    size = len(values)
    weights = data.draw(st.lists(st.integers(0, 4), min_size=size, max_size=size).filter(any))
    found = weighted_percentile(np.array(values), 0.95)(np.array([weights], np.float64))
    assert found[0] == percentile_interval(np.repeat(values, weights), 0.95).value


def test_no_weight_at_all_is_no_number() -> None:
    """A resample without a row is undefined, not 0."""
    assert math.isnan(weighted_percentile(np.array([1.0, 2.0]), 0.5)(np.zeros(2)))


@pytest.mark.parametrize("name", ["latency_ms", "latency_ms.p90", "cost_usd.p95", "tokens"])
def test_other_forms_are_unknown(name: str) -> None:
    """Only the percentiles and means that are named, each with the nearest one suggested."""
    with pytest.raises(ValueError, match="unknown metric"):
        parse_metric(name)
