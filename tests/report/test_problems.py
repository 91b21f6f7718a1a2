"""Problems in their formats."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prompteval.core.problem import Problem
from prompteval.report.problems import FORMATS, render
from prompteval.workspace.safe_paths import directory_in_repository

FOUND = [
    Problem("evals/a b.yaml", 3, 7, "PE231", "no case carries the tag 'x'", "did you mean 'y'?"),
    Problem("datasets/c.jsonl", 0, 0, "PE309", "150 more problems are not shown"),
    Problem("/tmp/prompteval.toml", 1, 1, "PE121", "unknown setting \x1b[31m", severity="warning"),
]
# What sarif-2.1.0.json asks of the parts that are written here.
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {
            "type": "object", "required": ["tool"], "additionalProperties": False,
            "properties": {
                "tool": {"type": "object", "required": ["driver"], "properties": {
                    "driver": {"type": "object", "required": ["name"], "properties": {
                        "rules": {"type": "array", "uniqueItems": True, "items": {"type": "object", "required": ["id"]}}}}}},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {
                    "type": "object", "required": ["message"],
                    "properties": {
                        "ruleIndex": {"type": "integer", "minimum": 0},
                        "level": {"enum": ["none", "note", "warning", "error"]},
                        "message": {"type": "object", "required": ["text"]},
                        "locations": {"type": "array", "items": {"type": "object", "properties": {
                            "physicalLocation": {"type": "object", "properties": {
                                "region": {"type": "object", "properties": {
                                    "startLine": {"type": "integer", "minimum": 1},
                                    "startColumn": {"type": "integer", "minimum": 1}}}}}}}}}}}}}},
    },
}  # fmt: skip


def test_sarif_names_rule_level_and_place() -> None:
    """Each result points at its rule; paths are URIs; a file as a whole has no region."""
    document = json.loads("".join(render(FOUND, "sarif", lambda path, line: None)))
    jsonschema.validate(document, SARIF)
    run = document["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [problem.code for problem in FOUND]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert places[0] == {
        "artifactLocation": {"uri": "evals/a%20b.yaml"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert places[1] == {"artifactLocation": {"uri": "datasets/c.jsonl"}}
    assert places[2]["artifactLocation"]["uri"] == "file:///tmp/prompteval.toml"
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning"]


@pytest.mark.parametrize("style", FORMATS)
def test_no_format_lets_an_escape_through(style: str) -> None:
    """Terminals and logs get control characters spelt out; nothing found is no line."""
    assert "\x1b" not in "".join(render(FOUND, style, lambda path, line: "\x1b[31m x"))
    empty = "".join(render([], style, lambda path, line: None))
    assert empty == "" or json.loads(empty) == [] or json.loads(empty)["runs"][0]["results"] == []


def test_full_shows_the_line_with_a_caret() -> None:
    """Tabs before the place do not move the caret."""
    lines = "".join(render(FOUND[:1], "full", lambda path, line: "\tsl: [x]\n")).splitlines()
    assert lines[1:] == ["  |", "3 |  sl: [x]", "  |       ^"]


@pytest.mark.parametrize("style", ["github", "sarif"])
def test_a_workspace_inside_a_repository_is_named_from_its_root(style: str) -> None:
    """Where annotations are shown; what is no file of the workspace stays unchanged."""
    told = "".join(render(FOUND, style, lambda path, line: None, directory="services/bot"))
    assert "services/bot/datasets/c.jsonl" in told
    assert "services/bot//tmp" not in told and "/tmp/prompteval.toml" in told


def test_the_folder_in_a_repository_is_found_without_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.git` directory or file above, else CI's checkout; a workspace at the root has none."""
    inner = tmp_path / "services" / "bot"
    inner.mkdir(parents=True)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "services"))
    assert directory_in_repository(inner) == "bot"
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    assert (directory_in_repository(inner), directory_in_repository(tmp_path)) == ("services/bot", "")
