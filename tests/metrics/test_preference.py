"""The win rate at equal length."""

import numpy as np
import pytest

from prompteval.metrics.preference import equal_length_rate
from prompteval.stats.resample import case_bca


def test_a_win_that_is_only_length_is_taken_away() -> None:
    """The longer answer always wins: the plain rate is far from one half, the controlled one is not."""
    generator = np.random.default_rng(1)
    longer = generator.normal(60, 100, 800)
    preferred = (generator.random(800) < 1 / (1 + np.exp(-2 * np.tanh(longer / longer.std())))).astype(float)
    found = case_bca(equal_length_rate(preferred, longer), 800, seed=1, resamples=500)
    assert preferred.mean() > 0.6
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.low <= 0.5 <= found.high and abs(found.value - 0.5) < 0.06


def test_without_a_difference_in_length_it_is_the_win_rate() -> None:
    """Pulled to one half by one imagined pair."""
    preferred = np.r_[np.ones(70), np.zeros(30)]
    found = equal_length_rate(preferred, np.zeros(100))(np.ones(100))
    assert float(found) == pytest.approx(70.5 / 101, abs=1e-6)
