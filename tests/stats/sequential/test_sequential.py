"""Early stopping: published bounds, error rates by simulation, thresholds that cannot change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.paired.mcnemar import mcnemar
from prompteval.stats.sequential.betting import always_valid, evidence
from prompteval.stats.sequential.curtail import curtailed
from prompteval.stats.sequential.looks import (
    EarlyStop,
    Floats,
    crossed,
    obrien_fleming,
    one_sided,
    planned_looks,
)


def first_stop(differences: Floats, planned: int, *, scale: float | None) -> EarlyStop | None:
    """The first look of a completed prefix that crosses its bound, as a run takes them."""
    for look in planned_looks(planned):
        if look.cases <= len(differences):
            found = crossed(differences[: look.cases], look, scale=scale)
            if found is not None:
                return found
    return None


def test_the_bounds_are_the_published_ones() -> None:
    """Five equal looks, one-sided .025 (Lan and DeMets 1983)."""
    assert obrien_fleming(0.025) == pytest.approx((4.877, 3.357, 2.680, 2.290, 2.031), abs=6e-4)


@pytest.mark.parametrize("alpha", [0.025, 0.025 / 20])
def test_the_bounds_spend_alpha(alpha: float) -> None:
    """A random walk crosses one of them in alpha of a million paths, within four standard errors."""
    steps = np.random.default_rng(4).normal(size=(1_000_000, 5))
    z = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, 6))
    crossed = float(np.mean((z >= np.asarray(obrien_fleming(alpha))).any(axis=1)))
    assert crossed == pytest.approx(alpha, abs=4 * np.sqrt(alpha / 1e6))


def test_looks_of_few_cases_fall_together() -> None:
    """Three cases have three looks, none has none, and the last is always at the end."""
    assert [look.cases for look in planned_looks(300)] == [60, 120, 180, 240, 300]
    assert [look.cases for look in planned_looks(3)] == [1, 2, 3]
    assert planned_looks(0) == ()
    assert planned_looks(300, gates=4)[-1].z > planned_looks(300)[-1].z


def test_mid_p_bounds_of_few_discordant_pairs() -> None:
    """Twenty cases lost and none won at the first look of 300 stop, by half of mid-p; nineteen do not."""
    lost = np.r_[-np.ones(20), np.zeros(40)]
    assert one_sided(lost, 1.0) == mcnemar(20, 0)[0] / 2 <= planned_looks(300)[0].p
    found = first_stop(lost, 300, scale=1.0)
    assert found is not None and found.cases == 60
    assert first_stop(np.r_[0.0, lost[1:]], 300, scale=1.0) is None


def test_a_clear_drop_stops_and_says_which_way() -> None:
    """Bounded and open scores; the first prefix that crosses, and the mean up to there."""
    drop = np.random.default_rng(1).uniform(-0.6, 0.2, 500)
    for scale in (1.0, None):
        found = first_stop(drop, 500, scale=scale)
        assert found is not None and found.worse and found.cases < 500
        assert found.delta == drop[: found.cases].mean()
    found = always_valid(-drop, scale=1.0)
    assert found is not None and not found.worse


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), max_size=30), st.integers(0, 29))
def test_what_comes_later_does_not_change_what_was_seen(values: list[float], cut: int) -> None:
    """Evidence reads the past alone, and a stop stays where it was."""
    whole = np.asarray(values)
    assert evidence(whole[:cut], 1.0) == pytest.approx(evidence(whole, 1.0)[:cut])
    early = first_stop(whole[:cut], 30, scale=1.0)
    assert early is None or first_stop(whole, 30, scale=1.0) == early


def test_no_bet_gains_where_nothing_changed() -> None:
    """The wealth after any prefix is worth 1 on average, exactly over all 2^10 paths of signs."""
    paths = ((np.arange(1024)[:, None] >> np.arange(10)) & 1) * 2.0 - 1.0
    wealth = np.mean([evidence(path, 1.0) for path in paths], axis=0)
    assert wealth == pytest.approx(np.ones(10), abs=1e-9)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.sampled_from([">=", "<=", ">", "<"]),
    st.floats(0, 1),
)
def test_a_threshold_is_settled_only_when_nothing_can_change_it(
    values: list[float], compare: str, threshold: float
) -> None:
    """What a prefix says is what all cases say, whatever they are; at the end something is said."""
    n = len(values)
    settled = [
        curtailed(sum(values[:k]), k, n, low=0.0, high=1.0, compare=compare, threshold=threshold)
        for k in range(n + 1)
    ]
    final = settled[-1]
    assert final is not None
    assert all(found in (None, final) for found in settled[:-1])


def test_b13_edges_of_stopping_early() -> None:
    """No case, ties, zero spread, NaN and impossible counts: no stop, or a refusal."""
    none, ties = np.zeros(0), np.zeros(50)
    assert first_stop(none, 0, scale=1.0) is None and always_valid(none, scale=1.0) is None
    assert first_stop(ties, 50, scale=None) is None and always_valid(ties, scale=1.0) is None
    assert one_sided(np.full(30, 0.5), None) == 1.0
    with pytest.raises(ValueError, match="NaN"):
        evidence(np.asarray([np.nan]), 1.0)
    with pytest.raises(ValueError, match="larger"):
        evidence(np.asarray([2.0]), 1.0)
    with pytest.raises(ValueError, match="cannot decide"):
        curtailed(0.0, 3, 2, low=0.0, high=1.0, compare=">=", threshold=0.5)
