"""`judge check`: figures, the calibration file, and gates that rest on a judge."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import jsonschema
import pytest

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.engine.check import check_workspace
from prompteval.engine.judge_check import Checked, CheckOptions, check_judge
from prompteval.engine.regate import regate
from prompteval.report.judge.render import markdown
from prompteval.report.page.judge import render as page
from prompteval.report.page.schema import page_schema
from prompteval.stats.judged.alt_test import alt_test
from tests.closed_schema import unmet
from tests.forks import shared
from tests.judging.judged_workspace import COUNT, RULES, SUITE, lines
from tests.report.reading_page import read_page
from tests.small_workspace import Place

GATED = SUITE + (
    "gate: [accuracy >= 0.4]\njudges:\n"
    "  judge_correct: {labels: judges/c.labels.jsonl, calibration: judges/c.json}\n"
)


def labels(wrong: Iterable[int] = (), annotators: Iterable[str] = ("ann",)) -> str:
    """Labels that agree with the scripted judge but for some cases."""
    right = {n: "yes" if n % 2 == 0 else "no" for n in range(COUNT)}
    turned = {n: "no" if right[n] == "yes" else "yes" for n in wrong}
    return lines(
        {"case_id": f"c{n:02}", "label": turned.get(n, right[n]), "annotator": name}
        for n in range(COUNT)
        for name in annotators
    )


@pytest.fixture
def gated(judges: Place) -> Place:
    judges.write("evals/judged.yaml", GATED)
    judges.write("evals/judges/c.labels.jsonl", labels(wrong=(3,)))
    return judges


def calibrate(place: Place, **options: object) -> Checked:
    """The suite run and its judge checked; the calibration is written where the suite has it."""
    place.run(suites=("judged",))
    found = check_judge(place.workspace, "judged", CheckOptions(**options))  # type: ignore[arg-type]
    assert found.path is not None
    found.path.write_text(found.calibration.text())
    return found


def gate_of(place: Place) -> tuple[str, str]:
    (gate,) = place.run(suites=("judged",)).results[0].gates
    return gate.verdict.value, gate.detail


def test_figures_are_those_of_the_labels(gated: Place) -> None:
    """19 of 20 agree; kappa is 0.9, the constant judge reaches 0.55."""
    figures = calibrate(gated).view.figures
    assert (figures.n, figures.agreement) == (20, 0.95)
    assert figures.kappa.value == pytest.approx(0.9)
    assert figures.constant == ("yes", 0.55)
    assert figures.confusion == ((10, 1), (0, 9))
    assert figures.sensitivity is not None and figures.sensitivity.value == pytest.approx(10 / 11)
    assert figures.specificity is not None and figures.specificity.value == 1.0


def test_a_gate_decides_once_its_judge_is_calibrated(gated: Place) -> None:
    """Before, it is inconclusive and says what to do; a stored run is decided again."""
    verdict, detail = gate_of(gated)
    assert verdict == "inconclusive"
    assert "not calibrated" in detail and "prompteval judge check judged --judge judge_correct" in detail
    found = calibrate(gated)
    assert gate_of(gated)[0] == "pass"
    assert regate(gated.workspace, found.run_id).verdict.value == "pass"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("prompt", "changed since its calibration (its prompt"),
        ("model", "changed since its calibration (its model"),
        ("samples", "changed since its calibration (its options"),
        ("labels", "the labels of judge_correct changed since"),
        ("gone", "are missing"),
        ("figures", "are not those of its rows"),
        ("rows", "are not those of its rows"),
        ("broken", "its calibration cannot be read"),
    ],
)
def test_a_gate_is_open_when_something_changed_since(gated: Place, change: str, reason: str) -> None:
    """The judge's prompt, model or options, the labels, or the file itself."""
    calibrate(gated)
    root = gated.root
    calibration = root / "evals/judges/c.json"
    body = json.loads(calibration.read_text())
    if change == "prompt":
        prompt = root / "prompts/judge_correct/v1.py"
        prompt.write_text(prompt.read_text().replace("Is the answer right?", "Is it right?"))
    elif change == "model":
        gated.write("other.jsonl", lines(RULES))
        gated.write("evals/judged.yaml", GATED.replace("scripted/judge.jsonl", "scripted/other.jsonl"))
    elif change == "samples":
        gated.write("evals/judged.yaml", GATED.replace("judge.jsonl}", "judge.jsonl, samples: 2}"))
    elif change == "labels":
        gated.write("evals/judges/c.labels.jsonl", labels(wrong=(3, 4)))
    elif change == "gone":
        (root / "evals/judges/c.labels.jsonl").unlink()
    elif change == "figures":
        body["figures"]["kappa"]["value"] = 0.95
    elif change == "rows":
        body["rows"][0]["verdict"] = "no"
    if change in ("figures", "rows"):
        calibration.write_text(json.dumps(body))
    if change == "broken":
        calibration.write_text("{")
    verdict, detail = gate_of(gated)
    assert verdict == "inconclusive" and reason in detail


