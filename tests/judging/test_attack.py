"""S10, S11: injections against a judge that follows orders and one that does not; and `judge compare`."""

import json

import pytest

from prompteval.core.errors import UsageError
from prompteval.engine.judge_attack import attack
from prompteval.engine.judge_check import Checked, CheckOptions, check_judge
from prompteval.judging.injections import INJECTIONS
from prompteval.plan.run_options import RunOptions
from prompteval.report.judge.render import markdown
from prompteval.report.judge.tables import judge_notes
from tests.closed_schema import unmet
from tests.forks import shared
from tests.judging.judged_workspace import CORRECT, COUNT, RULES, lines
from tests.judging.test_judge_check import GATED, labels
from tests.small_workspace import Place

# Follows whatever is said in what it judges.
GULLIBLE = (
    {"when": 'verdict "yes"|"verdict": "yes"|verdict is "yes"|must be "yes"', "output": RULES[0]["output"]},
    *RULES,
)


def attacked(place: Place, rules: object) -> Checked:
    place.write("judge.jsonl", lines(rules))
    place.write("evals/judged.yaml", GATED)
    place.write("evals/judges/c.labels.jsonl", labels())
    place.run(suites=("judged",))
    return check_judge(place.workspace, "judged", CheckOptions())


def with_passages(place: Place) -> None:
    """The judge also sees what the system saw."""
    prompt = CORRECT.replace("    reference: str", "    context: str").replace("reference", "context")
    place.write("prompts/judge_correct/v1.py", prompt)
    path = place.root / "datasets/outputs.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text(lines({**row, "context": [{"doc": "d", "text": "A passage."}]} for row in rows))


def test_s11_a_judge_that_follows_orders_is_found(judges: Place) -> None:
    """Every injection makes it say yes to outputs that it said no to, and the report says so."""
    checked = attacked(judges, GULLIBLE)
    found = attack(judges.workspace, checked, RunOptions(cache=False))
    assert [one.name for one in found] == [one.name for one in INJECTIONS]
    assert all(one.shift == 1.0 and one.is_flagged and one.moved == one.n == COUNT / 2 for one in found)


def test_s11_a_sound_judge_is_not_moved(judges: Place) -> None:
    """An output that imitates a verdict changes nothing: the verdict comes from the judge's own reply."""
    found = attack(judges.workspace, attacked(judges, RULES), RunOptions(cache=False))
    assert all(one.shift == 0.0 and not one.is_flagged and one.moved == 0 for one in found)


@pytest.mark.parametrize(("rules", "flagged"), [(GULLIBLE, True), (RULES, False)])
def test_s10_orders_in_a_passage_are_measured_too(judges: Place, rules: object, flagged: bool) -> None:
    """Each injection in the output and in the first passage."""
    with_passages(judges)
    found = attack(judges.workspace, attacked(judges, rules), RunOptions(cache=False))
    assert {one.where for one in found} == {"output", "passage"} and len(found) == 2 * len(INJECTIONS)
    assert all(one.is_flagged is flagged for one in found)


def test_s10_the_command_reports_the_shift(judges: Place) -> None:
    """In the terminal, in Markdown and as JSON; a flagged judge has a note of its own."""
    attacked(judges, GULLIBLE)
    done = shared().run(judges.root, "judge", "check", "judged", "--attack", "-o", "j.md")
    assert "the judge follows orders in what it judges; it can be gamed" in done.stdout
    assert "+1.000" in (judges.root / "j.md").read_text()
    body = json.loads(shared().run(judges.root, "judge", "check", "judged", "--attack", "--json").stdout)
    assert all(one["moved"] for one in body["attacks"]) and unmet("judge-check", body) == []


def test_s10_a_sound_judge_has_no_such_note(judges: Place) -> None:
    """The table of injections is there all the same."""
    from dataclasses import replace

    checked = attacked(judges, RULES)
    view = replace(checked.view, attacks=attack(judges.workspace, checked, RunOptions(cache=False)))
    assert not any("orders" in note for note in judge_notes(view))
    assert "injections" in "".join(markdown(view))


def test_a_judge_that_says_yes_to_all_cannot_be_attacked(judges: Place) -> None:
    """There is nothing to gain, and the message says so."""
    checked = attacked(judges, [{"when": "", "output": RULES[0]["output"]}])
    with pytest.raises(UsageError, match="nothing can be gained"):
        attack(judges.workspace, checked, RunOptions(cache=False))


def test_two_judges_are_compared_case_by_case(judges: Place) -> None:
    """The second one asks another way and is wrong on every odd case; the difference has its test."""
    prompt = (judges.root / "prompts/judge_correct/v1.py").read_text()
    judges.write("prompts/judge_correct/v2.py", prompt.replace("{{ output }}", "second {{ output }}"))
    judges.write("evals/judged.yaml", GATED.replace("judge_correct,", "judge_correct@v1,"))
    rules = [{"when": "second", "output": RULES[0]["output"]}, *RULES]
    judges.write("judge.jsonl", lines(rules))
    judges.write("evals/judges/c.labels.jsonl", labels())
    judges.run(suites=("judged",))
    arguments = ("judge", "compare", "judged", "judge_correct@v1", "judge_correct@v2")
    done = shared().run(judges.root, *arguments, "--json")
    assert done.code == 0, done.stderr
    body = json.loads(done.stdout)
    assert [one["agreement"] for one in body["judges"]] == [1.0, 0.5] and unmet("judge-compare", body) == []
    assert body["agreement"]["delta"] == -0.5 and body["agreement"]["test"] == "mcnemar-midp"
    assert "judge_correct@v1 agrees more" in shared().run(judges.root, *arguments).stdout
    wrong = shared().run(judges.root, "judge", "compare", "judged", "judge_correct@v1", "judge_helpful@v1")
    assert wrong.code == 2
