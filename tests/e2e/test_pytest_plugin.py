"""Suites as tests: a real workspace on disk, collected and run by another pytest."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prompteval.testing.server import FakeServer, Reply
from tests.forks import shared

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ("-p", "prompteval.testing.plugin")
NAMES = "evals/s.yaml::route@v1::scripted/model.jsonl::"
Run = Callable[..., pytest.RunResult]
# Without CI, summary lines are cut at the width of a terminal.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}


@pytest.fixture
def run(workspace: Any) -> Run:
    """`pytest ARGUMENTS` in the workspace, with this plugin and no installed one."""

    def pytest_run(*arguments: str) -> pytest.RunResult:
        done = shared().run(workspace.root, *PLUGIN, *arguments, env=ALONE, program="pytest")
        assert done.code is not None, done.stderr
        outlines, errlines = done.stdout.splitlines(), done.stderr.splitlines()
        return pytest.RunResult(done.code, outlines, errlines, done.seconds)

    return pytest_run


def served(workspace: Any, server: FakeServer) -> None:
    """Let the suite's model be a fake server."""
    profile = f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "FAKE_KEY"\n'
    workspace.write("prompteval.toml", profile)
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", suite.replace("scripted/model.jsonl", "m"))


REPLIES = [Reply("pay", output={"team": "payments"}), Reply("", output={"team": "support"})]


def test_cases_and_gates_are_items(run: Run) -> None:
    """One item a case and a gate, named by suite, prompt@version, model and case."""
    done = run("--collect-only", "-q")
    names = [line for line in done.outlines if "::" in line]
    assert names == [NAMES + name for name in ("c1", "c2", "c3", "c4", "gate::accuracy >= 0.7")]


def test_a_failure_is_one_block_without_a_traceback(run: Run) -> None:
    """Reason, case with its place, expected, output and scorer; the gate passes on its own."""
    done = run()
    done.assert_outcomes(passed=4, failed=1)
    done.stdout.fnmatch_lines(
        [
            "*s::route@v1::scripted/model.jsonl::c4*",
            "exact 0, expected 'payments', got 'support'",
            "case      c4  (datasets/c.jsonl:4)",
            'inputs    {"message": "refund"}',
            'expected  {"team": "payments"}',
            'output    {"team": "support"}',
            "scorer    exact = 0*",
            f"FAILED {NAMES}c4 - exact 0, expected 'payments', got 'support'",
        ]
    )
    assert "Traceback" not in done.stdout.str() and ".py:" not in done.stdout.str()


def test_repeats_are_one_item(workspace: Any, run: Run) -> None:
    """A case that is run three times is one test, and its block says how many of them failed."""
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", f"{suite}repeat: 3\n")
    done = run()
    done.assert_outcomes(passed=4, failed=1)
    done.stdout.fnmatch_lines(["3 of 3 repeats: exact 0, *"])


def test_a_failed_gate_says_what_was_observed(workspace: Any, run: Run) -> None:
    """The detail of the rule, and its line in the suite."""
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", suite.replace("accuracy >= 0.7", "accuracy >= 0.9"))
    done = run("-m", "prompteval_gate")
    done.assert_outcomes(failed=1, deselected=4)
    done.stdout.fnmatch_lines(["accuracy 0.75 *0.9*(n = 4)*", "gate      accuracy >= 0.9"])


def test_junit_names_are_those_of_the_run(workspace: Any, run: Run) -> None:
    """pytest's own JUnit counts the same tests as failed as `run -o file.xml`."""
    run("--junitxml", "p.xml")
    workspace.run("run", "-o", "r.xml", code=0)

    def failed(path: str) -> set[str]:
        cases = ET.parse(workspace.root / path).iter("testcase")
        return {
            case.get("name", "").rsplit("::", 1)[-1] for case in cases if case.find("failure") is not None
        }

    assert failed("p.xml") == failed("r.xml") == {"c4"}


@pytest.mark.parametrize(
    ("option", "value", "kept"),
    [
        ("-k", "c1 or c4", ["c1", "c4"]),
        ("-k", "channel:b", ["c2", "c4"]),
        ("-m", "prompteval(channel='a')", ["c1", "c3"]),
        ("-m", "not prompteval", []),
        ("-m", "prompteval_gate", ["gate::accuracy >= 0.7"]),
    ],
)
def test_selection_by_name_tag_and_marker(run: Run, option: str, value: str, kept: list[str]) -> None:
    """`-k` sees names and tags, `-m` the marker that carries the tags."""
    done = run("--collect-only", "-q", "--strict-markers", option, value)
    assert [line.removeprefix(NAMES) for line in done.outlines if "::" in line] == kept


def test_last_failed_and_node_ids(run: Run) -> None:
    """`--lf` runs the case that failed, and a printed node id selects its item."""
    run()
    run("--lf").assert_outcomes(failed=1)
    run(f"{NAMES}c2").assert_outcomes(passed=1)


