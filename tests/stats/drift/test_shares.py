"""The largest change of a class's share: its interval, its power, and what no rows could show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from prompteval.stats.drift.shares import (
    can_show,
    detectable_shift,
    largest_change,
    newcombe,
    shift_power,
    z_of,
)

TABLES = st.integers(2, 12).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 500), min_size=k, max_size=k)] * 2)
)


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1), st.floats(0, 1))
def test_newcombe_is_that_of_statsmodels(n: int, m: int, p: float, q: float) -> None:
    """Both ends to nine digits."""
    k, j = round(p * n), round(q * m)
    sides = [np.asarray([value]) for value in (k / n, float(n), j / m, float(m))]
    low, high = newcombe(*sides, z_of(2, 0.95))
    wanted = confint_proportions_2indep(j, m, k, n, method="newcomb", compare="diff")
    assert (low[0], high[0]) == pytest.approx(wanted, abs=1e-9)


@given(TABLES)
def test_the_largest_change_lies_in_its_interval(tables: tuple[list[int], list[int]]) -> None:
    """And is that of some class; no row on a side is None."""
    before, after = (np.asarray(side) for side in tables)
    found = largest_change(before, after)
    if not before.sum() or not after.sum():
        assert found is None
        return
    assert found is not None
    changes = np.abs(after / after.sum() - before / before.sum())
    assert found.observed == pytest.approx(changes.max())
    assert 0.0 <= found.low <= found.observed <= found.high + 1e-12


@pytest.mark.parametrize(("classes", "rows"), [(2, 200), (10, 200), (150, 2000)])
def test_the_interval_covers_whichever_class_is_chosen(classes: int, rows: int) -> None:
    """The true largest change is in the interval of the seen one in 95 % of pairs or more."""
    generator = np.random.default_rng(7)
    p = generator.dirichlet(np.ones(classes))
    q = generator.dirichlet(20 * p + 0.1)
    true = np.abs(q - p).max()
    covered = 0
    for _ in range(500):
        found = largest_change(generator.multinomial(rows, p), generator.multinomial(rows, q))
        assert found is not None
        covered += found.low <= true <= found.high
    assert covered >= 470


@pytest.mark.parametrize(
    ("p", "q", "n", "m"), [(0.25, 0.4, 2000, 200), (0.5, 0.2, 300, 400), (0.02, 0.12, 500, 300)]
)
def test_the_power_is_how_often_it_is_shown(p: float, q: float, n: int, m: int) -> None:
    """Beside 3,000 simulated windows, within three standard errors."""
    generator = np.random.default_rng(3)
    before = round(p * n)
    power = shift_power(before / n, q, (n, m), 0.05, classes=2)
    table = np.asarray([before, n - before])
    shown = 0
    for count in generator.binomial(m, q, size=3000):
        found = largest_change(table, np.asarray([count, m - count]))
        shown += found is not None and found.low > 0.05
    assert shown / 3000 == pytest.approx(power, abs=3 * np.sqrt(0.25 / 3000))


def test_the_detectable_shift_has_the_stated_power() -> None:
    """80 %, and a smaller shift has less; None where no class can move so far."""
    found = detectable_shift([0.5, 0.3, 0.2], (5000, 400), 0.1, classes=3)
    assert found is not None
    assert shift_power(0.5, 0.5 + found, (5000, 400), 0.1, classes=3) >= 0.8
    assert shift_power(0.5, 0.49 + found, (5000, 400), 0.1, classes=3) < 0.8
    assert detectable_shift([0.5, 0.5], (50, 3), 0.4, classes=2) is None


def test_the_count_at_which_a_threshold_can_be_shown() -> None:
    """A change of twice its size is shown there and not with a tenth fewer rows."""
    shares = [0.4, 0.3, 0.2, 0.1]
    least = next(m for m in range(1, 500) if can_show(shares, (5000, m), 0.15, classes=4))
    assert 40 < least < 90
    assert shift_power(0.4, 0.7, (5000, least), 0.15, classes=4) == pytest.approx(0.5, abs=0.1)
    assert not can_show(shares, (5000, int(0.9 * least)), 0.15, classes=4)
    assert not can_show([], (0, 10), 0.15, classes=0) and not can_show(shares, (100, 0), 0.15, classes=4)
    assert can_show([0.9, 0.1], (10**6, 10**6), 0.6, classes=2)
