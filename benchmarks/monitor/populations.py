"""What the simulations draw from, and the README that each command writes its own part of."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from prompteval.monitor.sketch import NumberSketch

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
SEED = 20_260_101


@cache
def clinc150() -> tuple[list[str], list[str], list[int]]:
    """(domain, intent, characters) of the 15,000 training questions."""
    rows = json.loads((DATA / "clinc150" / "data_full.json").read_text("utf-8"))["train"]
    domains = json.loads((DATA / "clinc150" / "domains.json").read_text("utf-8"))
    of = {intent: domain for domain, intents in domains.items() for intent in intents}
    return [of[intent] for _, intent in rows], [intent for _, intent in rows], [len(text) for text, _ in rows]


@cache
def elec() -> tuple[list[str], np.ndarray]:
    """(class, demand) of the 45,312 half-hours, in order of time."""
    with gzip.open(DATA / "drift_streams" / "elec.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    return [row["class"] for row in rows], np.asarray([float(row["nswdemand"]) for row in rows])


@cache
def sea() -> tuple[np.ndarray, np.ndarray]:
    """(label, error of the first concept's rule) of the 50,000 rows."""
    table = np.genfromtxt(DATA / "drift_streams" / "sea.csv", delimiter=",", skip_header=1)
    label = table[:, 3].astype(int)
    return label, (label != (table[:, 0] + table[:, 1] <= 8).astype(int)).astype(int)


def counted(values: Sequence[str] | np.ndarray) -> Counter[str]:
    """How often each class is there."""
    names, counts = np.unique(np.asarray(values), return_counts=True)
    return Counter(dict(zip(names.tolist(), counts.tolist(), strict=True)))


def sketch(values: np.ndarray) -> NumberSketch:
    """The numbers as a log's are kept."""
    found = NumberSketch()
    found.add(values.tolist())
    return found


def write_part(name: str, text: str) -> None:
    """Put `text` in the place of the part called `name` of README.md, or at its end, and print it."""
    path, begin, end = HERE / "README.md", f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head = "# Monitoring: false alarms, detection, scale\n\nEach command writes its own part.\n\n"
    before, _, rest = (path.read_text("utf-8") if path.exists() else head).partition(begin)
    after = rest.partition(end)[2] or "\n\n"
    path.write_text(f"{before}{begin}\n{text.rstrip()}\n{end}{after}", "utf-8")
    print(text)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (head, ["---"] * len(head), *rows))
