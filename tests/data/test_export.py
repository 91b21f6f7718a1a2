"""What is exported reads as the same values, in each format."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from prompteval.data.flat import Columns, flat
from tests.data.test_data_verbs import code, read, write

ROWS: list[dict[str, Any]] = [
    {
        "id": "a",
        "inputs": {"message": 'says "hi", twice\nand more', "n": 1},
        "expected": {"ok": True},
        "gold": [["x"]],
    },
    {"id": "b", "inputs": {"message": "=1+1", "n": 2.5}, "expected": {"ok": False}, "tags": {}},
    {"id": "c", "inputs": {"message": "ü 日本", "n": None}, "big": 10**30},
]


def test_a_row_is_flat_and_a_column_has_one_kind() -> None:
    """Whole numbers beside others become numbers; what mixes kinds, a text."""
    assert flat(ROWS[0]) == {
        "id": "a", "inputs.message": 'says "hi", twice\nand more', "inputs.n": 1, "expected.ok": True, "gold": '[["x"]]',
    }  # fmt: skip
    columns = Columns.of(ROWS)
    kinds = {name: columns.kind(name) for name in columns.kinds}
    assert (kinds["inputs.n"], kinds["expected.ok"], kinds["big"], kinds["id"]) == (
        "number",
        "boolean",
        "string",
        "string",
    )
    assert [row["inputs.n"] for row in columns.rows(ROWS)] == [1.0, 2.5, None]


def test_jsonl_and_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSONL has the same rows; CSV each value in its column."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", ROWS)
    assert code("export", "a.jsonl", "-o", "b.jsonl") == 0 and read(tmp_path / "b.jsonl") == ROWS
    assert code("export", "a.jsonl", "-o", "b.csv") == 0
    with (tmp_path / "b.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["inputs.message"] for row in table] == [row["inputs"]["message"] for row in ROWS]
    assert [row["expected.ok"] for row in table] == ["true", "false", ""] and table[2]["big"] == str(10**30)


def test_parquet_has_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read back by the library, with null where a row has nothing."""
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", ROWS)
    assert code("export", "a.jsonl", "-o", "b.parquet") == 0
    rows = parquet.read_table(tmp_path / "b.parquet").to_pylist()
    assert [row["inputs.n"] for row in rows] == [1.0, 2.5, None]
    assert [row["expected.ok"] for row in rows] == [True, False, None]
    assert json.loads(rows[0]["gold"]) == [["x"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a.jsonl", "-o", "a.jsonl"], 2),
        (["a.jsonl", "-o", "b.xlsx"], 2),
        (["nope.jsonl", "-o", "b.csv"], 2),
        (["last", "-o", "b.csv"], 2),
        (["empty.jsonl", "-o", "b.csv"], 5),
        (["empty.jsonl", "-o", "b.jsonl"], 5),
    ],
)
def test_mistakes_write_nothing(
    arguments: list[str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over itself, an unknown format, no file, no workspace, no rows."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "empty.jsonl").write_text("")
    assert code("export", *arguments) == expected
    assert not list(tmp_path.glob("b.*")) and read(tmp_path / "a.jsonl") == ROWS
