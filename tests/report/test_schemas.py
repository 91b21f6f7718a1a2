"""The schemas of what commands write as JSON: every field described, and every field of a real document known."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from prompteval.cli.schema import Kind, schema_maker
from prompteval.core.problem import Problem
from prompteval.report.problems import render
from tests.closed_schema import unmet
from tests.golden import DIRECTORY

# Those of files are made from the models that read them, and have tests of their own.
FILES = ("suite", "cases", "settings", "monitor")
SCHEMAS = {kind.value: schema_maker(kind)() for kind in Kind if kind.value not in FILES}


def undescribed(node: Any, place: str = "") -> Iterator[str]:
    """Properties, and values of maps that are objects, without a description."""
    if isinstance(node, list):
        for item in node:
            yield from undescribed(item, place)
    if not isinstance(node, dict):
        return
    for name, item in node.get("properties", {}).items():
        if not item.get("description", "").endswith("."):
            yield f"{place}.{name}"
    for key, item in node.items():
        yield from undescribed(item, f"{place}.{key}")


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_is_described(kind: str) -> None:
    """At every depth, in a sentence; and the schema is one."""
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    assert list(undescribed(SCHEMAS[kind])) == []


def test_a_run_has_no_field_that_its_schema_does_not_know() -> None:
    """The whole report that is kept as it is."""
    document = json.loads((DIRECTORY / "report.json").read_text(encoding="utf-8"))
    assert unmet("run", document) == []


def test_problems_are_what_their_schema_says() -> None:
    """As `check --output-format json` writes them."""
    found = [Problem("evals/s.yaml", 3, 1, "PE223", "unknown scorer", "did you mean 'exact'?")]
    document = json.loads("".join(render(found, "json", lambda path, line: None)))
    assert unmet("check", document) == []
