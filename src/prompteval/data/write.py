"""Rows written again in the format that they came in."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.data.rows import Raw

ENDINGS = (".jsonl", ".csv")


def check_endings(source: Path, output: Path) -> None:
    """Raises UsageError unless the output is JSONL or CSV as the source is; YAML becomes JSONL."""
    wanted = ".csv" if source.suffix == ".csv" else ".jsonl"
    if output.suffix != wanted:
        raise UsageError(f"-o {output}: {source.name} is written as {wanted}", f"name a {wanted} file")


def encoded(rows: Iterable[Raw], ending: str) -> Iterator[bytes]:
    """The pieces of a `.jsonl` or `.csv` file. The columns of CSV are those of the first row."""
    if ending == ".jsonl":
        for row in rows:
            yield (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n").encode(
                "utf-8", "backslashreplace"
            )
        return
    names: list[str] = []
    for row in rows:
        if not names:
            names = [*row]
            yield _line(names)
        yield _line([row.get(name, "") for name in names])


def _line(cells: Iterable[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode("utf-8", "backslashreplace")
