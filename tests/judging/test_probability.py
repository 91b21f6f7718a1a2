"""The probability of a verdict from log probabilities, and judgements that are paid once."""

import json

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.core.observation import ALTERNATIVES, Observation
from prompteval.engine.judge_check import CheckOptions, check_judge
from prompteval.judging.probability import label_probabilities
from prompteval.judging.verdict_field import BadVerdict, VerdictField
from prompteval.testing.server import FakeServer, Reply
from tests.forks import shared
from tests.judging.judged_workspace import COUNT, SUITE
from tests.judging.live_judge import live, paid_run
from tests.judging.test_judge_check import GATED, labels
from tests.small_workspace import Place

YES = Reply(
    "a right answer", output={"reasons": "as expected", "verdict": "yes"}, odds={"yes": 0.75, "no": 0.25}
)
NO = Reply("", output={"reasons": "not as expected", "verdict": "no"}, odds={"yes": 0.125, "no": 0.875})
PROBABILITY = ", probability: true"


def answer(**alternatives: float) -> Observation:
    return Observation("ok", details={ALTERNATIVES: {"v": {f'"{key}': p for key, p in alternatives.items()}}})


def test_shares_of_labels_are_normalised() -> None:
    """A beginning that labels of one side share counts for that side; what is no label is left out."""
    field = VerdictField("v", ("yes", "no", "not_sure"), frozenset({"yes"}))
    found = label_probabilities(answer(yes=0.6, not_=0.2, no=0.1, maybe=0.1), field)
    assert found == pytest.approx({"yes": 6 / 9, "no": 0.0, "not_sure": 3 / 9})
    with pytest.raises(BadVerdict, match=r"0\.30 together"):
        label_probabilities(answer(yes=0.3, maybe=0.7), field)
    with pytest.raises(BadVerdict, match="no log probabilities of v"):
        label_probabilities(Observation("ok"), field)


def test_labels_that_begin_alike_are_told_apart_or_refused() -> None:
    """A beginning of two passes is a pass; one of a pass and a failure is neither, and much of it is said."""
    labels, passing = (
        ("wrong", "correct", "correct_with_caveat"),
        frozenset({"correct", "correct_with_caveat"}),
    )
    found = label_probabilities(answer(wrong=0.55, correct=0.45), VerdictField("v", labels, passing))
    assert found["wrong"] == pytest.approx(0.55)
    assert sum(found[label] for label in passing) == pytest.approx(0.45)
    unlike = VerdictField("v", labels, frozenset({"correct"}))
    with pytest.raises(BadVerdict, match=r"begin alike, and a probability of 0\.45 is of either"):
        label_probabilities(answer(wrong=0.55, correct=0.45), unlike)
    assert label_probabilities(answer(wrong=0.96, correct=0.04), unlike)["wrong"] == 1.0


@pytest.mark.parametrize("profile", ["", "stream = true", 'api = "responses"'])
def test_a_score_is_the_probability_of_a_pass(judges: Place, profile: str) -> None:
    """Its verdict is the most probable label; only the judge's own calls ask for log probabilities."""
    with FakeServer([YES, NO]) as server:
        live(judges, server, PROBABILITY, profile, SUITE.replace("[accuracy]", "[accuracy, mean]"))
        view = paid_run(judges)
        assert all(body["top_logprobs"] == 20 for body in server.requests)
    metrics = view.results[0].metrics
    assert metrics["accuracy"].value == 0.5 and metrics["mean"].value == pytest.approx((0.75 + 0.125) / 2)
    score = next(iter(view.rows())).scores[0]
    assert score.evidence["probability"] == score.value == pytest.approx(0.75) and score.passed
    assert score.evidence["judge"][0]["probability"] == pytest.approx(0.75)


def test_judge_check_says_how_well_probabilities_tell(judges: Place) -> None:
    """AUROC and Brier score, in the terminal, in JSON and in the calibration, whose rows give them again."""
    with FakeServer([YES, NO]) as server:
        live(judges, server, PROBABILITY, suite=GATED)
        judges.write("evals/judges/c.labels.jsonl", labels(wrong=range(2)))
        paid_run(judges)
    figures = check_judge(judges.workspace, "judged", CheckOptions()).view.figures.probability
    assert figures is not None and figures.n == COUNT and 0.5 < (figures.auroc.value or 0) < 1
    done = shared().run(judges.root, "judge", "check", "judged", "-o", "j.md")
    assert "AUROC" in done.stdout and "Brier" in (judges.root / "j.md").read_text()
    body = json.loads((judges.root / "evals/judges/c.json").read_text())
    assert body["figures"]["probability"]["auroc"]["value"] == figures.auroc.value
    assert body["rows"][0]["probability"] == pytest.approx(0.75)
    assert paid_run(judges).results[0].gates[0].verdict.value == "pass"


