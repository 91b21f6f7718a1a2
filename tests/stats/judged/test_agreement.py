"""Agreement beyond chance against scikit-learn and published examples."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from prompteval.stats.judged.agreement import (
    ac1,
    agreement,
    cohen_kappa,
    quadratic_kappa,
    rating_table,
    scale_interval,
    table_interval,
)
from prompteval.stats.judged.alpha import krippendorff_alpha, units_of

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=80)


@given(PAIRS)
def test_kappas_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Plain from the table and quadratic from the values; NaN where scikit-learn has none."""
    first, second = (np.array(side, np.int32) for side in zip(*pairs, strict=True))
    classes = sorted(set(first) | set(second))
    if len(classes) == 1:
        assert np.isnan(cohen_kappa(rating_table(first, second, 5)))
        return
    own = float(cohen_kappa(rating_table(first, second, 5)))
    weighted = float(quadratic_kappa(first.astype(float), second.astype(float))(np.ones(len(first))))
    assert own == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    assert weighted == pytest.approx(cohen_kappa_score(first, second, weights="quadratic", labels=range(5)))


def test_ac1_resists_a_frequent_class_as_in_gwets_example() -> None:
    """Gwet (2008), table 2: 118 and 2 agreed, 5 and 0: kappa is about -0.02, AC1 is 0.95."""
    table = np.array([[118, 5], [2, 0]])
    assert float(cohen_kappa(table)) == pytest.approx(-0.0234, abs=5e-4)
    assert float(ac1(table)) == pytest.approx(0.9408, abs=5e-4)
    assert float(agreement(table)) == pytest.approx(0.944)


def test_intervals_hold_the_value_and_repeat_to_the_last_digit() -> None:
    """Equal input gives equal ends; clusters of copies widen the interval."""
    generator = np.random.default_rng(1)
    first = generator.integers(0, 2, 60).astype(np.int32)
    second = np.where(generator.random(60) < 0.8, first, 1 - first).astype(np.int32)
    plain = table_interval(cohen_kappa, first, second, 2, seed=3)
    assert plain == table_interval(cohen_kappa, first, second, 2, seed=3)
    assert plain.low < plain.value < plain.high
    twice = [np.tile(side, 2) for side in (first, second)]
    clusters = np.tile(np.arange(60, dtype=np.int32), 2)
    copied = table_interval(cohen_kappa, *twice, 2, seed=3, clusters=clusters)
    alone = table_interval(cohen_kappa, *twice, 2, seed=3)
    assert copied.high - copied.low > 1.2 * (alone.high - alone.low)
    scale = scale_interval(first.astype(float), second.astype(float), seed=3)
    assert scale.value == pytest.approx(plain.value)


def test_alpha_equals_krippendorffs_example() -> None:
    """Krippendorff (2011), four observers and twelve units: nominal 0.743, interval 0.849."""
    observers = {
        "a": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        "b": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        "c": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        "d": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    }
    ratings = {
        name: {f"{unit:02}": float(value) for unit, value in enumerate(given) if value is not None}
        for name, given in observers.items()
    }
    units = units_of(ratings)
    assert krippendorff_alpha(units, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units, "interval") == pytest.approx(0.849, abs=5e-4)


@pytest.mark.parametrize("units", [[], [["a"], ["b"]], [["a", "a"], ["a", "a"]]])
def test_alpha_of_nothing_to_compare_is_undefined(units: Sequence[Sequence[str]]) -> None:
    """None, never 0 and never 1."""
    assert krippendorff_alpha(units, "nominal") is None
