"""The smallest drop that the whole rule finds, against every outcome counted out."""

from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.mcnemar import mcnemar, tango
from prompteval.stats.paired.power import binary_power
from prompteval.stats.paired.values import compare_values


def regresses(broken: int, fixed: int, n: int, alpha: float, min_effect: float) -> bool:
    """The first step of the rule, word by word."""
    worse = mcnemar(broken, fixed)[0] <= alpha and tango(broken, fixed, n)[1] < 0
    return worse and broken - fixed >= n * min_effect - 1e-9


@settings(max_examples=15)
@given(
    st.integers(20, 60),
    st.floats(0.02, 0.5),
    st.floats(0.0, 1.0),
    st.sampled_from([0.05, 0.01, 0.05 / 28]),
    st.sampled_from([0.0, 0.02, 0.1]),
)
def test_power_equals_every_table_counted_out(
    n: int, discordance: float, share: float, alpha: float, min_effect: float
) -> None:
    """The trinomial over all tables of n pairs, each decided by the rule, to 1e-7."""
    drop = discordance * share
    odds = [(discordance + drop) / 2, (discordance - drop) / 2, 1 - discordance]
    tables = [(b, c) for b in range(n + 1) for c in range(min(b, n - b + 1))]
    hits = [(b, c, n - b - c) for b, c in tables if regresses(b, c, n, alpha, min_effect)]
    expected = float(scipy_stats.multinomial(n, odds).pmf(hits).sum()) if hits else 0.0
    assert binary_power(n, drop, discordance, alpha, min_effect) == pytest.approx(expected, abs=1e-7)


def test_twenty_eight_comparisons_of_many_cases_are_decided_at_once() -> None:
    """Their detectable effects take far less processor time than a second."""
    generator = np.random.default_rng(1)
    scores = (generator.random((29, 6511)) < 0.7).astype(float)
    found = [compare_values(str(i), scores[i], scores[i + 1], low=0.0, high=1.0, seed=1) for i in range(28)]
    started = process_time()
    decided = decide(found, [DecisionRule()] * 28)
    assert process_time() - started < 1.0
    assert all(one.mde is not None and 0.02 < one.mde < 0.05 for one in decided)


def test_a_larger_family_sees_less() -> None:
    """alpha/m under Holm: the detectable drop grows with the number of tested metrics."""
    a = np.r_[np.ones(40), np.zeros(60)]
    one = compare_values("x", a, np.roll(a, 5), low=0.0, high=1.0, seed=1)
    effects = [decide([one] * count, [DecisionRule()] * count)[0].mde for count in (1, 5, 20)]
    assert None not in effects and effects == sorted(effects) and effects[0] < effects[2]  # type: ignore[type-var, operator]


def test_the_detectable_effect_does_not_use_what_was_seen() -> None:
    """The same discordant pairs, all broken or half of them: the same printed drop."""
    n = 300
    even, uneven = (np.r_[np.ones(k), np.zeros(30 - k), np.ones(n - 30)] for k in (15, 30))
    drops = []
    for a in (even, uneven):
        b = np.r_[1 - a[:30], a[30:]]
        drops.append(decide([compare_values("x", a, b, low=0.0, high=1.0, seed=1)], [DecisionRule()])[0].mde)
    assert drops[0] == drops[1]


@pytest.mark.slow
@pytest.mark.parametrize("metrics", [1, 5])
def test_graded_scores_are_found_at_the_printed_drop(metrics: int) -> None:
    """Four times in five, by simulation of 300 pairs (synthetic), within three standard errors and four points."""
    generator = np.random.default_rng(metrics)
    hits, runs = 0, 300

    def drawn(drop: float) -> object:
        size = np.where(generator.random(300) < 0.4, generator.random(300), 0.0)
        sign = np.where(generator.random(300) < (1 + drop / 0.2) / 2, -1.0, 1.0)
        a = np.where(sign < 0, size, 0.0)
        return compare_values("x", a, a + sign * size, low=0.0, high=1.0, seed=1)

    for _ in range(runs):
        family, rules = [drawn(0.0) for _ in range(metrics)], [DecisionRule()] * metrics
        drop = decide(family, rules)[0].mde  # type: ignore[arg-type]
        assert drop is not None
        hits += decide([drawn(drop), *family[1:]], rules)[0].verdict.value == "regressed"  # type: ignore[list-item]
    assert hits / runs == pytest.approx(0.8, abs=0.11)
