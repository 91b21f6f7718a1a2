"""A table before it has a form: the terminal, Markdown and the page render the same one."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.core.verdict import Estimate


@dataclass(frozen=True, slots=True)
class Table:
    """Text in rows below heads; without rows, only its title is shown.

    The first `texts` columns are words and are aligned left, the rest numbers. Where each row is an estimate,
    `estimates` has them, the value in the first column of numbers, and a page draws each beside it. Where
    the numbers are counts, `counts` has those of each row, and a page shades them by their share of the row.
    Where each row is a difference, `differences` has (low, difference, high) of it and the margin: the
    difference that would be too large to the worse side. A page draws them behind the column `B − A` or
    `difference`.
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1
    estimates: Sequence[Estimate] = ()
    counts: Sequence[Sequence[int]] = ()
    differences: Sequence[tuple[float | None, float | None, float | None, float | None]] = ()
