"""A metric without a scorer to read is refused: it would have no row, and its gate no number."""

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.plan.suite_plan import plan_suite
from tests.small_workspace import SUITE, Place

UNSCORED = "".join(
    line for line in SUITE.splitlines(keepends=True) if not line.startswith(("scorers", "metrics"))
)


def _problems(place: Place, suite: str) -> list[str]:
    place.write("evals/s.yaml", suite)
    with pytest.raises(InvalidInput) as caught:
        plan_suite(place.workspace, "evals/s.yaml")
    return [f"{problem.code} {problem.message}" for problem in caught.value.problems]


@pytest.mark.parametrize("metric", ["accuracy", "per_class", "brier", "mean", "pass@2"])
@pytest.mark.parametrize(
    "key", ["metrics: [{}]", "primary: [{}]", "gate: [{{no_regression: {{metric: {}}}}}]"]
)
def test_a_metric_that_reads_a_scorer_needs_one(place: Place, key: str, metric: str) -> None:
    """Wherever the suite names it, and whatever of a score it reads."""
    problems = _problems(place, UNSCORED + key.format(metric) + "\n")
    assert any(f"{metric} reads a scorer, and the suite has none; add one" in found for found in problems)


def test_a_rule_without_a_metric_of_its_own_needs_a_scorer(place: Place) -> None:
    """`accuracy` is what it compares where the suite names nothing."""
    (problem,) = _problems(place, UNSCORED + "gate: [{no_regression: {}}]\n")
    assert problem.startswith("PE227 accuracy reads a scorer, and the suite has none")


def test_a_scorer_that_is_not_there_is_named(place: Place) -> None:
    """Without another to suggest, the message says so."""
    (problem,) = _problems(place, UNSCORED + "metrics: [mean(scorer=length)]\n")
    assert problem == "PE226 mean(scorer=length): unknown scorer 'length' (the suite has none)"


def test_a_scorer_that_cannot_be_built_is_the_only_problem(place: Place) -> None:
    """Metrics that might have read it are not said to have none."""
    suite = UNSCORED + "scorers: [numbr]\nmetrics: [mae, accuracy, mean(scorer=numbr)]\n"
    (problem,) = _problems(place, suite)
    assert problem.startswith("PE223 unknown scorer 'numbr'")


def test_a_slice_where_the_suite_has_none_comes_with_its_fix(place: Place) -> None:
    """There is no name to suggest."""
    (problem,) = _problems(place, SUITE + "gate: [slice(lang=de).accuracy >= 0.5]\n")
    assert problem.endswith("'lang' is not in slices (add `slices: [lang]`)")
