"""The domain classifier: fair under no change, sure of a shift, and scikit-learn's area."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from prompteval.stats.drift.domain import _area, domain_auroc


def test_no_change_is_seldom_called_one() -> None:
    """p is at most 0.05 in about one pair of twenty, and the area is about one half."""
    generator = np.random.default_rng(0)
    found = [
        domain_auroc(generator.normal(size=(60, 8)), generator.normal(size=(50, 8)), seed=number)
        for number in range(24)
    ]
    assert sum(test.p <= 0.05 for test in found) <= 4
    assert np.mean([test.auroc.value for test in found]) == pytest.approx(0.5, abs=0.04)


def test_a_shift_of_one_direction_is_found() -> None:
    """The smallest p there is, and an interval beyond one half."""
    generator = np.random.default_rng(1)
    window = generator.normal(size=(300, 32))
    window[:, 3] += 1.5
    found = domain_auroc(generator.normal(size=(400, 32)), window, seed=0)
    assert found.p == 1 / 500 and found.auroc.low is not None and found.auroc.low > 0.7


def test_the_area_is_that_of_scikit_learn_and_few_rows_have_none() -> None:
    """With ties; nine rows on a side are undefined, with a reason."""
    generator = np.random.default_rng(2)
    side = generator.random(200) < 0.4
    score = generator.integers(0, 20, 200) + 3.0 * side
    assert _area(score, side) == pytest.approx(roc_auc_score(side, score))
    few = domain_auroc(generator.normal(size=(9, 3)), generator.normal(size=(90, 3)), seed=0)
    assert few.auroc.value is None and few.auroc.reason and few.p == 1.0