def test_only_selected_cases_run(workspace: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two selected cases are two requests; a gate asks for the rest, and no case twice."""
    monkeypatch.setenv("FAKE_KEY", "k")
    with FakeServer(REPLIES) as server:
        served(workspace, server)
        run("--prompteval-live", "-k", "c1 or c4").assert_outcomes(passed=1, failed=1, deselected=3)
        assert len(server.requests) == 2
        run("--prompteval-live", "-m", "prompteval_gate").assert_outcomes(passed=1, deselected=4)
        assert len(server.requests) == 4


def test_no_live_call_unless_asked(workspace: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the flag cases and gate are skipped with the reason; cached replies need none."""
    monkeypatch.setenv("FAKE_KEY", "k")
    with FakeServer(REPLIES) as server:
        served(workspace, server)
        done = run("-rs")
        done.assert_outcomes(skipped=5)
        assert len(server.requests) == 0
        done.stdout.fnmatch_lines(["*m is not called offline*--prompteval-live*"])
        done.stdout.fnmatch_lines(["*not decided: 4 of 4 cases need a live call*"])
        workspace.run("run", code=0, FAKE_KEY="k")
        run().assert_outcomes(passed=4, failed=1)
        assert len(server.requests) == 4


def test_ctrl_c_ends_the_session(workspace: Any) -> None:
    """SIGINT during a run is pytest's own interruption (exit 2), after the running calls have ended."""
    with FakeServer(REPLIES, latency_s=1.0) as server:
        served(workspace, server)
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *PLUGIN, "--prompteval-live"],
            cwd=workspace.root,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "FAKE_KEY": "k"},
            stdout=subprocess.PIPE,
            text=True,
        )
        while not server.requests and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in shown and "INTERNALERROR" not in shown


def test_warnings_may_be_errors(run: Run) -> None:
    """Nothing is left open that a project with `-W error` would trip over."""
    run("-W", "error").assert_outcomes(passed=4, failed=1)


def test_a_callable_needs_the_flag(workspace: Any, run: Run) -> None:
    """What the team's own code costs cannot be known, so it is not called unasked."""
    workspace.write("app_under_test.py", "def reply(message):\n    return {'team': 'payments'}\n")
    target = 'callable: "app_under_test:reply"\nscorers: [{exact: {field: team}}]\nmetrics: [accuracy]\n'
    workspace.write("evals/s.yaml", f"{target}cases: ../datasets/c.jsonl\n")
    done = run("-rs")
    done.assert_outcomes(skipped=4)
    done.stdout.fnmatch_lines(["*the suite calls its own callable; --prompteval-live allows it"])
    run("--prompteval-live").assert_outcomes(passed=3, failed=1)


