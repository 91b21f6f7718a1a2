"""A metric that is no mean, such as F1, B against A: the sides swapped for each case or cluster."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prompteval.core.verdict import Comparison
from prompteval.stats.clusters import Floats, cluster_count, cluster_note
from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL
from prompteval.stats.paired.permutation import PERMUTATIONS, Bits, permuted
from prompteval.stats.paired.values import ALPHA, agreed, too_few
from prompteval.stats.resample import DRAWS_AT_MOST, FEWEST_RESAMPLES, case_bca

# Weights of shape (some, 2 x pairs), A's rows before B's, to the metric of each weighted sample.
Evaluate = Callable[[Floats], Floats]


def compare_statistic(
    metric: str,
    evaluate: Evaluate,
    pairs: int,
    *,
    clusters: NDArray[np.integer] | None = None,
    alpha: float = ALPHA,
    seed: int,
    missing: int = 0,
) -> Comparison:
    """A and B swapped for each case and the metric computed again; BCa of the difference.

    `evaluate` gives the metric of weighted rows, see `Evaluate`, and NaN where it is undefined; it
    gets at most about a million weights at once. With `clusters`, codes from 0, whole clusters
    are swapped and resampled. 10,000 permutations, over 20,000 pairs fewer; one without a value
    counts as one that reaches the observed difference. No pair, one pair, a side without a value
    and resamples of which over 1 % have none carry a reason and no p.
    """
    if pairs == 0:
        return Comparison(metric, 0, missing=missing, reason="no case is in both")
    codes = None if clusters is None else clusters.astype(np.int32)
    units = np.arange(pairs, dtype=np.int32) if codes is None else codes
    own = np.repeat([1.0, 0.0], pairs)[None, :]
    a, b = float(evaluate(own)[0]), float(evaluate(1.0 - own)[0])
    if not (math.isfinite(a) and math.isfinite(b)):
        return Comparison(metric, pairs, missing=missing, reason="one side has no value")

    def swapped(mask: Bits) -> Floats:
        weights = np.empty((len(mask), 2 * pairs))
        weights[:, :pairs] = mask[:, units]
        np.subtract(1.0, weights[:, :pairs], out=weights[:, pairs:])
        second = evaluate(weights)
        return second - evaluate(np.subtract(1.0, weights, out=weights))

    def resampled(weights: Floats) -> Floats:
        drawn = np.atleast_2d(weights)
        nothing = np.zeros_like(drawn)
        found = evaluate(np.hstack([nothing, drawn])) - evaluate(np.hstack([drawn, nothing]))
        return found if weights.ndim > 1 else found[0]

    done = Comparison(
        metric,
        pairs,
        a,
        b,
        b - a,
        test="swap" if codes is None else "cluster-swap",
        method="bca",
        missing=missing,
        clusters=None if codes is None else cluster_count(codes),
    )
    found = case_bca(resampled, pairs, seed=seed, clusters=codes)
    if found.low is None or found.high is None:
        return replace(done, reason=found.reason)
    most = max(min(PERMUTATIONS, DRAWS_AT_MOST // pairs), FEWEST_RESAMPLES)
    half = (found.high - found.low) / 2.0
    done = replace(
        done,
        low=found.low,
        high=found.high,
        p=permuted(swapped, int(units.max()) + 1, b - a, seed=seed, permutations=most, cells=2 * pairs),
        spread=half / normal_quantile(0.5 + LEVEL / 2.0),
        half=half,
        undecidable=too_few(codes),
        note="" if codes is None or too_few(codes) else cluster_note(codes),
    )
    return agreed(done, alpha)
