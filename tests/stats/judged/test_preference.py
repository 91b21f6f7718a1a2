"""Bradley-Terry."""

import numpy as np
import pytest

from prompteval.stats.judged.preference import bradley_terry


def test_two_systems_have_the_log_odds_of_their_wins() -> None:
    """30 to 10: log 3, with the usual standard error of log-odds."""
    found = bradley_terry(["a", "b"], np.array([[0.0, 10.0], [30.0, 0.0]]))
    assert found is not None
    assert found[1].value == pytest.approx(np.log(3.0))
    assert found[1].high - found[1].value == pytest.approx(1.959964 * np.sqrt(1 / 30 + 1 / 10), abs=1e-5)


def test_known_strengths_come_back() -> None:
    """Of four systems from 4,000 comparisons a pair, each inside its interval."""
    true, generator = np.array([0.0, 0.5, -0.7, 1.2]), np.random.default_rng(0)
    wins = np.zeros((4, 4))
    for i in range(4):
        for j in range(i):
            wins[i, j] = generator.binomial(4000, 1 / (1 + np.exp(true[j] - true[i])))
            wins[j, i] = 4000 - wins[i, j]
    found = bradley_terry(list("abcd"), wins)
    assert found is not None
    assert all(one.low <= value <= one.high for one, value in zip(found[1:], true[1:], strict=True))


@pytest.mark.parametrize("wins", [[[0, 5], [0, 0]], [[0, 1, 0], [1, 0, 0], [0, 0, 0]]])
def test_what_never_loses_or_never_meets_has_no_strength(wins: list[list[float]]) -> None:
    """There is no maximum, so there is no figure."""
    assert bradley_terry([str(i) for i in range(len(wins))], np.array(wins, float)) is None
