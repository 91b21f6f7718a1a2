"""The examples over published data: recorded answers, their contexts, and the figures that come out."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


def converted(name: str, source: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """A copy of an example, its data converted, run: the metrics of each suite by its name."""
    if not source.is_file():
        pytest.skip(f"{source} is not here")
    shutil.copytree(
        ROOT / "examples" / name, folder, ignore=shutil.ignore_patterns(".prompteval", "datasets")
    )
    subprocess.run([sys.executable, "convert.py", str(source)], cwd=folder, check=True, timeout=60)
    command = [sys.executable, "-m", "prompteval", "run", "--json", "-q", "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return {result["suite"]: result["metrics"] for result in json.loads(done.stdout)["results"]}


def test_the_first_sentence_of_squad_scores_as_published(tmp_path: Path) -> None:
    """EM 0.0165 and F1 5.0035 percent, by the official evaluation of SQuAD 2.0."""
    source = DATA / "squad2_halfdev" / "dev-v2.0.json"
    metrics = converted("squad", source, tmp_path / "squad")["first_sentence"]
    assert metrics["generation.em"]["n"] == 6078
    assert 100 * metrics["generation.em"]["value"] == pytest.approx(0.0165, abs=5e-5)
    assert 100 * metrics["generation.f1"]["value"] == pytest.approx(5.0035, abs=5e-5)


def test_answers_of_mtrag_are_scored_with_their_contexts(tmp_path: Path) -> None:
    """Each responder's 159 answers; the reference, which people wrote, is the best grounded."""
    source = DATA / "mtrag_human_eval" / "reference_subset_with_human_evaluations.json"
    suites = converted("mtrag", source, tmp_path / "mtrag")
    assert set(suites) == {"gpt_4o", "llama_3_1_405b_instruct", "reference"}
    lexical = {name: metrics["grounding.lexical"]["value"] for name, metrics in suites.items()}
    assert max(lexical, key=lambda name: lexical[name]) == "reference"
    assert suites["reference"]["rouge_l"]["value"] == 1.0
    assert all(metrics["generation.f1"]["n"] == 159 for metrics in suites.values())
