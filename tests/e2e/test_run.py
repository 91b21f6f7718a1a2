"""`prompteval run`: verdicts, exit codes, outputs."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import jsonschema
import pytest

from prompteval.testing.server import FakeServer, Fault, Reply
from tests.closed_schema import closed
from tests.e2e.conftest import SUITE
from tests.report.reading_page import read_page


def test_a_run_ends_in_a_verdict(workspace: Any) -> None:
    """Three of four right: 0.75, the gate passes, the last line says why."""
    done = workspace.run("run", code=0)
    assert done.stdout.splitlines()[-1] == "pass: the gate passes (exit 0)"
    assert "4/4 scored" in done.stdout


def test_json_is_as_the_contract_says(workspace: Any) -> None:
    """The document meets its schema; the counts add up; the numbers are right."""
    body = workspace.run_json()
    jsonschema.validate(body, closed(json.loads(workspace.run("schema", "run").stdout)))
    result = body["results"][0]
    assert (result["suite"], result["prompt"], result["model"]) == ("s", "route@v1", "scripted/model.jsonl")
    kinds = {"total": 4, "scored": 4, "errors": 0, "invalid": 0, "skipped": 0}
    assert result["cases"] == {**kinds, "passed": 3, "failed": 1, "unscored": 0}
    assert result["metrics"]["accuracy"]["value"] == 0.75
    assert result["metrics"]["accuracy"]["method"] == "wilson"
    assert result["slices"]["channel"]["b"]["accuracy"]["value"] == 0.5
    assert result["references"]["majority"]["accuracy"]["value"] == 0.75
    assert result["usage"]["cost_usd"] is None
    assert result["confusion"]["counts"] == [[2, 1, 0], [0, 1, 0]]


def test_a_missed_gate_exits_1(workspace: Any) -> None:
    """The word, the code and the sentence agree."""
    workspace.write("evals/s.yaml", (workspace.root / "evals/s.yaml").read_text().replace("0.7", "0.9"))
    body = workspace.run_json(code=1)
    assert (body["verdict"], body["exit_code"]) == ("fail", 1)
    assert "misses >= 0.9" in body["reason"]


def test_a_broken_case_file_exits_2_with_its_line(workspace: Any) -> None:
    """Nothing runs, nothing is stored."""
    workspace.write(
        "datasets/c.jsonl",
        '{"id": "a", "inputs": {"mesage": "x"}, "expected": {"team": "payment"}}\n{"id": \n',
    )
    done = workspace.run("run", code=2)
    assert (
        "datasets/c.jsonl:1:34 PE320 inputs.mesage: unknown field 'mesage' (did you mean 'message'?)"
        in done.stderr
    )
    assert "did you mean 'payments'?" in done.stderr
    assert "datasets/c.jsonl:2:7 PE303" in done.stderr
    assert not (workspace.root / ".prompteval").exists()


def test_b8_nothing_selected_exits_5(workspace: Any) -> None:
    """A filter that leaves nothing, an empty file and a workspace without suites are never green."""
    workspace.run("run", "-k", "zzz", code=5)
    for text in ("", "\n \n"):
        workspace.write("datasets/c.jsonl", text)
        workspace.run("run", code=5)
        assert "evals/s.yaml:2:1 PE233 the suite has no cases" in workspace.run("check", code=2).stdout
    (workspace.root / "evals/s.yaml").unlink()
    workspace.run("run", code=5)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{field: team}", "{field: taem}", "evals/s.yaml:4:11 PE225 route@v1 has no output field 'taem' (did you mean 'team'?)"),
        ("accuracy >= 0.7", "accuracy >= 80", "did you mean 0.8?"),
        ("accuracy >= 0.7", "acuracy >= 0.7", "did you mean 'accuracy'?"),
        ("[channel]", "[chanel]", "evals/s.yaml:6:10 PE231 no case carries the tag 'chanel' (did you mean 'channel'?)"),
        ("prompt: route", "prompt: rout", "evals/s.yaml:1:1 PE222 no prompt named 'rout'"),
        ("c.jsonl", "d.jsonl", "evals/s.yaml:2:"),
        ("[scripted/model.jsonl]", "[scriptd/x]", "evals/s.yaml:3:10 PE221"),
        ("[accuracy, per_class", "[acuracy, per_class", "evals/s.yaml:5:11 PE226"),
        ("exact", "exat", "evals/s.yaml:4:11 PE223 unknown scorer 'exat' (did you mean 'exact'?)"),
    ],
)  # fmt: skip
def test_b9_names_that_do_not_exist_stand_at_the_suites_line(
    workspace: Any, old: str, new: str, told: str
) -> None:
    """`check` and `run` refuse with the same line, at the place to edit."""
    workspace.write("evals/s.yaml", (workspace.root / "evals/s.yaml").read_text().replace(old, new))
    done = workspace.run("check", code=2)
    assert told in done.stdout
    assert told in workspace.run("run", code=2).stderr


@pytest.mark.parametrize("verb", ["check", "run"])
def test_b9_a_gate_on_a_slice_that_no_case_is_in_is_refused(workspace: Any, verb: str) -> None:
    """The tag is there, the value is not: the rule could never pass."""
    workspace.write("evals/s.yaml", SUITE + "  - slice(channel=c).accuracy >= 0.7\n")
    done = workspace.run(verb, code=2)
    told = "evals/s.yaml:10:5 PE231 slice(channel=c).accuracy >= 0.7: no case carries channel=c"
    assert told in done.stdout + done.stderr


def test_b8_a_run_to_remove_where_none_is_stored_is_refused(workspace: Any) -> None:
    """A name that is nothing is never removed with success, and no database is made for it."""
    assert "the database does not exist" in workspace.run("runs", "rm", "x", code=2).stderr
    assert not (workspace.root / ".prompteval").exists()


def test_b8_a_split_without_a_case_is_found_by_check(workspace: Any) -> None:
    """`run` has nothing to select, exit 5; `check` names the line, and the split that was meant."""
    line = {"id": "a", "inputs": {"message": "pay"}, "expected": {"team": "payments"}, "split": "test"}
    workspace.write("datasets/c.jsonl", json.dumps({**line, "tags": {"channel": "a"}}) + "\n")
    workspace.write("evals/s.yaml", SUITE + "split: [test, tst]\n")
    told = "evals/s.yaml:10:15 PE233 no case is in the split 'tst' (did you mean 'test'?)"
    assert told in workspace.run("check", code=2).stdout
    workspace.write("evals/s.yaml", SUITE + "split: tst\n")
    workspace.run("run", code=5)


def test_b12_a_few_shot_example_that_is_a_case_is_found(workspace: Any) -> None:
    """Word for word and nearly; both places are named."""
    text = (workspace.root / "prompts/route/v1.py").read_text()
    shots = 'messages=[user("It broke!"), __import__("prompteval").assistant("{}"),'
    workspace.write("prompts/route/v1.py", text.replace("messages=[", shots))
    done = workspace.run("check", code=2)
    assert (
        "datasets/c.jsonl:2:1 PE240 case 'c2' is the few-shot example at prompts/route/v1.py:" in done.stdout
    )


def test_b13_one_class_is_undefined_not_perfect(workspace: Any) -> None:
    """F1 over one class has no value; a gate on it fails with the reason."""
    workspace.cases(("a", "pay", "payments"), ("b", "pay b", "payments"))
    text = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", text.replace("accuracy >= 0.7", "f1(average=macro) >= 0.1"))
    body = workspace.run_json(code=1)
    assert body["results"][0]["metrics"]["f1(average=macro)"]["value"] is None
    assert "only one class is expected" in body["reason"]
    assert "NaN" not in json.dumps(body)


def test_an_invalid_output_counts_as_wrong(workspace: Any) -> None:
    """It stays in the denominator and is counted apart."""
    workspace.script({"when": "pay", "text": "no json"}, *[{"when": "", "output": {"team": "support"}}])
    body = workspace.run_json(code=1)
    kinds = {"total": 4, "scored": 2, "errors": 0, "invalid": 2, "skipped": 0}
    assert body["results"][0]["cases"] == {**kinds, "passed": 1, "failed": 3, "unscored": 0}
    assert (
        body["results"][0]["metrics"]["accuracy"] | {"n": 4, "value": 0.25}
        == body["results"][0]["metrics"]["accuracy"]
    )


def test_an_error_makes_the_run_incomplete(workspace: Any) -> None:
    """A case without an answer is exit 3, whatever the gates say."""
    workspace.script({"when": "pay", "output": {"team": "payments"}})
    body = workspace.run_json(code=3)
    assert (body["verdict"], body["results"][0]["cases"]["errors"]) == ("incomplete", 2)
    told = "2 errors (no_match), such as: no rule matches the message 'it broke'"
    assert body["results"][0]["notes"] == [told]
    assert f"note: {told}" in workspace.run("show", code=0).stdout


def test_outputs_have_their_formats(workspace: Any) -> None:
    """JUnit names, JSONL rows, CSV and Markdown are written beside each other."""
    workspace.run(
        "run",
        "-o",
        "r.xml",
        "-o",
        "r.jsonl",
        "-o",
        "r.csv",
        "-o",
        "r.md",
        "-o",
        "r.json",
        "-o",
        "r.html",
        code=0,
    )
    tests = {case.get("name"): case for case in ET.parse(workspace.root / "r.xml").iter("testcase")}
    failed = tests["s::route@v1::scripted/model.jsonl::c4"]
    assert failed.find("failure") is not None
    assert "s::route@v1::scripted/model.jsonl::gate::accuracy >= 0.7" in tests
    rows = [json.loads(line) for line in (workspace.root / "r.jsonl").read_text().splitlines()]
    assert [row["case_id"] for row in rows] == ["c1", "c2", "c3", "c4"]
    assert rows[3]["scores"]["exact"] == {"value": 0.0, "passed": False, "status": "scored", "reason": ""}
    assert set(rows[0]) == {
        "run_id", "suite", "prompt", "model", "case_id", "replicate", "inputs", "expected", "output", "outcome", "verdict", "error",
        "scores", "latency_ms", "first_token_ms", "first_answer_ms", "usage", "tags",
        "split", "confidence",
    }  # fmt: skip
    assert len((workspace.root / "r.csv").read_text().splitlines()) == 5
    assert (workspace.root / "r.md").read_text().startswith("## prompteval: pass")
    page = (workspace.root / "r.html").read_text()
    assert page.startswith("<!doctype html>") and len(read_page(page).listed) == 4
    workspace.run("report", "last", "-o", "again.html", code=0)
    assert (workspace.root / "again.html").read_text() == page


def test_a_stored_run_is_shown_and_reported_again(workspace: Any) -> None:
    """`runs`, `show`, `show --case`, `--worst` and `report` read what `run` stored."""
    run_id = workspace.run_json()["run_id"]
    head, first, *_ = workspace.run("runs", code=0).stdout.splitlines()
    assert head.split()[:3] == ["run", "started", "result"] and first.startswith(run_id)
    assert "0.750" in workspace.run("show", "last", code=0).stdout
    assert (
        "expected 'payments', got 'support'" in workspace.run("show", run_id, "--worst", "1", code=0).stdout
    )
    assert '"team": "support"' in workspace.run("show", "--case", "c4", code=0).stdout
    workspace.run("report", run_id[:12], "-o", "again.xml", code=0)
    assert ET.parse(workspace.root / "again.xml").getroot().tag == "testsuites"
    assert workspace.run("show", "nope", code=2).stderr.startswith("error: no run matches 'nope'")
    workspace.run("show", "--case", "nope", code=5)


def test_selection_options(workspace: Any) -> None:
    """-k, --limit, --sample and --failed choose cases; skipped ones are not silently lost."""
    assert workspace.run_json("-k", "c1 or c2")["results"][0]["cases"]["total"] == 2
    assert workspace.run_json("--limit", "3")["results"][0]["cases"]["total"] == 3
    first = json.loads(workspace.run("run", "--json", "-q", "--sample", "2", "--seed", "1").stdout)
    assert first["results"][0]["cases"]["total"] == 2
    workspace.run_json()
    assert workspace.run_json("--failed", code=1)["results"][0]["cases"]["total"] == 1


def test_repeats_are_rows_of_one_case(workspace: Any) -> None:
    """--repeat 3 runs each case three times; the metric still counts four cases."""
    body = workspace.run_json("--repeat", "3", "-o", "r.jsonl")
    assert body["results"][0]["metrics"]["accuracy"]["n"] == 4
    assert len((workspace.root / "r.jsonl").read_text().splitlines()) == 12


def test_f31_the_cache_answers_the_second_run(workspace: Any) -> None:
    """Through the real SDK: the second run sends nothing; --no-cache sends again."""
    with FakeServer(
        [Reply("pay", output={"team": "payments"}), Reply("", output={"team": "support"})]
    ) as server:
        workspace.write(
            "prompteval.toml", f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\n'
        )
        for arguments, calls in (((), 4), ((), 4), (("--no-cache",), 8)):
            workspace.run("run", "--model", "m", *arguments, code=0, K="sk-x")
            assert len(server.requests) == calls


def test_recording_replays_without_key_or_network(workspace: Any) -> None:
    """--record, then --replay --offline: the same numbers; a changed prompt is stale, exit 3, and says what."""
    with FakeServer(
        [Reply("pay", output={"team": "payments"}), Reply("", output={"team": "support"})]
    ) as server:
        workspace.write(
            "prompteval.toml", f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\n'
        )
        workspace.run("run", "--model", "m", "--record", "rec.jsonl", code=0, K="sk-x")
    body = workspace.run_json("--model", "m", "--replay", "rec.jsonl", "--offline", "--no-cache")
    assert (body["results"][0]["metrics"]["accuracy"]["value"], body["results"][0]["usage"]["replayed"]) == (
        0.75,
        4,
    )
    text = (workspace.root / "prompts/route/v1.py").read_text()
    workspace.write("prompts/route/v1.py", text.replace("Route.", "Route well."))
    done = workspace.run("run", "--model", "m", "--replay", "rec.jsonl", "-o", "r.jsonl", code=3)
    assert "incomplete" in done.stdout
    assert "messages changed since it was recorded" in (workspace.root / "r.jsonl").read_text()


def test_offline_refuses_a_live_model(workspace: Any) -> None:
    """No connection is made under --offline."""
    with FakeServer() as server:
        workspace.write(
            "prompteval.toml",
            f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\nmax_attempts = 1\n',
        )
        workspace.run("run", "--model", "m", "--offline", code=3, K="sk-x")
        assert server.stats["connections"] == 0


def test_f16_strict_model(workspace: Any) -> None:
    """Another model than asked for is said; with --strict-model the run fails, and when gated again too."""
    with FakeServer([Reply("", output={"team": "payments"})], faults=[Fault("other_model")] * 8) as server:
        workspace.write(
            "prompteval.toml", f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\n'
        )
        assert "another-model" in workspace.run("run", "--model", "m", "--no-cache", K="sk-x").stdout
        workspace.run("run", "--model", "m", "--no-cache", "--strict-model", code=1, K="sk-x")
    assert "--strict-model" in workspace.run("gate", "last", code=1).stdout


def test_github_actions_get_annotations_and_a_summary(workspace: Any) -> None:
    """A failed gate is an annotation; the job summary is Markdown."""
    workspace.write("evals/s.yaml", (workspace.root / "evals/s.yaml").read_text().replace("0.7", "0.9"))
    summary = workspace.root / "summary.md"
    done = workspace.run("run", code=1, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "::error title=s%3A accuracy >= 0.9::" in done.stderr
    assert summary.read_text().startswith("## prompteval: fail")
