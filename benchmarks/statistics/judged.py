"""How often the interval of a corrected judge holds the truth, over recorded judges and people's labels.

python benchmarks/statistics/judged.py [--quick]

Writes its part of README.md beside it. Reads ../shared/data/alttest, from the root of the project.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray
from parts import table, write_part

from prompteval.stats.interval import Interval, student_t, wilson
from prompteval.stats.judged.corrected import corrected_mean

DATA = Path("../shared/data/alttest")
Floats = NDArray[np.float64]
CASES, LABELS = 600, 100
LEAST, MOST = 92.5, 97.0


@dataclass(frozen=True)
class Population:
    """People's truth and one judge's scores of all items, on a scale."""

    name: str
    judge: str
    truth: Floats
    scores: Floats
    low: float
    high: float


@dataclass
class Seen:
    """What was counted over the draws."""

    held: int = 0
    alone: int = 0
    naive: int = 0
    wider: int = 0
    ratio: float = 0.0


def main() -> None:
    draws, started = (200 if "--quick" in sys.argv[1:] else 2000), process_time()
    parts = []
    for title, of in (("A mean", one_mean), ("A paired difference", paired)):
        rows = []
        for population in populations():
            rows.append(row(of(population), draws))
            print(title, *rows[-1], file=sys.stderr, flush=True)
        head = [
            "set",
            "judge",
            "truth",
            "judge says",
            "PPI++ %",
            "labels alone %",
            "judge alone %",
            "width",
            "wider",
        ]
        parts.append(f"### {title}\n\n{table(head, rows)}\n\n{verdict(rows)}")
    text = "\n\n".join([introduction(draws), *parts])
    if draws == 2000:
        write_part("judged", text)
    print(text, f"\n\n{process_time() - started:.0f} s of processor time")


def introduction(draws: int) -> str:
    return f"""## Judges corrected by labels

```
python benchmarks/statistics/judged.py
```

Recorded judges of two public sets (AltTest): people say of all items what is true. {draws:,} times {CASES}
items are drawn without replacement; {LABELS} of them have people's labels, all have the judge's scores.
Percent of the draws whose 95 % interval holds the mean over all items. "width" is the width of the corrected
interval over that of the labels alone, on average; "wider" counts the draws in which it was the wider one.
The judge alone has Wilson's interval, or Student's t, over its {CASES} scores. In a paired difference each
item stands for version A of a case, and another, drawn at random, for version B."""


def populations() -> Iterator[Population]:
    people = json.loads((DATA / "framing" / "human_annotations.json").read_text())
    for judge, given in json.loads((DATA / "framing" / "llm_annotations.json").read_text()).items():
        items = sorted(given.keys() & {item for one in people.values() for item in one})
        labels = [[one[item] == "yes" for one in people.values() if item in one] for item in items]
        truth = np.array([sum(of) * 2 > len(of) for of in labels], float)
        yield Population("framing", judge, truth, np.array([given[i] == "yes" for i in items], float), 0, 1)
    people = json.loads((DATA / "10k_prompts" / "human_annotations.json").read_text())
    for judge, given in json.loads((DATA / "10k_prompts" / "llm_annotations.json").read_text()).items():
        items = sorted(given.keys() & {item for one in people.values() for item in one})
        truth = np.array([np.mean([one[i] for one in people.values() if i in one]) for i in items])
        yield Population("10k_prompts", judge, truth, np.array([given[i] for i in items], float), 1, 5)


def one_mean(population: Population) -> Population:
    return population


def paired(population: Population) -> Population:
    """Each item, and another one minus it."""
    count = len(population.truth)
    a, b = np.arange(count), np.random.default_rng(0).integers(0, count, count)
    span = population.high - population.low
    truth = population.truth[b] - population.truth[a]
    scores = population.scores[b] - population.scores[a]
    return Population(population.name, population.judge, truth, scores, -span, span)


def row(population: Population, draws: int) -> list[str]:
    generator, seen = np.random.default_rng(17), Seen()
    true = float(population.truth.mean())
    for _ in range(draws):
        drawn = generator.permutation(len(population.truth))[:CASES]
        labels, scores = population.truth[drawn[:LABELS]], population.scores[drawn]
        found = corrected_mean(
            labels, scores[:LABELS], scores[LABELS:], low=population.low, high=population.high
        )
        binary = (population.low, population.high) == (0, 1)
        naive = wilson(float(scores.sum()), CASES) if binary else student_t(scores)
        seen.held += holds(found.interval, true)
        seen.alone += holds(found.labels_alone, true)
        seen.naive += holds(naive, true)
        ratio = width(found.interval) / width(found.labels_alone)
        seen.ratio += ratio
        seen.wider += ratio > 1.0 + 1e-12
    shares = [f"{100 * count / draws:.1f}" for count in (seen.held, seen.alone, seen.naive)]
    says = float(population.scores.mean())
    numbers = [f"{true:.4f}", f"{says:.4f}", *shares, f"{seen.ratio / draws:.2f}", str(seen.wider)]
    return [population.name, population.judge, *numbers]


def verdict(rows: list[list[str]]) -> str:
    short = [f"{r[0]} {r[1]} ({r[4]})" for r in rows if not LEAST <= float(r[4]) <= MOST]
    below = sum(float(r[6]) < 50 for r in rows)
    said = (
        f"Outside {LEAST} to {MOST} %: {', '.join(short)}."
        if short
        else f"All lie within {LEAST} to {MOST} %."
    )
    return f"{said} The judge alone covers less than half in {below} of {len(rows)}."


def holds(found: Interval, truth: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


def width(found: Interval) -> float:
    return 0.0 if found.low is None or found.high is None else found.high - found.low


if __name__ == "__main__":
    main()