def test_a_judge_below_its_floor_may_not_decide(gated: Place) -> None:
    """Exit 1, and the gate is open whatever the judge says."""
    gated.write("evals/judged.yaml", GATED.replace("c.json}", "c.json, floor: {kappa: 0.95}}"))
    found = calibrate(gated)
    assert found.view.exit_code == 1
    assert "kappa 0.900 is below the floor 0.95" in found.view.verdict
    verdict, detail = gate_of(gated)
    assert verdict == "inconclusive" and "does not agree with people well enough" in detail


def test_a_judge_that_agrees_by_chance_is_refused_without_a_floor(gated: Place) -> None:
    """The lower end of kappa has to be above 0."""
    gated.write("evals/judges/c.labels.jsonl", labels(wrong=range(0, COUNT, 3)))
    found = calibrate(gated)
    assert found.view.exit_code == 1 and "kappa.low" in found.view.verdict


def test_all_pass_rests_on_every_judge_that_decides(gated: Place) -> None:
    """A metric of verdicts is held back too."""
    gated.write("evals/judged.yaml", GATED.replace("accuracy", "all_pass"))
    assert gate_of(gated)[0] == "inconclusive"


def test_labels_with_an_outputs_hash_count_only_for_it(gated: Place) -> None:
    """When the outputs change, nothing is labelled any more."""
    first = calibrate(gated)
    rows = [
        {"case_id": row.case_id, "label": row.verdict, "annotator": "ann", "output": row.output}
        for row in first.rows
    ]
    gated.write("evals/judges/c.labels.jsonl", lines(rows))
    assert calibrate(gated).view.figures.agreement == 1.0
    outputs = gated.root / "datasets/outputs.jsonl"
    outputs.write_text(outputs.read_text().replace("answer", "answer, new"))
    gated.run(suites=("judged",))
    assert check_judge(gated.workspace, "judged", CheckOptions()).view.figures.n == COUNT / 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            {"case_id": "c00", "label": "maybe", "annotator": "a"},
            "label 'maybe' is not one of the judge's: yes, no",
        ),
        ({"case_id": "c00", "label": "yes"}, "annotator is missing"),
        ({"case_id": "c00", "label": "yes", "annotator": "a", "nots": ""}, "unknown key 'nots'"),
        ({"case_id": "c00", "label": [], "annotator": "a"}, "label must be a non-empty string"),
        (
            {"case_id": "c00", "label": "yes", "annotator": "a", "output": "sha256:z"},
            "output must be a string that matches ^sha256:[0-9a-f]{64}$, not 'sha256:z'",
        ),
    ],
)
def test_a_wrong_label_is_a_problem_of_its_line(gated: Place, line: dict[str, object], message: str) -> None:
    """With the file and the line."""
    gated.run(suites=("judged",))
    place = gated.root / "l.jsonl"
    place.write_text(labels() + json.dumps(line) + "\n")
    with pytest.raises(InvalidInput) as caught:
        check_judge(gated.workspace, "last", CheckOptions(labels=place))
    (problem,) = caught.value.problems
    assert problem.line == COUNT + 1 and message in str(problem)


