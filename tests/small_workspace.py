"""A workspace on disk for what is tested without a process of its own."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions
from prompteval.report.view import RunView
from prompteval.workspace.settings import Workspace, find_workspace

PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""
SUITE = "prompt: say\ncases: ../datasets/c.jsonl\nmodels: [scripted/m.jsonl]\nscorers: [exact]\nmetrics: [accuracy]\n"


@dataclass(frozen=True)
class Place:
    """A workspace with the prompt `say`, two cases that expect "hello" and a model that says it."""

    root: Path

    @property
    def workspace(self) -> Workspace:
        return find_workspace(self.root)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def run(self, **options: object) -> RunView:
        return run_suites(self.workspace, RunOptions(cache=False, **options), Progress())  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.write("prompteval.toml", "")
    made.write("prompts/say/v1.py", PROMPT)
    made.write("evals/s.yaml", SUITE + "gate: [accuracy >= 0.9]\n")
    made.write("m.jsonl", '{"when": "", "text": "hello"}\n')
    cases = ({"id": name, "inputs": {"message": name}, "expected": "hello"} for name in ("c1", "c2"))
    made.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    return made
