"""Simulated comparisons: how often the rule blocks what is unchanged, and finds the drop that it prints.

python benchmarks/statistics/decisions.py [RUNS]

Writes its part of README.md beside it. All data are synthetic.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

import numpy as np

from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.values import compare_values

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- decisions: begin -->", "<!-- decisions: end -->"
CASES, FAMILIES, CHANGED = (100, 300, 1000), (1, 5, 20), (0.05, 0.1, 0.3)
# How many more runs a cell gets that missed what is promised.
AGAIN = 4
HEAD_OF_DROPS = (
    "| scores | cases | differ | 1 metric | drop | 5 metrics | drop |",
    "|---|---|---|---|---|---|---|",
)
# (generator, cases, share of cases that differ, drop) to one comparison
Draw = Callable[[np.random.Generator, int, float, float], Comparison]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    started = process_time()
    part = "\n\n".join([introduction(runs), false_regressions(runs), detection(runs)])
    before, _, rest = (README.read_text("utf-8") if README.exists() else HEAD).partition(BEGIN)
    after = rest.partition(END)[2] or "\n"
    README.write_text(f"{before}{BEGIN}\n{part}\n{END}{after}", "utf-8")
    print(f"{part}\n\n{process_time() - started:.0f} s of processor time")


HEAD = "# Simulations of the statistics\n\nEach part is written by the command that stands in it.\n\n"


def introduction(runs: int) -> str:
    return f"""## Decisions

```
python benchmarks/statistics/decisions.py {runs}
```

