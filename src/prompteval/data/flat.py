"""Rows as a table: nested keys become dotted columns, in the order in which they first appear."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from prompteval.data.rows import Raw

Cell = str | int | float | bool | None
Kind = Literal["boolean", "integer", "number", "string"]


def flat(raw: Raw) -> dict[str, Cell]:
    """A row's columns: a list, and an empty mapping, is its JSON text."""
    cells: dict[str, Cell] = {}
    for key, value in raw.items():
        if isinstance(value, Mapping) and value:
            cells.update({f"{key}.{inner}": cell for inner, cell in flat(dict(value)).items()})
        elif value is None or isinstance(value, str | bool | int | float):
            cells[key] = value
        else:
            cells[key] = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return cells


@dataclass(slots=True)
class Columns:
    """The columns of many rows, and the one kind that holds all values of each."""

    kinds: dict[str, set[Kind]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Raw]) -> "Columns":
        """From one pass over the rows."""
        made = cls()
        for raw in rows:
            for name, cell in flat(raw).items():
                kinds = made.kinds.setdefault(name, set())
                if cell is not None:
                    kinds.add(_kind(cell))
        return made

    def kind(self, name: str) -> Kind:
        """The kind of a column: a number holds integers too, a string everything."""
        kinds = self.kinds[name]
        if len(kinds) == 1:
            return next(iter(kinds))
        return "number" if kinds == {"integer", "number"} else "string"

    def rows(self, rows: Iterable[Raw]) -> Iterator[dict[str, Cell]]:
        """Each row with every column, as the column's kind; None where it has none."""
        kinds = {name: self.kind(name) for name in self.kinds}
        for raw in rows:
            cells = flat(raw)
            yield {name: _as(cells.get(name), kind) for name, kind in kinds.items()}


def _kind(cell: str | int | float | bool) -> Kind:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int):
        return "integer" if -(2**63) <= cell < 2**63 else "string"
    return "number" if isinstance(cell, float) else "string"


def _as(cell: Cell, kind: Kind) -> Cell:
    if cell is None or kind == "boolean" or kind == "integer":
        return cell
    if kind == "number":
        return float(cell)
    return cell if isinstance(cell, str) else json.dumps(cell)
