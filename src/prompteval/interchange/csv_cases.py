"""Plain CSV and TSV: a row is a case; columns are inputs, but for `id`, `expected` and `output`."""

from pathlib import Path

from prompteval.interchange.fields import Fields, import_fields
from prompteval.interchange.imported import Imported
from prompteval.interchange.source import read_rows

_EXPECTED = ("expected", "label", "target", "answer", "ideal", "reference", "expected_output")
_OUTPUT = ("output", "response", "prediction", "completion", "actual_output", "model_output")
_IDS = ("id", "case_id", "example_id")
_KNOWN = {*_EXPECTED, *_OUTPUT, *_IDS, "split", "cluster"}


def read(path: Path) -> Imported:
    """One suite. Of several columns for one thing the first has it, and the others are inputs."""
    rows = list(read_rows(path))
    columns = list(rows[0].value) if rows else []
    expected = next((name for name in _EXPECTED if name in columns), None)
    output = next((name for name in _OUTPUT if name in columns), None)
    taken = {name for name in (expected, output, "split", "cluster", *_IDS) if name}
    fields = Fields(
        ids=_IDS,
        inputs=(),
        named=tuple(name for name in columns if name not in taken),
        expected=(expected,) if expected else (),
        output=(output,) if output else (),
        cluster=("cluster",),
        metadata=(),
        error=(),
    )
    return import_fields(path, rows, fields)
