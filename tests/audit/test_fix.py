"""`--fix`: literal prompts move to prompts/, their place loads them, and the same text reaches the model."""

import ast
import runpy
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.audit.fix import _template, plan_fixes, write_fixes
from prompteval.audit.run import audit
from tests.forks import shared
from tests.golden import ROOT

CODE = '''"""An application."""
from __future__ import annotations

from model import client

GREETING = "Say hello\\n"  # kept


def ask(name, age):
    return client.responses.create(
        input=f"Greet {name!r}, who is {age:03d} years {{old}} {{{{and}}}} {name.upper()}.",  # a comment
        instructions=GREETING,
        model="m", temperature=0, max_output_tokens=9,
    )


print(ask("Zoë", 7))
'''
MODEL = """from openai import OpenAI


class Echo(OpenAI):
    def __init__(self):
        pass

    @property
    def responses(self):
        return self

    def create(self, **given):
        return repr((given["input"], given["instructions"]))


client = Echo()
"""


def output(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    sys.path.insert(0, str(root))
    try:
        sys.modules.pop("model", None)
        runpy.run_path(str(root / "app.py"))
    finally:
        sys.path.remove(str(root))
        sys.modules.pop("model", None)
    return capsys.readouterr().out


def test_the_same_text_reaches_the_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A constant and an f-string with conversions and formats; comments stay, and a second fix finds nothing."""
    (tmp_path / "app.py").write_text(CODE)
    (tmp_path / "model.py").write_text(MODEL)
    before = output(tmp_path, capsys)
    done = shared().run(tmp_path, "audit", "--fix", env={"NO_COLOR": "1"})
    assert done.code == 1 and "+++ b/prompts/ask/v1.py" in done.stdout and not (tmp_path / "prompts").exists()
    done = shared().run(tmp_path, "audit", "--fix", "--yes", env={"NO_COLOR": "1"})
    assert done.code == 0, done.stderr
    after = (tmp_path / "app.py").read_text()
    assert "# kept" in after and "# a comment" in after and "Say hello" not in after
    assert output(tmp_path, capsys) == before and "Zoë" in before
    assert "PA101" not in {found.problem.code for found in audit(tmp_path).findings}
    assert shared().run(tmp_path, "check", env={"NO_COLOR": "1"}).code == 0


def test_every_sample_compiles_and_renders_the_same(tmp_path: Path) -> None:
    """All samples at once; what is left has a reason."""
    root = tmp_path / "samples"
    shutil.copytree(ROOT / "tests" / "fixtures" / "audit", root)
    found = sum(f.problem.code == "PA101" for f in audit(root).findings)
    plan = plan_fixes(root, audit(root))
    write_fixes(root, plan)
    for path in plan.changed:
        compile((root / path).read_text(), path, "exec")
    moved = sum(path.startswith("prompts/") for path in plan.new)
    assert moved >= 40 and moved + len(plan.left) == found
    assert {reason.partition(": ")[2] for reason in plan.left} <= {"put together of several literals"}
    assert shared().run(root, "check", env={"NO_COLOR": "1"}).code == 0


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="a{}%#\n\r '\"\\ä", max_size=12), st.text(alphabet="{}%# \n", max_size=4))
def test_any_text_is_rendered_as_it_is(text: str, other: str) -> None:
    """Braces, marks of Jinja, line ends: the proof of a template never fails."""
    node = ast.parse(repr(text), mode="eval").body
    assert isinstance(node, ast.Constant) and _template(node)[1] == {}
    joined = ast.JoinedStr(
        [ast.Constant(text), ast.FormattedValue(ast.Name("x", ast.Load()), -1), ast.Constant(other)]
    )
    assert _template(joined)[1] == {"x": "f'{x}'"}


def test_what_cannot_be_moved_stays(tmp_path: Path) -> None:
    """Sums of literals, other line ends and notebooks are left, each with why."""
    (tmp_path / "a.py").write_text("import ollama\nollama.generate('m', 'Say ' + 'hello to all.')\n")
    (tmp_path / "b.py").write_bytes(b"import ollama\r\nollama.generate('m', 'Say hello to all.')\r\n")
    plan = plan_fixes(tmp_path, audit(tmp_path))
    assert not plan.changed and not plan.new and len(plan.left) == 2


def test_the_workspace_is_where_the_code_looks_for_it(tmp_path: Path) -> None:
    """A pyproject.toml without settings is none; below a workspace the fix is refused, since its prompts are above."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text("import ollama\nollama.generate('m', 'Say hello to all.')\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert "prompteval.toml" in plan_fixes(tmp_path, audit(tmp_path)).new
    (tmp_path / "pyproject.toml").write_text("[tool.prompteval]\n")
    assert "prompteval.toml" not in plan_fixes(tmp_path, audit(tmp_path)).new
    done = shared().run(tmp_path / "app", "audit", "--fix", "--yes", env={"NO_COLOR": "1"})
    assert done.code == 2 and "is below the workspace" in done.stderr
