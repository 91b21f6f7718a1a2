"""`compare`, `baseline` and `gate` through the command line, between runs, versions and baselines."""

import json
import random
import shutil
import socket
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.closed_schema import closed
from tests.e2e.conftest import Workspace

SUITE = """outputs: {outputs}
cases: ../datasets/c.jsonl
scorers: [exact]
metrics: [accuracy, f1]
slices: [kind]
{more}
"""


def _write(workspace: Workspace, name: str, right: set[int], count: int = 200, more: str = "") -> None:
    """A suite over `count` yes-or-no cases, of which the outputs get these numbers right."""
    cases, outputs = [], []
    for number in range(count):
        wanted = "yes" if number % 3 else "no"
        given = wanted if number in right else {"yes": "no", "no": "yes"}[wanted]
        tags = {"kind": "even" if number % 2 == 0 else "odd"}
        cases.append({"id": f"c{number:03d}", "inputs": number, "expected": wanted, "tags": tags})
        outputs.append({"id": f"c{number:03d}", "output": given})
    _lines(workspace, "datasets/c.jsonl", cases)
    _lines(workspace, f"evals/{name}.jsonl", outputs)
    workspace.write(f"evals/{name}.yaml", SUITE.format(outputs=f"{name}.jsonl", more=more))


def _lines(workspace: Workspace, path: str, rows: list[Any]) -> None:
    workspace.write(path, "".join(json.dumps(row) + "\n" for row in rows))


def _compare(workspace: Workspace, *arguments: str, code: int = 0) -> dict[str, Any]:
    return json.loads(workspace.run("compare", *arguments, "--json", code=code).stdout)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str, str]:
    """A run of `s` with 180 of 200 right, and one with 150 right, of which 145 are the same."""
    workspace = Workspace(tmp_path_factory.mktemp("two") / "ws")
    workspace.write("prompteval.toml", "")
    _write(workspace, "s", set(range(180)))
    first = workspace.run_json("s")["run_id"]
    _write(workspace, "s", set(range(145)) | set(range(195, 200)))
    return workspace, first, workspace.run_json("s")["run_id"]


@pytest.fixture
def two(template: tuple[Workspace, str, str], tmp_path: Path) -> tuple[Workspace, str, str]:
    """A copy of the two runs."""
    made, first, second = template
    return Workspace(shutil.copytree(made.root, tmp_path / "ws")), first, second


def test_a_regression_exits_1_and_can_be_pasted(two: tuple[Workspace, str, str]) -> None:
    """The table's numbers, the flips and the sentence follow from the two runs."""
    workspace, first, second = two
    view = _compare(workspace, first, second, code=1)
    (result,) = view["results"]
    accuracy = result["metrics"]["accuracy"]
    assert (accuracy["a"], accuracy["b"], accuracy["delta"]) == (0.9, 0.75, pytest.approx(-0.15))
    assert (accuracy["test"], accuracy["discordant"], result["paired"]) == ("mcnemar-midp", 40, 200)
    assert (len(result["flips"]["broken"]), len(result["flips"]["fixed"])) == (35, 5)
    assert (view["verdict"], result["verdict"]) == ("regressed", "regressed")
    assert result["metrics"]["f1"]["test"] == "swap"
    done = workspace.run("compare", first, second, code=1).stdout
    assert "accuracy fell by 15.0 points (0.9 to 0.75" in done.splitlines()[-1]


def test_the_same_comparison_is_equal_to_the_last_digit(two: tuple[Workspace, str, str]) -> None:
    """Run twice, and with the rows of cases and outputs shuffled."""
    workspace, first, second = two
    once = _compare(workspace, first, second, code=1)
    assert once == _compare(workspace, first, second, code=1)
    jsonschema.validate(once, closed(json.loads(workspace.run("schema", "compare", code=0).stdout)))
    for path in ("datasets/c.jsonl", "evals/s.jsonl"):
        lines = (workspace.root / path).read_text().splitlines(keepends=True)
        random.Random(7).shuffle(lines)
        workspace.write(path, "".join(lines))
    again = workspace.run_json("s")["run_id"]
    shuffled = _compare(workspace, first, again, code=1)
    assert once["results"][0]["metrics"] == shuffled["results"][0]["metrics"]
    assert once["results"][0]["slices"] == shuffled["results"][0]["slices"]


