"""Stopping early: false alarms, cases saved, and what a betting wealth costs.

python benchmarks/statistics/stopping.py [--quick]

Writes its part of README.md beside it. All data are synthetic.
"""

import sys
import zlib
from collections.abc import Callable, Sequence
from itertools import product
from time import process_time

import numpy as np
from numpy.typing import NDArray
from parts import table, write_part
from populations import Pairs, paired

from prompteval.stats.sequential.betting import always_valid
from prompteval.stats.sequential.decide import (
    Scale,
    SequentialDecision,
    SequentialDesign,
    Threshold,
    decide_difference,
    decide_interval_end,
)
from prompteval.stats.sequential.drop import Limits, decide_drop
from prompteval.stats.sequential.looks import (
    FRACTIONS,
    EarlyStop,
    Look,
    crossed,
    one_sided,
    planned_looks,
)

Floats = NDArray[np.float64]
CASES = (100, 300, 1000)
# Each: 0/1 or graded scores that differ in a share of the cases, and lose so much on balance.
UNCHANGED = {
    "yes or no, 2 % differ": Pairs(0.02),
    "yes or no, 10 % differ": Pairs(0.1),
    "yes or no, 40 % differ": Pairs(0.4),
    "graded, 10 % differ": Pairs(0.1, sizes=(1, 2)),
    "graded, all differ a little": Pairs(1.0, sizes=(1, 15)),
}
DROPPED = {
    "yes or no, 10 % differ, 3 points lost": Pairs(0.1, -0.03),
    "yes or no, 10 % differ, 8 points lost": Pairs(0.1, -0.08),
    "graded, 40 % differ, 3 points lost": Pairs(0.4, -0.03, (1, 2)),
    "graded, 40 % differ, 8 points lost": Pairs(0.4, -0.08, (1, 2)),
}
AT_MARGIN = {
    "yes or no, 10 % differ, 2 points lost": Pairs(0.1, -0.02),
    "graded, 40 % differ, 2 points lost": Pairs(0.4, -0.02, (1, 2)),
}
# Each: one case's score against a threshold of .8; binary, or from 0 to 1.
SCORES: dict[str, tuple[Callable[[np.random.Generator, int, float], Floats], bool]] = {
    "yes or no": (lambda g, n, mean: (g.random(n) < mean).astype(np.float64), True),
    "graded": (lambda g, n, mean: g.beta(4 * mean, 4 * (1 - mean), n), False),
}
WAYS = {
    "group-sequential": SequentialDesign("group-sequential"),
    "always valid": SequentialDesign("always-valid"),
}
BETTING_LOOKS = 20
Rule = Callable[[Floats], EarlyStop | None]


def rules(n: int) -> dict[str, Rule]:
    return {
        "at the end only": fixed,
        "five looks, no bounds": peeking,
        "group-sequential": lambda d: first_look_that_crosses(d, n),
        "always valid": lambda d: always_valid(d, scale=1.0),
    }


def first_look_that_crosses(differences: Floats, planned: int) -> EarlyStop | None:
    stops = (crossed(differences[: look.cases], look, scale=1.0) for look in planned_looks(planned))
    return next((stop for stop in stops if stop is not None), None)


def fixed(differences: Floats) -> EarlyStop | None:
    """One test of all cases."""
    return EarlyStop(len(differences), 0.0) if one_sided(differences, 1.0) <= 0.025 else None