@pytest.mark.parametrize(
    ("retriever", "told"),
    [
        ('{endpoint: "http://127.0.0.1:9/"}', "retriever of kind endpoint"),
        ("{kind: dense, depth: 5}\n  dense: {model: openai/any}", "encoder openai/any"),
    ],
)
def test_retrieval_beyond_this_process_needs_the_flag(
    workspace: Any, run: Run, retriever: str, told: str
) -> None:
    """An endpoint that searches, an encoder behind a network: skipped, and named."""
    workspace.write("datasets/docs/a.md", "Bicycles are repaired on Mondays.\n")
    case = {"id": "q", "inputs": {"question": "When?"}, "gold": [[{"doc": "a.md"}]]}
    workspace.write("datasets/q.jsonl", json.dumps(case) + "\n")
    rag = f"rag:\n  corpus: ../datasets/docs\n  retriever: {retriever}\n  modes: [retrieval]\n"
    workspace.write("evals/s.yaml", f"cases: ../datasets/q.jsonl\nmetrics: [retrieval.recall@5]\n{rag}")
    done = run("-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines([f"*the suite calls its own {told}; --prompteval-live allows it"])


def test_workers_share_one_run(workspace: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under pytest-xdist every case is asked for once in all, with the same outcomes."""
    monkeypatch.setenv("FAKE_KEY", "k")
    with FakeServer(REPLIES, latency_s=0.2) as server:
        served(workspace, server)
        done = run("--prompteval-live", "-p", "xdist.plugin", "-n", "2")
        done.assert_outcomes(passed=4, failed=1)
        done.stdout.fnmatch_lines(["case      c4  (datasets/c.jsonl:4)"])
        assert len(server.requests) == 4


def test_a_recording_answers_and_a_stale_one_fails(
    workspace: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--prompteval-replay needs neither key nor network; a changed prompt is told as stale."""
    with FakeServer(REPLIES) as server:
        served(workspace, server)
        workspace.run("run", "--no-cache", "--record", "rec.jsonl", code=0, FAKE_KEY="k")
    run("--prompteval-replay", "rec.jsonl").assert_outcomes(passed=4, failed=1)
    prompt = (workspace.root / "prompts/route/v1.py").read_text()
    workspace.write("prompts/route/v1.py", prompt.replace('system("Route.")', 'system("Send.")'))
    done = run("--prompteval-replay", "rec.jsonl")
    done.assert_outcomes(failed=5)
    done.stdout.fnmatch_lines(["*recording*", "*not decided: *"])


def test_mistakes_in_files_are_problems_with_their_place(workspace: Any, run: Run) -> None:
    """A suite that does not pass `check` fails to collect, with file and line alone."""
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write("evals/s.yaml", suite.replace("metrics: [accuracy,", "metrics: [acuracy,"))
    done = run()
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["evals/s.yaml:5:* PE*acuracy*did you mean 'accuracy'?*"])
    assert "Traceback" not in done.stdout.str()


def test_a_key_that_is_not_set_is_said_at_every_item(workspace: Any, run: Run) -> None:
    """The run cannot begin: each item fails with one line, and nothing is sent."""
    with FakeServer(REPLIES) as server:
        served(workspace, server)
        done = run("--prompteval-live")
        done.assert_outcomes(failed=5)
        done.stdout.fnmatch_lines(["FAKE_KEY is not set*"])
        assert len(server.requests) == 0 and ".py:" not in done.stdout.str()


def test_nothing_is_left_behind(workspace: Any, run: Run, tmp_path: Path, monkeypatch: Any) -> None:
    """The run is not stored in the workspace, and its own directory is removed."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    run()
    assert not (workspace.root / ".prompteval" / "results.sqlite").exists()
    assert not list(tmp_path.glob("prompteval-*"))


def test_a_project_without_a_workspace_pays_nothing(workspace: Any) -> None:
    """No module beyond the plugin's own loads, and `evals/*.yaml` of others is left alone."""
    (workspace.root / "prompteval.toml").unlink()
    heavy = {"pydantic", "numpy", "jinja2", "yaml", "typer", "rich", "aiohttp", "prompteval.engine"}
    workspace.write(
        "test_own.py", f"def test():\n    import sys\n    assert not {heavy!r} & set(sys.modules)\n"
    )
    command = [sys.executable, "-m", "pytest", *PLUGIN]
    done = subprocess.run(
        command, cwd=workspace.root, env={**os.environ, **ALONE}, capture_output=True, text=True
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_entry_point_loads_the_plugin(workspace: Any, tmp_path: Path) -> None:
    """What pyproject.toml registers is found by pytest itself, as once installed."""
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    info = tmp_path / "site" / "prompteval_entry-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: prompteval-entry\nVersion: 1\n")
    lines = "".join(f"{name} = {module}\n" for name, module in entry.items())
    (info / "entry_points.txt").write_text(f"[pytest11]\n{lines}")
    path = os.pathsep.join((str(info.parent), str(ROOT / "src")))
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q"]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=workspace.root, env=environment, capture_output=True, text=True)
    assert f"{NAMES}c1" in done.stdout, done.stdout + done.stderr


def test_the_hook_for_pre_commit_checks_a_workspace(workspace: Any) -> None:
    """The entry of .pre-commit-hooks.yaml passes on a sound workspace and fails on a broken one."""
    import yaml

    hook, _ = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *arguments = hook["entry"].split()
    assert (hook["id"], program, hook["pass_filenames"]) == ("prompteval-check", "prompteval", False)
    assert hook["always_run"] and "files" not in hook  # a file that was removed would select no hook
    assert workspace.run(*arguments, code=0)
    (workspace.root / "datasets/c.jsonl").write_text(json.dumps({"id": "c1", "inputs": {}}) + "\n")
    assert "datasets/c.jsonl:1" in workspace.run(*arguments, code=2).stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not installed")
def test_pre_commit_accepts_the_hooks(workspace: Any) -> None:
    """pre-commit's own reader of hook files finds nothing wrong."""
    command = ["pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    done = subprocess.run(command, check=False, capture_output=True, cwd=workspace.root, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ["evals/s.yml", "evals/team/t.yaml", "evals/none.yaml"])
def test_b20_a_suite_that_would_not_run_fails_to_collect(workspace: Any, run: Run, path: str) -> None:
    """One hidden by another, one below a directory, one without a case: none is left out silently."""
    text = (workspace.root / "evals/s.yaml").read_text()
    (workspace.root / "datasets/none.jsonl").write_text("")
    workspace.write(path, text.replace("c.jsonl", "none.jsonl") if "none" in path else text)
    done = run("--collect-only", "-q")
    assert done.ret != 0
    done.stdout.fnmatch_lines([f"{path}:*PE2*"])
