"""Scorers: each rule, and what all of them promise."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Failure, Observation, Score
from prompteval.scoring.build import build_scorer
from prompteval.scoring.overlap import rouge_l
from prompteval.scoring.text import normalise
from prompteval.testing.conformance import check_scorer
from prompteval.workspace.settings import Settings, Workspace
from prompteval.workspace.suite import ScorerSpec

WORKSPACE = Workspace(Path("/nowhere"), Settings(), Path("prompteval.toml"))


def score(kind: str, expected: Any, output: Any, /, **options: Any) -> Score:
    scorer = build_scorer(ScorerSpec(kind, options, kind, 1, 1), workspace=WORKSPACE)
    return check_scorer(scorer, Case(id="c", inputs={}, expected=expected), Observation("ok", output=output))


@pytest.mark.parametrize(
    ("kind", "expected", "output", "options", "value"),
    [
        ("exact", "a", "a", {}, 1), ("exact", "a", "A", {}, 0), ("exact", {"x": 1}, {"x": 1, "y": 2}, {}, 1),
        ("exact", {"x": "a"}, {"x": "a"}, {"field": "x"}, 1), ("exact", {"x": True}, {"x": 1}, {"field": "x"}, 0),
        ("exact", "7", "so the answer is 7.", {"extract": r"answer is (\d+)"}, 1),
        ("exact", "7", "no idea", {"extract": r"answer is (\d+)"}, 0),
        ("normalised", "The  Cat!", "the cat", {}, 1), ("normalised", "ﬁn", "FIN", {}, 1),
        ("contains", "b", "abc", {}, 1), ("contains", ["a", "z"], "abc", {}, 0), ("contains", None, "abc", {"value": "c"}, 1),
        ("contains", "B", "abc", {"ignore_case": True}, 1),
        ("regex", None, "order 123", {"pattern": r"\d{3}"}, 1), ("regex", None, "order", {"value": r"\d"}, 0),
        ("number", 3.0, "3.1", {"abs_tol": 0.2}, 1), ("number", 1000, "1,000", {}, 1), ("number", 100, 90, {"rel_tol": 0.05}, 0),
        ("number", 1, "one", {}, 0), ("json_field", {"a": [{"b": 2}]}, {"a": [{"b": 2}]}, {"path": "a.0.b"}, 1),
        ("schema_valid", None, {"x": 1}, {}, 1), ("refusal", None, "x", {}, 0), ("refusal", None, "x", {"expected": False}, 1),
        ("rouge_l", "the cat sat", "the cat sat", {}, 1),
    ],
)  # fmt: skip
def test_rules(kind: str, expected: Any, output: Any, options: dict[str, Any], value: float) -> None:
    """Each scorer's rule on a plain example."""
    assert score(kind, expected, output, **options).value == value


@pytest.mark.parametrize("outcome", ["invalid", "refused", "truncated", "filtered", "error"])
def test_an_unusable_output_takes_the_worst_value(outcome: Any) -> None:
    """It stays in the denominator, as a wrong class."""
    scorer = build_scorer(ScorerSpec("exact", {}, "exact", 1, 1), workspace=WORKSPACE)
    seen = Observation(outcome, failure=Failure("call", "x", "y"))
    found = scorer.score(Case(id="c", inputs={}, expected="a"), seen)
    assert (found.value, found.status, found.labels) == (0.0, "scored", ("a", None))


def test_no_expected_value_is_skipped_and_said() -> None:
    """A half-labelled set is not scored silently."""
    found = score("exact", None, "a")
    assert (found.status, found.value) == ("skipped", None)
    assert "no expected value" in found.reason


