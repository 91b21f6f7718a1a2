"""The GitHub action, step by step: its shell runs here, against a fake runner and a fake GitHub."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.action_runner import ACTION, EXPRESSION, HEAD, ROOT, SHELL, STEPS, GitHub, Runner, git, origin


@pytest.fixture
def job(workspace: Any, tmp_path: Path) -> Iterator[Runner]:
    """A runner in the workspace, beside a fake GitHub."""
    temp = tmp_path / "runner"
    temp.mkdir()
    with GitHub() as github:
        thread = threading.Thread(target=github.serve_forever)
        thread.start()
        yield Runner(workspace.root, github, temp)
        github.shutdown()
        thread.join()


def test_no_expression_stands_inside_a_script() -> None:
    """S26: what a pull request chooses reaches the shell through the environment alone."""
    for step in STEPS:
        assert "${{" not in step.get("run", "")
    wanted = {
        match for step in STEPS for text in step.get("env", {}).values() for match in EXPRESSION.findall(text)
    }
    known = {f"inputs.{name}" for name in ACTION["inputs"]}
    ids = {step["id"] for step in STEPS if "id" in step}
    for name in wanted:
        assert name in known or name.startswith("github.") or name.split(".")[1] in ids, name


def test_actions_are_pinned_to_a_commit() -> None:
    """Every action of others is a full commit, with its version beside it."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.*)", text)
    assert len(uses) == 2
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in uses)


def test_a_passing_workspace(job: Runner) -> None:
    """Outputs, JUnit, a job summary and one comment; a second run updates that comment."""
    assert job.run() == 0, job.log
    assert (job.report["verdict"], job.report["exit-code"], job.report["comparison"]) == ("pass", "0", "")
    assert "<testsuites" in (Path(job.report["reports"]) / "junit.xml").read_text()
    assert "accuracy" in (job.temp / "summary.md").read_text()
    (first,) = [comment["body"] for comment in job.github.comments]
    assert job.report["run-id"] in first and "**prompteval: pass**" in first
    assert job.run() == 0
    (second,) = [comment["body"] for comment in job.github.comments]
    assert job.report["run-id"] in second and second != first


@pytest.fixture(params=["main", "b;touch${IFS}pwned;$(touch${IFS}pwned)"])
def pull_request(workspace: Any, job: Runner, tmp_path: Path, request: Any) -> Runner:
    """A shallow clone of a branch that spoils every answer on payments; its base has this name."""
    workspace.cases(
        *(
            (f"c{i:02}", f"pay {i}" if i % 2 else "help", "payments" if i % 2 else "support")
            for i in range(40)
        )
    )
    workspace.script(
        {"when": "^pay", "output": {"team": "payments"}}, {"when": "", "output": {"team": "support"}}
    )
    git(workspace.root, "init", "-q", "-b", request.param)
    git(workspace.root, "add", "-A")
    git(workspace.root, "commit", "-qm", "base")
    git(workspace.root, "switch", "-qc", "change")
    prompt = (workspace.root / "prompts/route/v1.py").read_text()
    workspace.write(
        "prompts/route/v1.py", prompt.replace('user("{{ message }}")', 'user("Please {{ message }}")')
    )
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", suite.replace("accuracy >= 0.7", "accuracy >= 0.1"))
    git(workspace.root, "commit", "-qam", "change")
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=change", f"file://{workspace.root}", "clone")
    job.directory = tmp_path / "clone"
    job.event["github.base_ref"] = request.param
    return job


def test_a_pull_request_is_compared_with_its_base(pull_request: Runner) -> None:
    """The base is fetched, the gates pass, the comparison regressed: exit 1, with the reason in the comment."""
    job = pull_request
    assert job.run() == 1, job.log
    assert (job.report["verdict"], job.report["comparison"], job.report["exit-code"]) == (
        "pass",
        "regressed",
        "1",
    )
    body = job.github.comments[0]["body"]
    assert "accuracy fell by 50.0 points" in body
    assert body.index("regressed") < body.index("the gate passes")
    assert "accuracy fell by 50.0 points" in (job.temp / "summary.md").read_text()
    assert not list(job.directory.rglob("pwned"))


def test_what_is_compared_can_be_chosen(pull_request: Runner) -> None:
    """`none` compares nothing; a ref of one's own is compared; one that is not there is exit 2."""
    job = pull_request
    assert job.run(**{"compare-with": "none"}) == 0 and job.report["comparison"] == ""
    assert job.run(**{"compare-with": "HEAD"}) == 0, job.log
    assert job.report["comparison"] == "not_worse"
    assert job.run(**{"compare-with": "no-such-ref"}) == 2, job.log