def test_changed_and_new_cases_are_listed_and_not_paired(two: tuple[Workspace, str, str]) -> None:
    """A case with another expected value is changed; one that B lacks leaves B incomplete (exit 3)."""
    workspace, _, second = two
    cases = [json.loads(line) for line in (workspace.root / "datasets/c.jsonl").read_text().splitlines()]
    cases[0]["expected"] = "maybe"
    cases[1]["id"] = "new"
    _lines(workspace, "datasets/c.jsonl", cases)
    outputs = [*map(json.loads, (workspace.root / "evals/s.jsonl").read_text().splitlines())]
    _lines(workspace, "evals/s.jsonl", [*outputs, {"id": "new", "output": "yes"}])
    third = workspace.run_json("s")["run_id"]
    view = _compare(workspace, second, third, code=3)
    (result,) = view["results"]
    assert result["changed_cases"] == ["c000"]
    assert (result["only_a"], result["only_b"], result["paired"]) == (["c001"], ["new"], 198)
    assert view["verdict"] == "incomplete" and "1 cases are only in A" in view["sentence"]


def test_one_entry_each_pairs_whatever_it_is_called(workspace: Workspace) -> None:
    """Two suites over the same cases: the direct prompt and the other one."""
    _write(workspace, "direct", set(range(100)))
    first = workspace.run_json("direct")["run_id"]
    _write(workspace, "cot", set(range(160)))
    second = workspace.run_json("cot")["run_id"]
    (result,) = _compare(workspace, first, second)["results"]
    assert (result["suite"], result["verdict"]) == ("cot", "improved")


def test_nothing_in_common_exits_5(workspace: Workspace) -> None:
    """Two runs of several suites that share none."""
    for name in ("a", "b", "c", "d"):
        _write(workspace, name, set(range(100)))
    first, second = workspace.run_json("a", "b")["run_id"], workspace.run_json("c", "d")["run_id"]
    assert "no suite, prompt and model in common" in workspace.run("compare", first, second, code=5).stderr


@pytest.mark.parametrize(
    ("side", "told"),
    [
        ("git:", "needs a commit"),
        ("x@y", "no suite runs the prompt 'x'"),
        ("nowhere", "no run matches 'nowhere'"),
        ("baseline", "no baseline yet"),
        ("nobody@v1", "no suite runs the prompt 'nobody'"),
    ],
)
def test_a_side_that_does_not_exist_is_exit_2(workspace: Workspace, side: str, told: str) -> None:
    """Each says what would be one."""
    _write(workspace, "s", set(range(100)))
    workspace.run_json("s")
    assert told in workspace.run("compare", side, code=2).stderr


def test_doubt_warns_and_fails_when_asked(workspace: Workspace) -> None:
    """20 cases say little: exit 0 with the word, 4 with --inconclusive fail."""
    _write(workspace, "s", set(range(15)), count=20)
    first = workspace.run_json("s")["run_id"]
    _write(workspace, "s", set(range(14)), count=20)
    second = workspace.run_json("s")["run_id"]
    assert _compare(workspace, first, second)["verdict"] == "inconclusive"
    done = workspace.run("compare", first, second, "--inconclusive", "fail", code=4)
    assert done.stdout.splitlines()[-1].count("inconclusive") == 1
    assert "more cases to rule out" in done.stdout


def test_a_metric_off_the_unit_scale_needs_its_least_effect(workspace: Workspace) -> None:
    """mcc runs from -1 to 1: exit 2 says what to give; with it the comparison runs."""
    _write(workspace, "s", set(range(150)), more="primary: [mcc]")
    first = workspace.run_json("s")["run_id"]
    assert "give --min-effect" in workspace.run("compare", first, first, code=2).stderr
    (result,) = _compare(workspace, first, first, "--min-effect", "0.05")["results"]
    assert result["primary"] == ["mcc"] and result["metrics"]["mcc"]["p"] == 1.0


