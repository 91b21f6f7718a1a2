"""Two prompts over 6,511 recorded answers of one model (BIG-bench Hard, 27 tasks)."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from prompteval.core.verdict import Comparison
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.values import compare_values

OUTPUTS = Path("../shared/data/bbh_davinci002/outputs.jsonl")


MARK = "the answer is "


def right(mode: str, prediction: str, target: str) -> float:
    """The published rule: the text itself, or what follows the last mark."""
    if mode == "cot":
        _, found, prediction = prediction.rpartition(MARK)
        prediction = prediction.strip().removesuffix(".") if found else "\0"
    return float(prediction == target)


@cache
def tasks() -> dict[str, tuple[list[float], list[float]]]:
    """Scores of each task under both prompts, in the order of its items."""
    if not OUTPUTS.exists():
        pytest.skip("../shared/data/bbh_davinci002 is not here")
    rows: dict[tuple[str, str], dict[int, float]] = {}
    for line in OUTPUTS.read_text("utf-8").splitlines():
        row = json.loads(line)
        score = right(row["mode"], row["prediction"], row["target"])
        rows.setdefault((row["task"], row["mode"]), {})[row["k"]] = score
    sides = {key: [scores[k] for k in sorted(scores)] for key, scores in rows.items()}
    return {task: (sides[task, "direct"], sides[task, "cot"]) for task in sorted({task for task, _ in rows})}


def compared(name: str, direct: list[float], cot: list[float]) -> Comparison:
    return compare_values(name, np.asarray(direct), np.asarray(cot), low=0.0, high=1.0, seed=1)


def test_the_pooled_table_is_the_published_one() -> None:
    """3,408 and 4,816 of 6,511 right, 2,554 pairs differ: improved."""
    pooled = [[score for sides in tasks().values() for score in sides[side]] for side in (0, 1)]
    (found,) = decide([compared("accuracy", *pooled)], [DecisionRule()])
    assert (sum(pooled[0]), sum(pooled[1]), found.pairs, found.discordant) == (3408, 4816, 6511, 573 + 1981)
    assert found.verdict.value == "improved" and found.a == pytest.approx(0.523422, abs=1e-6)


def test_the_pooled_gain_does_not_hide_the_tasks_that_lose() -> None:
    """21 of 27 tasks rise and six fall; Holm over 28 says which of them beyond doubt."""
    pooled = [[score for sides in tasks().values() for score in sides[side]] for side in (0, 1)]
    found = [compared(name, *sides) for name, sides in tasks().items()] + [compared("pooled", *pooled)]
    decided = decide(found, [DecisionRule()] * len(found))
    fell = {one.metric for one in decided if one.delta is not None and one.delta < 0}
    assert fell == {
        "causal_judgement", "formal_fallacies", "ruin_names", "salient_translation_error_detection",
        "snarks", "word_sorting",
    }  # fmt: skip
    regressed = {one.metric for one in decided if one.verdict.value == "regressed"}
    assert regressed and regressed <= fell
    assert all(one.p_adjusted <= 0.05 for one in decided if one.metric in regressed)  # type: ignore[operator]
