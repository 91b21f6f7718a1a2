"""`pairwise` in a run: another version or run in both orders, win rates, and whose calls are whose."""

import pytest

from prompteval.core.errors import InvalidInput, UsageError
from tests.judging.judged_workspace import CORRECT, lines
from tests.small_workspace import PROMPT, Place

BETTER = (
    CORRECT.replace("    output: str\n    reference: str\n", "    first: str\n    second: str\n")
    .replace('Literal["yes", "no"]', 'Literal["first", "second", "tie"]')
    .replace("{{ reference }}\\n{{ output }}", "A={{ first }}\\nB={{ second }}")
)
SUITE = """prompt: say@v2
cases: ../datasets/c.jsonl
models: [scripted/m.jsonl]
scorers: [{pairwise: {prompt: judge_better, model: scripted/j.jsonl, against: say@v1}}]
metrics: [win_rate, win_rate(length_controlled)]
"""


@pytest.fixture
def pairs(place: Place) -> Place:
    """Version 2 answers with `good` where version 1 says `bad`; the judge likes `good`, in any place."""
    place.write("prompts/say/v1.py", PROMPT)
    place.write("prompts/say/v2.py", PROMPT.replace("{{ message }}", "new {{ message }}"))
    place.write("prompts/judge_better/v1.py", BETTER)
    place.write("m.jsonl", lines([{"when": "new", "text": "good"}, {"when": "", "text": "bad"}]))
    rules = [
        {"when": "A=[^=]*good", "output": {"reasons": "", "verdict": "first"}},
        {"when": "B=[^=]*good", "output": {"reasons": "", "verdict": "second"}},
        {"when": "", "output": {"reasons": "", "verdict": "tie"}},
    ]
    place.write("j.jsonl", lines(rules))
    cases = ({"id": f"c{n:02}", "inputs": {"message": str(n)}} for n in range(12))
    place.write("datasets/c.jsonl", lines(cases))
    place.write("evals/s.yaml", SUITE)
    return place


def test_a_version_that_is_better_in_both_orders_wins(pairs: Place) -> None:
    """Every pair; the judge's calls and those of the other version are counted apart from the version's own."""
    view = pairs.run()
    (result,) = view.results
    assert result.metrics["win_rate"].value == 1.0
    assert result.usage["requests"] == 12
    assert result.usage["judges"]["judge_better"]["requests"] == 24
    assert result.usage["judges"]["judge_better: outputs"]["requests"] == 12
    (score,) = next(iter(view.rows())).scores
    assert [one["verdict"] for one in score.evidence["judge"]] == ["first", "second"]
    assert score.evidence["order_changed"] is False and score.passed is None


def test_a_judge_that_likes_the_first_place_makes_ties(pairs: Place) -> None:
    """Both orders are asked, so that a place decides nothing."""
    pairs.write("j.jsonl", lines([{"when": "", "output": {"reasons": "", "verdict": "first"}}]))
    view = pairs.run()
    assert view.results[0].metrics["win_rate"].value == 0.5
    assert next(iter(view.rows())).scores[0].evidence["order_changed"] is True


def test_a_stored_run_is_compared_with_by_its_id_or_as_the_baseline(pairs: Place) -> None:
    """Its outputs are read from the store; nothing of it is called again."""
    pairs.write("evals/s.yaml", "prompt: say@v1\n" + SUITE.partition("\n")[2].replace("say@v1", "say@v2"))
    first = pairs.run()
    pairs.write("evals/s.yaml", SUITE.replace("say@v1", first.run_id))
    (result,) = pairs.run().results
    assert result.metrics["win_rate"].value == 1.0
    assert set(result.usage["judges"]) == {"judge_better"}
    pairs.write("evals/s.yaml", SUITE.replace("against: say@v1", "against: baseline"))
    with pytest.raises(UsageError, match="the suite s has no baseline"):
        pairs.run()
    from prompteval.engine.baseline import set_baselines

    set_baselines(pairs.workspace, first.run_id, ["s"])
    assert pairs.run().results[0].metrics["win_rate"].value == 1.0


def test_a_run_that_a_team_named_is_compared_with_by_that_name(pairs: Place) -> None:
    """As `compare` and `show` take it; a name that no run has is said."""
    from prompteval.engine.baseline import name_baseline

    name_baseline(pairs.workspace, pairs.run().run_id, "production")
    pairs.write("m.jsonl", lines([{"when": "new", "text": "good"}, {"when": "", "text": "bad"}]))
    pairs.write("evals/s.yaml", SUITE.replace("against: say@v1", "against: 'baseline:production'"))
    assert pairs.run().results[0].metrics["win_rate"].value == 0.5, "the outputs of the same version"
    pairs.write("evals/s.yaml", SUITE.replace("against: say@v1", "against: 'baseline:other'"))
    with pytest.raises(UsageError, match="no run is called 'other'"):
        pairs.run()


def test_the_win_rate_at_equal_length_is_a_number_of_its_own(pairs: Place) -> None:
    """The new version is longer and wins by its length alone: it is near one half then."""
    pairs.write("m.jsonl", lines([{"when": "new", "text": "good and long"}, {"when": "", "text": "bad"}]))
    (result,) = pairs.run().results
    plain, controlled = (result.metrics[f"win_rate{end}"] for end in ("", "(length_controlled)"))
    assert plain.value == 1.0 and controlled.value is not None and controlled.method == "bca"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("against: say@v1", "against: other@v1", "is not a version of what this suite runs"),
        ("against: say@v1", "against: say@v9", "v9"),
        ("against: say@v1", "against: say", "'say' is neither a run nor a version"),
        ("against: say@v1", "against: say", "write baseline, baseline:NAME, the id of a run, or a version"),
        (", against: say@v1", "", "against is missing (such as route@v1)"),
        ("judge_better,", "judge_wrong,", "judge_wrong"),
        ("win_rate(length_controlled)", "win_rate(length_controled)", "length_controled"),
    ],
)
def test_what_cannot_be_compared_is_refused(pairs: Place, old: str, new: str, message: str) -> None:
    """Before any call."""
    pairs.write("evals/s.yaml", SUITE.replace(old, new))
    with pytest.raises(InvalidInput) as caught:
        pairs.run()
    assert any(message in str(problem) for problem in caught.value.problems)
