"""Case files: streamed, strict, every problem with its line."""

import csv
import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.cases.load import load_cases
from prompteval.cases.split import split_of
from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput
from prompteval.core.problem import MOST_PROBLEMS, MOST_UNKNOWN
from prompteval.workspace.tree import WorkingTree


def load(directory: Path, name: str, data: bytes | str) -> list[Case]:
    (directory / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(load_cases(WorkingTree(directory), name))


def problems(directory: Path, name: str, data: bytes | str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load(directory, name, data)
    return [str(problem) for problem in caught.value.problems]


def line(number: int, **more: object) -> str:
    return json.dumps({"id": f"c{number}", "inputs": {"m": "x"}, **more}) + "\n"


def test_b6_a_bad_line_far_down_is_named(tmp_path: Path) -> None:
    """Line 9,999 is called line 9,999, blank lines counted."""
    text = "\n" + "".join(line(n) for n in range(9997)) + '{"id": \n' + line(10_000)
    assert problems(tmp_path, "c.jsonl", text)[0].startswith("c.jsonl:9999:7 PE303 not JSON")


def test_b6_nan_is_refused_and_long_ids_are_exact(tmp_path: Path) -> None:
    """NaN is no JSON; a 30-digit id keeps every digit."""
    assert "NaN" in problems(tmp_path, "a.jsonl", '{"id": "a", "inputs": {"m": NaN}}\n')[0]
    digits = "123456789012345678901234567890"
    assert load(tmp_path, "b.jsonl", f'{{"id": {digits}, "inputs": {{}}}}\n')[0].id == digits


def test_b6_an_id_that_no_utf8_can_hold_is_refused(tmp_path: Path) -> None:
    """Half a surrogate pair may be in a value, but an id is stored and reported."""
    told = problems(tmp_path, "c.jsonl", line(1) + '{"id": "a\\ud800", "inputs": {}}\n')
    assert told == [
        "c.jsonl:2:8 PE312 half a surrogate pair in the id 'a\\ud800' (ids are stored and reported as UTF-8)"
    ]


def test_unknown_keys_get_the_nearest_name(tmp_path: Path) -> None:
    """`expcted` never loads silently."""
    told = problems(tmp_path, "c.jsonl", '{"id": "a", "inputs": {}, "expcted": 1}\n')
    assert told == ["c.jsonl:1:27 PE311 unknown key 'expcted' (did you mean 'expected'?)"]


def test_f30_duplicate_ids_name_both_lines(tmp_path: Path) -> None:
    """The later line is the place, the first is in the message."""
    told = problems(tmp_path, "c.jsonl", line(1) + line(2) + "\n" + line(1))
    assert told[0].startswith("c.jsonl:4:1 PE321 duplicate id 'c1', first at line 1")


def test_many_problems_are_counted(tmp_path: Path) -> None:
    """A hundred are shown, the rest is a number."""
    told = problems(tmp_path, "c.jsonl", "{\n" * 250)
    assert len(told) == 101
    assert "150 more problems" in told[-1]


def test_csv_columns_that_are_not_known_are_counted(tmp_path: Path) -> None:
    """A header of 30,000 of them is a hundred problems and a number; the missing id is in the number."""
    told = problems(tmp_path, "c.csv", ",".join(f"column{n}" for n in range(30_000)) + "\n")
    assert len(told) == MOST_PROBLEMS + 1
    assert "29,901 more problems are not shown" in told[-1]


def test_keys_that_are_not_known_are_counted(tmp_path: Path) -> None:
    """Also within one line: of a case with thousands of keys a few are named, and the others are a number."""
    keys = ", ".join(f'"key{n}": 1' for n in range(5_000))
    told = problems(tmp_path, "c.jsonl", f'{{"id": "a", "inputs": {{}}, {keys}}}\n')
    assert len(told) == MOST_UNKNOWN + 1
    assert "4,980 more unknown keys" in told[-1]


def test_b7_csv_with_semicolons_quotes_and_line_breaks(tmp_path: Path) -> None:
    """BOM, `;`, quotes and embedded line breaks read well; lines are those of the file."""
    text = '\ufeffid;inputs.m;expected.x;tags.t\na;"one;\n""two""";y;k\nb;three;;\n'
    one, two = load(tmp_path, "c.csv", text)
    assert (one.inputs, one.expected, one.tags) == ({"m": 'one;\n"two"'}, {"x": "y"}, {"t": "k"})
    assert (two.inputs, two.expected, two.line) == ({"m": "three"}, None, 4)


def test_b7_csv_never_shifts_columns(tmp_path: Path) -> None:
    """Short and long rows, unknown, doubled and missing columns are errors at their place."""
    told = problems(tmp_path, "a.csv", "id,inputs.m\na,b,c\nd\n")
    assert told == [
        "a.csv:2:1 PE304 the row has 3 cells, the header 2 (quote cells that hold the delimiter)",
        "a.csv:3:1 PE304 the row has 1 cell, the header 2 (quote cells that hold the delimiter)",
    ]
    assert "unknown column 'message'" in problems(tmp_path, "b.csv", "id,message\n")[0]
    assert "duplicate column" in problems(tmp_path, "d.csv", "id,inputs.m,inputs.m\n")[0]
    assert "missing column 'id'" in problems(tmp_path, "e.csv", "inputs.m\n")[0]
    assert "by a comma, a semicolon or a tab" in problems(tmp_path, "f.csv", "id|inputs.m\na|b\n")[1]
    assert "'sep=' is for Excel alone (remove it)" in problems(tmp_path, "g.csv", "sep=;\nid;inputs.m\n")[0]


def test_b7_csv_tells_old_line_ends_and_a_repeat_out_of_reach(tmp_path: Path) -> None:
    """Carriage returns alone end no line; a number too long for Python to read is a wrong repeat."""
    assert problems(tmp_path, "a.csv", "id,inputs.m\ra,b\r") == [
        "a.csv:1:1 PE304 not CSV: a carriage return inside a line (save the file with LF or CRLF line ends)"
    ]
    told = problems(tmp_path, "b.csv", f"id,inputs.m,repeat\na,b,{'9' * 5000}\n")
    assert told[0].startswith("b.csv:2:5 PE316 repeat must be a whole number from 1")


def test_b2_yaml_cases_know_their_lines(tmp_path: Path) -> None:
    """A problem in a YAML case stands at its key."""
    told = problems(tmp_path, "c.yaml", "- id: a\n  inputs: {m: x}\n  tagz: {}\n- id: a\n  inputs: {}\n")
    assert told[0].startswith("c.yaml:3:3 PE311 unknown key 'tagz'")
    assert told[1].startswith("c.yaml:4:3 PE321 duplicate id 'a', first at line 1")


@pytest.mark.parametrize("data", ["id".encode("utf-16"), b'{"id": "a\0"}', b'{"id": "M\xfcller"}'])
def test_b4_other_encodings_are_errors(tmp_path: Path, data: bytes) -> None:
    """Each names the line."""
    assert problems(tmp_path, "c.jsonl", data)[0].startswith("c.jsonl:1:")


@pytest.mark.parametrize(
    "gold", [[], {}, [[]], [[{"doc": 1}]], [[{"doc": "a", "start": 3}]], [[{"doc": "a", "x": 1}]]]
)
def test_wrong_gold_is_refused(tmp_path: Path, gold: object) -> None:
    """Gold is a list of lists of spans."""
    if gold == []:
        assert load(tmp_path, "c.jsonl", line(1, gold=gold))[0].gold == ()
    else:
        assert "PE319" in problems(tmp_path, "c.jsonl", line(1, gold=gold))[0]


alphabet = st.characters(max_codepoint=0xD7FF, blacklist_categories=["Cs", "Cc"])
texts = st.text(alphabet=alphabet, min_size=1)
records = st.dictionaries(texts.filter(lambda t: t.strip() == t), texts, min_size=1, max_size=6)


@given(records)
def test_jsonl_yaml_and_csv_read_alike(
    tmp_path_factory: pytest.TempPathFactory, messages: dict[str, str]
) -> None:
    """The same cases in three formats are the same cases."""
    directory = tmp_path_factory.mktemp("cases")
    raw = [{"id": key, "inputs": {"m": text}, "expected": {"x": text}} for key, text in messages.items()]
    jsonl = load(directory, "c.jsonl", "".join(json.dumps(record) + "\n" for record in raw))
    yaml = load(directory, "c.yaml", json.dumps(raw))
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["id", "inputs.m", "expected.x"])
    writer.writerows([key, text, text] for key, text in messages.items())
    table = load(directory, "c.csv", buffer.getvalue())

    def content(cases: list[Case]) -> list[tuple[object, ...]]:
        return [(case.id, dict(case.inputs), case.expected) for case in cases]

    assert content(jsonl) == content(yaml) == content(table)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=30), st.randoms())
