"""One metric of B against A: the test and the interval that its kind takes."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prompteval.core.verdict import Comparison
from prompteval.stats.clusters import FEWEST_CLUSTERS, cluster_count, cluster_note, mean_clustered, mean_cr2
from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL
from prompteval.stats.paired.mcnemar import mcnemar, tango
from prompteval.stats.paired.permutation import PERMUTATIONS, Bits, permuted, sign_flip
from prompteval.stats.resample import case_bca

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
# Weights of shape (some, 2 x pairs), A's rows before B's, to the metric of each weighted sample.
Evaluate = Callable[[Floats], Floats]

ALPHA = 0.05
FEWEST_UNBOUNDED = 50
_CELLS_TO_PERMUTE = 100_000_000


def compare_values(
    metric: str,
    a: Floats,
    b: Floats,
    *,
    low: float | None,
    high: float | None,
    clusters: Codes | None = None,
    alpha: float = ALPHA,
    seed: int,
    missing: int = 0,
) -> Comparison:
    """A mean over cases, paired: `a` and `b` hold the scores of the same cases in the same order.

    Scores of 0 and 1: mid-p McNemar and Tango's interval. Other bounded scores: sign flips and
    the interval t±1. Unbounded ones: sign flips and plain t, undecidable under 50 pairs. With
    `clusters`: flips of clusters and CR2. No pair is undefined; one pair has no interval.
    Raises ValueError for NaN and for sides of different length.
    """
    if len(a) != len(b) or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(f"{metric}: both sides need the same finite scores")
    n = len(a)
    if n == 0:
        return Comparison(metric, 0, missing=missing, reason="no case is in both")
    differences = b - a
    ends = float(a.mean()), float(b.mean())
    blank = Comparison(metric, n, *ends, ends[1] - ends[0], missing=missing)
    binary = bool(np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all())
    if clusters is None and binary and (low, high) == (0.0, 1.0):
        return _binary(blank, differences, alpha)
    units = np.arange(n, dtype=np.int32) if clusters is None else clusters
    scale = None if low is None or high is None else high - low
    found = mean_clustered(differences, units, None if scale is None else -scale, scale)
    p = sign_flip(differences, seed=seed, clusters=clusters)
    method = "t" if scale is None else "t±1"
    undecidable = "" if clusters is None or cluster_count(units) >= FEWEST_CLUSTERS else cluster_note(units)
    if clusters is None and scale is None and n < FEWEST_UNBOUNDED:
        undecidable = f"under {FEWEST_UNBOUNDED} pairs of an unbounded score"
    error = mean_cr2(differences, units)[1]
    done = replace(
        blank,
        low=found.low,
        high=found.high,
        p=p,
        test="sign-flip" if clusters is None else "cluster-sign-flip",
        method=method if clusters is None else "cr2-t",
        reason=found.reason,
        spread=error if math.isfinite(error) else None,
        undecidable=undecidable,
    )
    return agreed(done, alpha)


def _binary(blank: Comparison, differences: Floats, alpha: float) -> Comparison:
    broken, fixed = int(np.sum(differences < 0)), int(np.sum(differences > 0))
    p, exact = mcnemar(broken, fixed)
    low, high = tango(broken, fixed, blank.pairs)
    done = replace(
        blank,
        delta=(fixed - broken) / blank.pairs,
        low=low,
        high=high,
        p=p,
        p_exact=exact,
        test="mcnemar-midp",
        method="tango",
        discordant=broken + fixed,
    )
    return agreed(done, alpha)


def compare_statistic(
    metric: str,
    evaluate: Evaluate,
    pairs: int,
    *,
    clusters: Codes | None = None,
    alpha: float = ALPHA,
    seed: int,
    missing: int = 0,
) -> Comparison:
    """A metric that is no mean, such as F1: A and B swapped for each case, BCa of the difference.

    `evaluate` gives the metric of weighted rows, see `Evaluate`. With `clusters` whole clusters
    are swapped and resampled. No pair, one pair and an undefined value have a reason.
    """
    if pairs == 0:
        return Comparison(metric, 0, missing=missing, reason="no case is in both")
    units = np.arange(pairs, dtype=np.int32) if clusters is None else clusters
    count = int(units.max()) + 1
    none, all_of = np.zeros((1, pairs)), np.ones((1, pairs))
    a = float(evaluate(np.hstack([all_of, none]))[0])
    b = float(evaluate(np.hstack([none, all_of]))[0])
    if not (math.isfinite(a) and math.isfinite(b)):
        return Comparison(metric, pairs, missing=missing, reason="one side has no value")

    def swapped(mask: Bits) -> Floats:
        share = mask[:, units].astype(np.float64)
        return _difference(evaluate, 1.0 - share, share)

    def resampled(weights: Floats) -> Floats:
        nothing = np.zeros_like(np.atleast_2d(weights))
        found = _difference(evaluate, np.atleast_2d(weights), nothing)
        return found if weights.ndim > 1 else found[0]

    fewer = max(min(PERMUTATIONS, _CELLS_TO_PERMUTE // (2 * pairs)), 1_000)
    found = case_bca(resampled, pairs, seed=seed, clusters=clusters)
    done = Comparison(
        metric,
        pairs,
        a,
        b,
        b - a,
        found.low,
        found.high,
        permuted(swapped, count, b - a, seed=seed, permutations=fewer),
        test="swap" if clusters is None else "cluster-swap",
        method="bca",
        missing=missing,
        reason=found.reason,
        spread=_spread(found.low, found.high),
        undecidable=""
        if clusters is None or cluster_count(units) >= FEWEST_CLUSTERS
        else cluster_note(units),
    )
    return agreed(done, alpha)


def _difference(evaluate: Evaluate, own: Floats, other: Floats) -> Floats:
    """B - A where each case gives `own` weight to its own side and `other` to the other one."""
    return evaluate(np.hstack([other, own])) - evaluate(np.hstack([own, other]))


def _spread(low: float | None, high: float | None) -> float | None:
    if low is None or high is None:
        return None
    return (high - low) / (2.0 * normal_quantile(0.5 + LEVEL / 2.0))


def agreed(found: Comparison, alpha: float) -> Comparison:
    """The interval extended to 0 where the test sees nothing: table and verdict never disagree."""
    if found.p is None or found.low is None or found.high is None or found.p <= alpha:
        return found
    return replace(found, low=min(found.low, 0.0), high=max(found.high, 0.0))
