"""CSV whose cells may be as long as a line of a file may be."""

import csv
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prompteval.workspace.jsonl import MAX_LINE_BYTES

if TYPE_CHECKING:
    from _csv import Reader


def csv_reader(lines: Iterable[str], delimiter: str) -> "Reader":
    """The rows of some lines; what is not CSV raises csv.Error. A row may go over several lines.

    The module's own limit of 131,072 characters a cell is of the process, and is set each time.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    return csv.reader(lines, delimiter=delimiter, strict=True)
