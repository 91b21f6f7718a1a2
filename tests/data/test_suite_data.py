"""`check` looks at the data of every suite."""

import json

import pytest

from prompteval.engine.check import check_workspace
from tests.small_workspace import Place, place

__all__ = ["place"]


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        ({"split": "test"}, ["PD102"]),
        ({"expected": "goodbye"}, ["PD111"]),
        ({"inputs": {"message": "something else"}, "split": "test"}, []),
        ({}, []),
    ],
)
def test_b12_what_is_wrong_with_the_cases_of_a_suite(
    place: Place, second: dict[str, object], codes: list[str]
) -> None:
    """B12: equal cases on two sides, and labels in conflict, are errors at their line; the rest is for `data check`."""
    first = {"id": "a", "inputs": {"message": "Hello there"}, "expected": "hello", "split": "train"}
    rows = [first, {**first, "id": "b", **second}]
    place.write("datasets/c.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = [
        problem for problem in check_workspace(place.workspace).problems if problem.code.startswith("PD")
    ]
    assert [(problem.path, problem.line, problem.code) for problem in found] == [
        ("datasets/c.jsonl", 2, code) for code in codes
    ]
