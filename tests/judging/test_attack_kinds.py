"""S10, S11: injections against rubrics, faithfulness and judges of pairs."""

import pytest

from prompteval.engine.judge_attack import attack
from prompteval.engine.judge_check import CheckOptions, check_judge
from prompteval.judging.injections import INJECTIONS
from prompteval.plan.run_options import RunOptions
from prompteval.report.judge.view import Attack
from tests.judging.judged_workspace import CORRECT, COUNT, SUITE, lines
from tests.judging.test_attack import GULLIBLE, RULES, with_passages
from tests.judging.test_pairwise import SUITE as PAIR_SUITE
from tests.judging.test_pairwise import pairs  # noqa: F401
from tests.small_workspace import Place

FILES = "judges:\n  NAME: {labels: judges/c.labels.jsonl, calibration: judges/c.json}\n"


def attacks(
    place: Place, suite: str, scorer: str, name: str, label: object, count: int = COUNT
) -> tuple[Attack, ...]:
    """What each injection does to the judge of a suite whose outputs all have one label of people."""
    place.write(
        "evals/judged.yaml",
        suite.replace(SUITE.splitlines()[3].strip("- "), scorer) + FILES.replace("NAME", name),
    )
    rows = ({"case_id": f"c{n:02}", "label": label, "annotator": "ann"} for n in range(count))
    place.write("evals/judges/c.labels.jsonl", lines(rows))
    place.run(suites=("judged",))
    return attack(
        place.workspace, check_judge(place.workspace, "judged", CheckOptions()), RunOptions(cache=False)
    )


@pytest.mark.parametrize(("rules", "flagged"), [(GULLIBLE, True), (RULES, False)])
def test_s10_a_rubric_is_attacked_in_all_of_its_criteria(judges: Place, rules: object, flagged: bool) -> None:
    """The mean of the criteria moves to the best there is, or not at all."""
    prompt = CORRECT.replace("    reference: str", "    criterion: str").replace("reference", "criterion")
    judges.write("prompts/judge_rubric/v1.py", prompt)
    judges.write("judge.jsonl", lines(rules))
    scorer = (
        "judge: {prompt: judge_rubric, model: scripted/judge.jsonl,"
        " criteria: [{name: a, text: Is it short?, weight: 3}, {name: b, text: Is it kind?}]}"
    )
    found = attacks(judges, SUITE.replace("accuracy", "mean"), scorer, "judge_rubric", 0.5)
    assert [one.name for one in found] == [one.name for one in INJECTIONS]
    assert all((one.shift, one.is_flagged) == (float(flagged), flagged) for one in found)


def claims(verdict: str, quote: str) -> dict[str, object]:
    return {"claims": [{"claim": "a", "reasons": "", "passage": 1, "quote": quote, "verdict": verdict}]}


@pytest.mark.parametrize("flagged", [True, False])
def test_s10_faithfulness_is_attacked_in_output_and_passage(judges: Place, flagged: bool) -> None:
    """A judge that follows orders finds a quote for every claim; a sound one does not."""
    with_passages(judges)
    prompt = CORRECT.replace("    reference: str", "    context: str").replace("reference", "context")
    claim = "class Claim(BaseModel):\n    claim: str\n    reasons: str\n    passage: int\n    quote: str\n    verdict: str\n"
    prompt = prompt.replace("class Verdict", f"{claim}\n\nclass Verdict").replace(
        '    reasons: str\n    verdict: Literal["yes", "no"]', "    claims: list[Claim]"
    )
    judges.write("prompts/judge_faithfulness/v1.py", prompt)
    gullible = {"when": '"supported"', "output": claims("supported", "A passage")}
    sound = {"when": "", "output": claims("not_found", "")}
    judges.write("judge.jsonl", lines([gullible, sound] if flagged else [sound]))
    scorer = "faithfulness: {prompt: judge_faithfulness, model: scripted/judge.jsonl}"
    found = attacks(judges, SUITE.replace("accuracy", "mean"), scorer, "judge_faithfulness", 0.0)
    assert len(found) == 2 * len(INJECTIONS) and {one.where for one in found} == {"output", "passage"}
    assert all((one.shift, one.is_flagged) == (float(flagged), flagged) for one in found)


@pytest.mark.parametrize("flagged", [True, False])
def test_s10_a_judge_of_pairs_is_attacked_in_both_orders(pairs: Place, flagged: bool) -> None:  # noqa: F811
    """The text names the place that it stands in: who follows it turns every loss into a win."""
    rules: list[dict[str, object]] = [
        {"when": "A=[^=]*bad", "output": {"reasons": "", "verdict": "first"}},
        {"when": "B=[^=]*bad", "output": {"reasons": "", "verdict": "second"}},
    ]
    gullible: list[dict[str, object]] = [
        {"when": f'"{place}"', "output": {"reasons": "", "verdict": place}} for place in ("first", "second")
    ]
    pairs.write("j.jsonl", lines([*gullible, *rules] if flagged else rules))
    found = attacks(pairs, PAIR_SUITE, "", "judge_better", "win", 12)
    assert [(one.where, one.n) for one in found] == [("output", 12)] * len(INJECTIONS)
    assert all((one.before, one.after) == (0.0, float(flagged)) for one in found)
