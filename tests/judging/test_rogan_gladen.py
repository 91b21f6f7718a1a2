"""`accuracy(corrected=rogan_gladen)`: a run without labels, corrected by how its judge did on other cases."""

import json

import numpy as np
import pytest

from prompteval.analysis.corrected import corrected_elsewhere
from prompteval.core.errors import InvalidInput
from prompteval.engine.judge_check import CheckOptions, check_judge
from prompteval.stats.judged.corrected import LabelledElsewhere, rogan_gladen
from tests.forks import shared
from tests.judging.judged_workspace import SUITE, lines
from tests.judging.test_corrected_metrics import GATED, many  # noqa: F401
from tests.small_workspace import Place

METRIC = "accuracy(corrected=rogan_gladen)"
COUNT = 80


@pytest.fixture
def elsewhere(many: Place) -> Place:  # noqa: F811
    """A judge that was calibrated on 120 cases, in a suite whose new cases nobody has labelled."""
    many.run(suites=("judged",))
    found = check_judge(many.workspace, "judged", CheckOptions())
    assert found.path is not None
    found.path.write_text(found.calibration.text())
    ids = [f"new{n}" for n in range(COUNT)]
    many.write(
        "datasets/judged.jsonl", lines({"id": i, "inputs": {"message": "m"}, "expected": "ok"} for i in ids)
    )
    answers = ({"id": i, "output": "a right answer" if n % 4 else "wrong"} for n, i in enumerate(ids))
    many.write("datasets/outputs.jsonl", lines(answers))
    many.write(
        "evals/judged.yaml", GATED.replace("accuracy(corrected=ppi)", METRIC).replace("slices: [kind]\n", "")
    )
    return many


def test_the_share_is_corrected_by_the_calibration(elsewhere: Place) -> None:
    """The formula over this run's passes and the counts of the calibration; the gate decides."""
    (result,) = elsewhere.run(suites=("judged",)).results
    body = json.loads((elsewhere.root / "evals/judges/c.json").read_text())
    (passed_right, passed_wrong), (failed_right, failed_wrong) = body["figures"]["confusion"]
    counts = LabelledElsewhere(
        passed_right + passed_wrong, passed_right, failed_right + failed_wrong, failed_wrong
    )
    wanted, found = rogan_gladen(COUNT * 3 // 4, COUNT, counts), result.metrics[METRIC]
    assert (found.value, found.low, found.high) == (wanted.value, wanted.low, wanted.high)
    assert found.method == "rogan-gladen" and "by 120 labels of other cases" in found.note
    assert result.metrics["accuracy"].value == 0.75 and result.gates[0].verdict.value == "pass"


def test_labels_of_the_runs_own_cases_are_for_ppi(elsewhere: Place) -> None:
    """Neither they nor a judge without a calibration give a figure, and the reason says what to write."""
    path = elsewhere.root / "evals/judges/c.labels.jsonl"
    before = path.read_text()
    path.write_text(before + lines([{"case_id": "new1", "label": "yes", "annotator": "ann"}]))
    (result,) = elsewhere.run(suites=("judged",)).results
    assert result.metrics[METRIC].value is None and "corrected=ppi" in result.metrics[METRIC].reason
    path.write_text(before)
    (elsewhere.root / "evals/judges/c.json").unlink()
    (result,) = elsewhere.run(suites=("judged",)).results
    assert "has no calibration" in result.metrics[METRIC].reason
    assert result.gates[0].verdict.value == "inconclusive"


def test_no_difference_is_corrected_so(elsewhere: Place) -> None:
    """A comparison shows both sides and decides nothing by it."""
    first = elsewhere.run(suites=("judged",)).run_id
    second = elsewhere.run(suites=("judged",)).run_id
    body = json.loads(shared().run(elsewhere.root, "compare", first, second, "--json").stdout)
    metric = body["results"][0]["metrics"][METRIC]
    assert metric["a"] == metric["b"] and "bias differs by version" in metric["reason"]


def test_it_is_for_accuracy_alone(judges: Place) -> None:
    """A mean on a scale has no sensitivity."""
    judges.write("evals/judged.yaml", SUITE.replace("[accuracy]", '["mean(corrected=rogan_gladen)"]'))
    with pytest.raises(InvalidInput, match="rogan_gladen corrects accuracy alone"):
        judges.run(suites=("judged",))


def test_a_case_is_the_mean_of_its_repeats() -> None:
    """Two of three repeats passed in each of 10 cases; a label of one repeat is a label of this run."""
    rows = np.tile([2.0 / 3.0, 0.0, 100.0, 80.0, 100.0, 90.0], (10, 1))
    found = corrected_elsewhere(rows)
    assert found.value == pytest.approx((2.0 / 3.0 + 0.9 - 1.0) / 0.7)
    rows[3, 1] = 1.0 / 3.0
    assert corrected_elsewhere(rows).value is None and "corrected=ppi" in corrected_elsewhere(rows).reason