def test_a_server_that_gives_none_leaves_outputs_unscored(judges: Place) -> None:
    """Never a 0 or 1 in place of a probability; the reason says what to do."""
    with FakeServer([YES, NO]) as server:
        live(judges, server, PROBABILITY, 'rename = {logprobs = "log_p", top_logprobs = "log_k"}')
        view = paid_run(judges)
    assert view.verdict.value == "incomplete" and view.results[0].cases["unscored"] == COUNT
    assert "gave no log probabilities of verdict; remove `probability: true`" in view.reason


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ('preset = "groq"', "groq refuses requests with 'logprobs'"),
        ('preset = "lmstudio"', "lmstudio silently ignores 'logprobs'"),
        ('drop = ["top_logprobs"]', "'top_logprobs' is dropped by the settings of judge"),
        ('structured = "tool"', "judge answers by a call, which has no log probabilities"),
    ],
)
def test_a_server_that_is_known_to_give_none_is_refused(judges: Place, profile: str, message: str) -> None:
    """At the line of the scorer, before any call."""
    with FakeServer([YES, NO]) as server:
        live(judges, server, PROBABILITY, profile)
        with pytest.raises(InvalidInput) as caught:
            paid_run(judges)
        assert message in str(caught.value.problems[0]) and not server.requests


def test_a_server_is_known_by_its_address_too(judges: Place) -> None:
    """Of a profile without a preset, as the parameters of the prompt itself are checked."""
    profile = '[models.judge]\nprovider = "openai"\nmodel = "x"\nbase_url = "https://api.anthropic.com/v1"\n'
    judges.write("prompteval.toml", profile)
    judges.write(
        "evals/judged.yaml", SUITE.replace("model: scripted/judge.jsonl", "model: judge" + PROBABILITY)
    )
    with pytest.raises(InvalidInput) as caught:
        judges.run(suites=("judged",))
    assert "anthropic silently ignores 'logprobs'" in str(caught.value.problems[0])


def test_a_rule_has_no_probabilities_nor_has_a_number(judges: Place) -> None:
    """A scripted judge, and a judge on a scale."""
    for options, message in (
        (
            "prompt: judge_correct, model: scripted/judge.jsonl, probability: true",
            "gives no log probabilities",
        ),
        *(
            (f"prompt: judge_correct, model: {kind}/m, probability: true", f"{kind}/m gives no log probab")
            for kind in ("anthropic", "gemini")
        ),
        ("prompt: judge_helpful, model: openai/m, scale: [1, 5], probability: true", "score is a number"),
        ("prompt: judge_correct, model: openai/m, probability: maybe", "must be true or false"),
    ):
        judges.write(
            "evals/judged.yaml", SUITE.replace("prompt: judge_correct, model: scripted/judge.jsonl", options)
        )
        with pytest.raises(InvalidInput, match=message):
            judges.run(suites=("judged",))


@pytest.mark.parametrize("options", ["", ", samples: 3", ", samples: 3, probability: true"])
def test_a_second_run_pays_nothing(judges: Place, options: str) -> None:
    """Not one request, with samples too; the scores are the same and the calls are counted as cached."""
    with FakeServer([YES, NO]) as server:
        live(judges, server, options)
        first = paid_run(judges)
        paid = len(server.requests)
        second = paid_run(judges)
        assert paid == (3 * COUNT if options else COUNT) and len(server.requests) == paid
    rows = [[(row.case.id, row.scores[0].value) for row in view.rows()] for view in (first, second)]
    assert rows[0] == rows[1]
    assert {call.served_by for row in second.rows() for call in row.scores[0].calls} == {"cache"}
    assert second.results[0].usage["judges"]["judge_correct"]["cached"] == paid


def test_a_judge_by_decisions(judges: Place) -> None:
    """Its prompt has a verdict and no reasons; its probabilities come without being asked for."""
    prompt = (judges.root / "prompts/judge_correct/v1.py").read_text()
    with FakeServer([YES, NO]) as server:
        live(
            judges, server, PROBABILITY, 'api = "decisions"', SUITE.replace("[accuracy]", "[accuracy, mean]")
        )
        with pytest.raises(InvalidInput) as caught:
            paid_run(judges)
        (problem,) = caught.value.problems
        assert (problem.path, problem.code) == ("prompts/judge_correct/v1.py", "PE336")
        assert "the Decisions API writes no texts" in str(problem) and not server.requests
        judges.write("prompts/judge_correct/v1.py", prompt.replace("    reasons: str\n", ""))
        metrics = paid_run(judges).results[0].metrics
        assert {tuple(sorted(body)) for body in server.requests} == {("input", "model", "questions")}
    assert metrics["accuracy"].value == 0.5 and metrics["mean"].value == pytest.approx((0.75 + 0.125) / 2)
