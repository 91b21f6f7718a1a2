"""The schemas of what commands write as JSON: every field described, and every field of a real document known."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from prompteval.core.problem import Problem
from prompteval.report.comparison.schema import compare_schema
from prompteval.report.monitoring.schema import monitor_check_schema
from prompteval.report.page.schema import page_schema
from prompteval.report.problems import render
from prompteval.report.problems_schema import problems_schema
from prompteval.report.schema import run_schema
from tests.closed_schema import closed
from tests.golden import DIRECTORY

SCHEMAS = {
    "run": run_schema(), "compare": compare_schema(), "check": problems_schema(),
    "monitor-check": monitor_check_schema(), "page": page_schema(),
}  # fmt: skip


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
    assert not list(jsonschema.Draft202012Validator(closed(SCHEMAS["run"])).iter_errors(document))


def test_problems_are_what_their_schema_says() -> None:
    """As `check --output-format json` writes them."""
    found = [Problem("evals/s.yaml", 3, 1, "PE223", "unknown scorer", "did you mean 'exact'?")]
    document = json.loads("".join(render(found, "json", lambda path, line: None)))
    assert not list(jsonschema.Draft202012Validator(closed(SCHEMAS["check"])).iter_errors(document))
