"""Bradley-Terry."""

import numpy as np
import pytest

from prompteval.stats.judged.preference import Duels, bradley_terry


def duels(*played: tuple[int, int, float], cases: object = None) -> Duels:
    """(first, second, preferred) each, a case each where none are given."""
    first, second, preferred = zip(*played, strict=True)
    codes = np.arange(len(played)) if cases is None else np.asarray(cases)
    return Duels(
        *(np.asarray(side, np.int32) for side in (first, second)), np.asarray(preferred, float), codes
    )


def test_two_systems_have_the_log_odds_of_their_wins() -> None:
    """300 to 100: log 3, with the usual standard error of log-odds."""
    found = bradley_terry(["a", "b"], duels(*[(1, 0, 1.0)] * 300, *[(1, 0, 0.0)] * 100))
    assert found is not None and found[1].high is not None
    assert found[1].value == pytest.approx(np.log(3.0))
    assert found[1].high - found[1].value == pytest.approx(1.96 * np.sqrt(1 / 300 + 1 / 100), rel=0.01)


def drawn(seed: int, true: np.ndarray, cases: int, spread: float = 0.0) -> Duels:
    """Every pair of systems over some cases; with `spread` each case favours systems of its own."""
    generator = np.random.default_rng(seed)
    played, codes = [], []
    for case in range(cases):
        own = true + generator.normal(0.0, spread, len(true))
        for i in range(len(true)):
            for j in range(i):
                played.append((i, j, float(generator.random() < 1 / (1 + np.exp(own[j] - own[i])))))
                codes.append(case)
    return duels(*played, cases=codes)


def test_known_strengths_come_back() -> None:
    """Of four systems over 100 cases: nearly all intervals of 100 draws hold the truth."""
    true, held = np.array([0.0, 0.5, -0.7, 1.2]), 0
    for seed in range(100):
        found = bradley_terry(list("abcd"), drawn(seed, true, 100))
        assert found is not None
        held += sum(one.low <= value <= one.high for one, value in zip(found[1:], true[1:], strict=True))
    assert 0.91 <= held / 300 <= 0.985


def test_intervals_are_by_case() -> None:
    """Equal systems whose cases favour one of them: the interval holds 0 as often as it says."""
    held = 0
    for seed in range(200):
        found = bradley_terry(list("abc"), drawn(seed, np.zeros(3), 60, spread=1.5))
        assert found is not None
        held += found[1].low <= 0.0 <= found[1].high
    assert 0.90 <= held / 200 <= 0.99


@pytest.mark.parametrize("played", [[(0, 1, 1.0)] * 5, [(0, 1, 1.0), (0, 1, 0.0)]])
def test_what_never_loses_or_never_meets_has_no_strength(played: list[tuple[int, int, float]]) -> None:
    """There is no maximum, so there is no figure."""
    names = ["a", "b"] if len(played) == 5 else ["a", "b", "c"]
    assert bradley_terry(names, duels(*played)) is None
