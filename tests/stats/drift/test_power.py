"""What a number of rows can show, beside how often drawn windows show it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from prompteval.metrics.classification import averaged, mcc
from prompteval.stats.drift.divergence import psi_interval
from prompteval.stats.drift.power import detectable_drop, detectable_psi, drop_power, is_predicted, psi_power
from prompteval.stats.drift.unpaired import table_drop

DECILES = np.full(10, 500)
TABLE = np.asarray([[850, 100, 50, 0], [60, 900, 40, 0], [100, 50, 800, 50]])


def macro_f1(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(averaged(tables, "f1", "macro"), np.float64)


def test_the_power_of_a_psi_is_how_often_windows_show_it() -> None:
    """Windows of a number that has moved up, drawn with another generator and by another move."""
    z = np.linspace(-1.0, 1.0, 10)
    moved = np.exp(0.6 * z + 0.2 * z**2) / np.exp(0.6 * z + 0.2 * z**2).sum()
    size = float(((moved - 0.1) * np.log(moved / 0.1)).sum())
    generator = np.random.default_rng(7)
    windows = generator.multinomial(900, moved, size=500)
    shown = np.mean([(psi_interval(DECILES, one).low or 0.0) > size / 2 for one in windows])
    power = psi_power(DECILES, 900, size, size / 2, ordered=True)
    assert power == pytest.approx(shown, abs=0.06) and 0.2 < shown < 0.95


def test_a_psi_that_is_shown_is_smaller_of_more_rows() -> None:
    """Above the threshold always; none of a window without a row, or of one bin."""
    found = [detectable_psi(DECILES, rows, 0.2, ordered=True) for rows in (60, 300, 3_000, 300_000)]
    assert all(one is not None for one in found) and found == sorted(found, reverse=True)
    assert found[-1] is not None and 0.2 < found[-1] < 0.26
    assert detectable_psi(DECILES, 0, 0.2, ordered=True) is None
    assert detectable_psi(np.asarray([9]), 50, 0.2, ordered=False) is None
    words = detectable_psi(np.asarray([980, 20]), 1_000, 0.2, ordered=False)
    assert words is not None and 0.2 < words < 0.5


@pytest.mark.slow
def test_the_power_of_a_drop_is_how_often_windows_show_it() -> None:
    """Of macro-F1, by the whole interval, over windows whose errors are spread as the reference's."""
    generator = np.random.default_rng(3)
    worse = TABLE / TABLE.sum()
    lost = 0.09 * np.diag(np.diag(worse[:, :3]))
    spread = np.where(np.eye(3, 4, dtype=bool), 0.0, worse)
    worse[:, :3] -= lost
    worse += lost.sum(axis=1, keepdims=True) * spread / spread.sum(axis=1, keepdims=True)
    size = float(macro_f1(TABLE)) - float(macro_f1(worse))
    shown = 0
    for number in range(120):
        window = generator.multinomial(400, worse.ravel()).reshape(3, 4)
        drop = table_drop(TABLE, window, macro_f1, seed=number)
        shown += drop is not None and drop(0.95).low > size / 2
    power = drop_power(TABLE, 400, size, size / 2, macro_f1)
    assert power == pytest.approx(shown / 120, abs=0.11)


def test_a_drop_that_is_shown_is_smaller_of_more_labels() -> None:
    """It is above the threshold; of few labels none is, and none of an empty reference."""
    found = [detectable_drop(TABLE, rows, 0.05, macro_f1) for rows in (100, 1_000, 100_000)]
    assert all(one is not None for one in found) and found == sorted(found, reverse=True)
    assert found[-1] is not None and 0.05 < found[-1] < 0.09
    assert detectable_drop(TABLE, 100, 0.05, mcc) is not None
    assert detectable_drop(TABLE, 0, 0.05, macro_f1) is None
    assert detectable_drop(0 * TABLE, 100, 0.05, macro_f1) is None
    assert drop_power(TABLE, 100, 0.99, 0.05, macro_f1) is None
    assert is_predicted(TABLE) and not is_predicted(np.ones((150, 151), int))


def test_a_table_that_a_drop_fills_is_not_predicted() -> None:
    """Few cells of a good model's table have a row; after a drop nearly all have one."""
    right = np.zeros((60, 61), int)
    np.fill_diagonal(right, 5)
    assert right.size * np.count_nonzero(right) < 4_000_000 and not is_predicted(right)
    few = np.zeros((20, 21), int)
    np.fill_diagonal(few, 5)
    assert is_predicted(few) and is_predicted(0 * right)
    assert detectable_drop(few, 100, 0.05, macro_f1) is not None
