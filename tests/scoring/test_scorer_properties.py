"""What every scorer promises for any expected value and any answer, and the oracle of each rule."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from prompteval.core.case import Case, ExpectedCall
from prompteval.core.observation import Observation, Score
from prompteval.core.registry import BUILT_IN
from prompteval.core.trace import ToolCall, Trace
from prompteval.scoring.build import build_scorer
from prompteval.scoring.number import to_number
from prompteval.testing.conformance import check_scorer
from prompteval.workspace.judges_section import JUDGE_KINDS
from prompteval.workspace.settings import Settings, Workspace
from prompteval.workspace.suite import ScorerSpec

WORKSPACE = Workspace(Path("/nowhere"), Settings(), Path("prompteval.toml"))

# Judges ask a model; tests/judging has their promises.
KINDS = sorted(set(BUILT_IN["prompteval.scorers"]).difference(JUDGE_KINDS))
OPTIONS: dict[str, dict[str, Any]] = {"regex": {"pattern": "a"}, "json_field": {"path": "a.0"}}


class Letters:
    """An embedder of letter counts; a text without any gets the first axis."""

    identity = "letters"

    def embed(self, texts: Any) -> tuple[Any, int]:
        counts = np.array([[text.count(letter) for letter in "abc"] for text in texts], dtype=np.float64)
        counts[counts.sum(axis=1) == 0, 0] = 1
        return counts / np.linalg.norm(counts, axis=1, keepdims=True), 0

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        return [False] * len(texts)


def judge(kind: str, expected: Any, answer: Any, **options: Any) -> Score:
    spec = ScorerSpec(kind, {**OPTIONS.get(kind, {}), **options}, kind, 1, 1)
    scorer = build_scorer(spec, embedder=Letters(), workspace=WORKSPACE)
    wanted, made = ExpectedCall("f", {"a": expected}), ToolCall("f", {"a": answer})
    case = Case(id="c", inputs={}, expected=expected, tool_calls=(wanted,))
    return check_scorer(scorer, case, Observation("ok", output=answer, trace=Trace(tool_calls=(made,))))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
words = st.lists(st.sampled_from(["the", "cat", "sat", "Mat", "on", "1", "x-y"]), max_size=12).map(" ".join)
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_nan=False)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(expected=values, answer=values)
def test_any_answer_gets_a_score_from_0_to_1_or_a_reason(kind: str, expected: Any, answer: Any) -> None:
    """No exception, no NaN, no value off the scale; scored twice it is the same (the kit checks that)."""
    found = judge(kind, expected, answer)
    if found.value is None:
        assert found.status in ("skipped", "failed") and found.reason
    else:
        assert found.status == "scored" and 0 <= found.value <= 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("regex", "json_field", "refusal")])
@settings(max_examples=30, deadline=None)
@given(
    text=st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat"]), min_size=4, max_size=9).map(" ".join)
)
def test_the_expected_text_itself_is_right(kind: str, text: str) -> None:
    """The best value of every scorer of texts is the reference; `number` says that it is none."""
    found = judge(kind, text, text)
    assert found.value == pytest.approx(1) if kind != "number" else found.status == "failed"


@given(st.text(max_size=20), st.text(max_size=30), st.booleans())
def test_contains_is_pythons_in(part: str, text: str, ignore_case: bool) -> None:
    """With and without case."""
    wanted = part.casefold() in text.casefold() if ignore_case else part in text
    assert judge("contains", part, text, ignore_case=ignore_case).value == float(wanted)


@given(st.lists(st.text("ab", max_size=3), min_size=1, max_size=3), st.text("ab", max_size=6))
def test_contains_of_a_list_is_all_of_them(parts: list[str], text: str) -> None:
    """Every part of the list has to be there."""
    assert judge("contains", parts, text).value == float(all(part in text for part in parts))


@given(st.sampled_from(["a", "^a", "b$", r"\d", "a|b", "[ab]c", "(?i)A"]), st.text("abc1A", max_size=10))
def test_regex_is_a_search(pattern: str, text: str) -> None:
    """Anywhere in the answer, as re.search finds it."""
    assert judge("regex", None, text, pattern=pattern).value == float(re.search(pattern, text) is not None)


@given(numbers, numbers, st.floats(0, 10), st.floats(0, 1))
def test_number_is_within_the_larger_tolerance(
    expected: float, answer: float, absolute: float, relative: float
) -> None:
    """|answer - expected| <= max(abs_tol, rel_tol x |expected|)."""
    close = abs(float(answer) - float(expected)) <= max(absolute, relative * abs(float(expected)))
    found = judge("number", expected, answer, abs_tol=absolute, rel_tol=relative)
    assert found.value == float(close)


@given(st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_reads_back(value: float) -> None:
    """Plain, with thousands separated, with white space around it."""
    assert to_number(f"  {value!r}\n") == float(value)
    if isinstance(value, int):
        assert to_number(f"{value:,}") == value


@given(st.text(max_size=12))
def test_a_text_that_is_no_number_is_none(text: str) -> None:
    """What Python's float takes beyond decimal digits (`nan`, `1_0`, `inf`) is no number here."""
    found = to_number(text)
    if found is not None:
        assert math.isfinite(found) and float(text.replace(",", "")) == found


