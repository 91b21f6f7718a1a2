"""A suite with a judge, run: its scores, its calls, and what is refused before any call."""

import json

import pytest

from prompteval.core.errors import InvalidInput
from tests.closed_schema import unmet
from tests.judging.judged_workspace import COUNT, SUITE, lines
from tests.small_workspace import Place


def test_a_judge_of_labels_passes_and_fails(judges: Place) -> None:
    """Half of the answers pass; its calls are counted apart from those of the target."""
    (result,) = judges.run(suites=("judged",)).results
    assert result.metrics["accuracy"].value == 0.5
    assert result.usage["judges"]["judge_correct"]["requests"] == COUNT
    assert result.usage["attempts"] == result.usage["requests"] - result.usage["replayed"]
    assert result.cases["passed"] == COUNT / 2


def test_a_judgement_is_paid_once(judges: Place) -> None:
    """A second run takes every reply from the cache, where the model is one that is cached."""
    row = next(iter(judges.run(suites=("judged",)).rows()))
    (score,) = row.scores
    assert score.evidence["judge"] == [{"verdict": "yes", "reasons": "as expected"}]
    assert [call.served_by for call in score.calls] == ["live"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"text": "I would say 7/5"}, "the reply is not JSON"),
        ({"text": '{"reasons": "", "score": NaN}'}, "not JSON"),
        ({"text": '{"reasons": "", "score": 1e999}'}, "not JSON"),
        ({"text": '{"reasons": "", "score": "7/5"}'}, "score"),
        ({"text": '{"reasons": "", "score": 7}'}, "score 7 is outside of the scale 1 to 5"),
    ],
)
def test_f18_a_verdict_that_is_none_is_unscored(judges: Place, reply: dict[str, str], reason: str) -> None:
    """Never a score of 0: the run is incomplete and says why."""
    scorer = "judge: {prompt: judge_helpful, model: scripted/judge.jsonl, scale: [1, 5], threshold: 4}"
    judges.write("evals/judged.yaml", SUITE.replace(SUITE.splitlines()[3].strip("- "), scorer))
    judges.write("judge.jsonl", lines([{"when": "", **reply}]))
    view = judges.run(suites=("judged",))
    assert view.verdict.value == "incomplete" and reason in view.reason
    assert view.results[0].cases["unscored"] == COUNT


def test_a_scale_keeps_its_numbers_and_passes_by_the_threshold(judges: Place) -> None:
    """The mean is on the scale; samples are asked apart and their mean counts."""
    scorer = (
        "judge: {prompt: judge_helpful, model: scripted/judge.jsonl, scale: [1, 5], threshold: 4, samples: 3}"
    )
    judges.write(
        "evals/judged.yaml",
        SUITE.replace(SUITE.splitlines()[3].strip("- "), scorer).replace("[accuracy]", "[mean, accuracy]"),
    )
    rules = [
        {"when": "right", "output": {"reasons": "", "score": 5}},
        {"when": "", "output": {"reasons": "", "score": 2}},
    ]
    judges.write("judge.jsonl", lines(rules))
    view = judges.run(suites=("judged",))
    (result,) = view.results
    assert result.metrics["mean"].value == 3.5 and result.metrics["accuracy"].value == 0.5
    assert result.usage["judges"]["judge_helpful"]["requests"] == 3 * COUNT
    assert next(iter(view.rows())).scores[0].evidence["samples"] == [5.0, 5.0, 5.0]


