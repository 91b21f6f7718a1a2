"""`prompteval audit` on the command line: formats, baseline, list of things to do, exit codes, and this repository."""

import json
import subprocess
from pathlib import Path

import pytest

from prompteval.audit.baseline import new_findings
from prompteval.audit.files import is_test
from prompteval.audit.findings import Finding
from prompteval.audit.run import audit
from prompteval.audit.todo import updated
from prompteval.core.problem import Problem
from tests.forks import Done, shared
from tests.golden import ROOT

CODE = "import ollama\nollama.generate('m:1', 'Say hello.', options={'temperature': 0, 'num_predict': 5})\n"


def run(root: Path, *arguments: str, code: int) -> Done:
    done = shared().run(root, "audit", *arguments, env={"NO_COLOR": "1"})
    assert done.code == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(CODE)
    return tmp_path


def test_one_line_a_finding_and_a_last_line_that_sums_up(repository: Path) -> None:
    """Findings fail with 1, unless only errors shall; a repository without any passes."""
    done = run(repository, code=1)
    assert "app.py:2:24 PA101 prompt in code: 'Say hello.' reaches ollama generate" in done.stdout
    assert done.stderr == "1 module; imports ollama; 0 errors, 2 warnings; exit 1\n"
    run(repository, "--fail-on", "error", code=0)
    (repository / "app.py").write_text("print('hello')\n")
    assert run(repository, code=0).stderr == "1 module; no library for models; 0 errors, 0 warnings; exit 0\n"


def test_the_formats_of_check(repository: Path) -> None:
    """JSON, SARIF and GitHub name the same findings; an unknown one is refused."""
    problems = json.loads(run(repository, "--output-format", "json", code=1).stdout)
    assert [problem["code"] for problem in problems] == ["PA118", "PA101"]
    sarif = json.loads(run(repository, "--output-format", "sarif", code=1).stdout)
    assert {result["ruleId"] for result in sarif["runs"][0]["results"]} == {"PA101", "PA118"}
    assert run(repository, "--output-format", "github", code=1).stdout.count("::warning ") == 2
    assert "ollama.generate" in run(repository, "--output-format", "full", code=1).stdout
    run(repository, "--output-format", "xml", code=2)


def test_a_baseline_leaves_out_what_it_knows_wherever_it_moves(repository: Path) -> None:
    """A second prompt is reported, the first is not, also after lines were added above it."""
    run(repository, "--baseline", "known.json", code=2)
    run(repository, "--baseline", "known.json", "--update-baseline", code=0)
    (repository / "app.py").write_text(
        "# a comment\n\n"
        + CODE
        + "ollama.generate('m:1', 'Say goodbye.', options={'temperature': 0, 'num_predict': 5})\n"
    )
    done = run(repository, "--baseline", "known.json", code=1)
    assert "goodbye" in done.stdout and "'Say hello.'" not in done.stdout
    (repository / "known.json").write_text("[]")
    assert "PA121" in run(repository, "--baseline", "known.json", code=2).stderr


def test_a_list_of_things_to_do_has_three_states(repository: Path) -> None:
    """What is found is open, what somebody works on stays marked, what is gone is done; other text stays."""
    todo = repository / "TODO.md"
    todo.write_text("# Plans\n\n- [ ] write docs\n\n## Later\n\n- [x] rest\n")
    run(repository, "--todo", "TODO.md", code=1)
    text = todo.read_text()
    assert text.startswith(
        "# Plans\n\n- [ ] write docs\n\n## Later\n\n- [x] rest\n\n## prompteval audit\n\n- [ ] "
    )
    todo.write_text(text.replace("- [ ] app.py:2 PA101", "- [-] app.py:2 PA101") + "\n## After\n")
    (repository / "test_app.py").write_text("import app\n")
    done = run(repository, "--todo", "TODO.md", code=1)
    text = todo.read_text()
    assert "- [-] app.py:2 PA101" in text and "- [x] app.py:2 PA118" in text and text.endswith("\n## After\n")
    assert done.stderr.startswith("TODO.md: 0 open, 1 in work, 1 done\n")


def test_the_rest_of_a_list_of_things_to_do_keeps_its_bytes(repository: Path) -> None:
    """A byte order mark, CRLF, and characters that Python takes for line ends."""
    before = "\ufeff# Plans\r\n\r\n- [ ] one\u2028two\x0c\r\n\r\n".encode()
    (repository / "TODO.md").write_bytes(before)
    run(repository, "--todo", "TODO.md", code=1)
    after = (repository / "TODO.md").read_bytes()
    assert after.startswith(before) and after.count(b"\n") == after.count(b"\r\n")


def test_paths_are_from_here_for_people_and_from_the_repository_for_programs(repository: Path) -> None:
    """An editor opens what is printed from the current directory."""
    assert "repo/app.py:2:24 PA101" in run(below(repository), "repo", code=1).stdout
    found = json.loads(run(repository, "repo", "--output-format", "json", code=1).stdout)
    assert {problem["path"] for problem in found} == {"app.py"}


def below(repository: Path) -> Path:
    """The directory, with its module in `repo` below it."""
    (repository / "repo").mkdir()
    (repository / "app.py").rename(repository / "repo" / "app.py")
    return repository


def finding(path: str, subject: str) -> Finding:
    return Finding(Problem(path, 1, 1, "PA101", f"about {subject}", severity="warning"), 1, subject)


def test_updating_a_list_twice_changes_nothing() -> None:
    """And what is done and comes back is open again."""
    found = [finding("a.py", "<!-- x -->"), finding("b.py", "two")]
    text = updated("", found)
    assert updated(text, found) == text
    assert updated(updated(text, []), found) == text
    assert updated(text, []).count("- [x]") == 2


def test_a_finding_that_is_there_more_often_than_known_is_new() -> None:
    """Two equal prompts in one file are two."""
    from collections import Counter

    one = finding("a.py", "x")
    assert new_findings([one, one], Counter({one.known_by: 1})) == [one]


@pytest.mark.slow
def test_this_repository_is_clean() -> None:
    """But for keys of tests, which are made up, and the workspace of `init`, which has not run yet."""
    if subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True).stdout == b"":
        pytest.skip("not a clone")
    problems = [found.problem for found in audit(ROOT).findings]
    assert [problem for problem in problems if problem.severity == "error"] == []
    left = {(problem.path, problem.code) for problem in problems if not is_test(problem.path)}
    assert left == {("src/prompteval/cli/starter/evals/route_ticket.yaml", "PA117")}
