"""Gate rules: parsed, printed, decided; nothing missing ever passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.verdict import Estimate, Verdict
from prompteval.stats.gate import decide, parse_gate, scale_error


def estimate(value: float | None, **more: object) -> Estimate:
    return Estimate("accuracy", value, value, value, n=100, reason="why", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["accuracy >= 0.85", "accuracy.low >= 0.8", "slice(language).accuracy >= 0.75", "slice(language=de).accuracy.low > 0.5",
     "f1(average=macro) >= 0.8", "errors <= 0", "latency_ms.p95 <= 500"],
)  # fmt: skip
def test_rules_print_as_they_parse(text: str) -> None:
    """The canonical text reads back."""
    assert str(parse_gate(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "accuracy",
        "accuracy => 0.8",
        "accuracy >= x",
        "accuracy >= 85%",
        ">= 0.8",
        "slice().accuracy >= 1",
        "accuracy >= 0.8 and f1 >= 0.8",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    """A gate that cannot be read is an error, never ignored."""
    with pytest.raises(ValueError):
        parse_gate(text)


def test_b9_a_threshold_off_the_scale_gets_a_hint() -> None:
    """80 for a metric from 0 to 1."""
    assert "did you mean 0.8?" in scale_error(parse_gate("accuracy >= 80"), 0.0, 1.0)
    assert scale_error(parse_gate("accuracy >= 0.8"), 0.0, 1.0) == ""
    assert "decides nothing" in scale_error(parse_gate("accuracy >= -1"), 0.0, 1.0)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_threshold_decides_by_comparison(value: float, threshold: float) -> None:
    """Pass exactly where the value meets the threshold."""
    rule = parse_gate(f"accuracy >= {threshold!r}")
    wanted = Verdict.PASS if value >= rule.threshold else Verdict.FAIL
    assert decide(rule, {"accuracy": estimate(value)}, {}).verdict is wanted


def test_missing_things_never_pass() -> None:
    """No metric, no value, no slice, no cases: fail, with the reason."""
    rule = parse_gate("accuracy >= 0")
    assert decide(rule, {}, {}).verdict is Verdict.FAIL
    undefined = decide(rule, {"accuracy": estimate(None)}, {})
    assert (undefined.verdict, "why" in undefined.detail) == (Verdict.FAIL, True)
    assert (
        decide(parse_gate("slice(x).accuracy >= 0"), {"accuracy": estimate(1.0)}, {}).verdict is Verdict.FAIL
    )
    assert decide(parse_gate("slice(x=a).accuracy >= 0"), {}, {"x": {}}).verdict is Verdict.FAIL


def test_cases_without_a_score_make_a_pass_inconclusive() -> None:
    """A broken scorer cannot turn a gate green; a failure stays one."""
    assert (
        decide(parse_gate("accuracy >= 0.5"), {"accuracy": estimate(0.9, missing=2)}, {}).verdict
        is Verdict.INCONCLUSIVE
    )
    assert (
        decide(parse_gate("accuracy >= 0.95"), {"accuracy": estimate(0.9, missing=2)}, {}).verdict
        is Verdict.FAIL
    )


def test_a_value_that_may_not_decide_is_inconclusive() -> None:
    """Macro-F1 over tiny classes warns."""
    found = decide(
        parse_gate("accuracy >= 0.95"), {"accuracy": estimate(0.9, gateable=False, note="small")}, {}
    )
    assert (found.verdict, "small" in found.detail) == (Verdict.INCONCLUSIVE, True)


def test_every_large_slice_must_meet_the_rule() -> None:
    """The worst large slice decides; small ones are named aside, and gated only by name."""
    slices = {
        "lang": {
            "de": {"accuracy": Estimate("accuracy", 0.7, n=40)},
            "en": {"accuracy": Estimate("accuracy", 0.9, n=50)},
            "fr": {"accuracy": Estimate("accuracy", 0.1, n=5)},
        }
    }
    found = decide(parse_gate("slice(lang).accuracy >= 0.8"), {}, slices)
    assert (found.verdict, found.observed) == (Verdict.FAIL, 0.7)
    assert "fr (5)" in found.detail
    assert decide(parse_gate("slice(lang).accuracy >= 0.6"), {}, slices).verdict is Verdict.PASS
    assert decide(parse_gate("slice(lang=fr).accuracy >= 0.6"), {}, slices).verdict is Verdict.FAIL
