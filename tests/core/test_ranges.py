"""Ranges: one table of what a number may be."""

import math

import pytest

from prompteval.core.ranges import RANGES, Range


@pytest.mark.parametrize("name", sorted(RANGES))
def test_b25_a_number_out_of_its_range_is_refused_with_the_range(name: str) -> None:
    """Both ends are inside, what lies beyond is not, and the sentence says the range."""
    allowed = RANGES[name]
    ends = [int(allowed.low), int(allowed.high)] if allowed.whole else [allowed.low, allowed.high]
    assert all(allowed.holds(value) for value in ends)
    for wrong in (allowed.low - 1, allowed.high * 2, math.nan, math.inf, True, "3", None, 10**5000):
        assert str(allowed) in allowed.fault(name, wrong)


def test_b25_a_fraction_is_no_whole_number() -> None:
    """1.5 repeats are refused; 1.5 seconds are not."""
    assert Range(1, 9).fault("repeat", 1.5) == "repeat must be a whole number from 1 to 9, not 1.5"
    assert Range(1, 9, whole=False).fault("timeout_s", 1.5) == ""
