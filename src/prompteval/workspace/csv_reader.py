"""CSV whose cells may be as long as a line of a file may be."""

import csv
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prompteval.workspace.jsonl import MAX_LINE_BYTES

if TYPE_CHECKING:
    from _csv import Reader


def csv_fault(reason: str) -> tuple[str, str]:
    """(what the csv module complains of, the fix)."""
    if reason.startswith("new-line character"):
        return "not CSV: a carriage return inside a line", "save the file with LF or CRLF line ends"
    if "field limit" in reason:
        return f"not CSV: {reason}", "put long texts into JSONL"
    return f"not CSV: {reason}", "quote cells that hold quotes or line breaks"


def delimiter_of(header: str) -> str:
    """`,`, `;` or tab, whichever the first line has most of; `,` where it has as many of another, or none."""
    return max(",;\t", key=header.count)


def csv_reader(lines: Iterable[str], delimiter: str) -> "Reader":
    """The rows of some lines; what is not CSV raises csv.Error. A row may go over several lines.

    The module's own limit of 131,072 characters a cell is of the process, and is set each time.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    return csv.reader(lines, delimiter=delimiter, strict=True)
