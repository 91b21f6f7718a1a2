"""`tool_calls` in case files: JSONL, YAML, CSV; what is wrong stands at its line; stores and marks."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prompteval.cases.load import load_cases
from prompteval.cases.schema import case_schema
from prompteval.core.case import Case, ExpectedCall
from prompteval.core.errors import InvalidInput
from prompteval.plan.case_scan import case_digest
from prompteval.store.case_form import case_from, case_json
from prompteval.store.row_form import stored_row
from prompteval.workspace.tree import WorkingTree

CALLS = (ExpectedCall("refund", {"order": 7, "why": {"$any": True}}), ExpectedCall("end"))
WRITTEN = [{"name": "refund", "arguments": {"order": 7, "why": {"$any": True}}}, {"name": "end"}]


def load(folder: Path, name: str, text: str) -> list[Case]:
    (folder / name).write_text(text)
    return list(load_cases(WorkingTree(folder), name))


def _line(**more: Any) -> str:
    return json.dumps({"id": "a", "inputs": {}, **more}) + "\n"


def test_the_key_is_read_from_every_kind_of_file(tmp_path: Path) -> None:
    """A cell of a CSV is JSON; an empty one, as an absent key, is not scored; `[]` expects none."""
    text = json.dumps(WRITTEN)
    (one,) = load(tmp_path, "a.jsonl", _line(tool_calls=WRITTEN))
    (two,) = load(tmp_path, "a.yaml", f"- {{id: a, inputs: {{}}, tool_calls: {text}}}\n")
    quoted = text.replace('"', '""')
    three, four, five = load(tmp_path, "a.csv", f'id,tool_calls\na,"{quoted}"\nb,\nc,[]\n')
    assert one.tool_calls == two.tool_calls == three.tool_calls == CALLS
    assert four.tool_calls is None and five.tool_calls == ()
    assert load(tmp_path, "b.jsonl", _line())[0].tool_calls is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"name": "f"}, "tool_calls must be a list of calls, not {'name': 'f'}"),
        (["f"], "tool_calls.0: a call must be an object, not 'f'"),
        ([{"arguments": {}}], "tool_calls.0: a call must name a tool"),
        ([{"name": "f", "args": {}}], "tool_calls.0: unknown key 'args' in a call"),
        ([{"name": "f", "arguments": "{}"}], "tool_calls.0.arguments: the arguments of f must be an object, not '{}'"),
        ([{"name": "f", "arguments": {"n": {"$oneof": [1]}}}],
         "tool_calls.0.arguments.n: unknown key '$oneof' in a condition (did you mean '$one_of'?)"),
        ([{"name": "f", "arguments": {"n": [{"$regex": "("}]}}], "tool_calls.0.arguments.n: $regex is not a regular expression"),
        ([{"name": "f", "arguments": {"n": {"$near": 1, "$abs_tol": -1}}}],
         "tool_calls.0.arguments.n: $abs_tol must be a number from 0, not -1"),
        ([{"name": "f"}] * 1001, "tool_calls has 1,001 calls, at most 1,000 are compared"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_line(value: Any, told: str, tmp_path: Path) -> None:
    """With the place in the record, and a code of its own."""
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "a.jsonl", json.dumps({"id": "b", "inputs": {}}) + "\n" + _line(tool_calls=value))
    (problem,) = caught.value.problems
    assert (problem.line, problem.code) == (2, "PE322") and told in str(problem)


def test_a_cell_that_is_no_json_is_refused(tmp_path: Path) -> None:
    """As the text that it is."""
    with pytest.raises(InvalidInput, match="tool_calls must be a list of calls, not 'refund'"):
        load(tmp_path, "a.csv", "id,tool_calls\na,refund\n")


def test_the_schema_of_cases_has_the_key() -> None:
    """Editors accept what is read and refuse a call without a name."""
    schema = case_schema()
    jsonschema.validate({"id": "a", "inputs": {}, "tool_calls": WRITTEN}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"id": "a", "inputs": {}, "tool_calls": [{"arguments": {}}]}, schema)


def test_stored_cases_come_back_and_those_without_the_key_are_as_before() -> None:
    """The stored form, the digest of a suite's cases and the mark of a case change only with the key."""
    plain, none, some = Case("a", {}), Case("a", {}, tool_calls=()), Case("a", {}, tool_calls=CALLS)
    for case in (plain, none, some):
        assert case_from("a", case_json(case)) == case
    assert case_json(plain) == '{"inputs":{}}'
    assert len({case_digest(case) for case in (plain, none, some)}) == 3
    marks = [
        stored_row(("a", 0, "ok", 1.0, None, case_json(c), "[]"), mark=True).mark for c in (plain, none, some)
    ]
    assert len(set(marks)) == 3
    # Computed by the version before cases could have calls.
    assert marks[0] == "6b39fee80da1242b"
    assert case_digest(plain) == 75252632950437662390370892121849683244669147859121025801692153172527785042024
