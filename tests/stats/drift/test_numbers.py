"""Kolmogorov-Smirnov and counts over deciles, against scipy and numpy."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from prompteval.stats.drift.numbers import (
    Weighted,
    binned,
    decile_edges,
    kolmogorov_smirnov,
    quantile_of,
)

VALUES = st.lists(st.integers(-50, 50), min_size=1, max_size=200)


def weighted(values: list[int] | np.ndarray) -> Weighted:
    found, counts = np.unique(np.asarray(values, np.float64), return_counts=True)
    return Weighted(found, counts.astype(np.int64))


@given(VALUES, VALUES)
def test_the_distance_is_that_of_the_empirical_distributions(before: list[int], after: list[int]) -> None:
    """D with ties, to the last digits."""
    gap, p = kolmogorov_smirnov(weighted(before), weighted(after))
    values = np.union1d(before, after)
    shares = [np.searchsorted(np.sort(side), values, side="right") / len(side) for side in (before, after)]
    assert gap == pytest.approx(np.abs(shares[0] - shares[1]).max(), abs=1e-12)
    assert 0.0 <= p <= 1.0


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.3])
def test_p_is_near_the_exact_one(shift: float) -> None:
    """Within a tenth of scipy's exact p, relative, at 400 and 300 values without ties."""
    generator = np.random.default_rng(4)
    before, after = generator.normal(size=400), generator.normal(shift, size=300)
    _, p = kolmogorov_smirnov(weighted(before), weighted(after))
    assert p == pytest.approx(scipy.stats.ks_2samp(before, after, method="exact").pvalue, rel=0.1)


@given(VALUES)
def test_every_value_is_in_one_bin_and_no_edge_is_twice(values: list[int]) -> None:
    """Whatever the ties; at least two bins."""
    side = weighted(values)
    edges = decile_edges(side)
    assert np.all(np.diff(edges) > 0) and 1 <= len(edges) <= 9
    assert binned(side, edges).sum() == len(values)


def test_deciles_split_distinct_values_evenly() -> None:
    """A thousand distinct values: a hundred in each bin; the rank of a quantile is the nearest one."""
    side = weighted(np.arange(1000))
    assert list(binned(side, decile_edges(side))) == [100] * 10
    assert (quantile_of(side, 0.5), quantile_of(side, 0.99), quantile_of(side, 1.0)) == (499.0, 989.0, 999.0)
    empty = Weighted(np.zeros(0), np.zeros(0, np.int64))
    assert quantile_of(empty, 0.5) is None and len(decile_edges(empty)) == 0
    assert kolmogorov_smirnov(side, empty) == (0.0, 1.0)
