"""Where the extractive answers of a local encoder should abstain: the dev split of the handbook.

    .venv/bin/python benchmarks/extractive/threshold.py [minilm | use | e5]

For each threshold the score of all questions, right 1 (the copied sentence shares a character with a gold
span), abstained 0 or, without an answer to give, 1, wrong minus lambda. `ABSTAIN_BELOW` is the best on dev at
lambda 0, the greater of equals; train is shown beside it. Replies are cached in .prompteval.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prompteval.core.case import Case
from prompteval.engine.rag.search import kept_vectors, setup_of
from prompteval.metrics.spans import touches
from prompteval.plan.rag.setup import RagSetup
from prompteval.plan.suite_plan import plan_suite
from prompteval.providers.local.encoder import LocalEncoder, open_encoder
from prompteval.providers.local.parsed_message import ParsedMessage
from prompteval.providers.local.reader import abstain_below, candidates
from prompteval.rag.pipeline import Pipeline, Question
from prompteval.rag.score.rag_case import gold_spans
from prompteval.workspace.settings import find_workspace

ROOT = Path(__file__).resolve().parents[2]
THRESHOLDS = [round(float(value), 2) for value in np.arange(0.40, 0.90, 0.02)]
COSTS = (0.0, 1.0)
Outcome = tuple[bool, float, bool]


def main() -> None:
    workspace = find_workspace(ROOT)
    model = sys.argv[1] if len(sys.argv) > 1 else "minilm"
    reader = open_encoder(model, ROOT)
    plan = plan_suite(workspace, "evals/handbook_rag.yaml")
    setup = setup_of(plan)
    found: dict[str, list[Outcome]] = {}
    with kept_vectors(workspace, setup):
        pipeline = setup.pipeline("local/minilm")
        for split in ("dev", "train"):
            cases = [case for case in plan.cases() if case.split == split]
            found[split] = outcomes(setup, pipeline, cases, reader)
    print(
        "| below | dev, lambda 0 | dev, lambda 1 | train, lambda 0 | train, lambda 1 |\n|---|---|---|---|---|"
    )
    for threshold in THRESHOLDS:
        used = " (used)" if threshold == abstain_below(model) else ""
        cells = [f"{worth(found[split], threshold, cost):.3f}" for split in found for cost in COSTS]
        print(f"| {threshold:.2f}{used} | {' | '.join(cells)} |")


def outcomes(
    setup: RagSetup, pipeline: Pipeline, cases: Sequence[Case], embedder: LocalEncoder
) -> list[Outcome]:
    """(answerable, likeness of the best sentence, whether it touches gold) of each question."""
    asked = [Question(case.id, case.inputs["question"]) for case in cases]
    vectors, _ = embedder.embed([question.text for question in asked])
    return [
        outcome(setup, pipeline, case, ranking, vector, embedder)
        for case, ranking, vector in zip(cases, pipeline.retrieve(asked), vectors, strict=True)
    ]


def outcome(
    setup: RagSetup, pipeline: Pipeline, case: Case, ranking: Any, vector: Any, embedder: Any
) -> Outcome:
    kept = pipeline.pack(ranking).kept
    passages = {n: f"{chunk.title}\n{chunk.text}" for n, chunk in enumerate(kept, 1)}
    found = candidates(ParsedMessage(case.inputs["question"], passages))
    likeness = embedder.embed([one.read for one in found])[0] @ vector
    best = found[int(np.argmax(likeness))]
    chunk = kept[best.n - 1]
    start = chunk.start + chunk.text.find(best.sentence)
    span = (chunk.doc_id, start, start + len(best.sentence))
    right = any(touches(span, gold) for gold in gold_spans(setup.gold[case.id]))
    return bool(case.answerable), float(likeness.max()), right


def worth(rows: Sequence[Outcome], threshold: float, cost: float) -> float:
    total = 0.0
    for answerable, likeness, right in rows:
        if likeness < threshold:
            total += not answerable
        else:
            total += 1.0 if answerable and right else -cost
    return total / len(rows)


if __name__ == "__main__":
    main()
