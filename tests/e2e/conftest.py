"""A small workspace on disk with a scripted model, driven through the real command line."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forks import shared

PROMPT = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, labels, system, user

class Inputs(BaseModel):
    message: str

class Output(BaseModel):
    team: Literal["payments", "support"] = labels(payments="Money.", support="Errors.")

prompt = Prompt(inputs=Inputs, output=Output, messages=[system("Route."), user("{{ message }}")])
"""
SUITE = """prompt: route
cases: ../datasets/c.jsonl
models: [scripted/model.jsonl]
scorers: [{exact: {field: team}}]
metrics: [accuracy, per_class, confusion]
slices: [channel]
references: [majority]
gate:
  - accuracy >= 0.7
"""
RULES = [{"when": "pay", "output": {"team": "payments"}}, {"when": "", "output": {"team": "support"}}]


@dataclass(frozen=True)
class Workspace:
    """A workspace's directory, and the command line run in it."""

    root: Path

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def cases(self, *cases: tuple[str, str, str]) -> None:
        """(id, message, expected team) each; channels take turns."""
        lines = [
            {
                "id": name,
                "inputs": {"message": text},
                "expected": {"team": team},
                "tags": {"channel": "ab"[i % 2]},
            }
            for i, (name, text, team) in enumerate(cases)
        ]
        self.write("datasets/c.jsonl", "".join(json.dumps(line) + "\n" for line in lines))

    def script(self, *rules: object) -> None:
        self.write("model.jsonl", "".join(json.dumps(rule) + "\n" for rule in rules))

    def run(
        self, *arguments: str, code: int | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """`prompteval ARGUMENTS`; when `code` is given, the exit code must be that."""
        env = {"NO_COLOR": "1", **environment}
        found = shared().run(self.root, *arguments, env=env, deadline_s=120.0, memory=None)
        assert found.code is not None, f"did not end within 120 s: {arguments}"
        done = subprocess.CompletedProcess(arguments, found.code, found.stdout, found.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def run_json(self, *arguments: str, code: int = 0) -> dict:  # type: ignore[type-arg]
        return json.loads(self.run("run", "--json", "-q", *arguments, code=code).stdout)  # type: ignore[no-any-return]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Four cases, of which the scripted model gets three right."""
    made = Workspace(tmp_path / "ws")
    made.write("prompteval.toml", "")
    made.write("prompts/route/v1.py", PROMPT)
    made.write("evals/s.yaml", SUITE)
    made.script(*RULES)
    made.cases(
        ("c1", "pay me", "payments"), ("c2", "it broke", "support"), ("c3", "pay again", "payments"), ("c4", "refund", "payments"),
    )  # fmt: skip
    return made


Blocks = Callable[[Path, str], list[str]]


@pytest.fixture
def blocks() -> Blocks:
    """The fenced blocks of a document in one language, in their order."""

    def find(document: Path, language: str) -> list[str]:
        text = document.read_text(encoding="utf-8")
        return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)

    return find
