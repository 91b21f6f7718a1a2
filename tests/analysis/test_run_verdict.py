"""The verdict of a run from its results: nothing that was not measured passes."""

from dataclasses import replace

import pytest

from prompteval.analysis.run_verdict import run_verdict
from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.report.result_view import ResultView

CASES = {"total": 2, "scored": 2, "errors": 0, "invalid": 0, "skipped": 0}
PASSES = GateResult("accuracy >= 0.9", Verdict.PASS, 1.0)
RESULT = ResultView(
    "s",
    "p@v1",
    "sha256:0",
    "m",
    CASES,
    {"accuracy": Estimate("accuracy", 1.0, n=2)},
    {},
    {},
    (PASSES,),
    {},
    {},
)
NOTHING = Estimate("accuracy", None, reason="no case has an expected value")


@pytest.mark.parametrize("gates", [(), (PASSES,)])
def test_b20_all_cases_excluded_is_incomplete(gates: tuple[GateResult, ...]) -> None:
    """`on_error: exclude` with nothing left is no pass, be there a gate or none."""
    failed = replace(RESULT, cases={**CASES, "scored": 0, "errors": 2}, errors_excluded=True, gates=gates)
    found = run_verdict([RESULT, failed])
    assert (found.verdict, found.can_continue) == (Verdict.INCOMPLETE, True)
    assert "all 2 cases ended in an error, and on_error: exclude leaves none" in found.reason
    some = replace(failed, cases={**CASES, "scored": 1, "errors": 1})
    assert run_verdict([some]).verdict is Verdict.PASS


def test_b20_no_case_that_could_be_scored_is_incomplete() -> None:
    """Every case was answered, and no metric has one: the reason says what was missing."""
    found = run_verdict([replace(RESULT, metrics={"accuracy": NOTHING}, gates=())])
    assert (found.verdict, found.can_continue) == (Verdict.INCOMPLETE, False)
    assert "no case could be scored, so nothing was measured: no case has an expected value" in found.reason


def test_b20_a_metric_that_no_case_entered_is_named_in_a_pass() -> None:
    """Beside one that was measured, it must not be taken for measured too."""
    half = replace(RESULT, metrics={**RESULT.metrics, "mean(scorer=b)": NOTHING})
    found = run_verdict([half])
    assert found == (Verdict.PASS, "the gate passes; not measured on any case: s: mean(scorer=b)", False)


@pytest.mark.parametrize(("failed", "end"), [(1, ""), (2, "; also s: r1"), (4, "; also s: r1 and 2 more")])
def test_every_gate_that_failed_is_named_or_counted(failed: int, end: str) -> None:
    """The first with its detail, the second by its rule, the others by their number; one that passes is none."""
    gates = tuple(GateResult(f"r{n}", Verdict.FAIL, 0.0, "misses") for n in range(failed))
    found = run_verdict([replace(RESULT, gates=(PASSES, *gates))])
    assert found.reason == f"s: r0: misses{end}"


def test_b20_no_result_at_all_is_incomplete() -> None:
    """A run that holds nothing has decided nothing."""
    assert run_verdict([]).verdict is Verdict.INCOMPLETE
