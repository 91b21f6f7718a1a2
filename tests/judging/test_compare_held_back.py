"""`compare` rests on judges as gates do: one that may not decide leaves the comparison open."""

import json

import pytest

from prompteval.engine.judge_check import CheckOptions, check_judge
from tests.forks import shared
from tests.judging.judged_workspace import COUNT
from tests.judging.test_judge_check import GATED, labels
from tests.small_workspace import Place


def worse(place: Place) -> tuple[str, str]:
    """Two runs of the suite, the second with no right answer: their ids."""
    first = place.run(suites=("judged",)).run_id
    outputs = place.root / "datasets/outputs.jsonl"
    outputs.write_text(outputs.read_text().replace("a right answer", "a wrong one"))
    return first, place.run(suites=("judged",)).run_id


def compared(place: Place, *arguments: str) -> tuple[int, dict[str, object], str]:
    """(the exit code, the metric, the sentence) of a comparison."""
    done = shared().run(place.root, "compare", *arguments, "--json")
    body = json.loads(done.stdout)
    return done.code, body["results"][0]["metrics"]["accuracy"], body["sentence"]


def calibrate(place: Place, run: str) -> None:
    found = check_judge(place.workspace, run, CheckOptions())
    assert found.path is not None
    found.path.write_text(found.calibration.text())


@pytest.fixture
def gated(judges: Place) -> Place:
    judges.write("evals/judged.yaml", GATED)
    judges.write("evals/judges/c.labels.jsonl", labels())
    return judges


def test_a_judge_without_a_calibration_decides_no_comparison(gated: Place) -> None:
    """A drop of half of the cases is shown, and inconclusive with what to do; once checked it is a regression."""
    first, second = worse(gated)
    code, metric, sentence = compared(gated, first, second)
    assert code == 0 and metric["verdict"] == "inconclusive" and metric["delta"] == -0.5
    assert "is not calibrated; label outputs with `prompteval label`" in sentence
    assert compared(gated, first, second, "--inconclusive", "fail")[0] == 4
    calibrate(gated, first)
    code, metric, _ = compared(gated, first, second)
    assert code == 1 and metric["verdict"] == "regressed" and "undecidable" not in metric


def test_a_judge_that_changed_since_decides_none_either(gated: Place) -> None:
    """Its prompt today is not the one that judged the runs."""
    first, second = worse(gated)
    calibrate(gated, first)
    prompt = gated.root / "prompts/judge_correct/v1.py"
    prompt.write_text(prompt.read_text().replace("Is the answer right?", "Is it right?"))
    _, metric, sentence = compared(gated, first, second)
    assert metric["verdict"] == "inconclusive" and "the judge judge_correct changed since" in sentence


def test_metrics_without_a_judge_decide_as_before(gated: Place) -> None:
    """Only what rests on the judge is held back, and the terminal says so of it."""
    text = GATED.replace("scorers:\n", "scorers:\n  - contains: {value: right, name: word}\n")
    gated.write("evals/judged.yaml", text.replace("[accuracy]", "[accuracy, mean(scorer=judge_correct)]"))
    first, second = worse(gated)
    done = shared().run(gated.root, "compare", first, second, "--json")
    metrics = json.loads(done.stdout)["results"][0]["metrics"]
    assert metrics["accuracy"]["verdict"] == "regressed" and metrics["accuracy"]["pairs"] == COUNT
    assert metrics["mean(scorer=judge_correct)"]["verdict"] == "inconclusive"
    assert "not calibrated" in shared().run(gated.root, "compare", first, second, "-v").stdout.replace(
        "\n", " "
    )


def test_a_suite_that_is_gone_holds_its_judges_back(gated: Place) -> None:
    """What cannot be read has no calibration."""
    first, second = worse(gated)
    calibrate(gated, first)
    (gated.root / "evals/judged.yaml").unlink()
    _, metric, sentence = compared(gated, first, second)
    assert (
        metric["verdict"] == "inconclusive"
        and "cannot be read, so its judges have no calibration" in sentence
    )
