"""Problems of cases are at the value that is wrong, in every form that cases are written in."""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from prompteval.cases.places import Wanted, csv_places, json_column, json_places
from prompteval.workspace.csv_reader import csv_reader

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def pointers(value: object, start: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    """Every value below another, with where it is."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [((*start, key), inner) for key, inner in parts]
    return found + [one for pointer, inner in found for one in pointers(inner, pointer)]


@given(value=JSON, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_the_column_of_a_value_in_json_is_where_it_begins(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    """Of a text, a number or null; of an object or a list the column of its key, in an object."""
    text = "  " + json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for pointer, inner in pointers(value):
        at = json_column(text, pointer) - 1
        begins = inner
        if isinstance(inner, dict | list) and isinstance(pointer[-1], str):
            begins = pointer[-1]
        assert json.JSONDecoder().raw_decode(text, at)[0] == begins
        if isinstance(pointer[-1], str):
            assert (
                json.JSONDecoder().raw_decode(text, json_column(text, pointer, at_key=True) - 1)[0]
                == pointer[-1]
            )


def test_what_is_not_there_is_at_the_value_around_it() -> None:
    """A field that is missing, and what a path leads to inside of a text."""
    text = '{"id": "a", "inputs": {"x": "y"}}'
    assert json_column(text, ("inputs", "z")) == text.index('{"x"') + 1
    assert json_column(text, ("inputs", "x", 0)) == text.index('"y"') + 1
    assert json_column(text, ("id",)) == text.index('"a"') + 1
    assert json_column("[" + "9" * 5_000 + ", 1]", (1,)) == 5_004


CELLS = st.text(alphabet='a",;\n\u00e9 ', max_size=6).map(str.strip)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4), delimiter=st.sampled_from(",;\t")
)
def test_the_place_of_a_cell_is_where_it_begins(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    """Behind quotes, line breaks and delimiters in cells: what is read from there is the cell."""
    names = ["id", "inputs.a", "inputs.b"]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows([names, *rows])
    text = written.getvalue()
    lines = text.split("\n")
    reader = csv_reader(io.StringIO(text), delimiter)
    starts, end = list[int](), 0
    for _ in reader:
        starts.append(end + 1)
        end = reader.line_num
    wanted = [
        Wanted(line, pointer, False)
        for line in starts[1:]
        for pointer in (("id",), ("inputs", "a"), ("inputs", "b", 0))
    ]
    places = csv_places(io.BytesIO(text.encode()), wanted)
    cells = [cell for row in rows for cell in row]
    for one, cell in zip(wanted, cells, strict=True):
        line, column = places[one]
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert (next(csv_reader(io.StringIO(rest), delimiter), []) or [""])[0] == cell


def test_a_line_that_is_no_json_any_more_has_no_place() -> None:
    """The file may be changed by somebody while it is read."""
    wanted = [Wanted(line, ("inputs", "a"), False) for line in (1, 2, 3)]
    data = b'{"inputs": {"b": tru\n{"inputs": {"a": 1}}\n{"inputs": {'
    assert json_places(io.BytesIO(data), wanted) == {wanted[1]: (2, 18)}


def test_a_row_without_the_cell_is_at_its_line() -> None:
    """And a line that is not asked for is left as it is, text or not."""
    data = b'id,inputs.a\nx,"1\n2"\n\xff,3\ny,4\n'
    wanted = [Wanted(2, ("turns",), False), Wanted(5, ("inputs", "a"), False)]
    assert list(csv_places(io.BytesIO(data), wanted).values()) == [(2, 1), (5, 3)]
    assert json_places(io.BytesIO(b"\xef\xbb\xbf\n {}\n"), [Wanted(2, ("id",), False)]) == {
        Wanted(2, ("id",), False): (2, 2)
    }
