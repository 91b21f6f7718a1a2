"""Rules that could never fail are refused with their line."""

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.plan.suite_plan import plan_suite
from tests.small_workspace import SUITE, Place


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("errors <= 1e999", "1e999 is out of range"),
        ("errors >= -1", "errors is at least 0, so -1 decides nothing"),
        ("coverage >= 95", "did you mean 0.95?"),
        ("latency_ms.p95 >= -1", "latency_ms.p95 is at least 0"),
        ("{no_regression: {metric: accuracy, min_effect: 2}}", "did you mean 0.02?"),
        (
            "{no_regression: {metric: accuracy, margin: 1}}",
            "margin 1 is the largest change accuracy can have",
        ),
        ("{no_regression: {metric: accuracy, min_effect: 1e6}}", "decides nothing"),
    ],
)
def test_b20_a_rule_that_cannot_fail_is_refused(place: Place, rule: str, told: str) -> None:
    """Off the scale, without end, or with a drop that no metric can have."""
    place.write(
        "evals/s.yaml", f"{SUITE}gate: [{rule!r}]\n" if rule[0] != "{" else f"{SUITE}gate: [{rule}]\n"
    )
    with pytest.raises(InvalidInput) as caught:
        plan_suite(place.workspace, "evals/s.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "PE227" and problem.line == 6 and told in problem.message
