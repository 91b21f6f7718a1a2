"""Sample files, each with comments that say what must be found where: all of it, and nothing else."""

import re
from pathlib import Path

import pytest

from prompteval.audit.run import AuditReport, audit
from tests.golden import ROOT

SAMPLES = ROOT / "tests" / "fixtures" / "audit"
EXPECT = re.compile(r"# expect: ([A-Z0-9 ]+)$")
PROMPT_RULES = {"PA100", "PA101", "PA102", "PA103", "PA120"}
PATHS = sorted(path.name for path in SAMPLES.glob("*.py"))


def expected(path: Path) -> set[tuple[int, str]]:
    """(line, code) of every comment; a comment is about the next line that is none."""
    found: set[tuple[int, str]] = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        match = EXPECT.search(line)
        if match:
            found |= {(number + 1, code) for code in match[1].split()}
    return found


@pytest.fixture(scope="module")
def report() -> AuditReport:
    return audit(SAMPLES)


def test_there_are_thirty_samples() -> None:
    """Of calls of many libraries, and of what only looks like one."""
    assert len(PATHS) >= 30


@pytest.mark.parametrize("name", PATHS)
def test_every_marked_prompt_is_found_and_no_other(report: AuditReport, name: str) -> None:
    """By data flow into a call, whatever the text is like."""
    problems = [finding.problem for finding in report.findings if finding.problem.path == name]
    found = {(problem.line, problem.code) for problem in problems if problem.code in PROMPT_RULES}
    assert found == expected(SAMPLES / name)


def test_a_package_is_audited_by_itself_as_within_its_repository(tmp_path: Path) -> None:
    """Its modules import each other by its own name, which is that of the directory."""
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "texts.py").write_text('HELLO = "Greet the user."\n')
    (package / "ask.py").write_text(
        "import ollama\nfrom app.texts import HELLO\n\nollama.generate('m', HELLO)\n"
    )
    for root, path in ((package, "texts.py"), (tmp_path, "app/texts.py")):
        assert path in {f.problem.path for f in audit(root).findings if f.problem.code == "PA101"}
