"""Accuracy without labels: covered where confidences mean what they meant, silent where too little is known."""

import numpy as np
import pytest

from prompteval.stats.drift.estimated import FEWEST_LABELLED, estimated_accuracy
from prompteval.stats.drift.numbers import Weighted


def weighted(values: np.ndarray) -> Weighted:
    return Weighted(*np.unique(values, return_counts=True))


def test_a_window_of_less_confident_answers_is_estimated_worse() -> None:
    """Over- and underconfident alike: labels of the reference say what a confidence is worth."""
    generator = np.random.default_rng(0)
    covered, true = 0, 0.0
    for _ in range(200):
        before = generator.beta(8, 2, 2_000).round(2)
        right = generator.random(2_000) < before**2  # confidence says more than is right
        after = generator.beta(6, 3, 3_000).round(2)
        found = estimated_accuracy(before, right, weighted(after))
        assert found is not None and found.before == pytest.approx(float(right.mean()))
        covered += found.low <= float((after**2).mean()) <= found.high
        true += float((after**2).mean()) / 200
        last = found
    assert covered >= 178 and last.value < last.before - 0.1 and last.value == pytest.approx(true, abs=0.05)


def test_nothing_is_estimated_of_too_little() -> None:
    """Few labelled rows, or a window without confidences; one confidence alone gives the share of its rows."""
    few = np.full(FEWEST_LABELLED - 1, 0.9)
    assert estimated_accuracy(few, few > 0, weighted(few)) is None
    many = np.full(FEWEST_LABELLED, 0.9)
    assert estimated_accuracy(many, many > 0, weighted(np.zeros(0))) is None
    right = np.arange(FEWEST_LABELLED) % 4 > 0
    found = estimated_accuracy(many, right, weighted(np.full(50, 0.9)))
    assert found is not None and found.value == found.before == 0.75
    assert 0.6 < found.low < 0.75 < found.high < 0.9


@pytest.mark.parametrize("right", [True, False])
def test_rows_that_are_all_right_leave_a_doubt(right: bool) -> None:
    """100 right answers of 100 do not say that none is wrong; nor the other way round."""
    confidence = np.linspace(0.5, 1.0, FEWEST_LABELLED)
    found = estimated_accuracy(confidence, np.full(len(confidence), right), weighted(confidence))
    assert found is not None and found.value == float(right)
    assert 0.02 < found.high - found.low < 0.06
