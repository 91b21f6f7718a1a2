"""How often each 95 % interval holds the true value, over populations that evaluations meet.

python benchmarks/statistics/coverage.py [--quick]

Writes its part of README.md beside it. All data are synthetic.
"""

import sys
import zlib
from collections.abc import Callable
from time import process_time

import numpy as np
from numpy.typing import NDArray
from parts import table, write_part
from populations import BINARY, BOUNDED, CLUSTERED, OPEN, PAIRED, Codes, clustered, paired

from prompteval.stats.clusters import mean_clustered, mean_cr2, wilson_clustered
from prompteval.stats.distributions import t_quantile
from prompteval.stats.interval import Interval, student_t, t01, wilson
from prompteval.stats.paired.mcnemar import binomial_cdf, tango
from prompteval.stats.percentile import percentile_interval

Floats = NDArray[np.float64]
Random = np.random.Generator
SIZES = (20, 50, 100, 300, 1000, 2000)
PROMISED = 93.0
Cell = Callable[[Random, int], bool]


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    runs, started = (100 if quick else 2000), process_time()
    rows, short = [], []
    for kind, population, method, cell in cells():
        found = [covered(cell, f"{kind} {population} {method}", n, runs) for n in SIZES]
        rows.append([kind, population, method, *(f"{share:.1f}" for share in found)])
        print(" ".join(map(str, rows[-1])), file=sys.stderr, flush=True)
        if min(found) < PROMISED and not method.startswith("plain"):
            where = [f"{n} ({share:.1f})" for n, share in zip(SIZES, found, strict=True) if share < PROMISED]
            short.append(f"- {kind}, {population}, {method}: n = {', '.join(where)}")
    head = ["what", "population", "interval", *(f"n = {n:,}" for n in SIZES)]
    parts = [introduction(runs), table(head, rows), shortfalls(short), wilson_exactly()]
    if not quick:
        write_part("coverage", "\n\n".join(parts))
    print("\n\n".join(parts), f"\n\n{process_time() - started:.0f} s of processor time")


def introduction(runs: int) -> str:
    return f"""## Coverage of the intervals

```
python benchmarks/statistics/coverage.py
```

Percent of {runs:,} synthetic samples whose interval holds the true value; the standard error of 95 % is
{100 * (0.0475 / runs) ** 0.5:.1f} points. n counts cases, in clusters of 1 to 9 where there are clusters (the
fewest are four). "plain" rows are what the method in use is better than."""


def shortfalls(short: list[str]) -> str:
    if not short:
        return f"No method in use falls below {PROMISED:.0f} %."
    return f"**Below {PROMISED:.0f} %:**\n\n" + "\n".join(short)


def covered(cell: Cell, name: str, n: int, runs: int) -> float:
    generator = np.random.default_rng([zlib.crc32(name.encode()), n])
    return 100.0 * sum(cell(generator, n) for _ in range(runs)) / runs


def holds(found: Interval, truth: float) -> bool:
    """An end that is not there leaves everything on its side inside."""
    return (found.low is None or found.low <= truth + 1e-12) and (
        found.high is None or truth <= found.high + 1e-12
    )


def cells() -> list[tuple[str, str, str, Cell]]:
    found: list[tuple[str, str, str, Cell]] = []
    for p in BINARY:
        found.append(
            ("proportion", f"p = {p:g}", "wilson", lambda g, n, p=p: holds(wilson(g.binomial(n, p), n), p))
        )
    for name, (draw, truth) in BOUNDED.items():
        for method, interval in (("t01", lambda v: t01(v, 0.0, 1.0)), ("plain t", student_t)):
            found.append(
                ("bounded mean", name, method, lambda g, n, d=draw, t=truth, i=interval: holds(i(d(g, n)), t))
            )
    for name, (draw, truth, quantile) in OPEN.items():
        found.append(("open mean", name, "t", lambda g, n, d=draw, t=truth: holds(student_t(d(g, n)), t)))
        for q in (0.5, 0.95, 0.99):
            cell = lambda g, n, d=draw, q=q, t=quantile(q): holds(percentile_interval(d(g, n), q), t)  # noqa: E731
            found.append((f"p{100 * q:.0f}", name, "order-statistics", cell))
    return found + clustered_cells() + paired_cells()


def clustered_cells() -> list[tuple[str, str, str, Cell]]:
    found: list[tuple[str, str, str, Cell]] = []
    for name, spec in CLUSTERED.items():

        def cell(g: Random, n: int, spec=spec, method=None) -> bool:  # type: ignore[no-untyped-def]
            values, codes = clustered(g, n, spec)
            return holds(method(values, codes), spec.mean)

        bounded = lambda v, c: mean_clustered(v, c, 0.0, 1.0)  # noqa: E731
        ignoring = lambda v, c: t01(v, 0.0, 1.0)  # noqa: E731
        used = ("wilson-clustered", wilson_clustered) if spec.binary else ("cr2-t01", bounded)
        lone = ("plain, one case appended", one_case_appended)
        for method, interval in (used, lone, ("plain, clusters ignored", ignoring)):
            if spec.binary and interval is one_case_appended:
                continue
            found.append(("clustered mean", name, method, lambda g, n, c=cell, i=interval: c(g, n, method=i)))
    return found


def one_case_appended(values: Floats, codes: Codes) -> Interval:
    """CR2 with one case of 0 and one of 1, whatever a case is worth."""
    top = int(codes.max())
    middle, error, freedom = mean_cr2(
        np.append(values, (0.0, 1.0)), np.append(codes, (top + 1, top + 2)).astype(np.int32)
    )
    half = t_quantile(0.975, freedom) * error
    return Interval(middle, middle - half, middle + half, "cr2-t01")


def paired_cells() -> list[tuple[str, str, str, Cell]]:
    found: list[tuple[str, str, str, Cell]] = []
    for name, spec in PAIRED.items():

        def cell(g: Random, n: int, spec=spec, plain=False) -> bool:  # type: ignore[no-untyped-def]
            d, codes = paired(g, n, spec)
            if plain:
                return holds(student_t(d), spec.delta)
            if spec.sizes is None and not spec.clusters:
                low, high = tango(int(np.sum(d < 0)), int(np.sum(d > 0)), n)
                return low - 1e-12 <= spec.delta <= high + 1e-12
            return holds(mean_clustered(d, codes, -1.0, 1.0), spec.delta)

        method = "tango" if spec.sizes is None else "t±1"
        found.append(("difference", name, "cr2-t±1" if spec.clusters else method, cell))
        if not spec.clusters:
            found.append(("difference", name, "plain t", lambda g, n, c=cell: c(g, n, plain=True)))
    return found


def wilson_exactly() -> str:
    """The coverage over all proportions, counted out."""
    rows = []
    for n in (20, 50, 100, 300, 1000):
        ends = [wilson(k, n) for k in range(n + 1)]
        shares = []
        for p in np.arange(0.01, 0.995, 0.01):
            inside = [k for k, end in enumerate(ends) if holds(end, float(p))]
            shares.append(binomial_cdf(inside[-1], n, float(p)) - binomial_cdf(inside[0] - 1, n, float(p)))
        low = int(np.argmin(shares))
        rows.append(
            [f"{n:,}", f"{100 * np.mean(shares):.1f}", f"{100 * shares[low]:.1f}", f"{(low + 1) / 100:g}"]
        )
    head = ["n", "mean coverage", "lowest", "at p"]
    return "Wilson's interval over p = .01, .02, … .99, counted out:\n\n" + table(head, rows)


if __name__ == "__main__":
    main()