def test_a_baseline_is_one_line_a_case_and_does_not_move(two: tuple[Workspace, str, str]) -> None:
    """Setting it twice gives the same bytes but for the run's id; outputs and inputs are not in it."""
    workspace, _, second = two
    workspace.run("baseline", "set", second, code=0)
    path = workspace.root / "evals" / "baselines" / "s.json"
    text = path.read_text()
    again = workspace.run_json("s")["run_id"]
    workspace.run("baseline", "set", "last", code=0)
    assert path.read_text().replace(again, second) == text
    assert sum(line.startswith('["c') for line in text.splitlines()) == 200
    assert json.loads(text)["schema"] == "prompteval/baseline@1"
    assert (
        "s  outputs:evals/s.jsonl  recorded  200 cases  accuracy 0.750"
        in workspace.run("baseline", "show", code=0).stdout
    )


def test_against_the_baseline_equals_against_its_run(two: tuple[Workspace, str, str]) -> None:
    """Every metric and slice, the swap tests too; only the outputs are not there."""
    workspace, first, second = two
    workspace.run("baseline", "set", first, code=0)
    stored = _compare(workspace, "baseline", second, code=1)["results"][0]
    run = _compare(workspace, first, second, code=1)["results"][0]
    for key in ("metrics", "slices", "flips", "paired", "verdict"):
        assert stored[key] == run[key]


def test_what_did_not_change_is_named_and_not_run(two: tuple[Workspace, str, str]) -> None:
    """The working tree gives what the last run gave; no new run is stored."""
    workspace, _, second = two
    view = _compare(workspace, "last")
    assert (view["unchanged"], view["results"], view["verdict"]) == (["s"], [], "not_worse")
    assert json.loads(workspace.run("runs", "--json", code=0).stdout)[0]["run_id"] == second


def test_no_regression_holds_a_run_against_the_baseline(two: tuple[Workspace, str, str]) -> None:
    """Without a baseline it fails and says how to make one; the worse run fails, the same one passes."""
    workspace, first, _ = two
    rule = "gate: [{no_regression: {metric: accuracy, min_effect: 0.05}}]"
    _write(workspace, "s", set(range(145)) | set(range(195, 200)), more=rule)
    assert "`prompteval baseline set` creates one" in workspace.run("run", "s", code=1).stdout
    workspace.run("baseline", "set", first, code=0)
    done = workspace.run("run", "s", code=1)
    assert "no_regression(metric=accuracy, min_effect=0.05)" in done.stdout
    assert "against the baseline, accuracy fell by 15.0 points" in done.stdout
    workspace.run("baseline", "set", "last", code=0)
    workspace.run("run", "s", code=0)


def test_beats_the_baseline_must_be_shown(two: tuple[Workspace, str, str]) -> None:
    """Equal is not better: exit 1; clearly better passes."""
    workspace, _, second = two
    workspace.run("baseline", "set", second, code=0)
    rule = "gate: [{beats: {reference: baseline}}]"
    _write(workspace, "s", set(range(150)), more=rule)
    assert "fail beats(reference=baseline" in workspace.run("run", "s", code=1).stdout
    _write(workspace, "s", set(range(190)), more=rule)
    assert "pass beats(reference=baseline" in workspace.run("run", "s", code=0).stdout


def test_gate_decides_a_stored_run_again(two: tuple[Workspace, str, str]) -> None:
    """Under an edited gate, without a call or a new run; the stored view stays as it was."""
    workspace, first, second = two
    right = set(range(145)) | set(range(195, 200))
    _write(workspace, "s", right, more="gate: [accuracy >= 0.8, slice(kind).accuracy >= 0.5]")
    assert "accuracy 0.75 misses >= 0.8" in workspace.run("gate", "last", code=1).stdout
    assert "accuracy 0.9 meets >= 0.8" in workspace.run("gate", first, code=0).stdout
    assert json.loads(workspace.run("gate", second, "--json", code=1).stdout)["run_id"] == second
    assert workspace.run("show", "last", code=0).stdout.count("misses") == 0


