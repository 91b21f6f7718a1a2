"""What could not be run, and why, as a program can read it: the action excuses by it and by nothing else."""

import json

from tests.small_workspace import SUITE, Place

PROFILE = '[models.m]\nmodel = "x"\nbase_url = "http://127.0.0.1:9/v1"\n'


def test_s40_the_kinds_of_errors_are_counted(place: Place) -> None:
    """`offline` where a call was not allowed; nothing where none failed."""
    place.write("prompteval.toml", PROFILE)
    place.write(
        "evals/n.yaml", SUITE.replace("scripted/m.jsonl", "m") + "gate: [accuracy >= 0.9, errors <= 0]\n"
    )
    body = place.run(offline=True).as_json()
    named = {result["suite"]: result for result in body["results"]}
    assert named["n"]["error_kinds"] == {"offline": 2} and "error_kinds" not in named["s"]
    assert [gate["verdict"] for gate in named["n"]["gates"]] == ["fail", "fail"]
    assert [gate["without_errors"] for gate in named["n"]["gates"]] == ["inconclusive", "pass"]
    assert "without_errors" not in named["s"]["gates"][0]


def test_s40_a_rule_that_fails_without_the_errors_says_so(place: Place) -> None:
    """One case failed for lack of a rule, the other was answered wrongly."""
    place.write("m.jsonl", '{"when": "c1", "text": "bye"}\n')
    view = place.run()
    (gate,) = view.as_json()["results"][0]["gates"]
    assert (gate["verdict"], gate["without_errors"]) == ("fail", "fail")
    assert view.as_json()["results"][0]["error_kinds"] == {"no_match": 1}
    place.write("m.jsonl", '{"when": "c1", "text": "hello"}\n')
    (gate,) = json.loads(json.dumps(place.run().as_json()))["results"][0]["gates"]
    assert (gate["verdict"], gate["without_errors"]) == ("fail", "pass")
