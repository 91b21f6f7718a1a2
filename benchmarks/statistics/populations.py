"""Synthetic populations of scores whose true values are known."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Random = np.random.Generator

BINARY = (0.5, 0.8, 0.95, 0.99)


def _ceiling(g: Random, n: int) -> Floats:
    return np.where(g.random(n) < 0.9, 1.0, g.random(n))


def _rare(g: Random, n: int) -> Floats:
    return np.where(g.random(n) < 0.05, g.random(n), 0.0)


def _few_levels(g: Random, n: int) -> Floats:
    return g.choice([0.0, 1 / 3, 0.5, 1.0], size=n, p=[0.1, 0.2, 0.3, 0.4])


# Scores from 0 to 1: (draw, true mean).
BOUNDED: dict[str, tuple[Callable[[Random, int], Floats], float]] = {
    "even (uniform)": (lambda g, n: g.random(n), 0.5),
    "skewed (Beta(8, 1))": (lambda g, n: g.beta(8, 1, n), 8 / 9),
    "few levels (0, 1/3, 1/2, 1)": (_few_levels, 0.2 / 3 + 0.15 + 0.4),
    "ceiling (90 % are 1)": (_ceiling, 0.95),
    "rare hits (5 % above 0)": (_rare, 0.025),
    "rarer hits (1 % are 1)": (lambda g, n: (g.random(n) < 0.01).astype(float), 0.01),
}

_Z = NormalDist().inv_cdf
# Open scales: (draw, true mean, true quantile).
OPEN: dict[str, tuple[Callable[[Random, int], Floats], float, Callable[[float], float]]] = {
    "normal": (lambda g, n: g.normal(size=n), 0.0, _Z),
    "skewed (log-normal, s = 1)": (
        lambda g, n: g.lognormal(size=n),
        math.exp(0.5),
        lambda q: math.exp(_Z(q)),
    ),
}


@dataclass(frozen=True)
class Clusters:
    """Scores whose clusters share a mean: Beta around `mean`, intraclass correlation `icc`."""

    mean: float
    icc: float
    binary: bool


CLUSTERED = {
    "yes or no, p = .7, correlation .1": Clusters(0.7, 0.1, True),
    "yes or no, p = .7, correlation .5": Clusters(0.7, 0.5, True),
    "yes or no, p = .95, correlation .3": Clusters(0.95, 0.3, True),
    "graded, mean .7, correlation .05": Clusters(0.7, 0.05, False),
    "graded, mean .7, correlation .5": Clusters(0.7, 0.5, False),
    "graded, mean .95, correlation .3": Clusters(0.95, 0.3, False),
}


def cluster_codes(g: Random, n: int) -> Codes:
    """Clusters of 1 to 9 cases."""
    return np.repeat(np.arange(n), g.integers(1, 10, n))[:n].astype(np.int32)


def clustered(g: Random, n: int, spec: Clusters) -> tuple[Floats, Codes]:
    codes = cluster_codes(g, n)
    strength = (1 - spec.icc) / spec.icc
    centre = g.beta(spec.mean * strength, (1 - spec.mean) * strength, int(codes.max()) + 1)[codes]
    if spec.binary:
        return (g.random(n) < centre).astype(np.float64), codes
    return np.asarray(g.binomial(4, centre) / 4), codes


@dataclass(frozen=True)
class Pairs:
    """Differences B - A: a share `differ` of the cases, by 1 or by `sizes`; `delta` is the true mean."""

    differ: float
    delta: float = 0.0
    sizes: tuple[float, float] | None = None
    clusters: bool = False


PAIRED = {
    "yes or no, 2 % differ": Pairs(0.02),
    "yes or no, 10 % differ": Pairs(0.1),
    "yes or no, 10 % differ, 5 points lost": Pairs(0.1, -0.05),
    "yes or no, 40 % differ": Pairs(0.4),
    "graded, 2 % differ": Pairs(0.02, sizes=(1, 2)),
    "graded, 10 % differ": Pairs(0.1, sizes=(1, 2)),
    "graded, 10 % differ, 2 points lost": Pairs(0.1, -0.02, (1, 2)),
    "graded, all differ a little": Pairs(1.0, sizes=(1, 15)),
    "yes or no, 20 % of clusters differ": Pairs(0.2, clusters=True),
    "graded, 20 % of clusters differ": Pairs(0.2, sizes=(1, 2), clusters=True),
}


def paired(g: Random, n: int, spec: Pairs) -> tuple[Floats, Codes]:
    """Differences and clusters; with clusters, a whole cluster moves one way."""
    codes = cluster_codes(g, n) if spec.clusters else np.arange(n, dtype=np.int32)
    groups = int(codes.max()) + 1
    size = 1.0 if spec.sizes is None else spec.sizes[0] / sum(spec.sizes)
    worse = 0.5 - spec.delta / (2 * spec.differ * size)
    moved = (g.random(groups) < spec.differ) * np.where(g.random(groups) < worse, -1.0, 1.0)
    each = np.ones(n) if spec.sizes is None else g.beta(*spec.sizes, n)
    return moved[codes] * each, codes