def peeking(differences: Floats) -> EarlyStop | None:
    """The same test at every look, as if each were the only one."""
    for share in FRACTIONS:
        seen = differences[: round(share * len(differences))]
        if one_sided(seen, 1.0) <= 0.025:
            return EarlyStop(len(seen), 0.0)
    return None


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    runs, started = (100 if quick else 4000), process_time()
    parts = [
        *(introduction(runs), alarms(runs), drops(runs // 4)),
        *(
            thresholds(runs // 2),
            references(runs // 4),
            regressions(runs // 4),
        ),
    ]
    if not quick:
        write_part("stopping", "\n\n".join(parts))
    print("\n\n".join(parts), f"\n\n{process_time() - started:.0f} s of processor time")


def introduction(runs: int) -> str:
    return f"""## Stopping early

```
python benchmarks/statistics/stopping.py
```

Percent of {runs:,} synthetic runs in which a rule calls two unchanged sides different, either way;
5 are allowed, with a standard error of {100 * (0.0475 / runs) ** 0.5:.1f} points."""


def draws(name: str, spec: Pairs, n: int, runs: int) -> list[Floats]:
    generator = np.random.default_rng([zlib.crc32(name.encode()), n])
    return [paired(generator, n, spec)[0] for _ in range(runs)]


def alarms(runs: int) -> str:
    rows = []
    for name, spec in UNCHANGED.items():
        for n in CASES:
            samples = draws(name, spec, n, runs)
            cells = [
                f"{100 * np.mean([rule(d) is not None for d in samples]):.1f}" for rule in rules(n).values()
            ]
            rows.append([name, f"{n:,}", *cells])
            print(*rows[-1], file=sys.stderr, flush=True)
    return table(["population", "cases", *rules(1)], rows)


def drops(runs: int) -> str:
    rows = []
    for name, spec in DROPPED.items():
        for n in CASES:
            samples, cells = draws(name, spec, n, runs), []
            for rule in rules(n).values():
                stops = [rule(d) for d in samples]
                used = np.mean([n if stop is None else stop.cases for stop in stops])
                found = 100 * np.mean([stop is not None for stop in stops])
                cells.append(f"{found:.0f} % / {used:,.0f}")
            rows.append([name, f"{n:,}", *cells])
            print(*rows[-1], file=sys.stderr, flush=True)
    told = f"Drops that are found, and the cases that were used on average, over {runs:,} runs:\n\n"
    return told + table(["population", "cases", *rules(1)], rows)


Ask = Callable[[int, Look, bool], SequentialDecision | None]


def until_settled(
    n: int, design: SequentialDesign, ask: Ask, *, by_end: bool = False
) -> tuple[bool | None, int]:
    """(met, cases used) of one run with a look after each portion, as the engine takes them.

    With `by_end` the last look may leave it open: None.
    """
    looks = planned_looks(n)
    if design.method == "always-valid":
        ends = sorted({-(-n * step // BETTING_LOOKS) for step in range(1, BETTING_LOOKS + 1)})
        looks = tuple(Look(end, 0.0, 0.0) for end in ends)
    for look in looks:
        found = ask(look.cases, look, look.cases == n)
        if found is not None:
            return found.met, look.cases
    assert by_end, "the last look settles everything"
    return None, n


def low_end(values: Floats, binary: bool, wanted: float, design: SequentialDesign) -> Ask:
    """`low >= wanted` over values in seeded order."""
    rule, scale = Threshold("low", ">=", wanted), Scale(binary=binary)
    return lambda cases, look, last: decide_interval_end(values[:cases], look, scale, rule, design, last=last)


def drop(differences: Floats, design: SequentialDesign) -> Ask:
    """`no_regression` over differences in seeded order."""
    return lambda cases, look, last: decide_drop(differences[:cases], look, design, Limits(), scale=1.0)


def better(differences: Floats, design: SequentialDesign) -> Ask:
    """`beats` over differences in seeded order."""
    return lambda cases, look, last: decide_difference(
        differences[:cases], look, design, scale=1.0, last=last
    )


def regressions(runs: int) -> str:
    """`no_regression` where nothing is lost, where just the margin is, and where much is."""
    rows = []
    for name, spec in (*UNCHANGED.items(), *AT_MARGIN.items(), *DROPPED.items()):
        for n in CASES:
            samples, cells = draws(name, spec, n, runs), []
            for design in WAYS.values():
                ended = [until_settled(n, design, drop(d, design), by_end=True) for d in samples]
                shares = [100 * np.mean([met is wanted for met, _ in ended]) for wanted in (False, True)]
                used = np.mean([cases for _, cases in ended])
                cells.append(f"{shares[0]:.1f} % / {shares[1]:.1f} % / {used:,.0f}")
            rows.append([name, f"{n:,}", *cells])
            print(*rows[-1], file=sys.stderr, flush=True)
    told = (
        f"A gate `no_regression` over {runs:,} runs, min_effect and margin .02: how often it says regressed,"
        " how often not worse, and the cases used on average; the rest is inconclusive. Where nothing is"
        " lost at most 2.5 % may be regressed, and where just the margin is lost at most 2.5 % not worse.\n\n"
    )
    return told + table(["population", "cases", *WAYS], rows)


def passed(ended: Sequence[tuple[bool | None, int]]) -> str:
    """Percent of runs that passed, and the cases they used on average."""
    share, cases = np.mean(np.asarray(ended, dtype=np.float64), axis=0)
    return f"{100 * share:.1f} % / {cases:,.0f}"


def thresholds(runs: int) -> str:
    """`low >= t` where the truth is t itself, and where it lies above."""
    rows = []
    for name, (draw, binary) in SCORES.items():
        for wanted, n in product((0.5, 0.8, 0.95), CASES):
            cells = []
            for design, mean in product(WAYS.values(), (wanted, wanted + 0.6 * (1 - wanted))):
                g = np.random.default_rng([zlib.crc32(name.encode()), n, round(1000 * mean)])
                asked = [low_end(draw(g, n, mean), binary, wanted, design) for _ in range(runs)]
                cells.append(passed([until_settled(n, design, ask) for ask in asked]))
            rows.append([name, wanted, f"{n:,}", *cells])
            print(*rows[-1], file=sys.stderr, flush=True)
    told = (
        f"A gate `low >= t` over {runs:,} runs: how often it passes and the cases used on average, where the"
        " true mean is t itself (2.5 % may pass) and where it lies 60 % of the way from t to 1:\n\n"
    )
    heads = [f"{name}, {where}" for name in WAYS for where in ("at t", "above")]
    return told + table(["scores", "t", "cases", *heads], rows)


def references(runs: int) -> str:
    """`beats` over a reference that is as good, and over one that is worse."""
    rows = []
    for name, spec in (*UNCHANGED.items(), *DROPPED.items()):
        for n in CASES[:2]:
            samples = draws(name, spec, n, runs)
            cells = [
                passed([until_settled(n, design, better(-d, design)) for d in samples])
                for design in WAYS.values()
            ]
            rows.append([name, f"{n:,}", *cells])
            print(*rows[-1], file=sys.stderr, flush=True)
    told = (
        f"A gate `beats` over {runs:,} runs, the reference being the side that loses: how often it passes,"
        " and the cases used on average. Where nothing is lost, 2.5 % may pass.\n\n"
    )
    return told + table(["population", "cases", *WAYS], rows)


if __name__ == "__main__":
    main()