def test_a_changed_case_file_since_the_baseline_is_said(two: tuple[Workspace, str, str]) -> None:
    """The rule's detail names the changed cases, and they are not compared."""
    workspace, _, second = two
    workspace.run("baseline", "set", second, code=0)
    cases = [json.loads(line) for line in (workspace.root / "datasets/c.jsonl").read_text().splitlines()]
    cases[0]["expected"] = "maybe"
    _lines(workspace, "datasets/c.jsonl", cases)
    more = "gate: [{no_regression: {metric: accuracy, margin: 0.1}}]"
    workspace.write("evals/s.yaml", SUITE.format(outputs="s.jsonl", more=more))
    done = workspace.run("run", "s", code=0).stdout
    assert "1 case changed since and not compared" in done
    assert "the case files changed" in done


def test_a_broken_baseline_is_named_with_its_line(two: tuple[Workspace, str, str]) -> None:
    """Exit 2, the file, and how to make it again."""
    workspace, _, _ = two
    workspace.write("evals/baselines/s.json", '{"schema": "prompteval/baseline@1",\n "entries": [}')
    assert "evals/baselines/s.json:2:" in workspace.run("compare", "baseline", code=2).stderr
    workspace.write("evals/baselines/s.json", '{"schema": "prompteval/baseline@9", "entries": []}')
    assert "prompteval baseline set" in workspace.run("compare", "baseline", code=2).stderr


def test_reports_of_a_comparison_are_files(two: tuple[Workspace, str, str], tmp_path: Path) -> None:
    """JSON equals --json; Markdown has table, slices and the word diff."""
    workspace, first, second = two
    workspace.run("compare", first, second, "-o", "c.json", "-o", "c.md", code=1)
    assert json.loads((workspace.root / "c.json").read_text()) == _compare(workspace, first, second, code=1)
    text = (workspace.root / "c.md").read_text()
    assert "## prompteval: regressed" in text and "<del>" in text and "| kind=even | 100 |" in text
    assert (
        "unsupported file extension" in workspace.run("compare", first, second, "-o", "c.xml", code=2).stderr
    )


def test_hostile_outputs_are_shown_whole_and_tame(two: tuple[Workspace, str, str]) -> None:
    """Escapes, markup, a NUL, half a surrogate pair and a very long output in terminal and Markdown."""
    workspace, first, _ = two
    outputs = [*map(json.loads, (workspace.root / "evals/s.jsonl").read_text().splitlines())]
    outputs[0]["output"] = "\x1b[31m<script>|`x`\x00 behind \ud800"
    outputs[1]["output"] = "long " * 50_000
    _lines(workspace, "evals/s.jsonl", outputs)
    last = workspace.run_json("s")["run_id"]
    shown = workspace.run("compare", first, last, "-v", "-o", "c.md", code=1).stdout
    text = (workspace.root / "c.md").read_text()
    assert "\x1b" not in shown + text and "\x00" not in shown + text and "<script>" not in text
    assert "\\x00 behind \\ud800" in shown and "behind" in text
    assert len(text) < 20_000


def test_run_against_compares_afterwards(two: tuple[Workspace, str, str]) -> None:
    """The worse of the two exit codes counts."""
    workspace, first, _ = two
    done = workspace.run("run", "s", "--against", first, code=1)
    assert "accuracy fell by 15.0 points" in done.stdout.splitlines()[-1]
    body = json.loads(workspace.run("run", "s", "--against", first, "--json", "-q", code=1).stdout)
    assert (body["exit_code"], body["comparison"]["verdict"]) == (0, "regressed")


def test_offline_makes_no_connection(workspace: Workspace) -> None:
    """--offline refuses the connection of a side that is run: its cases are errors, exit 3."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        code = f"import socket\n\ndef reply(message):\n    socket.create_connection(('127.0.0.1', {port})).close()\n"
        workspace.write("app_online.py", f"{code}    return {{'team': 'payments'}}\n")
        scored = "scorers: [{exact: {field: team}}]\nmetrics: [accuracy]\n"
        workspace.write("evals/s.yaml", f'callable: "app_online:reply"\ncases: ../datasets/c.jsonl\n{scored}')
        workspace.run("run", code=0)
        assert len([server.accept()[0].close() for _ in range(4)]) == 4
        workspace.write("app_online.py", f"{code}    return {{'team': 'support'}}\n")
        _compare(workspace, "last", "--offline", code=3)
        with pytest.raises(TimeoutError):
            server.accept()
