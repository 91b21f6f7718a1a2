"""Whether confidences are as good as they say: expected calibration error and reliability bins."""

from dataclasses import dataclass

import numpy as np

from prompteval.metrics.columns import Codes, Floats

DRAWS_AT_MOST = 100_000_000
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Bin:
    """The cases whose confidence is in [low, high), the last bin with its upper end.

    `confidence` is their mean confidence, None for an empty bin; `hits` counts the outcomes that came true.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    hits: float


def reliability(confidence: Floats, came_true: Floats, bins: int) -> tuple[Bin, ...]:
    """Bins of equal width over 0 to 1."""
    codes = _codes(confidence, bins)
    sizes = np.bincount(codes, minlength=bins)
    sums = np.bincount(codes, weights=confidence, minlength=bins)
    hits = np.bincount(codes, weights=came_true, minlength=bins)
    return tuple(
        Bin(i / bins, (i + 1) / bins, int(n), float(sums[i] / n) if n else None, float(hits[i]))
        for i, n in enumerate(sizes)
    )


def ece(confidence: Floats, came_true: Floats, bins: int) -> float:
    """Expected calibration error (Naeini et al. 2015): mean gap of bins of equal width, by their cases.

    0 to 1. Raises ValueError for no cases.
    """
    if not len(confidence):
        raise ValueError("no case was scored")
    gaps = np.bincount(_codes(confidence, bins), weights=confidence - came_true, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def null_ece(confidence: Floats, bins: int, *, seed: int) -> float:
    """The 95th percentile of `ece` where every confidence is exactly true (Vaicenavicius et al. 2019).

    Outcomes are drawn from the confidences 2,000 times, fewer over 50,000 cases.
    """
    n, codes = len(confidence), _codes(confidence, bins)
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(max(min(RESAMPLES, DRAWS_AT_MOST // max(n, 1)), 100)):
        drawn = generator.random(n) < confidence
        gaps = np.bincount(codes, weights=confidence - drawn, minlength=bins)
        found.append(np.abs(gaps).sum() / n)
    return float(np.quantile(found, 0.95))


def _codes(confidence: Floats, bins: int) -> Codes:
    return np.minimum((confidence * bins).astype(np.int32), bins - 1)