@given(
    st.lists(st.sampled_from(["a", "b", "0"]), min_size=1, max_size=4),
    st.text(max_size=5),
    st.text(max_size=5),
)
def test_json_field_finds_what_was_put_there(path: list[str], expected: str, answer: str) -> None:
    """A value at any dotted path is compared with the expected one at the same path."""

    def nested(value: Any) -> Any:
        for key in reversed(path):
            value = {key: value}
        return value

    found = judge("json_field", nested(expected), nested(answer), path=".".join(path))
    assert found.value == float(expected == answer)


@given(words, words)
def test_the_rouge_scorer_reports_all_three(reference: str, answer: str) -> None:
    """ROUGE-1, ROUGE-2 and ROUGE-L F1 as rouge_score has them, to 1e-9; the value is ROUGE-L."""
    wanted = RougeScorer(["rouge1", "rouge2", "rougeL"]).score(reference, answer)
    found = judge("rouge", reference, answer)
    names = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
    for ours, theirs in names.items():
        assert found.evidence[ours] == pytest.approx(wanted[theirs].fmeasure, abs=1e-9)
    assert found.value == found.evidence["rouge_l"] == judge("rouge_l", reference, answer).value


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=3), words)
def test_the_best_reference_counts(references: list[str], answer: str) -> None:
    """A list of references scores as the best of them alone."""
    for kind in ("rouge_l", "similarity"):
        alone = [judge(kind, one, answer).value or 0.0 for one in references]
        assert judge(kind, references, answer).value == pytest.approx(max(alone))


@settings(deadline=None)
@given(words.filter(bool), words.filter(bool))
def test_a_sentence_has_the_bleu_and_chrf_of_sacrebleu(reference: str, answer: str) -> None:
    """On the scale from 0 to 1, to 1e-9."""
    bleu = sacrebleu.sentence_bleu(answer, [reference]).score / 100
    chrf = sacrebleu.sentence_chrf(answer, [reference]).score / 100
    assert judge("bleu", reference, answer).value == pytest.approx(bleu, abs=1e-9)
    assert judge("chrf", reference, answer).value == pytest.approx(chrf, abs=1e-9)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.floats(0, 1))
def test_similarity_is_symmetric_and_its_threshold_is_met_or_not(
    one: str, other: str, threshold: float
) -> None:
    """The same from either side; a threshold leaves the number and says whether it passes."""
    closeness = judge("similarity", one, other).value
    assert closeness == pytest.approx(judge("similarity", other, one).value)
    found = judge("similarity", one, other, threshold=threshold)
    assert closeness is not None and found.value == closeness
    assert found.passed == (closeness >= threshold)


@given(values)
def test_schema_valid_and_refusal_read_the_outcome_alone(answer: Any) -> None:
    """A usable output met the schema and is no refusal, whatever it says."""
    assert judge("schema_valid", None, answer).value == 1
    assert judge("refusal", None, answer).value == 0
    assert json.dumps(answer) is not None