Synthetic pairs. A share of the cases differs between A and B. "0/1" scores differ by 1; "graded" ones, from
0 to 1, by a size drawn from a Beta(1, 2) cut to tenths, at least 0.1; "shifted" ones all by a normal with a
deviation of 0.1, and a drop moves every case instead of turning signs. The rule is the default one: alpha
.05, min_effect .02. {runs} runs a cell; the
standard error of 80 % is {100 * (0.16 / runs) ** 0.5:.1f} points."""


def false_regressions(runs: int) -> str:
    lines = [
        "### Unchanged pairs that a gate calls regressed\n",
        "In percent of gates; the metrics of a gate are independent. At most 5 are promised.\n",
        "| scores | cases | differ | 1 metric | 5 metrics | 20 metrics |",
        "|---|---|---|" + "---|" * len(FAMILIES),
    ]
    for kind, (draw, shares) in KINDS.items():
        for n in CASES:
            for changed in shares:
                seen = [f"{blocked(draw, n, changed, m, runs):.1f}" for m in FAMILIES]
                lines.append(f"| {kind} | {n:,} | {changed:.0%} | {' | '.join(seen)} |")
                print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def blocked(draw: Draw, n: int, changed: float, metrics: int, runs: int) -> float:
    """Percent of gates over unchanged pairs with a regression."""
    generator = np.random.default_rng([n, int(1000 * changed), metrics, 1])
    gates = ([draw(generator, n, changed, 0.0) for _ in range(metrics)] for _ in range(runs))
    return 100.0 * float(np.mean([regressed(decide(gate, [DecisionRule()] * metrics)) for gate in gates]))


def regressed(gate: Sequence[Comparison]) -> bool:
    return any(found.verdict is ComparisonVerdict.REGRESSED for found in gate)


def detection(runs: int) -> str:
    lines = [
        "### Drops of the printed size that are found\n",
        "An unchanged run prints its smallest detectable drop; a new run with that drop is decided.",
        "The share of cases that differ stays, or rises to what the drop needs. Percent found, 80 ± 4 is",
        "promised; beside it the mean of the printed drops in points. In a gate of five the other four are",
        "unchanged.\n",
        *HEAD_OF_DROPS,
    ]
    short = []
    for kind, (draw, shares) in KINDS.items():
        for n in CASES:
            for changed in shares:
                seen = [found_drops(draw, n, changed, metrics, runs) for metrics in (1, 5)]
                lines.append(drops_row(kind, n, changed, seen))
                if any(abs(percent - 80.0) > 4.0 for percent, _ in seen):
                    short.append((kind, n, changed))
    told = "; ".join(
        f"{kind} scores of {n:,} cases, {changed:.0%} of which differ" for kind, n, changed in short
    )
    lines.append(f"\nOutside 80 ± 4: {told or 'none'}.")
    return "\n".join([*lines, *drawn_again(short, AGAIN * runs)])


def drawn_again(short: Sequence[tuple[str, int, float]], runs: int) -> list[str]:
    """The cells outside 80 ± 4 with more runs, to tell chance from a shortfall."""
    if not short:
        return []
    error = 100 * (0.16 / runs) ** 0.5
    lines = [f"\nDrawn {runs:,} times, with a standard error of {error:.1f} points:\n", *HEAD_OF_DROPS]
    for kind, n, changed in short:
        seen = [found_drops(KINDS[kind][0], n, changed, metrics, runs) for metrics in (1, 5)]
        lines.append(drops_row(kind, n, changed, seen))
    return lines


def drops_row(kind: str, n: int, changed: float, seen: Sequence[tuple[float, float]]) -> str:
    cells = [f"{percent:.1f} | {drop:.1f}" for percent, drop in seen]
    row = f"| {kind} | {n:,} | {changed:.0%} | {' | '.join(cells)} |"
    print(row, file=sys.stderr, flush=True)
    return row


def found_drops(draw: Draw, n: int, changed: float, metrics: int, runs: int) -> tuple[float, float]:
    """(percent of printed drops found, their mean in points)."""
    generator = np.random.default_rng([n, int(1000 * changed), metrics, 2])
    rules, found, drops = [DecisionRule()] * metrics, [], []
    for _ in range(runs):
        others = [draw(generator, n, changed, 0.0) for _ in range(metrics - 1)]
        printed = decide([draw(generator, n, changed, 0.0), *others], rules)[0].mde
        if printed is None:
            continue  # nothing differed, and nothing was printed
        dropped = decide([draw(generator, n, changed, printed), *others], rules)[0]
        found.append(dropped.verdict is ComparisonVerdict.REGRESSED)
        drops.append(printed)
    return 100.0 * float(np.mean(found)), 100.0 * float(np.mean(drops))


def yes_or_no(generator: np.random.Generator, n: int, changed: float, drop: float) -> Comparison:
    share = max(changed, drop)
    kind = generator.choice(3, size=n, p=[(share + drop) / 2, (share - drop) / 2, 1 - share])
    a = np.where(kind == 2, generator.random(n) < 0.8, kind == 0).astype(float)
    b = np.where(kind == 2, a, kind == 1).astype(float)
    return compare_values("accuracy", a, b, low=0.0, high=1.0, seed=1)


SIZES = np.arange(1, 11) / 10
_ODDS = (1 - (SIZES - 0.1)) ** 2 - (1 - SIZES) ** 2  # of Beta(1, 2), cut to tenths upwards
MEAN_SIZE = float(SIZES @ _ODDS)


def graded(generator: np.random.Generator, n: int, changed: float, drop: float) -> Comparison:
    share = max(changed, drop / MEAN_SIZE)
    if share > 1:
        raise ValueError(f"a drop of {drop} takes larger differences")
    worse = (1 + drop / (share * MEAN_SIZE)) / 2
    size = np.where(generator.random(n) < share, generator.choice(SIZES, size=n, p=_ODDS), 0.0)
    upper = size + generator.random(n) * (1 - size)
    falls = generator.random(n) < worse
    a, b = np.where(falls, upper, upper - size), np.where(falls, upper - size, upper)
    return compare_values("ndcg@10", a, b, low=0.0, high=1.0, seed=int(generator.integers(2**32)))


def shifted(generator: np.random.Generator, n: int, changed: float, drop: float) -> Comparison:
    a = generator.uniform(0.4, 0.6, size=n)
    difference = np.where(generator.random(n) < changed, np.clip(generator.normal(0, 0.1, n), -0.3, 0.3), 0.0)
    b = a + np.clip(difference - drop, -0.4, 0.4)
    return compare_values("similarity", a, b, low=0.0, high=1.0, seed=int(generator.integers(2**32)))


KINDS = {"0/1": (yes_or_no, CHANGED), "graded": (graded, CHANGED), "shifted": (shifted, (1.0,))}

if __name__ == "__main__":
    main()
