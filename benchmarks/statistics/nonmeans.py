"""Metrics that are no means: coverage of their intervals, and what comparisons of F1 decide.

python benchmarks/statistics/nonmeans.py [--quick]

Writes its part of README.md beside it. All data are synthetic.
"""

import sys
import zlib
from collections.abc import Callable
from math import sqrt
from time import process_time

import numpy as np
from coverage import holds
from numpy.typing import NDArray
from parts import table, write_part

from prompteval.core.verdict import Comparison
from prompteval.metrics.classification import averaged, mcc, one_class
from prompteval.metrics.columns import weighted_tables
from prompteval.metrics.curves import average_precision, placements
from prompteval.metrics.regression import spearman
from prompteval.stats.bootstrap import multinomial_bca
from prompteval.stats.distributions import normal_cdf
from prompteval.stats.interval import Interval
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.swap import compare_statistic
from prompteval.stats.resample import case_bca, logit_delong, stratified_logit

Floats = NDArray[np.float64]
Random = np.random.Generator
SIZES = (50, 100, 300, 1000)
RESAMPLES = 1000
SHARES = np.asarray([0.6, 0.3, 0.1])
CLASSES = len(SHARES)
RIGHT = 0.8
MARGIN = 0.02


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    runs, started = (20 if quick else 400), process_time()
    rows = [coverage(name, draw, runs) for name, draw in METRICS.items()]
    head = ["metric", "population", "interval", *(f"n = {n:,}" for n in SIZES)]
    text = "\n\n".join([introduction(runs), table(head, rows), comparisons(10 if quick else 250)])
    if not quick:
        write_part("nonmeans", text)
    print(f"{text}\n\n{process_time() - started:.0f} s of processor time")


def introduction(runs: int) -> str:
    return f"""## Metrics that are no means

```
python benchmarks/statistics/nonmeans.py
```

Percent of {runs:,} synthetic samples whose interval holds the true value; the standard error of 95 % is
{100 * sqrt(0.0475 / runs):.1f} points. Bootstraps draw {RESAMPLES:,} resamples here (10,000 in use).
A sample on which a metric has no interval is left out, and its share stands in brackets."""


def coverage(name: str, draw: "Draw", runs: int) -> list[str]:
    cells = []
    for n in SIZES:
        generator = np.random.default_rng([zlib.crc32(name.encode()), n])
        found = [draw(generator, n) for _ in range(runs)]
        inside = [holds(one, truth) for one, truth in found if one.low is not None]
        without = 100 * (1 - len(inside) / runs)
        cells.append(f"{100 * np.mean(inside):.1f}" + (f" ({without:.0f} % none)" if without >= 0.5 else ""))
    print(name, *cells, file=sys.stderr, flush=True)
    return [*name.split(" | "), *cells]


Draw = Callable[[Random, int], tuple[Interval, float]]


def true_table() -> Floats:
    """Expected shares of (class, answer): right in `RIGHT`, else one of the other classes."""
    wrong = (1 - RIGHT) / (CLASSES - 1)
    answers = np.full((CLASSES, CLASSES), wrong) + np.eye(CLASSES) * (RIGHT - wrong)
    return np.hstack([SHARES[:, None] * answers, np.zeros((CLASSES, 1))])


def of_table(statistic: Callable[[Floats], Floats]) -> Draw:
    truth = true_table()
    value = float(statistic(truth))

    def draw(g: Random, n: int) -> tuple[Interval, float]:
        counts = g.multinomial(n, truth.ravel()).reshape(truth.shape)
        found = multinomial_bca(counts, statistic, seed=int(g.integers(2**32)), resamples=RESAMPLES)
        return found, value

    return draw


def rank_correlation(g: Random, n: int) -> tuple[Interval, float]:
    first = g.normal(size=n)
    second = 0.6 * first + 0.8 * g.normal(size=n)
    seed = int(g.integers(2**32))
    found = case_bca(spearman(first, second), n, seed=seed, resamples=RESAMPLES)
    return found, 6 / np.pi * float(np.arcsin(0.3))


