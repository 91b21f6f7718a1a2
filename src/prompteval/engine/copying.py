"""Rows and attempts of one run, copied into another."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from prompteval.core.observation import Row
from prompteval.store.protocol import ResultsStore

ROWS_A_STEP = 256


def copy_rows(rows: Iterable[Row], store: ResultsStore, run_id: str) -> None:
    """The rows, under another run."""
    left = iter(rows)
    while group := [replace(row, run_id=run_id) for row in islice(left, ROWS_A_STEP)]:
        store.add_rows(group)


def copy_attempts(
    source: ResultsStore, source_run: str, store: ResultsStore, run_id: str, number: int
) -> int:
    """The attempts of a run, numbered from `number` on; how many there are."""
    attempts = [*source.attempts(source_run)]
    store.add_attempts(run_id, ((number + place, *one[1:]) for place, one in enumerate(attempts)))
    return len(attempts)
