"""Permutation tests of paired differences: signs flipped, or A and B swapped, for each case or cluster.

Ernst 2004 gives the theory; a random test counts the data themselves, so that p is never 0
(Phipson and Smyth 2010).
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Bits = NDArray[np.bool_]

EXACT_UNITS = 12
PERMUTATIONS = 10_000
TIE = 1e-12
_CELLS_AT_ONCE = 1_000_000


def sign_flip(differences: Floats, *, seed: int, clusters: Codes | None = None) -> float:
    """Two-sided p of the hypothesis that differences are symmetric about 0.

    Differences within 1e-12 of 0 say nothing and are left out; without any other p is 1. With
    `clusters` the sums of clusters are flipped. Exact up to 12 units, else 10,000 seeded flips.
    """
    units = differences if clusters is None else np.bincount(clusters, weights=differences)
    units = units[np.abs(units) > TIE]
    if not len(units):
        return 1.0

    def totals(flipped: Bits) -> Floats:
        return np.asarray(units.sum() - 2.0 * (flipped.astype(np.float64) @ units), np.float64)

    # A sum is rounded in proportion to its parts, however small it is itself.
    size = float(np.abs(units).sum())
    return permuted(totals, len(units), float(units.sum()), seed=seed, size=size)


def permuted(
    statistic: Callable[[Bits], Floats],
    units: int,
    observed: float,
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
    cells: int = 0,
    size: float = 1.0,
) -> float:
    """Two-sided p: how often |statistic| of permuted units reaches the observed one.

    `statistic` takes a mask of shape (some, units), True where a unit is permuted, and makes of each
    row about `cells` numbers: no more than a million at once. Values within 1e-12 (relative to `size`
    or the observed) count as equal. NaN counts as one that reaches it.
    """
    reach = abs(observed) - TIE * max(size, abs(observed))
    exact = units <= EXACT_UNITS
    step = max(_CELLS_AT_ONCE // max(units, cells), 1)
    masks = _patterns(units, step) if exact else _masks(units, permutations, seed, step)
    reached = sum(int(np.sum(~(np.abs(statistic(mask)) < reach))) for mask in masks)
    return reached / 2**units if exact else (reached + 1) / (permutations + 1)


def permuted_counts(
    statistic: Callable[[Counts], Floats],
    counts: Counts,
    observed: float,
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
) -> float:
    """The same where units come in kinds: of each kind only how many are permuted matters.

    `counts` says how many units a kind has; `statistic` takes how many of each are permuted, of
    shape (some, kinds).
    """
    total, kinds = int(counts.sum()), len(counts)
    if total <= EXACT_UNITS:
        belongs = np.repeat(np.eye(kinds, dtype=np.int64), counts, axis=0)
        return permuted(lambda mask: statistic(mask.astype(np.int64) @ belongs), total, observed, seed=seed)
    generator = np.random.default_rng(seed)
    reach, reached = abs(observed) - TIE * max(1.0, abs(observed)), 0
    step = max(_CELLS_AT_ONCE // (2 * kinds), 1)
    for start in range(0, permutations, step):
        rows = min(step, permutations - start)
        drawn = generator.binomial(counts, 0.5, size=(rows, kinds))
        reached += int(np.sum(~(np.abs(statistic(drawn)) < reach)))
    return (reached + 1) / (permutations + 1)


def _patterns(units: int, step: int) -> Iterator[Bits]:
    for start in range(0, 2**units, step):
        numbers = np.arange(start, min(start + step, 2**units))
        yield ((numbers[:, None] >> np.arange(units)) & 1).astype(bool)


def _masks(units: int, permutations: int, seed: int, step: int) -> Iterator[Bits]:
    generator = np.random.default_rng(seed)
    width = (units + 7) // 8
    for start in range(0, permutations, step):
        rows = min(step, permutations - start)
        packed = np.frombuffer(generator.bytes(rows * width), np.uint8).reshape(rows, width)
        yield np.unpackbits(packed, axis=1, count=units).view(bool)
