"""A case's verdict: one value, from its outcome and all of its scores, in every view."""

import json
from xml.etree import ElementTree

import pytest

from prompteval.core.observation import CaseVerdict, Score, case_verdict
from prompteval.engine.stored import failed_cases, worst_rows
from prompteval.report import junit, markdown, rows
from prompteval.report.failing import failing_cases
from prompteval.report.page.run import render
from tests.report.reading_page import read_page
from tests.small_workspace import SUITE, Place

PASSES, FAILS = Score("a", 1.0, passed=True), Score("b", 0.0, passed=False)
MEASURES, BROKEN = Score("c", 0.2), Score("d", None, status="failed", reason="no")
EXACT = SUITE + "gate: [accuracy >= 0.0001]\n"


@pytest.mark.parametrize(
    ("outcome", "scores", "verdict"),
    [
        ("ok", (PASSES, FAILS), "fail"), ("ok", (MEASURES,), "pass"), ("ok", (), "pass"),
        ("ok", (PASSES, BROKEN), "unscored"), ("ok", (FAILS, BROKEN), "fail"),
        ("invalid", (MEASURES,), "fail"), ("refused", (PASSES,), "pass"), ("refused", (PASSES, FAILS), "fail"),
        ("error", (PASSES,), "error"),
    ],
)  # fmt: skip
def test_the_first_of_error_fail_unscored_and_pass(
    outcome: str, scores: tuple[Score, ...], verdict: str
) -> None:
    """An output that cannot be used fails, unless a scorer asks for just that."""
    assert case_verdict(outcome, scores).value == verdict  # type: ignore[arg-type]


def test_repeats_pass_together() -> None:
    """One failing repeat fails its case."""
    assert CaseVerdict.of_repeats([CaseVerdict.PASS, CaseVerdict.FAIL]) is CaseVerdict.FAIL
    assert CaseVerdict.of_repeats([]) is CaseVerdict.PASS


def test_every_view_reads_the_second_scorer_too(place: Place) -> None:
    """`exact` passes and `contains` fails: no view calls the case right (each had an idea of its own)."""
    place.write("evals/s.yaml", EXACT.replace("[exact]", "[exact, {contains: {value: bye}}]"))
    view = place.run()
    assert view.results[0].cases["failed"] == 2 and view.results[0].cases["passed"] == 0
    assert {json.loads(line)["verdict"] for line in rows.render_jsonl(view)} == {"fail"}
    tree = ElementTree.fromstring("".join(junit.render(view)))
    assert len(tree.findall(".//failure")) == 2
    assert set(read_page("".join(render(view))).verdicts) == {"fail"}
    assert "| s c1 | fail |" in "".join(markdown.render(view))
    assert failed_cases(place.workspace) == {("s", "c1"), ("s", "c2")}
    assert "c1  fails contains" in "".join(failing_cases(view))


def test_a_graded_score_decides_nothing_without_a_threshold(place: Place) -> None:
    """`rouge_l` first and a passing gate: JUnit has no failure; with `threshold:` it has, and the value stays."""
    place.write("m.jsonl", '{"when": "", "text": "hello there"}\n')
    suite = SUITE.replace("[exact]", "[rouge_l]").replace("[accuracy]", "[mean]") + "gate: [mean >= 0.1]\n"
    place.write("evals/s.yaml", suite)
    assert "<failure" not in "".join(junit.render(place.run()))
    place.write(
        "evals/s.yaml",
        suite.replace("[rouge_l]", "[{rouge_l: {threshold: 0.7}}]").replace("[mean]", "[mean, accuracy]"),
    )
    result = place.run().results[0]
    assert (round(result.metrics["mean"].value or 0, 3), result.metrics["accuracy"].value) == (0.667, 0.0)
    assert result.cases["failed"] == 2


def test_all_pass_is_the_share_of_cases_that_pass(place: Place) -> None:
    """One of two cases fails one of two scorers."""
    place.write("m.jsonl", '{"when": "c1", "text": "hello"}\n{"when": "", "text": "hello bye"}\n')
    suite = SUITE.replace("[exact]", "[{contains: {value: hello}}, exact]").replace(
        "[accuracy]", "[all_pass]"
    )
    place.write("evals/s.yaml", suite + "gate: [all_pass >= 0.5]\n")
    view = place.run()
    assert (view.results[0].metrics["all_pass"].value, view.exit_code) == (0.5, 0)


def test_a_scorer_that_fails_leaves_the_run_incomplete(place: Place) -> None:
    """A crash in a scorer is never green, unless the suite allows a share of it, and then it counts as worst."""
    place.write(
        "evals/own.py",
        "def s(case, seen):\n    if case.id == 'c1':\n        raise KeyError('x')\n    return True\n",
    )
    suite = SUITE.replace("[exact]", '[{python: "evals.own:s"}]')
    place.write("evals/s.yaml", suite + "gate: [accuracy >= 0.5]\n")
    view = place.run()
    assert view.exit_code == 3 and "1 case of 2 could not be scored: s: KeyError" in view.reason
    place.write("evals/s.yaml", suite + "allow_unscored: 0.5\ngate: [accuracy >= 0.5]\n")
    view = place.run()
    assert (view.exit_code, view.results[0].gates[0].observed) == (0, 0.5)
    place.write("evals/s.yaml", suite + "allow_unscored: 0.5\ngate: [accuracy >= 0.6]\n")
    assert place.run().exit_code == 1


def test_the_worst_rows_come_first(place: Place) -> None:
    """What fails comes before what passes, whatever its first score."""
    place.write("m.jsonl", '{"when": "c2", "text": "hello"}\n{"when": "", "text": "hello bye"}\n')
    place.write("evals/s.yaml", EXACT.replace("[exact]", "[{contains: {value: hello}}, exact]"))
    place.run()
    assert [row.case.id for row in worst_rows(place.workspace, "last", 2)] == ["c1", "c2"]
