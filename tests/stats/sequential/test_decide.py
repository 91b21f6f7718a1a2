"""What is settled under way: interval ends, plain means, differences; each by both methods."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.interval import wilson
from prompteval.stats.sequential.decide import (
    Scale,
    SequentialDecision,
    SequentialDesign,
    Threshold,
    decide_difference,
    decide_interval_end,
    decide_value,
)
from prompteval.stats.sequential.drop import Limits, decide_drop
from prompteval.stats.sequential.looks import planned_looks

BINARY = Scale(binary=True)
LOOKS = planned_looks(100)
BETTING = SequentialDesign("always-valid")


def test_an_end_is_the_one_of_the_looks_own_interval() -> None:
    """80 of 100 at the last look: Wilson at 1 - 2p of that look, a little under the 95 % end."""
    values = np.r_[np.ones(80), np.zeros(20)]
    found = decide_interval_end(
        values, LOOKS[-1], BINARY, Threshold("low", ">=", 0.7), SequentialDesign(), last=True
    )
    low = wilson(80, 100, level=1 - 2 * LOOKS[-1].p).low
    assert low is not None and found is not None and found.observed == low
    assert low < (wilson(80, 100).low or 0) and found.met == (low >= 0.7)


@pytest.mark.parametrize(
    ("end", "compare", "all_right"),
    [("low", ">=", True), ("low", "<=", False), ("high", "<=", False), ("high", ">=", True)],
)
@pytest.mark.parametrize("design", [SequentialDesign(), BETTING])
def test_both_ends_and_both_directions(
    end: str, compare: str, all_right: bool, design: SequentialDesign
) -> None:
    """Sixty right of sixty are beyond 0.5, whatever the rule is about; sixty wrong are the mirror."""
    rule = Threshold(end, compare, 0.5)  # type: ignore[arg-type]
    for values, met in ((np.ones(60), all_right), (np.zeros(60), not all_right)):
        found = decide_interval_end(values, LOOKS[2], BINARY, rule, design, last=False)
        assert found is not None and found.met == met


@pytest.mark.parametrize("design", [SequentialDesign(), BETTING])
def test_what_was_not_shown_at_the_last_look_is_not_met(design: SequentialDesign) -> None:
    """Half right of 100 says nothing of 0.5: open at each look before, then each end on its own side."""
    values = np.tile([0.0, 1.0], 50)
    for end, compare, met in (("low", ">=", False), ("high", ">=", True), ("low", "<", True)):
        rule = Threshold(end, compare, 0.5)  # type: ignore[arg-type]
        for look in LOOKS[:-1]:
            assert decide_interval_end(values[: look.cases], look, BINARY, rule, design, last=False) is None
        found = decide_interval_end(values, LOOKS[-1], BINARY, rule, design, last=True)
        assert found is not None and found.met == met
    last = decide_difference(values - values[::-1], LOOKS[-1], design, scale=1.0, last=True)
    assert last is not None and not last.met


@given(st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=30), st.floats(0, 1))
def test_a_plain_mean_is_settled_for_good(values: list[float], wanted: float) -> None:
    """What a prefix settles is what all cases say, and its own mean lies on that side too."""
    whole, rule = np.asarray(values), Threshold("value", ">=", wanted)
    final = decide_value(whole, len(whole), Scale(), rule)
    assert final is not None
    for seen in range(1, len(whole)):
        found = decide_value(whole[:seen], len(whole), Scale(), rule)
        assert found is None or found.met == final.met == (found.observed >= wanted)


def test_differences_say_who_is_better() -> None:
    """Thirty won of sixty pairs, none lost; and the mirror; two tests need more than one."""
    won = np.r_[np.ones(30), np.zeros(30)]
    for design in (SequentialDesign(), BETTING):
        assert getattr(decide_difference(won, LOOKS[2], design, scale=1.0, last=False), "met", None) is True
        assert getattr(decide_difference(-won, LOOKS[2], design, scale=1.0, last=False), "met", None) is False
    few = won[26:]
    assert decide_difference(few, LOOKS[4], SequentialDesign(), scale=1.0, last=False) is None
    assert decide_difference(few, LOOKS[4], BETTING, scale=1.0, last=False) is None


def test_b13_nothing_is_settled_without_a_value() -> None:
    """No value, no answer; an open scale has none by betting or by what is left."""
    none, rule = np.zeros(0), Threshold("low", ">=", 0.5)
    assert decide_interval_end(none, LOOKS[-1], BINARY, rule, SequentialDesign(), last=True) is None
    assert decide_difference(none, LOOKS[-1], SequentialDesign(), scale=1.0, last=True) is None
    with pytest.raises(ValueError, match="bounds"):
        decide_interval_end(np.ones(3), LOOKS[-1], Scale(None, None), rule, BETTING, last=True)
    with pytest.raises(ValueError, match="bounds"):
        decide_value(np.ones(3), 9, Scale(0.0, None), rule)
    assert isinstance(
        decide_interval_end(
            np.arange(40.0), LOOKS[-1], Scale(0.0, None), rule, SequentialDesign(), last=True
        ),
        SequentialDecision,
    )


def test_a_drop_is_shown_ruled_out_or_open() -> None:
    """Thirty lost of 100 is a regression; a thousand equal pairs are not worse; a few pairs say nothing."""
    lost, looks = np.r_[-np.ones(30), np.zeros(70)], planned_looks(1000)
    for design in (SequentialDesign(), BETTING):
        found = decide_drop(lost, LOOKS[-1], design, Limits(), scale=1.0)
        assert found is not None and not found.met and found.observed == pytest.approx(-0.3)
        found = decide_drop(np.zeros(1000), looks[-1], design, Limits(), scale=1.0)
        assert found is not None and found.met
        assert decide_drop(lost[27:47], LOOKS[0], design, Limits(), scale=1.0) is None
        assert decide_drop(lost[:0], LOOKS[0], design, Limits(), scale=1.0) is None


def test_a_drop_under_min_effect_is_no_regression() -> None:
    """Beyond doubt and small: neither regressed, nor not worse while the margin is smaller still."""
    little = np.full(500, -0.01) + np.linspace(-0.001, 0.001, 500)
    tight = Limits(min_effect=0.05, margin=0.001)
    for design in (SequentialDesign(), BETTING):
        assert decide_drop(little, planned_looks(500)[-1], design, tight, scale=1.0) is None
