"""Suites without a prompt, through the command line."""

import json

from tests.e2e.conftest import Workspace

SUITE = """{target}
cases:
  - {{id: a, inputs: "1 + 1", expected: "2"}}
  - {{id: b, inputs: "2 + 2", expected: "4"}}
scorers: [exact]
metrics: [accuracy]
gate: ["accuracy >= {wanted}"]
"""


def test_recorded_outputs_are_scored_without_a_model(workspace: Workspace) -> None:
    """The entry is named by its file and by the model that gave the outputs."""
    outputs = [{"id": "b", "output": "4", "model": "m"}, {"id": "a", "output": "3", "model": "m"}]
    workspace.write("evals/o.jsonl", "".join(json.dumps(line) + "\n" for line in outputs))
    workspace.write("evals/s.yaml", SUITE.format(target="outputs: o.jsonl", wanted=0.9))
    (result,) = workspace.run_json(code=1)["results"]
    assert (result["prompt"], result["model"]) == ("outputs:evals/o.jsonl", "m")
    assert result["metrics"]["accuracy"]["value"] == 0.5
    assert result["usage"]["replayed"] == 2 and result["usage"]["attempts"] == 0


def test_a_missing_recorded_output_leaves_the_run_incomplete(workspace: Workspace) -> None:
    """Whatever the gate says, a case without an output is exit 3 and named."""
    workspace.write("evals/o.jsonl", '{"id": "a", "output": "2"}\n')
    workspace.write("evals/s.yaml", SUITE.format(target="outputs: o.jsonl", wanted=0.1))
    done = workspace.run("run", code=3)
    assert "1 case ended in an error;" in done.stdout
    assert "no output for case 'b'" in workspace.run("show", "--case", "b").stdout


def test_errors_can_be_excluded_where_the_suite_says_so(workspace: Workspace) -> None:
    """on_error: exclude leaves failed cases out of the numbers, prints how many, and decides."""
    workspace.write("evals/o.jsonl", '{"id": "a", "output": "2"}\n')
    suite = SUITE.format(target="outputs: o.jsonl", wanted=0.9) + "on_error: exclude\n"
    workspace.write("evals/s.yaml", suite)
    (result,) = workspace.run_json(code=0)["results"]
    assert (result["metrics"]["accuracy"]["n"], result["cases"]["errors"]) == (1, 1)
    assert result["notes"] == [
        "on_error: exclude left 1 failed cases out",
        "1 error (no_output), such as: evals/o.jsonl has no output for case 'b'",
    ]


def test_a_callable_is_the_teams_own_code(workspace: Workspace) -> None:
    """The function is found below the workspace's root and called with each case's inputs."""
    workspace.write("app/answer.py", "def reply(inputs):\n    return str(eval(inputs))\n")
    workspace.write("evals/s.yaml", SUITE.format(target='callable: "app.answer:reply"', wanted=1))
    (result,) = workspace.run_json(code=0)["results"]
    assert (result["prompt"], result["model"]) == ("callable:app.answer:reply", "callable")


def test_a_target_that_is_not_there_is_named_at_its_line(workspace: Workspace) -> None:
    """check says file, line and what is missing; nothing is run."""
    workspace.write("evals/s.yaml", SUITE.format(target='callable: "app.answer:reply"', wanted=1))
    assert (
        "evals/s.yaml:1:1 PE220 app.answer:reply: app/answer.py does not exist in the workspace"
        in workspace.run("check", code=2).stdout
    )


def test_a_callable_that_changes_the_directory_changes_no_path_of_the_command_line(
    workspace: Workspace,
) -> None:
    """The files of -o are where they were asked for."""
    workspace.write("app_moves.py", "import os\ndef reply(message):\n    os.chdir('/')\n    return message\n")
    (workspace.root / "evals/s.yaml").unlink()
    workspace.write(
        "evals/t.yaml",
        'callable: "app_moves:reply"\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n',
    )
    workspace.run("run", "-o", "r.md", "-o", "r.jsonl", code=0)
    assert (workspace.root / "r.md").is_file() and (workspace.root / "r.jsonl").is_file()
