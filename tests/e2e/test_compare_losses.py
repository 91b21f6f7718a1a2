"""What B lost never passes silently: cases, metrics, models, and rules that lean on each other."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Workspace

SUITE = """outputs: o.jsonl
cases: ../datasets/c.jsonl
scorers: [exact]
metrics: [{metrics}]
{more}
"""
RULE = "gate: [{no_regression: {metric: accuracy}}]"


def write(
    made: Workspace, wrong: Iterable[int] = (), *, kept: int = 400, more: str = "", metrics: str = "accuracy"
) -> str:
    """Suite `s` over the first cases of 400, of which these numbers are wrong; the id of its run."""
    cases = [{"id": f"c{n:03d}", "inputs": n, "expected": "yes"} for n in range(kept)]
    outputs = [{"id": f"c{n:03d}", "output": "no" if n in set(wrong) else "yes"} for n in range(400)]
    made.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    made.write("evals/o.jsonl", "".join(json.dumps(line) + "\n" for line in outputs))
    made.write("evals/s.yaml", SUITE.format(more=more, metrics=metrics))
    done = made.run("run", "s", "--json", "-q")
    return str(json.loads(done.stdout)["run_id"])


def compare(made: Workspace, *arguments: str, code: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.run("compare", *arguments, "--json", code=code).stdout)
    return found


@pytest.fixture
def made(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "ws")
    workspace.write("prompteval.toml", "")
    return workspace


def test_a_case_that_went_away_fails_no_regression(made: Workspace) -> None:
    """Deleting the failing cases is no way to pass; a run that was asked for some cases is in doubt."""
    write(made)
    made.run("baseline", "set", code=0)
    write(made, range(390, 400), kept=390, more=RULE)
    assert "10 cases missing now, which never passes" in made.run("gate", "last", code=1).stdout
    write(made, more=RULE)
    assert made.run("run", "s", "-q", code=0).stdout.splitlines()[-1].startswith("pass")
    done = made.run("run", "s", "-q", "--limit", "50", code=0).stdout
    assert done.splitlines()[-1].startswith("inconclusive") and "350 cases not run" in done


def test_each_rule_has_its_own_limits(made: Workspace) -> None:
    """A second rule, and an edited one, does not take the least effect of another that stood there."""
    write(made)
    made.run("baseline", "set", code=0)
    lax = "gate: [{no_regression: {metric: accuracy, min_effect: 0.2}}]"
    write(made, range(20), more=lax)
    made.run("gate", "last", code=0)
    made.write("evals/s.yaml", SUITE.format(more=RULE, metrics="accuracy"))
    made.run("gate", "last", code=1)
    for rules in (f"{lax[:-1]}, {RULE[7:]}", f"{RULE[:-1]}, {lax[7:]}"):
        made.write("evals/s.yaml", SUITE.format(more=rules, metrics="accuracy"))
        assert "fail: s: no_regression(metric=accuracy):" in made.run("run", "s", code=1).stdout
        assert compare(made, "baseline", "last", code=1)["verdict"] == "regressed"


def test_a_deciding_metric_on_one_side_only_is_doubt(made: Workspace) -> None:
    """Whichever side lacks it; the sentence and a note name it."""
    whole = write(made, metrics="accuracy, f1", more="primary: [accuracy, f1]")
    part = write(made, metrics="accuracy")
    for sides in ((whole, part), (part, whole)):
        view = compare(made, *sides, code=0)
        assert view["verdict"] == "inconclusive" and "f1 decides and is not on both sides" in view["sentence"]
        assert "decides on one side and is not on the other: f1" in view["results"][0]["notes"]
    compare(made, whole, part, "--inconclusive", "fail", code=4)


def test_a_model_that_a_stored_run_lacks_is_incomplete(workspace: Workspace) -> None:
    """A ran two models and B one; the other way round it is new, and only said."""
    script = (workspace.root / "model.jsonl").read_text()
    workspace.write("other.jsonl", script)
    two = ["--model", "scripted/model.jsonl", "--model", "scripted/other.jsonl"]
    both = workspace.run_json("s", *two)["run_id"]
    one = workspace.run_json("s", *two[:2])["run_id"]
    view = compare(workspace, both, one, code=3)
    assert view["verdict"] == "incomplete" and "B lacks s  route@v1  scripted/other.jsonl" in view["sentence"]
    assert compare(workspace, one, both, code=0)["alone"]["b"] == ["s  route@v1  scripted/other.jsonl"]


def test_a_baseline_of_another_model_is_said(workspace: Workspace) -> None:
    """It is compared, as it is the only one, and the rule's detail names the model."""
    workspace.run_json("s")
    workspace.run("baseline", "set", code=0)
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", f"{suite}  - no_regression: {{metric: accuracy}}\n")
    workspace.write("other.jsonl", (workspace.root / "model.jsonl").read_text())
    view = workspace.run_json("s", "--model", "scripted/other.jsonl")
    assert (
        "the baseline is of another model, scripted/model.jsonl" in view["results"][0]["gates"][1]["detail"]
    )


def test_a_metric_that_never_decides_is_no_primary_one(made: Workspace) -> None:
    """A table, and what is shown beside its null: a comparison on them would stay in doubt for ever."""
    write(made)
    for metric in ("confusion", "ece(bins=5)"):
        made.write("evals/s.yaml", SUITE.format(more=f"primary: [{metric!r}]", metrics="accuracy"))
        assert f"primary: {metric} is shown and never decides" in made.run("check", code=2).stdout


def test_code_of_the_team_that_ends_the_process_is_no_pass(made: Workspace) -> None:
    """sys.exit(0) in a callable is a failed case, in a scorer a failed score, at import a problem."""
    write(made)
    ending = "import sys\ndef reply(x): sys.exit(0)\ndef score(case, seen): sys.exit(0)\n"
    made.write("team.py", ending)
    suite = "cases: ../datasets/c.jsonl\nmetrics: [accuracy]\n"
    made.write("evals/called.yaml", f"callable: team:reply\nscorers: [exact]\n{suite}")
    made.write("evals/scored.yaml", f"outputs: o.jsonl\nscorers: [{{python: 'team:score'}}]\n{suite}")
    assert made.run_json("called", code=3)["results"][0]["cases"]["errors"] == 400
    assert made.run_json("scored", code=3)["results"][0]["metrics"]["accuracy"]["missing"] == 400
    made.write("team.py", "raise SystemExit(0)")
    for name in ("called", "scored"):
        assert "SystemExit: 0" in made.run("run", name, code=2).stderr


def test_a_run_of_some_cases_is_no_baseline(made: Workspace) -> None:
    """A baseline with holes would let a later run pass that should not."""
    write(made)
    made.run("run", "s", "--sample", "50", code=0)
    assert "has only some of the cases" in made.run("baseline", "set", code=2).stderr
