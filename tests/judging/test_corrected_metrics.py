"""`corrected=ppi` in a suite: estimates, slices, gates and comparisons that rest on labels of people."""

import json

import numpy as np
import pytest

from prompteval.core.errors import InvalidInput
from prompteval.engine.judge_check import CheckOptions, check_judge
from prompteval.stats.judged.corrected import corrected_mean
from tests.forks import shared
from tests.judging.judged_workspace import SUITE, lines
from tests.small_workspace import Place

CASES = 300
METRIC = "accuracy(corrected=ppi)"
GATED = SUITE.replace("[accuracy]", f'[accuracy, "{METRIC}"]') + (
    f'slices: [kind]\ngate: ["{METRIC} >= 0.3"]\njudges:\n'
    "  judge_correct: {labels: judges/c.labels.jsonl, calibration: judges/c.json}\n"
)


def truth(n: int) -> bool:
    """What people say: the judge says yes to each answer with the word right, and is wrong on every fifth."""
    return (n % 2 == 0) != (n % 5 == 0)


def label(n: int) -> dict[str, object]:
    return {"case_id": f"c{n:03}", "label": "yes" if truth(n) else "no", "annotator": "ann"}


@pytest.fixture
def many(judges: Place) -> Place:
    """300 cases, of which the first 120 of a shuffled order are labelled."""
    order = np.random.default_rng(3).permutation(CASES)
    cases = [
        {"id": f"c{n:03}", "inputs": {"message": "m"}, "expected": "ok", "tags": {"kind": "ab"[n % 3 == 0]}}
        for n in range(CASES)
    ]
    judges.write("datasets/judged.jsonl", lines(cases))
    outputs = [
        {"id": f"c{n:03}", "output": f"{'a right answer' if n % 2 == 0 else 'wrong'} {n}"}
        for n in range(CASES)
    ]
    judges.write("datasets/outputs.jsonl", lines(outputs))
    judges.write("evals/judged.yaml", GATED)
    judges.write("evals/judges/c.labels.jsonl", lines(label(int(n)) for n in order[:120]))
    return judges


def calibrated(place: Place) -> Place:
    place.run(suites=("judged",))
    found = check_judge(place.workspace, "judged", CheckOptions())
    assert found.path is not None
    found.path.write_text(found.calibration.text())
    return place


def test_the_metric_is_the_formula_over_the_runs_own_cases(many: Place) -> None:
    """Beside the judge alone; the note says how many labels, what they are worth and what more would do."""
    (result,) = calibrated(many).run(suites=("judged",)).results
    found = result.metrics[METRIC]
    order = np.random.default_rng(3).permutation(CASES)
    judge = (np.arange(CASES) % 2 == 0).astype(float)
    people = np.array([truth(n) for n in range(CASES)], float)
    first = np.sort(order[:120])
    rest = np.sort(order[120:])
    wanted = corrected_mean(people[first], judge[first], judge[rest]).interval
    assert (found.value, found.low, found.high) == pytest.approx((wanted.value, wanted.low, wanted.high))
    assert found.method == "ppi++" and found.n == CASES
    assert found.note.startswith("120 labels, worth ")
    assert any(note.startswith(f"{METRIC}: 120 labels") for note in result.notes)
    assert found.high is not None and found.low is not None
    assert found.low <= people.mean() <= found.high


def test_labels_of_two_samples_are_refused(many: Place) -> None:
    """Some with a weight and some without are no random sample, and the reason says so."""
    path = many.root / "evals/judges/c.labels.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text(lines([rows[0], *({**row, "weight": 2.5} for row in rows[1:])]))
    first, second = (many.run(suites=("judged",)) for _ in range(2))
    assert first.results[0].metrics[METRIC].value is None
    assert "119 of 120 labels have a weight" in first.results[0].metrics[METRIC].reason
    done = shared().run(many.root, "compare", first.run_id, second.run_id, "--json")
    assert "119 of 120 labels" in json.loads(done.stdout)["results"][0]["metrics"][METRIC]["reason"]


def test_slices_have_their_own_labels_and_the_gate_decides(many: Place) -> None:
    """Each slice by the labels that fall in it."""
    (result,) = calibrated(many).run(suites=("judged",)).results
    counts = [one[METRIC].note.split(" labels")[0] for one in result.slices["kind"].values()]
    assert sum(map(int, counts)) == 120
    (shown,) = [note for note in result.notes if note.startswith(f"{METRIC} by kind: ")]
    assert all(f"{name}: {count} labels, worth " in shown for name, count in zip("ab", counts, strict=True))
    assert result.gates[0].verdict.value == "pass"


def test_without_labels_of_this_runs_outputs_the_gate_is_open(many: Place) -> None:
    """It says to label some, and does not fail."""
    calibrated(many)
    path = many.root / "evals/judges/c.labels.jsonl"
    hashed = check_judge(many.workspace, "judged", CheckOptions())
    rows = [
        {
            "case_id": row.case_id,
            "label": next(iter(row.labels.values())),
            "annotator": "ann",
            "output": row.output,
        }
        for row in hashed.rows
    ]
    path.write_text(lines(rows))
    calibrated(many)
    outputs = many.root / "datasets/outputs.jsonl"
    outputs.write_text(outputs.read_text().replace("answer", "answer, new").replace("wrong", "wrong, new"))
    (result,) = many.run(suites=("judged",)).results
    assert result.metrics[METRIC].value is None
    assert result.gates[0].verdict.value == "inconclusive" and "prompteval label" in result.gates[0].detail


def test_a_comparison_is_corrected_by_cases_labelled_on_both_sides(many: Place) -> None:
    """The judge is fooled by a word; people see no change, and neither does the corrected difference."""
    first = calibrated(many).run(suites=("judged",))
    outputs = many.root / "datasets/outputs.jsonl"
    before = [json.loads(line) for line in outputs.read_text().splitlines()]
    after = [
        {
            **row,
            "output": row["output"].replace("wrong", "a right answer?")
            if n % 3 == 0
            else row["output"] + ".",
        }
        for n, row in enumerate(before)
    ]
    outputs.write_text(lines(after))
    second = many.run(suites=("judged",))
    done = shared().run(many.root, "compare", first.run_id, second.run_id, "--json")
    metrics = json.loads(done.stdout)["results"][0]["metrics"]
    assert metrics["accuracy"]["delta"] == pytest.approx(50 / CASES)
    corrected = metrics[METRIC]
    assert corrected["test"] == "ppi++" and "120 cases labelled on both sides" in json.dumps(corrected)
    assert corrected["low"] <= 0.0 <= corrected["high"]


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("accuracy(corrected=pip)", "corrected must be ppi"),
        ("f1(corrected=ppi)", "f1 has no parameter 'corrected'"),
        ("mean(scorer=exact, corrected=ppi)", "scorer 'exact' reports no labelled; use a `judge` scorer"),
        ("accuracy(reduce=any, corrected=ppi)", "give corrected or reduce, not both"),
    ],
)
def test_a_correction_that_cannot_be_made_is_refused(judges: Place, metric: str, message: str) -> None:
    """At its line, before any call."""
    suite = SUITE.replace("[accuracy]", f'["{metric}"]').replace("metrics", "  - exact\nmetrics")
    judges.write("evals/judged.yaml", suite)
    with pytest.raises(InvalidInput) as caught:
        judges.run(suites=("judged",))
    assert any(message in str(problem) for problem in caught.value.problems)
