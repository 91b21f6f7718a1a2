"""How long the paired tests take: 10,000 permutations over 10,000 paired cases, on one core.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/statistics/speed.py

Prints processor seconds of the test alone, and of the whole comparison with its interval.
"""

import time
from collections.abc import Callable

import numpy as np

from prompteval.metrics.classification import averaged
from prompteval.metrics.columns import Floats, weighted_tables
from prompteval.stats.paired.permutation import permuted, sign_flip
from prompteval.stats.paired.swap import compare_statistic
from prompteval.stats.paired.values import compare_values

CASES = 10_000
CLASSES = 4


def timed(name: str, work: Callable[[], object]) -> None:
    started = time.process_time()
    work()
    print(f"| {name} | {time.process_time() - started:.2f} |")


def main() -> None:
    generator = np.random.default_rng(1)
    a = generator.random(CASES)
    b = np.clip(a + generator.normal(0.0, 0.1, CASES), 0.0, 1.0)
    expected = generator.integers(0, CLASSES, CASES)
    answers = [np.where(generator.random(CASES) < share, expected, 0) for share in (0.8, 0.81)]
    cells = np.concatenate([expected * (CLASSES + 1) + answer for answer in answers]).astype(np.int32)

    def f1(weights: Floats) -> Floats:
        return averaged(weighted_tables(cells, weights, (CLASSES, CLASSES + 1)), "f1", "macro")

    def mean(weights: Floats) -> Floats:
        return (weights @ np.concatenate([a, b])) / weights.sum(axis=1)

    differences = b - a

    def flipped(mask: Floats) -> Floats:
        return (1.0 - 2.0 * mask) @ differences

    print("| what | processor seconds |\n|---|---|")
    timed("sign flips of graded scores", lambda: sign_flip(differences, seed=1))
    timed("a statistic of each of 10,000 permuted masks", lambda: permuted(flipped, CASES, 1.0, seed=1))
    timed("graded scores, whole", lambda: compare_values("mean", a, b, low=0.0, high=1.0, seed=1))
    right = [(side > 0.5).astype(np.float64) for side in (a, b)]
    timed("0/1 scores, whole", lambda: compare_values("accuracy", *right, low=0.0, high=1.0, seed=1))
    timed("swaps of a weighted mean, whole", lambda: compare_statistic("mean", mean, CASES, seed=1))
    pairs, counts = np.unique(cells.reshape(2, CASES), axis=1, return_counts=True)
    flat = pairs.ravel().astype(np.int32)

    def counted(weights: Floats) -> Floats:
        return averaged(weighted_tables(flat, weights, (CLASSES, CLASSES + 1)), "f1", "macro")

    timed(
        "swaps of macro F1 over counted pairs, whole",
        lambda: compare_statistic("f1", counted, len(counts), counts=counts, seed=1),
    )
    timed("swaps of macro F1 case by case, whole", lambda: compare_statistic("f1", f1, CASES, seed=1))


if __name__ == "__main__":
    main()