def test_b14_split_does_not_depend_on_order(ids: list[str], random: object) -> None:
    """A shuffled file keeps every case in its part."""
    before = {name: split_of(name) for name in ids}
    random.shuffle(ids)  # type: ignore[attr-defined]
    assert {name: split_of(name) for name in ids} == before


def test_b14_shares_are_those_asked_for() -> None:
    """Over many ids the parts have the sizes they should have."""
    parts = [split_of(f"c{n}") for n in range(20_000)]
    assert abs(parts.count("train") / 20_000 - 0.4) < 0.01
    assert abs(parts.count("dev") / 20_000 - 0.2) < 0.01


def test_streaming_is_fast_enough(tmp_path: Path) -> None:
    """20,000 cases load in well under the time a user would notice; nothing quadratic hides here."""
    started = time.perf_counter()
    assert len(load(tmp_path, "c.jsonl", "".join(line(n) for n in range(20_000)))) == 20_000
    assert time.perf_counter() - started < 5


def test_b7_csv_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    """Empty columns and rows beside the table are no columns and no cases; CRLF inside a cell is one line break."""
    text = '\ufeffid;inputs.m;expected;;\r\na;"one\r\ntwo";Paris;;\r\n;;;;\r\nb;x;;;;\r\n'
    cases = load(tmp_path, "c.csv", text)
    assert [(case.id, case.inputs, case.expected) for case in cases] == [
        ("a", {"m": "one\ntwo"}, "Paris"),
        ("b", {"m": "x"}, None),
    ]
    told = problems(tmp_path, "d.csv", "id,expected,expected.x\na,1,2\n")
    assert told[0].startswith("d.csv:1:2 PE304 columns 'expected' and 'expected.<field>'")
