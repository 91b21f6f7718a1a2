"""Columns and gold of a few cases, written in a test."""

from collections.abc import Iterable, Mapping

import numpy as np

from prompteval.metrics.columns import Columns
from prompteval.metrics.judged import GoldGroup


def from_rows(
    rows: Iterable[tuple[float, tuple[str, str | None] | None]],
    *,
    missing: int = 0,
    low: float | None = 0.0,
    high: float | None = 1.0,
) -> Columns:
    """Columns from (value, labels) pairs, already in order of case id."""
    values: list[float] = []
    pairs: list[tuple[str, str | None] | None] = []
    for value, labels in rows:
        values.append(value)
        pairs.append(labels)
    names = sorted({name for pair in pairs if pair is not None for name in pair if name is not None})
    code = {name: index for index, name in enumerate(names)}
    expected = np.fromiter((code[p[0]] if p else -1 for p in pairs), dtype=np.int32, count=len(pairs))
    predicted = np.fromiter(
        (code[p[1]] if p and p[1] is not None else -1 for p in pairs), dtype=np.int32, count=len(pairs)
    )
    return Columns(
        np.asarray(values, dtype=np.float64), expected, predicted, tuple(names), missing, low, high
    )


def plain_gold(judgments: Mapping[str, int]) -> list[GoldGroup]:
    """Relevance judgments, id to grade, as gold: each relevant id is a group of its own."""
    return [GoldGroup({name: grade}, grade) for name, grade in judgments.items() if grade >= 1]
