"""Accuracy without labels, estimated from confidences that labelled rows have calibrated."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_quantile
from prompteval.stats.drift.numbers import Weighted, binned, decile_edges
from prompteval.stats.interval import LEVEL

# Labelled rows with a confidence under which nothing is estimated.
FEWEST_LABELLED = 100
# One bin for so many of them, so that a window of other confidences is not read as the bins' means.
_ROWS_A_BIN, _BINS = 50, (5, 40)


@dataclass(frozen=True, slots=True)
class EstimatedAccuracy:
    """The share of right answers that confidences suggest, with its interval; `before` is by labels."""

    value: float
    low: float
    high: float
    before: float


def estimated_accuracy(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], window: Weighted, *, level: float = LEVEL
) -> EstimatedAccuracy | None:
    """The mean over the window of how often labelled rows of its confidence were right.

    `confidence` and `right` are those of the reference's labelled rows, of one length; they are calibrated in
    bins of equal share. It holds where a confidence means now what it meant then, which a shift of the labels
    themselves breaks. The variance is that of both samples, with one right and one wrong row more in each
    bin. None under FEWEST_LABELLED rows, or without one.
    """
    if len(confidence) < FEWEST_LABELLED or not window.n:
        return None
    values, counts = np.unique(confidence, return_counts=True)
    bins = min(max(len(confidence) // _ROWS_A_BIN, _BINS[0]), _BINS[1])
    edges = decile_edges(Weighted(values, counts), bins)
    place = np.searchsorted(edges, confidence, side="left")
    rows = np.bincount(place, minlength=len(edges) + 1)
    hits = np.bincount(place, weights=right.astype(np.float64), minlength=len(edges) + 1)
    share = np.divide(hits, rows, out=np.full(len(rows), float(right.mean())), where=rows > 0)
    weight = binned(window, edges) / window.n
    value = float((weight * share).sum())
    sampled = float((weight * share**2).sum()) - value**2
    # As in rogan_gladen: a bin whose rows are all right, or all wrong, is not known exactly.
    likely = (hits + 1.0) / (rows + 2.0)
    known = likely * (1.0 - likely) / (rows + 2.0)
    variance = max(sampled, 0.0) / window.n + float((weight**2 * known).sum())
    half = normal_quantile(0.5 + level / 2.0) * math.sqrt(variance)
    return EstimatedAccuracy(value, max(value - half, 0.0), min(value + half, 1.0), float(right.mean()))
