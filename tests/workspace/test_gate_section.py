"""Rules of a gate that are mappings: every mistake at its own line and column, and a schema for editors."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.plan.suite_schema import suite_schema
from prompteval.workspace.suite import load_suite
from prompteval.workspace.tree import WorkingTree
from tests.small_workspace import SUITE


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{beets: {reference: majority}}", "6:9 PE227 unknown key 'beets' in an entry of gate (did you mean"),
        (
            "{beats: {referenc: majority}}",
            "6:17 PE227 unknown key 'referenc' in beats (did you mean 'reference'",
        ),
        ("{beats: 3}", "6:16 PE227 beats must be a mapping, not 3"),
        ("{no_regression: {alpha: 2}}", "6:32 PE227 alpha must be a number from 1e-06 to 0.5, not 2"),
        ("{no_regression: {margin: x}}", "6:33 PE227 margin must be a number from 0 to"),
        ("{beats: {reference: a}, no_regression: {}}", "6:8 PE227 a rule is a string, {beats: "),
        ("7", "6:8 PE210 a gate rule must be a string or a mapping, not 7"),
    ],
)
def test_a_wrong_rule_is_refused_at_its_place(tmp_path: Path, rule: str, told: str) -> None:
    """The key, the value or the rule, with what it must be."""
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals/s.yaml").write_text(f"{SUITE}gate: [{rule}]\n")
    with pytest.raises(InvalidInput) as caught:
        load_suite(WorkingTree(tmp_path), "evals/s.yaml")
    assert any(f"evals/s.yaml:{told}" in str(problem) for problem in caught.value.problems), caught.value


def test_the_schema_has_the_options_of_each_rule() -> None:
    """With a description of every one, and no other key."""
    found = suite_schema()["$defs"]
    for name in ("BeatsRule", "NoRegressionRule", "MappingRule"):
        assert found[name]["additionalProperties"] is False
        assert all("description" in one for one in found[name]["properties"].values())
