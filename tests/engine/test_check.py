"""What `check` finds with and without importing the workspace."""

from dataclasses import replace
from pathlib import Path

import pytest

from prompteval.engine.check import CheckReport, check_workspace
from prompteval.workspace.settings import find_workspace

PROMPT = """
import helper_that_is_not_there
prompt = Prompt(inputs=Inputs, output=str, messages=[system(file="s.j2"), user("{{ message }}")])
"""
FILES = {
    "prompteval.toml": 'default_model = "scripted/gone.jsonl"\n',
    "prompts/say/v1.py": PROMPT,
    "prompts/say/s.j2": "Say it.",
    "prompts/say/unused.j2": "{% broken",
    "datasets/c.jsonl": '{"id": "a", "inputs": {"message": "x"}, "expected": "y", "tags": {"kind": "z"}}\n',
    "evals/s.yaml": "prompt: say\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n",
    "evals/baselines/s.json": "{}",
    "docs/a.md": "Apples are red.",
}


def look(root: Path, *, imports: bool = False, **changed: str) -> CheckReport:
    for name, text in {**FILES, **changed}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return check_workspace(replace(find_workspace(root), imports=imports))


def test_without_imports_a_sound_workspace_has_no_problem(tmp_path: Path) -> None:
    """Also where its Python needs what is not installed here; a model that a prompt may pin is not guessed."""
    found = look(tmp_path)
    assert found.problems == () and found.summary == "1 prompt version, 1 suite, 1 case"
    assert found.unchecked == (
        "inputs, output and templates of 1 prompt version, and the cases against them",
    )
    told = look(tmp_path, imports=True)
    assert {problem.code for problem in told.problems} == {"PE221", "PE306"} and told.unchecked == ()


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("prompts/say/v1.py", "prompt = Prompt(\n", "prompts/say/v1.py:1:16 PE305 not Python: '(' was never closed"),
        ("prompts/say/v1.py", "x = " + "(" * 5000, "prompts/say/v1.py:1:205 PE305 not Python: too many nested"),
        ("prompts/say/v1.py", "x = " + "-" * 50_000 + "1", "prompts/say/v1.py:1:1 PE305 not Python"),
        ("prompts/say/v1.py", "\n# sk-or-v1-0123456789abcdef0123456789", "prompts/say/v1.py:2:3 PE330 credential"),
        ("prompts/say/s.j2", "a\n{% for %}", "prompts/say/s.j2:2:1 PE308 template: "),
        ("prompts/prompts.lock", "{", "prompts/prompts.lock:1:2 PE252 the lock cannot be read"),
        ("datasets/c.jsonl", '{"id": "a", "inptus": {}}', "datasets/c.jsonl:1:1 PE"),
        ("evals/s.yaml", FILES["evals/s.yaml"] + "slices: [lang]\n", "evals/s.yaml:5:10 PE231 no case carries"),
        ("evals/s.yaml", FILES["evals/s.yaml"].replace("say", "sya"), "evals/s.yaml:1:1 PE222 no prompt named 'sya'"),
        ("evals/s.yaml", FILES["evals/s.yaml"].replace("say", "say@v3"), "evals/s.yaml:1:1 PE222 prompt 'say' has no version v3"),
        ("evals/s.yaml", FILES["evals/s.yaml"] + "models: [scripted/gone.jsonl]\n", "evals/s.yaml:5:10 PE221"),
        ("evals/s.yaml", FILES["evals/s.yaml"].replace("exact", "python: 'gone:f'"), "evals/s.yaml:3:11 PE223 gone:f: gone.py does not exist"),
        ("evals/s.yaml", FILES["evals/s.yaml"].replace("prompt: say", "callable: 'os:system'"), "evals/s.yaml:1:1 PE220 os:system: os.py does not exist"),
    ],
)  # fmt: skip
def test_without_imports_what_can_be_seen_is_told(tmp_path: Path, path: str, text: str, told: str) -> None:
    """Syntax, schema, cases, references, the lock, templates and credentials, at their lines."""
    problems = look(tmp_path, **{path: text}).problems
    assert any(str(problem).startswith(told) for problem in problems), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("callable: 'os:system'\n", "1:1 PE220"),
        ("prompt: say\nscorers: [{python: 'subprocess:run'}]\n", "2:11 PE223"),
        ("rag: {corpus: ../docs, retriever: {python: 'builtins:eval'}, modes: [retrieval]}\n", "1:35 PE272"),
        ("endpoint: {url: 'http://127.0.0.1:9/', headers_env: {x: PATH}}\n", "1:1 PE220 endpoint: headers_env reads PATH"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("imports", [True, False])
def test_s31_what_a_suite_may_not_name_is_a_problem_at_its_line(
    tmp_path: Path, line: str, place: str, imports: bool
) -> None:
    """As a target, a scorer, a retriever; a variable that the settings do not list."""
    suite = line + "cases: [{id: a, inputs: {message: x}}]\n"
    prompt = FILES["prompts/say/v1.py"].replace("import helper_that_is_not_there\n", "")
    problems = look(
        tmp_path, imports=imports, **{"evals/s.yaml": suite, "prompts/say/v1.py": prompt}
    ).problems
    assert any(str(problem).startswith(f"evals/s.yaml:{place}") for problem in problems), problems


def test_a_second_table_of_settings_is_not_ignored_in_silence(tmp_path: Path) -> None:
    """A prompteval.toml wins, and what the other says has no effect; another tool's table is no settings."""
    table = "[tool.prompteval]\ndefault_model = 'local/other'\n"
    (problem,) = look(tmp_path, **{"pyproject.toml": table}).problems
    assert str(problem).startswith("pyproject.toml:1:1 PE122 [tool.prompteval] is ignored")
    assert problem.severity == "warning"
    assert look(tmp_path, **{"pyproject.toml": "[tool.ruff]\n"}).problems == ()
