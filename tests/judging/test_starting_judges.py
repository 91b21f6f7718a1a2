"""`init --judge`: each starting prompt is one that its scorer takes, with the reasons before the verdict."""

import json
from pathlib import Path

import pytest

from prompteval.cli.init import JUDGES
from tests.forks import shared
from tests.judging.judged_workspace import lines

SCORERS = {
    "correctness": "judge: {prompt: judge_correctness}",
    "faithfulness": "faithfulness: {prompt: judge_faithfulness, threshold: 0.5}",
    "relevance": "judge: {prompt: judge_relevance, each: context}",
    "rubric": "judge: {prompt: judge_rubric, criteria: [{name: a, text: Is it kind?}], threshold: 3}",
}
REPLIES = {
    "correctness": {"reasons": "", "verdict": "yes"},
    "relevance": {"reasons": "", "verdict": "yes"},
    "rubric": {"reasons": "", "score": 4},
    "faithfulness": {
        "claims": [
            {"claim": "a", "reasons": "", "passage": 1, "quote": "takes 30 days", "verdict": "supported"},
            {"claim": "b", "reasons": "", "passage": 1, "quote": "takes 60 days", "verdict": "supported"},
        ]
    },
}


@pytest.mark.parametrize("kind", SCORERS)
def test_a_starting_judge_runs_as_it_is(tmp_path: Path, kind: str) -> None:
    """Copied, named in a suite, and run over recorded answers with their passages."""
    (tmp_path / "prompteval.toml").write_text("")
    assert shared().run(tmp_path, "init", "--judge", kind).code == 0
    for name in ("evals", "datasets"):
        (tmp_path / name).mkdir()
    case = {"id": "c", "inputs": {"question": "How long?"}, "expected": "30 days"}
    (tmp_path / "datasets/c.jsonl").write_text(lines([case]))
    row = {
        "id": "c",
        "output": "It takes 30 days.",
        "context": [{"doc": "a", "text": "A refund takes 30 days."}],
    }
    (tmp_path / "datasets/o.jsonl").write_text(lines([row]))
    (tmp_path / "j.jsonl").write_text(lines([{"when": "", "output": REPLIES[kind]}]))
    scorer = (
        SCORERS[kind].replace("}", ", model: scripted/j.jsonl}", 1)
        if kind != "rubric"
        else (SCORERS[kind].removesuffix("}") + ", model: scripted/j.jsonl}")
    )
    (tmp_path / "evals/s.yaml").write_text(
        f"outputs: ../datasets/o.jsonl\ncases: ../datasets/c.jsonl\nscorers:\n  - {scorer}\nmetrics: [mean]\n"
    )
    done = shared().run(tmp_path, "run", "--json")
    assert done.code == 0, done.stdout + done.stderr
    value = json.loads(done.stdout)["results"][0]["metrics"]["mean"]["value"]
    assert value == {"correctness": 1.0, "relevance": 1.0, "rubric": 4.0, "faithfulness": 0.5}[kind]


def test_a_judge_is_never_written_over(tmp_path: Path) -> None:
    """And an unknown kind names the nearest."""
    (tmp_path / "prompteval.toml").write_text("")
    assert shared().run(tmp_path, "init", "--judge", "rubric").code == 0
    again = shared().run(tmp_path, "init", "--judge", "rubric")
    assert again.code == 2 and "already exists" in again.stderr
    assert "did you mean 'rubric'?" in shared().run(tmp_path, "init", "--judge", "rubrik").stderr
    assert set(SCORERS) < set(JUDGES)