def test_a_label_that_the_judge_could_not_give_is_found_by_check_and_run(gated: Place) -> None:
    """Before `judge check` is asked, at its line of the suite's own file."""
    gated.write(
        "evals/judges/c.labels.jsonl", lines([{"case_id": "c00", "label": "maybe", "annotator": "a"}])
    )
    told = r"evals/judges/c\.labels\.jsonl:1:1 PE291 label 'maybe' is not one of the judge's: yes, no"
    assert re.search(told, "\n".join(str(one) for one in check_workspace(gated.workspace).problems))
    with pytest.raises(InvalidInput, match=told):
        gated.run(suites=("judged",))


def test_synthetic_labels_calibrate_nothing(gated: Place) -> None:
    """A model's labels say how far two models agree."""
    gated.run(suites=("judged",))
    place = gated.root / "l.jsonl"
    rows = [{**json.loads(line), "synthetic": True} for line in labels().splitlines()]
    place.write_text(lines(rows))
    with pytest.raises(UsageError, match="are synthetic, and calibrate nothing"):
        check_judge(gated.workspace, "last", CheckOptions(labels=place))


def test_the_calibration_meets_the_published_schema(gated: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """With slices, and with enough annotators for an alternative annotator test."""
    monkeypatch.setitem(alt_test.__kwdefaults__, "fewest", 10)
    people = [f"a{number}" for number in range(3)]
    gated.write("evals/judges/c.labels.jsonl", labels(wrong=(3, 4), annotators=people))
    gated.write("evals/judged.yaml", GATED + "slices: [kind]\n")
    found = calibrate(gated).as_json()
    assert found["figures"]["alt_test"] and unmet("judge-check", json.loads(json.dumps(found))) == []  # type: ignore[index]


def test_two_annotators_are_compared_with_each_other(gated: Place) -> None:
    """Alpha, and outputs without a majority are left out and counted."""
    one, other = labels(annotators=["ann"]), labels(wrong=(1, 2), annotators=["bob"])
    gated.write("evals/judges/c.labels.jsonl", one + other)
    figures = calibrate(gated).view.figures
    assert (figures.annotators, figures.undecided, figures.n) == (2, 2, COUNT - 2)
    assert figures.alpha is not None and 0.7 < figures.alpha < 0.9


def test_the_command_prints_writes_and_ends_by_the_floor(gated: Place, tmp_path: Path) -> None:
    """On the command line, with Markdown and a page; markup in names stays text."""
    gated.run(suites=("judged",))
    done = shared().run(gated.root, "judge", "check", "judged", "-o", "j.md", "-o", "j.html")
    assert done.code == 0, done.stderr
    assert "kappa" in done.stdout and "constant judge: 0.550 (yes)" in done.stdout
    assert done.stdout.splitlines()[-1] == "pass: it may decide a gate (kappa.low > 0) (exit 0)"
    assert (gated.root / "evals/judges/c.json").exists()
    assert "| kappa |" in (gated.root / "j.md").read_text()
    document = read_page((gated.root / "j.html").read_text()).document
    jsonschema.validate(document, page_schema())
    (section,) = document["sections"]
    assert document["head"]["tone"] == "pass" and section["drawn"]["plots"][0]["kind"] == "scatter"
    assert [table["title"] for table in section["tables"]][1] == "people (rows) and judge (columns)"
    assert shared().run(gated.root, "judge", "check", "judged", "--unparsed", "wrnog").code == 2


def test_reports_hold_no_markup_of_a_users(gated: Place) -> None:
    """A label or a name cannot open a tag."""
    view = calibrate(gated).view
    from dataclasses import replace

    forged = replace(view, name="<script>x</script>", labels=("<b>", "|"))
    assert "<script>x" not in "".join(page(forged)) and "<script>x" not in "".join(markdown(forged))