def scores(g: Random, n: int, apart: float, share: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Normal scores, those of the positives `apart` higher."""
    positive = np.arange(n) < max(round(n * share), 2)
    return g.normal(size=n) + apart * positive, positive


def roc(apart: float, logit: bool = True) -> Draw:
    truth = normal_cdf(apart / sqrt(2))

    def draw(g: Random, n: int) -> tuple[Interval, float]:
        wins, losses = placements(*scores(g, n, apart, 0.2))
        if logit:
            return logit_delong(wins, losses), truth
        value = float(wins.mean())
        half = 1.959964 * sqrt(wins.var(ddof=1) / len(wins) + losses.var(ddof=1) / len(losses))
        return Interval(value, value - half, value + half, "delong"), truth

    return draw


def precision_recall(apart: float, share: float, logit: bool = True) -> Draw:
    value, positive = scores(np.random.default_rng(0), 2_000_000, apart, share)
    truth = float(average_precision(value, positive)(np.ones(len(value))))

    def draw(g: Random, n: int) -> tuple[Interval, float]:
        found, mask = scores(g, n, apart, share)
        statistic, seed = average_precision(found, mask), int(g.integers(2**32))
        if logit:
            return stratified_logit(statistic, mask, seed=seed, resamples=RESAMPLES), truth
        return case_bca(statistic, n, seed=seed, resamples=RESAMPLES), truth

    return draw


def macro_f1(tables: Floats) -> Floats:
    return averaged(tables, "f1", "macro")


METRICS: dict[str, Draw] = {
    "macro-F1 | classes of 60, 30 and 10 % | BCa": of_table(macro_f1),
    "F1 of a class | 10 % of the cases | BCa": of_table(lambda t: one_class(t, "f1", CLASSES - 1)),
    "MCC | classes of 60, 30 and 10 % | BCa": of_table(mcc),
    "Spearman | normal, .58 | BCa": rank_correlation,
    "ROC-AUC | .76, 20 % positive | logit DeLong": roc(1.0),
    "ROC-AUC | .76, 20 % positive | plain DeLong": roc(1.0, logit=False),
    "ROC-AUC | .98, 20 % positive | logit DeLong": roc(3.0),
    "ROC-AUC | .98, 20 % positive | plain DeLong": roc(3.0, logit=False),
    "PR-AUC | 20 % positive, 1 apart | logit, stratified": precision_recall(1.0, 0.2),
    "PR-AUC | 20 % positive, 1 apart | BCa": precision_recall(1.0, 0.2, logit=False),
    "PR-AUC | 20 % positive, 2 apart | logit, stratified": precision_recall(2.0, 0.2),
}


def comparisons(runs: int) -> str:
    rows = []
    for n in (100, 300, 1000):
        for differ in (0.1, 0.3):
            unchanged = [pair(n, differ, RIGHT, [n, int(100 * differ), run]) for run in range(runs)]
            worse = right_after(differ, MARGIN)
            dropped = [pair(n, differ, worse, [n, int(100 * differ), run, 1]) for run in range(runs)]
            cells = [share(unchanged, "regressed"), share(dropped, "not_worse")]
            rows.append([f"{n:,}", f"{differ:.0%}", *cells, share(dropped, "regressed")])
            print(*rows[-1], file=sys.stderr, flush=True)
    head = ["cases", "answered again", "unchanged: regressed", "2 points lost: not worse", "regressed"]
    return (
        f"Macro-F1 of B against A, where B answers a share of the cases again: percent of {runs:,} "
        "comparisons\nby swapping and BCa. At most 5 and 2.5 are promised in the first two columns.\n\n"
        + table(head, rows)
    )


def share(found: list[Comparison], verdict: str) -> str:
    return f"{100 * np.mean([one.verdict.value == verdict for one in found]):.1f}"


def right_after(differ: float, drop: float) -> float:
    """How often an answer given again is right when macro-F1 falls by `drop`, by bisection."""

    def f1(right: float) -> float:
        mixed = RIGHT * (1 - differ) + right * differ
        wrong = (1 - mixed) / (CLASSES - 1)
        answers = np.full((CLASSES, CLASSES), wrong) + np.eye(CLASSES) * (mixed - wrong)
        return float(macro_f1(np.hstack([SHARES[:, None] * answers, np.zeros((CLASSES, 1))])))

    low, high = 0.0, RIGHT
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if f1(middle) < f1(RIGHT) - drop else (low, middle)
    return high


def pair(n: int, differ: float, right: float, seed: list[int]) -> Comparison:
    g = np.random.default_rng(seed)
    expected = g.choice(CLASSES, size=n, p=SHARES)

    def answer(chance: float) -> NDArray[np.int64]:
        wrong = (expected + g.integers(1, CLASSES, n)) % CLASSES
        return np.where(g.random(n) < chance, expected, wrong)

    first = answer(RIGHT)
    second = np.where(g.random(n) < differ, answer(right), first)
    kinds, counts = np.unique(np.stack([expected, first, second]), axis=1, return_counts=True)
    cells = np.concatenate([kinds[0] * (CLASSES + 1) + kinds[1], kinds[0] * (CLASSES + 1) + kinds[2]])

    def evaluate(weights: Floats) -> Floats:
        return macro_f1(weighted_tables(cells.astype(np.int32), weights, (CLASSES, CLASSES + 1)))

    found = compare_statistic(
        "f1(average=macro)", evaluate, len(counts), counts=counts, seed=int(g.integers(2**32))
    )
    return decide([found], [DecisionRule(min_effect=MARGIN)])[0]


if __name__ == "__main__":
    main()
