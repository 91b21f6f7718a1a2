"""`--batch` with judges: their calls go out as files as well, after the replies that they judge."""

import json

import pytest

from prompteval.core.errors import UsageError
from prompteval.testing.server import BatchPlan, FakeServer, Reply
from tests.judging.judged_workspace import COUNT, SUITE
from tests.judging.live_judge import live, paid_run
from tests.small_workspace import PROMPT, Place

YES = Reply("a right answer", output={"reasons": "as expected", "verdict": "yes"})
NO = Reply("a wrong one", output={"reasons": "not as expected", "verdict": "no"})
# What the system answers: cases of even numbers are right.
RIGHT, WRONG = Reply(r"\Ac\d[02468]\Z", text="a right answer"), Reply(r"\Ac\d[13579]\Z", text="a wrong one")


def batches(server: FakeServer) -> list[int]:
    """How many lines each batch had."""
    return [batch["request_counts"]["total"] for batch in server._batches._batches.values()]


def prompted(place: Place, server: FakeServer, options: str = "") -> None:
    """The suite asks the server for its answers as well as for its judgements."""
    place.write("prompts/say/v1.py", PROMPT)
    live(place, server, options)
    text = (place.root / "evals/judged.yaml").read_text()
    place.write(
        "evals/judged.yaml",
        text.replace("outputs: ../datasets/outputs.jsonl", "prompt: say\nmodels: [judge]"),
    )


def test_judgements_of_recorded_outputs_go_by_one_batch(judges: Place) -> None:
    """No single call, samples each; the scores are those of a run without, and a second run sends nothing."""
    with FakeServer([YES, NO]) as server:
        live(judges, server, ", samples: 2")
        view = paid_run(judges, batch=True)
        assert (server.stats["requests"], batches(server)) == (0, [2 * COUNT])
        again = paid_run(judges, batch=True)
        assert batches(server) == [2 * COUNT]
        single = paid_run(judges, cache=False)
    assert view.results[0].metrics["accuracy"].value == 0.5 and view.verdict.value == "pass"
    usage = view.results[0].usage["judges"]["judge_correct"]
    assert (usage["requests"], usage["attempts"], usage["cached"]) == (2 * COUNT, 2 * COUNT, 0)
    scores = [[row.scores[0].value for row in one.rows()] for one in (view, again, single)]
    assert scores[0] == scores[1] == scores[2]


def test_answers_first_and_then_what_judges_say_of_them(judges: Place) -> None:
    """Two batches: the second one holds the outputs of the first."""
    with FakeServer([RIGHT, WRONG, YES, NO]) as server:
        prompted(judges, server)
        view = paid_run(judges, batch=True)
        assert (server.stats["requests"], batches(server)) == (0, [COUNT, COUNT])
    assert view.results[0].metrics["accuracy"].value == 0.5
    assert [row.observation.output for row in view.rows()][:2] == ["a right answer", "a wrong one"]


def test_a_line_of_a_judge_that_failed_is_sent_again_by_a_resumed_run(judges: Place) -> None:
    """Its case is unscored and the run incomplete; the resume sends that line alone."""
    with FakeServer([YES, NO], batch=BatchPlan(failing={3: 500})) as server:
        live(judges, server)
        first = paid_run(judges, batch=True)
        assert first.verdict.value == "incomplete" and first.results[0].cases["unscored"] == 1
        server._batches.plan = BatchPlan()
        again = paid_run(judges, suites=(), resume=first.run_id)
        assert batches(server) == [COUNT, 1] and again.results[0].metrics["accuracy"].value == 0.5


def test_both_sides_of_a_pair_and_both_orders_go_by_batch(judges: Place) -> None:
    """The other version is called in the first batch, its judge asked twice a case in the second."""
    better = Reply("right", output={"reasons": "", "verdict": "first"})
    with FakeServer([RIGHT, WRONG, better, Reply("", output={"reasons": "", "verdict": "tie"})]) as server:
        prompted(judges, server)
        judges.write("prompts/say/v2.py", PROMPT.replace("{{ message }}", "{{ message }}?"))
        pair = (judges.root / "prompts/judge_correct/v1.py").read_text()
        pair = pair.replace("    output: str\n    reference: str", "    first: str\n    second: str")
        pair = pair.replace("{{ reference }}\\n{{ output }}", "{{ first }}\\n{{ second }}")
        judges.write("prompts/judge_pair/v1.py", pair.replace('"yes", "no"', '"first", "second", "tie"'))
        text = (judges.root / "evals/judged.yaml").read_text().replace("prompt: say\n", "prompt: say@v1\n")
        text = text.replace(
            "judge: {prompt: judge_correct,", "pairwise: {prompt: judge_pair, against: say@v2,"
        )
        judges.write("evals/judged.yaml", text.replace("[accuracy]", "[win_rate]"))
        view = paid_run(judges, batch=True)
        assert (server.stats["requests"], batches(server)) == (0, [2 * COUNT, 2 * COUNT])
    assert view.results[0].metrics["win_rate"].value == 0.5


def test_what_has_no_batch_is_refused_before_any_call(judges: Place) -> None:
    """A scripted judge, a judge by decisions, and recorded outputs without a judge."""
    judges.write("evals/judged.yaml", SUITE)
    with pytest.raises(UsageError, match=r"recorded.* is neither"):
        judges.write("evals/judged.yaml", SUITE.replace(SUITE.splitlines()[3], "  - exact"))
        paid_run(judges, batch=True)
    with FakeServer([YES, NO]) as server:
        live(judges, server, profile='api = "decisions"')
        prompt = judges.root / "prompts/judge_correct/v1.py"
        prompt.write_text(prompt.read_text().replace("    reasons: str\n", ""))
        with pytest.raises(UsageError, match="takes no batches"):
            paid_run(judges, batch=True)
        assert not server.requests and json.dumps(batches(server)) == "[]"
