"""Cells of an HTML table that reach into later columns and rows.

The grid is that of the HTML Standard, "Forming a table". A cell over several rows is repeated in each of
them, so that every row says all of what it means; a cell over several columns is written once, and its other
places are empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# The Standard's own bounds; a rowspan of 0 reaches to the end of its group of rows.
MOST_COLUMNS: Final = 1_000
MOST_ROWS: Final = 65_534


def span(value: str | None, most: int) -> int:
    """A `colspan` or `rowspan` as the Standard reads it: 1 where it is not a number."""
    digits = (value or "").strip()[:6]
    found = int(digits) if digits.isascii() and digits.isdecimal() else 1
    return min(found, most)


@dataclass(slots=True)
class Allowance:
    """How many characters and places may be written again, for a page that would grow without bound."""

    left: int

    def take(self, size: int) -> bool:
        self.left -= size
        return self.left >= 0


class Spans:
    """The places of one table, row by row. `widest` is the most cells that one of its rows has.

    `column` is the next place of the row, and `places` how many empty ones follow the last cell.
    """

    def __init__(self, widest: int, allowance: Allowance) -> None:
        self.widest = widest
        self._allowance = allowance
        # By column: how many more rows a cell reaches into, and its text.
        self._above: dict[int, tuple[int, str]] = {}
        self._next: dict[int, tuple[int, str]] = {}
        self.column = self.places = 0

    def begin_group(self) -> None:
        """A group of rows: no cell reaches into it."""
        self._next = {}

    @property
    def reach_down(self) -> bool:
        """Whether a cell reaches into the next row."""
        return bool(self._next)

    def begin_row(self, *, shown: bool) -> None:
        """A row; one that is not shown passes on what reaches through it."""
        self._above, self._next, self.column = self._next, {}, 0
        if not shown:
            for column in list(self._above):
                self._pass_on(column)

    def before_cell(self) -> Iterator[str]:
        """The texts that reach into the next places from above; `column` moves behind each."""
        while self.column in self._above:
            yield self._pass_on(self.column)
            self.column += 1

    def cell(self, columns: int, rows: int, text: str) -> None:
        """Note the cell at this place."""
        columns = max(1, min(columns, self.widest - self.column))
        for column in range(self.column, self.column + columns):
            if column in self._above:  # two cells share the place; the one from above goes further down
                self._pass_on(column)
        if rows != 1:
            for number in range(columns):
                self._next[self.column + number] = ((rows or MOST_ROWS) - 1, "" if number else text)
        self.column += columns
        self.places = columns - 1 if self._allowance.take(columns - 1) else 0

    def rest(self) -> Iterator[str]:
        """The texts that reach into the places behind the last cell, "" for a place without any."""
        last = max(self._above, default=-1)
        while self.column <= last:
            yield self._pass_on(self.column) if self.column in self._above else ""
            self.column += 1

    def _pass_on(self, column: int) -> str:
        """The text that reaches into this row, "" once too much was repeated."""
        rows, text = self._above.pop(column)
        if not self._allowance.take(len(text) + 1):
            return ""
        if rows > 1:
            self._next[column] = (rows - 1, text)
        return text
