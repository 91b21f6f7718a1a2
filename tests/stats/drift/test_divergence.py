"""Distances of tables of counts, against scipy, and their values under no change."""

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.drift.divergence import (
    distances,
    g_statistic,
    jensen_shannon,
    kullback_leibler,
    psi,
    psi_can_show,
    psi_interval,
    total_variation,
)

TABLES = st.integers(2, 12).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(1, 500), min_size=k, max_size=k)] * 2)
)


@given(TABLES)
def test_each_distance_is_that_of_scipy(tables: tuple[list[int], list[int]]) -> None:
    """Jensen-Shannon to base 2, both Kullback-Leibler directions, their sum the PSI, and G."""
    before, after = (np.asarray(side) for side in tables)
    p, q = before / before.sum(), after / after.sum()
    wanted = scipy.spatial.distance.jensenshannon(p, q, base=2) ** 2
    assert jensen_shannon(before, after) == pytest.approx(wanted, abs=1e-9)
    smooth = [(side + 0.5) / (side + 0.5).sum() for side in (before, after)]
    there, back = kullback_leibler(before, after)
    assert there == pytest.approx(scipy.stats.entropy(smooth[1], smooth[0]), abs=1e-12)
    assert back == pytest.approx(scipy.stats.entropy(smooth[0], smooth[1]), abs=1e-12)
    assert psi(before, after) == pytest.approx(there + back, abs=1e-12)
    test = scipy.stats.chi2_contingency([before, after], lambda_="log-likelihood", correction=False)
    assert g_statistic(before, after) == pytest.approx(test.statistic, abs=1e-7)
    assert total_variation(before, after) == pytest.approx(np.abs(p - q).sum() / 2)


def test_equal_tables_are_at_no_distance_and_p_is_1() -> None:
    """And a side without a row has no distance at all."""
    table = np.asarray([100, 200, 300])
    found = distances(table, table, seed=0)
    assert found is not None
    assert (found.total_variation, found.psi, found.jensen_shannon, found.p) == (0.0, 0.0, 0.0, 1.0)
    assert found.psi_null > 0 and found.total_variation_null > 0
    assert distances(table, np.zeros(3, int), seed=0) is None


@pytest.mark.slow
@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0.9, 0.05, 0.03, 0.02], [1 / 30] * 30, [1 / 150] * 150])
def test_under_no_change_p_is_fair_and_the_null_values_are_the_95th_percentile(shares: list[float]) -> None:
    """One pair in twenty is above each, within three standard errors; also with one expected row a cell."""
    generator = np.random.default_rng(1)
    pairs = 200
    low = above = 0
    for number in range(pairs):
        found = distances(generator.multinomial(900, shares), generator.multinomial(60, shares), seed=number)
        assert found is not None
        low += found.p <= 0.05
        above += found.psi > found.psi_null
    bound = 3 * np.sqrt(0.05 * 0.95 / pairs)
    assert low / pairs <= 0.05 + bound
    assert above / pairs == pytest.approx(0.05, abs=bound)


@pytest.mark.parametrize(("rows", "shift"), [(300, 0.0), (300, 0.1), (3000, 0.05), (3000, 0.2)])
def test_the_psi_interval_covers_the_true_psi(rows: int, shift: float) -> None:
    """In 93 % of pairs or more, at no shift too, where plain PSI is biased most."""
    generator = np.random.default_rng(2)
    p = np.full(10, 0.1)
    q = p + shift * np.asarray([0.5, 0.5, 0, 0, 0, 0, 0, 0, -0.5, -0.5]) / 2
    true = float(((q - p) * np.log(q / p)).sum())
    inside = 0
    for _ in range(400):
        found = psi_interval(generator.multinomial(rows, p), generator.multinomial(rows, q))
        assert found.low is not None and found.high is not None
        inside += found.low <= true <= found.high
    assert inside >= 372


def test_the_seed_decides_and_classes_that_nobody_has_do_not_count() -> None:
    """Equal input gives equal output; an empty class changes nothing."""
    before, after = np.asarray([10, 20, 0]), np.asarray([12, 9, 0])
    assert distances(before, after, seed=5) == distances(before, after, seed=5)
    assert distances(before, after, seed=5) == distances(before[:2], after[:2], seed=5)


def test_the_count_at_which_a_psi_can_be_shown() -> None:
    """Ten bins and a threshold of 0.2: about fifty values; none shows nothing."""
    reference = np.full(10, 500)
    assert next(m for m in range(1, 500) if psi_can_show(reference, m, 0.2)) in range(35, 60)
    assert not psi_can_show(reference, 0, 0.2) and not psi_can_show(np.zeros(10, int), 99, 0.2)
