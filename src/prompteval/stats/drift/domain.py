"""A classifier that tries to tell the window's embeddings from the reference's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.interval import LEVEL, Interval, undefined
from prompteval.stats.resample import logit_delong

Floats = NDArray[np.float64]
FOLDS = 5
PERMUTATIONS = 499
# Of the mean variance, added to each direction, so that few rows of many dimensions have an inverse.
_RIDGE = 0.1
FEWEST_ROWS = 2 * FOLDS


@dataclass(frozen=True, slots=True)
class DomainTest:
    """The AUROC of rows held out, 0.5 where the two sides do not differ, and its permutation p."""

    auroc: Interval
    p: float


def domain_auroc(reference: Floats, window: Floats, *, seed: int) -> DomainTest:
    """How well a linear discriminant tells two sets of vectors, shape (rows, dimensions), apart.

    Each fifth of the rows is ranked by a discriminant fitted on the rest. Its scatter matrix is that of both
    sides together, so that a permutation of the sides, whole fit included, is one product. The interval
    is DeLong's on the logit. Undefined where a side has fewer than FEWEST_ROWS rows.
    """
    n, m = len(reference), len(window)
    if min(n, m) < FEWEST_ROWS:
        return DomainTest(undefined("logit-delong", f"under {FEWEST_ROWS} rows"), 1.0)
    rows = np.concatenate([reference, window]).astype(np.float64)
    side = np.concatenate([np.zeros(n, bool), np.ones(m, bool)])
    generator = np.random.default_rng(seed)
    fold = np.empty(n + m, np.int64)
    for which in (False, True):  # both sides have their share of each fold
        places = np.flatnonzero(side == which)
        fold[generator.permutation(places)] = np.arange(len(places)) % FOLDS
    sides = np.empty((n + m, PERMUTATIONS + 1), bool)
    sides[:, 0] = side
    for column in range(1, PERMUTATIONS + 1):
        for number in range(FOLDS):  # within folds, so that the shares stay
            places = np.flatnonzero(fold == number)
            sides[places, column] = side[generator.permutation(places)]
    ranks = _held_out_ranks(rows, sides, fold)
    areas = np.asarray([_area(ranks[:, column], sides[:, column]) for column in range(ranks.shape[1])])
    above = int(np.count_nonzero(areas[1:] >= areas[0] - 1e-12))
    wins, losses = _components(ranks[:, 0], side)
    return DomainTest(logit_delong(wins, losses, level=LEVEL), (above + 1) / (PERMUTATIONS + 1))


def _held_out_ranks(rows: Floats, sides: NDArray[np.bool_], fold: NDArray[np.int64]) -> Floats:
    """For each labelling, every row's rank within its fold, from 0 to 1, by the fit on the other folds."""
    found = np.empty(sides.shape)
    for number in range(FOLDS):
        out = fold == number
        fitted, held = rows[~out], rows[out]
        centre = fitted.mean(axis=0)
        scatter = np.cov(fitted, rowvar=False).reshape(rows.shape[1], -1)
        scatter[np.diag_indices_from(scatter)] += _RIDGE * max(float(np.trace(scatter)) / len(scatter), 1e-12)
        weights = sides[~out].astype(np.float64)
        ones = weights.sum(axis=0)
        contrast = weights / ones - (1.0 - weights) / (len(weights) - ones)
        direction = np.linalg.solve(scatter, (fitted - centre).T @ contrast)
        score = (held - centre) @ direction
        found[out] = np.apply_along_axis(_mid_ranks, 0, score) / len(held)
    return found


def _mid_ranks(values: Floats) -> Floats:
    """Ranks from 1; tied values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[place], np.float64)


def _area(score: Floats, side: NDArray[np.bool_]) -> float:
    ones = int(side.sum())
    ranks = _mid_ranks(score)
    return float((ranks[side].sum() - ones * (ones + 1) / 2.0) / (ones * (len(side) - ones)))


def _components(score: Floats, side: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """DeLong's structural components: of each row of one side, the share of the other that it beats."""
    up, down = np.sort(score[~side]), np.sort(score[side])

    def beaten(values: Floats, others: Floats) -> Floats:
        below = np.searchsorted(others, values, side="left")
        upto = np.searchsorted(others, values, side="right")
        return np.asarray((below + upto) / (2.0 * len(others)), np.float64)

    return beaten(score[side], up), 1.0 - beaten(score[~side], down)
