"""Areas and points of curves over a score's thresholds: ROC-AUC, PR-AUC, recall at a precision.

Cases with equal scores cross a threshold together. Each function takes the scores, a mask of
the positives and weights of shape (..., n) that say how often each case counts; it gives
values of shape (...). A weighting without a positive or without a negative gives 0.
"""

from collections.abc import Callable

import numpy as np

from prompteval.metrics.classification import Array, ratio
from prompteval.metrics.columns import Floats

Statistic = Callable[[Floats], Array]


def placements(scores: Floats, positive: Array) -> tuple[Floats, Floats]:
    """For each positive the share of negatives below it, for each negative of positives above it.

    Ties count one half (the structural components of DeLong et al. 1988). Raises ValueError
    when there is no positive or no negative.
    """
    high, low = np.sort(scores[positive]), np.sort(scores[~positive])
    if not len(high) or not len(low):
        raise ValueError("an area needs a positive and a negative case")
    below = np.searchsorted(low, scores[positive], "left") + np.searchsorted(low, scores[positive], "right")
    above = np.searchsorted(high, scores[~positive], "left") + np.searchsorted(
        high, scores[~positive], "right"
    )
    return below / (2.0 * len(low)), 1.0 - above / (2.0 * len(high))


def weighted_roc_auc(scores: Floats, positive: Array) -> Statistic:
    """ROC-AUC of weighted cases, ties one half: trapezoids under the curve (Fawcett 2006, algorithm 3)."""
    counts = _by_threshold(scores, positive)

    def statistic(weights: Floats) -> Array:
        hits, taken = counts(weights)
        false = taken - hits
        height = hits - np.diff(hits, axis=-1, prepend=0.0) / 2.0
        area = (height * np.diff(false, axis=-1, prepend=0.0)).sum(axis=-1)
        return ratio(area, hits[..., -1] * false[..., -1])

    return statistic


def average_precision(scores: Floats, positive: Array) -> Statistic:
    """PR-AUC as average precision: the sum over thresholds of precision times the gain in recall."""
    counts = _by_threshold(scores, positive)

    def statistic(weights: Floats) -> Array:
        hits, taken = counts(weights)
        gained = np.diff(hits, axis=-1, prepend=0.0)
        return ratio((gained * ratio(hits, taken)).sum(axis=-1), hits[..., -1])

    return statistic


def precision_recall(scores: Floats, positive: Array) -> Floats:
    """(recall, precision, threshold) at each distinct score, from the greatest down; shape (thresholds, 3).

    A case is taken where its score reaches the threshold. Raises ValueError without a positive case.
    """
    if not positive.any():
        raise ValueError("a curve of precision and recall needs a positive case")
    hits, taken = _by_threshold(scores, positive)(np.ones(len(scores)))
    return np.stack([hits / hits[-1], hits / taken, np.unique(scores)[::-1]], axis=-1)


def recall_at_precision(scores: Floats, positive: Array, precision: float) -> Statistic:
    """The greatest recall at a threshold whose precision is at least `precision`; 0 where none is."""
    counts = _by_threshold(scores, positive)

    def statistic(weights: Floats) -> Array:
        hits, taken = counts(weights)
        reached = np.where(ratio(hits, taken) >= precision, hits, 0.0)
        return ratio(reached.max(axis=-1), hits[..., -1])

    return statistic


def _by_threshold(scores: Floats, positive: Array) -> Callable[[Floats], tuple[Array, Array]]:
    """(true positives, all taken) at each distinct threshold, from the greatest down."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    is_positive = positive[order].astype(np.float64)

    def counts(weights: Floats) -> tuple[Array, Array]:
        ordered = weights[..., order]
        taken = np.cumsum(ordered, axis=-1)[..., ends]
        return np.cumsum(ordered * is_positive, axis=-1)[..., ends], taken

    return counts