def test_a_failed_gate_fails_the_action_after_the_report(workspace: Any, job: Runner) -> None:
    """Exit 1 at the end, with the annotation, the summary and the comment all there."""
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", suite.replace("accuracy >= 0.7", "accuracy >= 0.9"))
    assert job.run() == 1
    assert (job.report["verdict"], job.report["exit-code"]) == ("fail", "1")
    assert "::error title=s%3A accuracy >= 0.9::" in job.log
    assert "a gate failed" in job.github.comments[0]["body"]


def test_a_broken_workspace_is_annotated_and_not_run(workspace: Any, job: Runner) -> None:
    """Exit 2, the problem at its line, and a comment that says so instead of an old verdict."""
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", suite.replace("prompt: route", "prompt: rout"))
    assert job.run() == 2
    assert "::error file=evals/s.yaml,line=1," in job.log
    assert "Nothing was run" in job.github.comments[0]["body"]
    assert job.report["verdict"] == "" and not (workspace.root / ".prompteval/results.sqlite").exists()


def test_s26_a_fork_calls_no_model_and_does_not_fail(workspace: Any, job: Runner) -> None:
    """Without secrets the run is incomplete; that is said, and the action passes."""
    profile = '[models.m]\nmodel = "fake"\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "NO_SUCH_KEY"\n'
    workspace.write("prompteval.toml", profile)
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", suite.replace("scripted/model.jsonl", "m"))
    job.from_fork()
    assert job.run() == 0, job.log
    assert (job.report["verdict"], job.report["exit-code"]) == ("incomplete", "0")
    assert "::notice::This pull request comes from a fork" in job.log
    assert "comes from a fork" in job.github.comments[0]["body"]
    job.event[HEAD] = "ACME/prompts"  # a branch of its own, whatever this repository is a fork of
    job.event["github.event.pull_request.head.repo.fork"] = "true"
    assert job.run(offline="true") == 3


def test_s40_a_fork_is_excused_only_for_what_it_could_not_run(workspace: Any, job: Runner) -> None:
    """A gate that fails on another suite ends the action with 1, one that errs otherwise with 3."""
    workspace.write("prompteval.toml", '[models.m]\nmodel = "fake"\nbase_url = "http://127.0.0.1:9/v1"\n')
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/n.yaml", suite.replace("scripted/model.jsonl", "m"))
    job.from_fork()
    assert job.run() == 0, job.log
    workspace.write("evals/s.yaml", suite.replace("accuracy >= 0.7", "accuracy >= 0.9"))
    assert job.run() == 1, job.log
    assert "exit 3); without what a fork cannot run: a gate failed" in job.log
    workspace.write("evals/s.yaml", suite)
    workspace.script({"when": "pay", "output": {"team": "payments"}})
    assert job.run() == 3, job.log


def test_s40_a_suite_that_is_gone_is_missed(workspace: Any, job: Runner) -> None:
    """From a fork too; the input `removed` names one that is gone on purpose."""
    workspace.write("evals/t.yaml", (workspace.root / "evals/s.yaml").read_text())
    origin(workspace.root)
    (workspace.root / "evals/t.yaml").unlink()
    for _ in range(2):
        assert job.run(**{"compare-with": "main"}) == 3, job.log
        job.from_fork()
    assert "B lacks the suite t" in job.github.comments[0]["body"].replace("\\", "")
    assert job.run(**{"compare-with": "main", "removed": "\r\nt\r\n"}) == 0, job.log


def test_s40_settings_that_are_trusted_come_from_the_base(workspace: Any, job: Runner) -> None:
    """A change may not send the key elsewhere, nor name a server for a new model."""
    server = '[models.m]\nmodel = "fake"\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "OURS"\n'
    workspace.write("prompteval.toml", server)
    origin(workspace.root)
    job.event["github.base_ref"] = "main"
    workspace.write("prompteval.toml", server.replace("127.0.0.1:9", "evil.example.org"))
    assert job.run() == 0, job.log
    suite = (workspace.root / "evals/s.yaml").read_text().replace("scripted/model.jsonl", "n")
    workspace.write("evals/s.yaml", suite)
    workspace.write("prompteval.toml", server + server.replace("models.m", "models.n"))
    assert job.run() == 2, job.log
    assert "are not in the settings of refs/remotes/origin/main" in job.log


def test_s40_every_line_of_an_input_is_read(workspace: Any, job: Runner) -> None:
    """Suites on several lines all run; a word that is no word of an input is refused, not skipped."""
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/t.yaml", suite.replace("accuracy >= 0.7", "accuracy >= 0.9"))
    assert job.run(suites="s\n", offline=" true\n", extras="offline\nrag\n") == 0, job.log
    assert job.outputs["inputs"] | {"offline": "true", "extras": "offline,rag"} == job.outputs["inputs"]
    assert job.run(suites="\r\ns\r\n  t\r\n") == 1, job.log
    for wrong in ({"offline": "True"}, {"comment": "yes"}, {"inconclusive": "Fail"}, {"replay": "a\nb"}):
        assert job.run(**wrong) == 2 and "::error::the input" in job.log


