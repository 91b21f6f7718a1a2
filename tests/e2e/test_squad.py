"""Real questions: SQuAD paragraphs retrieved and quoted by the embedded default, a sample of each set."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BUILD = Path(__file__).parents[2] / "benchmarks" / "squad" / "build.py"
pytestmark = pytest.mark.slow


def build() -> Any:
    spec = importlib.util.spec_from_file_location("squad_build", BUILD)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["xquad", "squad2"])
def result(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The one result of a run over 30 questions; BM25, so that no paragraph need be encoded."""
    made = build()
    if not made.FILES[request.param].is_file():
        pytest.skip(f"{made.FILES[request.param]} is not here")
    assert made.build(request.param, tmp_path, 30) == 30
    suite = tmp_path / "evals" / "squad.yaml"
    suite.write_text(
        suite.read_text(encoding="utf-8").replace("kind: hybrid", "kind: bm25"), encoding="utf-8"
    )
    command = [sys.executable, "-m", "prompteval", "run", "--json", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return request.param, json.loads(done.stdout)["results"][0]


def test_attribution_adds_up_and_extracts_cite_their_passage(result: Any) -> None:
    """Reasons sum to the failures; quotes are found; the paragraph is mostly among five."""
    name, found = result
    assert (
        sum(found["attribution"].values())
        == found["failures"]["failed"]
        <= found["failures"]["questions"]
        == 30
    )
    metrics = {metric: value["value"] for metric, value in found["metrics"].items()}
    assert metrics["retrieval.recall@5"] >= 0.8 and metrics["citations.quote"] == 1.0
    assert metrics["retrieval.recall@1"] <= metrics["retrieval.recall@5"] <= metrics["retrieval.recall@50"]
    if name == "squad2":
        assert found["attribution"]["false_answer"] > 0
        worth = [line["value"] for line in found["abstention"]]
        assert worth == sorted(worth, reverse=True)  # the more a wrong answer costs, the less it is worth
        assert found["risk_coverage"][0][0] < found["risk_coverage"][-1][0] <= 1
    else:
        assert "false_answer" not in found["attribution"]
