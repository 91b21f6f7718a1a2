"""Rows of a run or of a file, written as JSONL, CSV or Parquet."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from prompteval.core.errors import MissingExtra, NothingSelected
from prompteval.data.flat import Columns
from prompteval.data.rows import Raw, read_raw
from prompteval.data.write import encoded
from prompteval.engine.data.write import refuse_itself
from prompteval.engine.stored import ended, reading, stored_rows
from prompteval.report.rows import row_json
from prompteval.workspace.settings import Workspace
from prompteval.workspace.writing import replacing, write_whole

ENDINGS = (".jsonl", ".csv", ".parquet")
_GROUP = 10_000  # rows of a Parquet row group

Rows = Callable[[], Iterator[Raw]]


def file_rows(source: Path) -> Rows:
    """The rows of a file, read again each time."""
    return lambda: (raw for _, raw in read_raw(source))


def run_rows(workspace: Workspace, name: str) -> Rows:
    """The rows of a stored run, as in its `.jsonl` report. Raises UsageError for one that did not end."""
    with reading(workspace) as store:
        run_id = ended(workspace, store, name)[0].run_id
    return lambda: (dict(row_json(row)) for row in stored_rows(workspace, run_id))


def export(rows: Rows, source: Path | None, output: Path, *, within: Path | None) -> int:
    """Write all rows; how many. Raises NothingSelected for none, MissingExtra for Parquet without it."""
    if source is not None:
        refuse_itself(source, output)
    if output.suffix == ".parquet":
        _pyarrow()
    counted = _Counted(rows())
    if output.suffix == ".jsonl":
        if next(rows(), None) is None:
            raise NothingSelected("there are no rows to write")
        write_whole(output, encoded(counted, ".jsonl"), within=within)
        return counted.count
    columns = Columns.of(counted)
    if not counted.count:
        raise NothingSelected("there are no rows to write")
    if output.suffix == ".csv":
        cells = ({**row} for row in columns.rows(rows()))
        write_whole(output, encoded((_csv(row) for row in cells), ".csv"), within=within)
    else:
        with replacing(output, within=within) as file:
            _write_parquet(file, columns, rows())
    return counted.count


class _Counted:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterator[Raw]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Raw]:
        for raw in self._rows:
            self.count += 1
            yield raw


def _csv(row: dict[str, str | int | float | bool | None]) -> Raw:
    """Cells as case files have them: `true`, and nothing for null."""
    return {
        name: "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell
        for name, cell in row.items()
    }


def _pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401 - only whether it is there
    except ImportError:
        raise MissingExtra("writing Parquet", "export") from None


def _write_parquet(file: BinaryIO, columns: Columns, rows: Iterator[Raw]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"boolean": pa.bool_(), "integer": pa.int64(), "number": pa.float64(), "string": pa.string()}
    schema = pa.schema([(name, types[columns.kind(name)]) for name in columns.kinds])
    made = columns.rows(rows)
    with pq.ParquetWriter(file, schema) as writer:
        while group := list(islice(made, _GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