def test_a_rubric_is_a_weighted_mean_of_its_criteria(judges: Place) -> None:
    """Each criterion is asked apart; its text comes from the suite and stands outside of any mark."""
    prompt = (judges.root / "prompts/judge_correct/v1.py").read_text()
    prompt = prompt.replace("    reference: str", "    criterion: str").replace("reference", "criterion")
    judges.write("prompts/judge_rubric/v1.py", prompt)
    criteria = "[{name: short, text: Is it short?, weight: 3}, {name: kind, text: Is it kind?}]"
    scorer = f"judge: {{prompt: judge_rubric, model: scripted/judge.jsonl, criteria: {criteria}}}"
    judges.write(
        "evals/judged.yaml",
        SUITE.replace(SUITE.splitlines()[3].strip("- "), scorer).replace("accuracy", "mean"),
    )
    rules = [
        {"when": "^(?s:.*)\nIs it short", "output": {"reasons": "", "verdict": "yes"}},
        {"when": "", "output": {"reasons": "", "verdict": "no"}},
    ]
    judges.write("judge.jsonl", lines(rules))
    view = judges.run(suites=("judged",))
    assert view.results[0].metrics["mean"].value == 0.75
    assert next(iter(view.rows())).scores[0].evidence["parts"] == {"short": 1.0, "kind": 0.0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("prompt: judge_helpful", "score is a number without a scale (write `scale: [1, 5]`)"),
        ("prompt: judge_helpful, scale: [5, 1]", "scale must be two numbers, the lower one first"),
        ("prompt: judge_helpful, scale: [1, 5], threshold: 9", "threshold 9 is outside of the scale"),
        ("prompt: judge_correct, passes: [maybe]", "passes: verdict is never 'maybe'"),
        ("prompt: judge_correct, field: verdct", "no field verdct (did you mean 'verdict'?)"),
        ("prompt: judge_corect", "judge_corect"),
        ("prompt: judge_correct, samples: 0", "samples must be a whole number from 1 to 100, not 0"),
        ("prompt: judge_correct, model: scripted/no.jsonl", "no.jsonl"),
        ("prompt: say", "say@v1 judges, and its output is not a model"),
    ],
)
def test_a_judge_that_cannot_judge_is_refused_at_its_line(judges: Place, options: str, message: str) -> None:
    """Before any call, with what to write."""
    from tests.small_workspace import PROMPT

    judges.write("prompts/say/v1.py", PROMPT)
    scorer = f"judge: {{{options}{'' if 'model' in options else ', model: scripted/judge.jsonl'}}}"
    judges.write("evals/judged.yaml", SUITE.replace(SUITE.splitlines()[3].strip("- "), scorer))
    with pytest.raises(InvalidInput) as caught:
        judges.run(suites=("judged",))
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("evals/judged.yaml", 4)
    assert message in str(problem)


def test_a_judge_that_cannot_be_reached_is_asked_again_by_a_resumed_run(judges: Place) -> None:
    """Its rows are not done: what could not be judged is judged later, and paid then."""
    from prompteval.engine.progress import Progress
    from prompteval.engine.run import run_suites
    from prompteval.plan.run_options import RunOptions

    judges.write("judge.jsonl", lines([{"when": "c0", "output": {"reasons": "", "verdict": "yes"}}]))
    first = judges.run(suites=("judged",))
    assert first.verdict.value == "incomplete"
    assert first.results[0].cases["unscored"] == COUNT / 2
    judges.write("judge.jsonl", lines([{"when": "", "output": {"reasons": "", "verdict": "yes"}}]))
    again = run_suites(judges.workspace, RunOptions(cache=False, resume=first.run_id), Progress())
    assert again.results[0].metrics["accuracy"].value == 1.0
    assert json.loads(json.dumps(again.as_json()))["verdict"] == "pass"


def test_a_dry_run_counts_the_calls_of_judges(judges: Place) -> None:
    """As many as there are outputs and samples; nothing is called."""
    from tests.forks import shared

    judges.write("evals/judged.yaml", SUITE.replace("judge.jsonl}", "judge.jsonl, samples: 3}"))
    done = shared().run(judges.root, "run", "judged", "--dry-run", "--json")
    body = json.loads(done.stdout)
    assert body["total"]["judge_calls"] == 3 * COUNT and unmet("dry-run", body) == []
    assert (
        f"judges: {3 * COUNT} calls at most" in shared().run(judges.root, "run", "judged", "--dry-run").stdout
    )


def test_kappa_of_the_calibration_before_is_shown(judges: Place) -> None:
    """A judge may drift away from people while its prompt stays: new labels say so."""
    from prompteval.engine.judge_check import CheckOptions, check_judge
    from tests.judging.test_judge_check import GATED, labels

    judges.write("evals/judged.yaml", GATED)
    judges.write("evals/judges/c.labels.jsonl", labels())
    judges.run(suites=("judged",))
    first = check_judge(judges.workspace, "judged", CheckOptions())
    assert first.path is not None and not first.view.notes
    first.path.write_text(first.calibration.text())
    judges.write("evals/judges/c.labels.jsonl", labels(wrong=range(8)))
    notes = check_judge(judges.workspace, "judged", CheckOptions()).view.notes
    assert "kappa was 1.000 on 20 outputs in the calibration before" in notes
