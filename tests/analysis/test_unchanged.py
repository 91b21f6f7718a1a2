"""A run against the baseline that the same content made."""

from prompteval.core.verdict import Verdict
from prompteval.engine.baseline import set_baselines
from tests.small_workspace import SUITE, Place


def test_the_same_content_passes_no_regression_and_says_so(place: Place) -> None:
    """Two cases say little, and nothing changed all the same."""
    place.write("evals/s.yaml", SUITE + "gate: [{no_regression: {metric: accuracy}}]\n")
    place.run()
    set_baselines(place.workspace, "last", ())
    gate = place.run().results[0].gates[0]
    assert gate.verdict is Verdict.PASS and "are unchanged" in gate.detail


def test_a_drop_of_unchanged_content_is_not_excused(place: Place) -> None:
    """A model that was replaced behind its name has the old fingerprint."""
    place.write("evals/s.yaml", SUITE + "gate: [{no_regression: {metric: accuracy}}]\n")
    cases = "".join(
        f'{{"id": "c{n}", "inputs": {{"message": "m"}}, "expected": "hello"}}\n' for n in range(60)
    )
    place.write("datasets/c.jsonl", cases)
    place.run()
    set_baselines(place.workspace, "last", ())
    place.write("m.jsonl", '{"when": "", "text": "bye"}\n')
    assert place.run().results[0].gates[0].verdict is Verdict.FAIL


def test_a_rule_against_the_baseline_names_the_cases_that_broke(place: Place) -> None:
    """One that failed in the baseline as well is not among them."""
    place.write("evals/s.yaml", SUITE + "gate: [{no_regression: {metric: accuracy}}]\n")
    lines = [f'{{"id": "c{n}", "inputs": {{"message": "m"}}, "expected": "hello"}}\n' for n in range(3)]
    place.write("datasets/c.jsonl", "".join(lines).replace('"hello"', '"never"', 1))
    place.run()
    set_baselines(place.workspace, "last", ())
    place.write("m.jsonl", '{"when": "", "text": "bye"}\n')
    assert place.run().results[0].gates[0].broken == ("c1", "c2")
