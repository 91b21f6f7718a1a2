"""A metric that is not a mean, such as F1, B against A: the sides swapped for each case or cluster."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prompteval.core.verdict import Comparison
from prompteval.stats.bootstrap import multinomial_bca
from prompteval.stats.clusters import Codes, Floats, cluster_count, cluster_note
from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL, Interval
from prompteval.stats.paired.permutation import PERMUTATIONS, Bits, Counts, permuted, permuted_counts
from prompteval.stats.paired.values import ALPHA, agreed, too_few
from prompteval.stats.resample import DRAWS_AT_MOST, FEWEST_RESAMPLES, case_bca

# Weights of shape (some, 2 x pairs), A's rows before B's, to the metric of each weighted sample.
Evaluate = Callable[[Floats], Floats]


def compare_statistic(  # noqa: PLR0913 - the parts of one test
    metric: str,
    evaluate: Evaluate,
    pairs: int,
    *,
    counts: NDArray[np.integer] | None = None,
    clusters: NDArray[np.integer] | None = None,
    alpha: float = ALPHA,
    seed: int,
    missing: int = 0,
) -> Comparison:
    """A and B swapped for each case and the metric computed again; BCa of the difference.

    `evaluate` gives the metric of weighted rows, see `Evaluate`, and NaN where it is undefined; it
    gets at most about a million weights at once. With `counts` each of the `pairs` rows stands for
    so many equal pairs, such as the cases with one expected class and one answer of each side:
    the same test and interval, fast for many cases. With `clusters`, codes from 0, whole clusters
    are swapped and resampled. 10,000 permutations, over 20,000 pairs fewer; one without a value
    counts as one that reaches the observed difference. No pair, one pair, a side without a value
    and resamples of which over 1 % have none carry a reason and no p. Raises ValueError for
    `counts` beside `clusters`.
    """
    if counts is not None and clusters is not None:
        raise ValueError(f"{metric}: counted pairs have no clusters")
    own = np.ones((1, pairs)) if counts is None else counts[None, :].astype(np.float64)
    total = int(own.sum())
    if total == 0:
        return Comparison(metric, 0, missing=missing, reason="no case is in both")
    a, b = (float(evaluate(np.hstack(sides))[0]) for sides in ((own, 0.0 * own), (0.0 * own, own)))
    done = Comparison(metric, total, missing=missing, test="swap", method="bca")
    if not (math.isfinite(a) and math.isfinite(b)):
        return replace(done, reason="one side has no value")
    done = replace(done, a=a, b=b, delta=b - a)
    if counts is not None:
        found, p = _by_counts(evaluate, counts.astype(np.int64), b - a, seed)
        return agreed(_with_interval(done, found, p), alpha)
    codes = None if clusters is None else clusters.astype(np.int32)
    if codes is not None:
        done = replace(done, test="cluster-swap", clusters=cluster_count(codes))
    found, p = _by_units(evaluate, pairs, codes, b - a, seed)
    few = too_few(codes)
    note = "" if codes is None or few else cluster_note(codes)
    return agreed(_with_interval(replace(done, undecidable=few, note=note), found, p), alpha)


def _by_units(
    evaluate: Evaluate, pairs: int, codes: Codes | None, observed: float, seed: int
) -> tuple[Interval, Callable[[], float]]:
    """The interval, and the p when it is asked for; cases or whole clusters are resampled and swapped."""
    units = np.arange(pairs, dtype=np.int32) if codes is None else codes
    most = max(min(PERMUTATIONS, DRAWS_AT_MOST // pairs), FEWEST_RESAMPLES)

    def swapped(mask: Bits) -> Floats:
        weights = np.empty((len(mask), 2 * pairs))
        weights[:, :pairs] = mask[:, units]
        np.subtract(1.0, weights[:, :pairs], out=weights[:, pairs:])
        second = evaluate(weights)
        return second - evaluate(np.subtract(1.0, weights, out=weights))

    def p() -> float:
        count = int(units.max()) + 1
        return permuted(swapped, count, observed, seed=seed, permutations=most, cells=2 * pairs)

    return case_bca(_resampled(evaluate), pairs, seed=seed, clusters=codes), p


def _by_counts(
    evaluate: Evaluate, counts: Counts, observed: float, seed: int
) -> tuple[Interval, Callable[[], float]]:
    def swapped(numbers: Counts) -> Floats:
        kept, given = (counts - numbers).astype(np.float64), numbers.astype(np.float64)
        return evaluate(np.hstack([given, kept])) - evaluate(np.hstack([kept, given]))

    if int(counts.sum()) == 1:
        found = Interval(observed, None, None, "bca", "one case has no interval")
    else:
        found = multinomial_bca(counts, _resampled(evaluate), seed=seed)
    return found, lambda: permuted_counts(swapped, counts, observed, seed=seed)


def _resampled(evaluate: Evaluate) -> Callable[[Floats], Floats]:
    def difference(weights: Floats) -> Floats:
        drawn = np.atleast_2d(weights).astype(np.float64)
        nothing = np.zeros_like(drawn)
        found = evaluate(np.hstack([nothing, drawn])) - evaluate(np.hstack([drawn, nothing]))
        return found if weights.ndim > 1 else found[0]

    return difference


def _with_interval(done: Comparison, found: Interval, p: Callable[[], float]) -> Comparison:
    if found.low is None or found.high is None:
        return replace(done, reason=found.reason, undecidable="", note="")
    half = (found.high - found.low) / 2.0
    spread = half / normal_quantile(0.5 + LEVEL / 2.0)
    return replace(done, low=found.low, high=found.high, p=p(), spread=spread, half=half)
