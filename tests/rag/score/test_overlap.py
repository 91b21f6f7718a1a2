"""Support by shared words and by meaning; figures on answers that people judged."""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from prompteval.rag.score.overlap import STOP_WORDS, closeness, content_overlap, supported

DATA = Path(__file__).parents[4] / "shared" / "data"


def test_content_words_alone_count_with_repeats() -> None:
    """Two of three content words are in the evidence; nothing to support is all supported."""
    assert len(STOP_WORDS) == 47
    assert content_overlap("The red red car.", ["A red bus", "no"]) == pytest.approx(2 / 3)
    assert content_overlap("it is the", ["x"]) == 1.0 and content_overlap("car", []) == 0.0


def test_a_sentence_without_evidence_is_not_supported() -> None:
    assert supported([("a car", ["a car"]), ("a car", [])], content_overlap) == 0.5
    assert supported([], content_overlap) is None


def test_closeness_is_that_of_the_nearest_sentence() -> None:
    """The greatest cosine over the evidence's sentences, never below 0."""

    class Axes:
        identity = "axes"

        def embed(self, texts: Any) -> tuple[Any, int]:
            known = {"up": (0, 1), "Right.": (1, 0), "Down.": (0, -1), "Slope.": (0.6, 0.8)}
            return np.asarray([known[text] for text in texts], dtype=np.float32), 0

    support = closeness(Axes())
    assert support("up", ["Right. Slope."]) == pytest.approx(0.8)
    assert support("up", ["Down."]) == 0.0 and support("up", []) == 0.0


def read(*parts: str) -> Any:
    path = DATA.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return path.read_text(encoding="utf-8")


def test_overlap_follows_human_faithfulness_as_published() -> None:
    """mtrag_human_eval: Spearman 0.7023 over 300 answers of two models with a context."""
    raw = json.loads(read("mtrag_human_eval", "reference_subset_with_human_evaluations.json"))
    texts = {item["document_id"]: item["text"] for item in raw["documents"]}
    tasks = {task["task_id"]: [texts[c["document_id"]] for c in task["contexts"]] for task in raw["tasks"]}
    ours, theirs = [], []
    for item in raw["evaluations"]:
        if item["model_id"] != "reference" and tasks[item["task_id"]]:
            marks = item["annotations"]["faithfulness"].values()
            theirs.append(fmean(float(mark["value"]) for mark in marks))
            ours.append(content_overlap(item["model_response"], tasks[item["task_id"]]))
    assert len(ours) == 300
    assert spearmanr(ours, theirs).statistic == pytest.approx(0.7023, abs=5e-5)


def test_overlap_tells_supported_claims_as_published() -> None:
    """wice: AUROC 0.7041 over the 1,070 chunks."""
    lines = read("wice", "oracle_chunks_claim", "test.jsonl").splitlines()
    rows = [json.loads(line) for line in lines]
    scores = [content_overlap(row["claim"], [" ".join(row["evidence"])]) for row in rows]
    labels = [row["label"] == "supported" for row in rows]
    assert roc_auc_score(labels, scores) == pytest.approx(0.7041, abs=5e-5)
