"""What a scorer may give back, and what is made of it."""

from typing import Any

import numpy as np
import pytest

from prompteval.core.observation import Score
from prompteval.scoring.returned import to_score


@pytest.mark.parametrize(
    ("result", "value", "passed"),
    [
        (True, 1.0, True), (False, 0.0, False), (1, 1.0, True), (0, 0.0, False), (0.5, 0.5, None),
        (np.float32(0.5), 0.5, None), (np.bool_(True), 1.0, True), (np.array(0.25), 0.25, None),
        ({"value": 0.5}, 0.5, None), ({"value": True}, 1.0, True),
        ({"value": 0.9, "passed": False, "reason": "rude"}, 0.9, False), ({"value": 0.1, "passed": True}, 0.1, True),
        (Score("other", 7.0, high=None), 7.0, None), (Score("x", np.float64(0.5), passed=True), 0.5, True),
    ],
)  # fmt: skip
def test_what_is_a_score(result: Any, value: float, passed: bool | None) -> None:
    """Numbers of any kind, yes and no, mappings and scores, under the scorer's own name."""
    found = to_score("mine", result)
    assert (found.name, found.value, found.passed, found.status) == ("mine", value, passed, "scored")
    assert type(found.value) is float


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (None, "returned None: expected a number from 0 to 1"), ("0.5", "returned '0.5': expected a number"),
        (float("nan"), "a number must be from 0 to 1"), (2, "a number must be from 0 to 1"), ([1], "expected a number"),
        (1j, "returned 1j"), ({}, "no value"), ({"value": 1, "why": "x"}, "unknown key 'why'"),
        ({"value": "1"}, "expected a number"), ({"value": 1, "passed": "yes"}, "passed must be true, false or null"),
        ({"value": 1, "passed": 1}, "passed must be true, false or null"), ({"value": 1, "reason": 5}, "reason must be a string"),
        (Score("x", 0.5, evidence={"a": object()}), "not JSON serializable"),
        (Score("x", 0.5, evidence={"a": float("nan")}), "not JSON compliant"), (np.array([1, 2]), "expected a number"),
        (Score("x", 0.5, labels=(1, 2)), "labels must be"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_f18_all_else_is_a_failed_score(result: Any, reason: str) -> None:
    """With what came back and what was expected."""
    found = to_score("mine", result)
    assert (found.status, found.value) == ("failed", None) and reason in found.reason


def test_a_threshold_decides_and_leaves_the_value() -> None:
    """Over what the scorer says itself; a score that is skipped stays without a decision."""
    assert to_score("m", 0.6, 0.5) == Score("m", 0.6, passed=True)
    assert to_score("m", {"value": 0.4, "passed": True}, 0.5).passed is False
    assert to_score("m", Score("m", None, status="skipped", reason="no gold"), 0.5).passed is None


def test_a_long_text_as_a_label_is_kept_by_its_hash() -> None:
    """Two long texts are the same label where they are equal, and a label of few characters stays."""
    long, other = "x" * 2_000_000, "x" * 1_999_999 + "y"
    same, differing = (to_score("s", Score("s", 1.0, labels=pair)) for pair in ((long, long), (long, other)))
    assert same.labels is not None and same.labels[0] == same.labels[1] and len(same.labels[0]) < 400
    assert differing.labels is not None and differing.labels[0] != differing.labels[1]
    assert to_score("s", Score("s", 1.0, labels=("x" * 1_000, None))).labels == ("x" * 1_000, None)