def test_refusals_can_be_right() -> None:
    """A refused case scores 1 where refusing was asked for."""
    scorer = build_scorer(ScorerSpec("refusal", {}, "refusal", 1, 1), workspace=WORKSPACE)
    seen = Observation("refused", failure=Failure("call", "refused", "no"))
    assert scorer.score(Case(id="c", inputs={}), seen).value == 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 50_000 + "b"), ("(a|aa)+$", "a" * 60 + "b"), ("(a|a)*$", "a" * 60 + "b"),
        ("a?" * 30 + "a" * 30, "a" * 30), ("(?:a?){30}a{30}", "a" * 30), ("^" + "(a|aa)" * 40 + "c", "a" * 90),
    ],
)  # fmt: skip
def test_b10_a_regex_bomb_ends_as_a_failed_score(pattern: str, text: str) -> None:
    """Nested repeats, choices inside one and rows of options are failed scores within bounded time."""
    started = time.perf_counter()
    found = score("regex", None, text, pattern=pattern)
    assert time.perf_counter() - started < 8
    assert (found.status, found.value) == ("failed", None)
    assert "did not end within" in found.reason


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("exat", {}, "did you mean 'exact'"), ("exact", {"feild": "x"}, "did you mean 'field'"),
        ("exact", {"extract": "no group"}, "one group"), ("exact", {"extract": "("}, "not a regular expression"),
        ("regex", {}, "needs a pattern"), ("number", {"abs_tol": -1}, "abs_tol"), ("similarity", {"threshold": 80}, "from 0 to 1"),
        ("json_field", {}, "needs a path"), ("exact", {"field": 3}, "field must be a string, not 3"),
        ("contains", {"ignore_case": "yes"}, "ignore_case must be true or false"), ("number", {"rel_tol": "x"}, "rel_tol must be a number"),
        ("similarity", {"threshold": True}, "threshold must be a number"), ("python", {"value": "nope"}, "module:function"),
        ("python", {"value": "no.file:f"}, "no/file.py does not exist"), ("python", {"value": "a:f", "version": 1}, "version must be a string"),
        ("python", {"value": "a:f", "timeout_s": 0}, "timeout_s must be a number from"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(kind: str, options: dict[str, Any], told: str) -> None:
    """Before a run, with the nearest name."""
    with pytest.raises((UsageError, ValueError), match=told):
        build_scorer(ScorerSpec(kind, options, kind, 1, 1), workspace=WORKSPACE)


SCORERS = """
def half(case, observation): return 0.5
def nan(case, observation): return float("nan")
def text(case, observation): return "7/5"
def boom(case, observation): raise KeyError("x")
def right(case, observation): return observation.output == case.expected
"""


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("half", 0.5, "scored"),
        ("right", 1.0, "scored"),
        ("nan", None, "failed"),
        ("text", None, "failed"),
        ("boom", None, "failed"),
    ],
)
def test_f18_a_function_that_returns_nonsense_is_a_failed_score(
    tmp_path: Path, name: str, value: float | None, status: str
) -> None:
    """NaN, text and exceptions are failures with a reason, never numbers; nothing compiled is left."""
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "mine.py").write_text(SCORERS)
    spec = ScorerSpec("python", {"value": f"evals.mine:{name}"}, "python", 1, 1)
    found = build_scorer(spec, workspace=Workspace(tmp_path, Settings(), tmp_path)).score(
        Case(id="c", inputs={}, expected="a"), Observation("ok", output="a")
    )
    assert (found.value, found.status, found.name) == (value, status, name)
    assert not list(tmp_path.rglob("__pycache__"))


class Letters:
    """An embedder of letter counts, small enough to check by hand."""

    identity = "letters"

    def embed(self, texts: Any) -> tuple[Any, int]:
        counts = np.array([[text.count(letter) for letter in "abc"] for text in texts], dtype=np.float64)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True), 0

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        return [False] * len(texts)


def test_similarity_is_the_cosine_of_the_best_reference() -> None:
    """Equal texts 1, unlike texts 0; a threshold makes it yes or no."""
    spec = ScorerSpec("similarity", {}, "similarity", 1, 1)
    scorer = build_scorer(spec, embedder=Letters(), workspace=WORKSPACE)
    case = Case(id="c", inputs={}, expected=["b", "ab"])
    assert scorer.score(case, Observation("ok", output="aabb")).value == pytest.approx(1)
    assert scorer.score(case, Observation("ok", output="c")).value == 0


words = st.lists(st.sampled_from(["the", "cat", "sat", "Mat", "on", "1", "x-y"]), max_size=12).map(" ".join)


@given(words, words)
def test_rouge_l_equals_the_reference_implementation(reference: str, answer: str) -> None:
    """F1 to 1e-9, on any pair of texts."""
    wanted = RougeScorer(["rougeL"]).score(reference, answer)["rougeL"].fmeasure
    assert rouge_l(reference, answer) == pytest.approx(wanted, abs=1e-9)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    """A normalised text is its own normal form, so equality does not depend on the side."""
    assert normalise(normalise(text)) == normalise(normalise(normalise(text)))


@given(st.text(max_size=20), st.text(max_size=20))
def test_exact_is_equality(expected: str, output: str) -> None:
    """1 for equal texts, 0 for others, on any text."""
    assert score("exact", expected, output).value == float(expected == output)
