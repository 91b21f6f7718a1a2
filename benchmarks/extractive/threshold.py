"""Where the extractive answers of a local encoder should abstain: the dev split of the handbook.

    .venv/bin/python benchmarks/extractive/threshold.py [minilm | use | e5] [--write]

For each threshold the score of all questions, right 1 (the copied sentence shares a character with a gold
span), abstained 0 or, without an answer to give, 1, wrong minus lambda. The threshold that is used is fitted
on dev as `prompteval data fit threshold` fits one, over the questions where answering or abstaining earns
something: those without an answer, and those whose best sentence is right. `--write` stores it where the
provider reads it; train is shown beside it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prompteval.core.case import Case
from prompteval.data.fitted import Example, fit
from prompteval.data.rows import DataRow
from prompteval.engine.rag.search import kept_vectors, setup_of
from prompteval.metrics.spans import touches
from prompteval.plan.rag.setup import RagSetup
from prompteval.plan.suite_plan import plan_suite
from prompteval.providers.local.encoder import LocalEncoder, open_encoder
from prompteval.providers.local.learned import THRESHOLDS, abstain_below
from prompteval.providers.local.parsed_message import ParsedMessage
from prompteval.providers.local.reader import candidates
from prompteval.rag.pipeline import Pipeline, Question
from prompteval.rag.score.rag_case import gold_spans
from prompteval.workspace.settings import find_workspace

ROOT = Path(__file__).resolve().parents[2]
CASES = "datasets/handbook_qa.jsonl"
THRESHOLDS_SHOWN = [round(float(value), 2) for value in np.arange(0.40, 0.94, 0.02)]
COSTS = (0.0, 1.0)
Outcome = tuple[bool, float, bool]


def main() -> None:
    write = "--write" in sys.argv
    model = next((name for name in sys.argv[1:] if name != "--write"), "minilm")
    found = measured(model, ("dev", "train"))
    fitted = fit("threshold", "likeness", examples(found["dev"]), "dev")
    if write:
        (THRESHOLDS / f"{model}.json").write_text(fitted.text(), encoding="ascii")
    rows = {side: [outcome for _, outcome in outcomes] for side, outcomes in found.items()}
    used = abstain_below(model)
    print(
        "| below | dev, lambda 0 | dev, lambda 1 | train, lambda 0 | train, lambda 1 |\n|---|---|---|---|---|"
    )
    for threshold in sorted([*THRESHOLDS_SHOWN, used]):
        mark = " (used)" if threshold == used else ""
        cells = [f"{worth(rows[side], threshold, cost):.3f}" for side in rows for cost in COSTS]
        print(f"| {threshold:.4g}{mark} | {' | '.join(cells)} |")


def measured(model: str, sides: Sequence[str]) -> dict[str, list[tuple[Case, Outcome]]]:
    """The outcome of each question by side."""
    workspace = find_workspace(ROOT)
    reader = open_encoder(model, ROOT)
    plan = plan_suite(workspace, "evals/handbook_rag.yaml")
    setup = setup_of(plan)
    found = {}
    with kept_vectors(workspace, setup):
        pipeline = setup.pipeline("local/minilm")
        for side in sides:
            cases = [case for case in plan.cases() if case.split == side]
            found[side] = list(zip(cases, outcomes(setup, pipeline, cases, reader), strict=True))
    return found


def examples(found: Sequence[tuple[Case, Outcome]]) -> list[Example]:
    """Rows for the fit, with whether the answer is right; a wrong answer to what has one decides nothing."""
    return [
        Example(
            DataRow(CASES, 0, case.id, str(case.inputs["question"]), str(answerable), split=case.split or ""),
            (likeness,),
        )
        for case, (answerable, likeness, right) in found
        if right or not answerable
    ]


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