def test_s26_a_recording_needs_no_key(workspace: Any, job: Runner) -> None:
    """`replay` answers every case, and nothing is compared."""
    workspace.run("run", "--record", "rec.jsonl", "--no-cache", code=0)
    workspace.script({"when": "", "output": {"team": "support"}})
    origin(workspace.root)
    job.event["github.base_ref"] = "main"
    assert job.run(replay="rec.jsonl") == 0, job.log
    assert job.report["verdict"] == "pass" and "nothing is compared" in job.log


def test_s18_names_never_reach_the_shell(workspace: Any, job: Runner) -> None:
    """A hostile suite name is a name that does not exist, nothing more."""
    for name in ("$(touch${IFS}pwned)", "`touch${IFS}pwned`", "s;touch${IFS}pwned", "--output=pwned", "*"):
        assert job.run(suites=name) == 2, job.log
    assert not (workspace.root / "pwned").exists()


def test_s9_output_of_a_model_is_no_command_of_the_runner(workspace: Any, job: Runner) -> None:
    """Tables are printed while commands are stopped, under a mark that nobody can guess."""
    assert job.run() == 0
    stopped = re.search(r"^::stop-commands::([0-9a-f]{32})\n(.*?)^::\1::$", job.log, re.MULTILINE | re.DOTALL)
    assert stopped is not None and "accuracy" in stopped[2]


def test_only_its_own_comment_is_updated(job: Runner) -> None:
    """Another author's comment with the same mark is left alone, also on a later page."""
    assert job.run() == 0
    body = job.github.comments.pop()["body"]
    for login in ["mallory"] * 150 + ["github-actions[bot]"]:
        job.github.add(login, body)
    assert job.run() == 0
    assert [comment["id"] for comment in job.github.comments if comment["body"] != body] == [151]


def test_a_comment_that_is_refused_is_a_warning(job: Runner) -> None:
    """Read-only tokens (forks) get 403: the verdict stands, and the permission is named."""
    job.github.status = 403
    assert job.run() == 0
    assert "::warning::the comment was not written: HTTP 403" in job.log and "pull-requests: write" in job.log
    job.event.clear()
    job.github.calls.clear()
    assert job.run() == 0 and not job.github.calls


def test_a_huge_report_is_cut(workspace: Any, job: Runner) -> None:
    """GitHub takes 65,536 characters; what is left out is said."""
    workspace.cases(*((f"c{i}", "pay", "payments") for i in range(4)))
    assert job.run() == 0
    reports = Path(job.report["reports"])
    (reports / "run.md").write_text("x" * 70_000)
    environment = {
        **os.environ,
        "REPORTS": str(reports),
        "CODES": "0 0 ",
        "GITHUB_OUTPUT": str(job.temp / "o"),
    }
    subprocess.run([sys.executable, ROOT / "action/report.py"], env=environment, check=True)
    text = (reports / "comment.md").read_text()
    assert len(text) < 65_536 and text.endswith("(cut; the job summary has all of it)\n")


def test_s40_a_tag_that_is_named_as_the_base_branch_decides_nothing(workspace: Any, job: Runner) -> None:
    """git takes a tag `origin/main` before the branch of the remote."""
    workspace.write("prompteval.toml", "")
    origin(workspace.root)
    workspace.write("prompteval.toml", '[models.n]\nmodel = "x"\nbase_url = "http://127.0.0.1:9/v1"\n')
    suite = (workspace.root / "evals/s.yaml").read_text().replace("scripted/model.jsonl", "n")
    workspace.write("evals/s.yaml", suite)
    git(workspace.root, "commit", "-qam", "change")
    git(workspace.root, "tag", "origin/main")
    job.event["github.base_ref"] = "main"
    assert job.run(offline="true") == 2, job.log
    assert "are not in the settings of" in job.log


def test_s40_a_workspace_in_a_submodule_is_refused(workspace: Any, job: Runner, tmp_path: Path) -> None:
    """Of a submodule the change chooses the repository, and so what its base branch holds."""
    origin(workspace.root)
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(workspace.root), "ws")
    git(outer, "commit", "-qm", "one")
    job.directory, job.event["github.base_ref"] = outer / "ws", "main"
    assert job.run() == 2, job.log
    assert "lies in a submodule" in job.log


def test_s35_the_action_installs_without_modules_of_the_checkout() -> None:
    """`python -m` looks in the current directory first, where a venv.py or pip.py may lie."""
    for step in SHELL + [step for step in STEPS if step.get("id") == "install"]:
        assert not re.search(r"python\"? -m", step["run"]), step["id"]
