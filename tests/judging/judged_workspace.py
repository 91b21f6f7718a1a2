"""A workspace with judges: twenty answers, half of them right, and a scripted judge that reads them."""

import json
from pathlib import Path

import pytest

from tests.small_workspace import Place

CORRECT = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str
    output: str
    reference: str

class Verdict(BaseModel):
    reasons: str
    verdict: Literal["yes", "no"]

prompt = Prompt(
    inputs=Inputs,
    output=Verdict,
    messages=[
        system("Is the answer right?"),
        user("{{ message }}\\n{{ reference }}\\n{{ output }}"),
    ],
)
"""
HELPFUL = (
    CORRECT.replace("    reference: str\n", "")
    .replace('Literal["yes", "no"]', "int")
    .replace("verdict:", "score:")
    .replace("\\n{{ reference }}", "")
)
RULES = (
    {"when": "a right answer", "output": {"reasons": "as expected", "verdict": "yes"}},
    {"when": "", "output": {"reasons": "not as expected", "verdict": "no"}},
)
SUITE = """outputs: ../datasets/outputs.jsonl
cases: ../datasets/judged.jsonl
scorers:
  - judge: {prompt: judge_correct, model: scripted/judge.jsonl}
metrics: [accuracy]
"""
COUNT = 20


def lines(rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)  # type: ignore[attr-defined]


def judged(made: Place) -> Place:
    """The workspace; its suite `judged` has cases c00 to c19, of which the even ones are answered right."""
    made.write("prompts/judge_correct/v1.py", CORRECT)
    made.write("prompts/judge_helpful/v1.py", HELPFUL)
    made.write("judge.jsonl", lines(RULES))
    ids = [f"c{n:02}" for n in range(COUNT)]
    tags = [{"kind": "even" if n % 2 == 0 else "odd"} for n in range(COUNT)]
    made.write(
        "datasets/judged.jsonl",
        lines(
            {"id": case_id, "inputs": {"message": case_id}, "expected": "ok", "tags": tag}
            for case_id, tag in zip(ids, tags, strict=True)
        ),
    )
    answers = ["a right answer" if n % 2 == 0 else "a wrong one" for n in range(COUNT)]
    made.write(
        "datasets/outputs.jsonl",
        lines({"id": case_id, "output": answer} for case_id, answer in zip(ids, answers, strict=True)),
    )
    made.write("evals/judged.yaml", SUITE)
    return made


@pytest.fixture
def judges(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.write("prompteval.toml", "")
    return judged(made)
