"""A mean over cases, B against A: the test and the interval that its kind takes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prompteval.core.verdict import Comparison
from prompteval.stats.clusters import (
    FEWEST_CLUSTERS,
    Codes,
    Floats,
    cluster_count,
    cluster_note,
    mean_clustered,
    mean_cr2,
)
from prompteval.stats.distributions import t_two_sided
from prompteval.stats.paired.mcnemar import mcnemar, tango
from prompteval.stats.paired.permutation import TIE, sign_flip

ALPHA = 0.05
FEWEST_UNBOUNDED = 50


def compare_values(  # noqa: PLR0913 - the parts of one test
    metric: str,
    a: Floats,
    b: Floats,
    *,
    low: float | None,
    high: float | None,
    clusters: NDArray[np.integer] | None = None,
    alpha: float = ALPHA,
    seed: int,
    missing: int = 0,
) -> Comparison:
    """A mean over cases, paired: `a` and `b` hold the scores of the same cases in the same order.

    Scores of 0 and 1: mid-p McNemar and Tango's interval. Other bounded scores: sign flips and
    the interval t±1. Unbounded ones: plain t for both, undecidable under 50 pairs. With
    `clusters`, codes from 0: flips of clusters and CR2, undecidable under 6 clusters. No pair,
    one pair, and unbounded differences that are all the same have a reason and no p. Raises
    ValueError for NaN and for sides of different length.
    """
    if len(a) != len(b) or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(f"{metric}: both sides need the same finite scores")
    n = len(a)
    if n == 0:
        return Comparison(metric, 0, missing=missing, reason="no case is in both")
    ends = float(a.mean()), float(b.mean())
    blank = Comparison(metric, n, *ends, ends[1] - ends[0], missing=missing)
    binary = bool(np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all())
    if n == 1:
        return replace(blank, reason="one case has no interval")
    if clusters is None and binary and low in (None, 0.0) and high in (None, 1.0):
        return _binary(blank, b - a, alpha)
    scale = None if low is None or high is None else high - low
    codes = None if clusters is None else clusters.astype(np.int32)
    return _mean(blank, b - a, scale, codes, alpha, seed)


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


def _mean(
    blank: Comparison,
    differences: Floats,
    scale: float | None,
    clusters: Codes | None,
    alpha: float,
    seed: int,
) -> Comparison:
    method = "t" if clusters is None else "cr2-t"
    units = np.arange(blank.pairs, dtype=np.int32) if clusters is None else clusters
    found = mean_clustered(differences, units, None if scale is None else -scale, scale)
    done = replace(
        blank,
        test=("sign-flip" if scale is not None else "paired-t") if clusters is None else "cluster-sign-flip",
        method=method if scale is None else f"{method}±1",
        clusters=None if clusters is None else cluster_count(clusters),
    )
    _, error, freedom = mean_cr2(differences, units)
    moved = float(np.abs(differences).sum())
    if found.low is None or found.high is None:
        return replace(done, reason=found.reason)
    if scale is None and moved > TIE and error <= TIE * max(1.0, moved / blank.pairs):
        return replace(done, reason="every difference is the same")
    if scale is None and clusters is None:
        p = t_two_sided(found.value / error, freedom) if error > 0 and found.value is not None else 1.0
    else:
        p = sign_flip(differences, seed=seed, clusters=clusters)
    done = replace(
        done,
        low=found.low,
        high=found.high,
        p=p,
        spread=error,
        half=(found.high - found.low) / 2.0,
        step=float(differences @ differences) / moved if scale is not None and moved > TIE else None,
        undecidable=too_few(clusters) or _too_small(blank.pairs, scale, clusters),
        note="" if clusters is None or too_few(clusters) else cluster_note(clusters),
    )
    return agreed(done, alpha)


def too_few(clusters: Codes | None) -> str:
    """Why so few clusters decide nothing; empty where they may."""
    enough = clusters is None or cluster_count(clusters) >= FEWEST_CLUSTERS
    return "" if clusters is None or enough else cluster_note(clusters)


def _too_small(n: int, scale: float | None, clusters: Codes | None) -> str:
    small = clusters is None and scale is None and n < FEWEST_UNBOUNDED
    return f"under {FEWEST_UNBOUNDED} pairs of an unbounded score" if small else ""


def agreed(found: Comparison, alpha: float) -> Comparison:
    """The interval extended to 0 where the test sees nothing: table and verdict never disagree."""
    if found.p is None or found.low is None or found.high is None or found.p <= alpha:
        return found
    return replace(found, low=min(found.low, 0.0), high=max(found.high, 0.0))
