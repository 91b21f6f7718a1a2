"""How labels are spread, and what that does to metrics."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.text import counted
from prompteval.data.findings import Findings
from prompteval.data.rows import DataRow

FEWEST = 10  # under it a class gates no macro F1
SKEWED = 10.0  # largest class to smallest
# More values than this many are a number or a text, and no classes.
CLASSES_AT_ALL = 200


@dataclass(frozen=True, slots=True)
class Balance:
    """Counts by label; `effective` is exp of the entropy, `majority` the accuracy of always the largest.

    `weights` are n / (k n_c): with them every class counts alike.
    """

    counts: Mapping[str, int]
    effective: float
    majority: float
    weights: Mapping[str, float]


def balance(labels: Iterable[str]) -> Balance | None:
    """The balance of the labels; None where none is given."""
    counts = dict(sorted(Counter(label for label in labels if label).items()))
    n = sum(counts.values())
    if not n:
        return None
    entropy = -sum(count / n * math.log(count / n) for count in counts.values())
    weights = {label: n / (len(counts) * count) for label, count in counts.items()}
    return Balance(counts, math.exp(entropy), max(counts.values()) / n, weights)


def check_balance(rows: Sequence[DataRow], findings: Findings) -> Balance | None:
    """Warn of one class alone, few rows of a class or far fewer; of nothing where labels are no classes."""
    found = balance(row.label for row in rows)
    if found is not None and len(found.counts) == 1 and len(rows) >= FEWEST:
        (label,) = found.counts
        message = f"every label is {label!r}: always answering {label!r} has an accuracy of 1.00"
        findings.at(
            rows[0].path, 0, "PD110", message, "add rows of other labels, or name the field with --label"
        )
    if found is None or not 1 < len(found.counts) <= min(CLASSES_AT_ALL, len(rows) // 2):
        return found
    smallest = min(found.counts, key=lambda label: (found.counts[label], label))
    largest = max(found.counts, key=lambda label: (found.counts[label], label))
    few, ratio = found.counts[smallest], found.counts[largest] / found.counts[smallest]
    if ratio >= SKEWED:
        message = (
            f"label {largest!r} is {found.majority:.0%} of the rows and {smallest!r} {few:,} of them: always"
            f" answering {largest!r} has an accuracy of {found.majority:.2f},"
            f" and {found.effective:.1f} of {len(found.counts)} classes count"
        )
        findings.at(
            rows[0].path, 0, "PD110", message, "gate on f1(average=macro) or mcc, or stratify and weight"
        )
    elif few < FEWEST:
        count = counted(few, "row")
        message = f"label {smallest!r} has {count}: a macro F1 is not gated while a class has under {FEWEST}"
        findings.at(rows[0].path, 0, "PD110", message, "add rows of it")
    return found
