"""The schema that `prompteval schema suite` prints."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from prompteval.cases.schema import case_schema
from prompteval.plan.suite_schema import suite_schema
from prompteval.workspace.settings_file import SettingsFile
from prompteval.workspace.validation import schema_of

SCHEMA = suite_schema()


def without_description(node: Any, place: str = "") -> Iterator[str]:
    """The properties, however deep, that say nothing of themselves."""
    if isinstance(node, dict):
        for name, item in node.get("properties", {}).items():
            if not item.get("description"):
                yield f"{place}.{name}"
        for key, item in node.items():
            yield from without_description(item, f"{place}.{key}")
    elif isinstance(node, list):
        for item in node:
            yield from without_description(item, place)


@pytest.mark.parametrize("schema", [SCHEMA, case_schema(), schema_of(SettingsFile, "settings")])
def test_every_key_is_described(schema: dict[str, Any]) -> None:
    """At every depth, the options of scorers too."""
    assert list(without_description(schema)) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ({}, ""),
        ({"scorers": ["exact", {"regex": "x"}, {"number": {"abs_tol": 0.5, "name": "n"}}]}, ""),
        ({"scorers": [{"python": {"function": "a:b", "timeout_s": 3}}], "models": "m"}, ""),
        ({"rag": {"corpus": "d", "modes": ["retrieved"], "budget": {"context_tokens": 5}}}, ""),
        ({"scorers": [{"judge": {"prompt": "p", "criteria": [{"name": "a", "text": "b"}]}}]}, ""),
        ({"scorers": [{"number": {"abs_tol": "x"}}]}, "scorers"),
        ({"scorers": [{"judge": {"prompt": "p", "criteria": [{"name": "a"}]}}]}, "scorers"),
        ({"scorers": [{"judge": {"model": "m"}}]}, "scorers"),
        ({"scorers": [{"exact": {"threshold": 1}}]}, "scorers"),
        ({"scorers": [{"rouge": {"threshold": 2}}]}, "scorers"),
        ({"scorers": [{"tool_calls": {"match": "anyorder"}}]}, "scorers"),
        ({"scorers": [{"exat": {}}]}, "scorers"),
        ({"repeat": 0}, "repeat"),
        ({"gate": []}, "gate"),
        ({"rag": {"corpus": "d", "modes": ["closed"]}}, "rag"),
        ({"endpoint": {"url": "http://x", "timeout": 3}}, "endpoint"),
    ],
)
def test_the_schema_holds_what_the_reader_holds(text: dict[str, Any], wrong: str) -> None:
    """Editors mark what a run would refuse, also in the options of a scorer."""
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors({"prompt": "p", "cases": "c", **text}))
    assert [str(error.path[0]) for error in errors] == ([wrong] if wrong else [])
