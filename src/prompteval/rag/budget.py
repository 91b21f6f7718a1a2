"""Retrieval scored at constant token budgets, so that chunks of different sizes compare fairly."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.core.retrieval import Chunk
from prompteval.metrics.spans import Blank, Gold, SpanScores, span_scores, united
from prompteval.rag.gold import chunk_spans
from prompteval.rag.pack import fitting


@dataclass(frozen=True, slots=True)
class BudgetScores:
    """One question at one budget: `recall@Bt`, `precision@Bt`, `iou@Bt`.

    `scores` is None for a question without gold. `chunks` is how many fit, `tokens` what they
    have; `first_too_large` says that not even the first fits, and then every score is 0.
    """

    budget: int
    scores: SpanScores | None
    chunks: int
    tokens: int
    first_too_large: bool = False


def scores_at_budgets(
    gold: Gold,
    ranked: Sequence[Chunk],
    sizes: Sequence[int],
    budgets: Sequence[int],
    blank: Blank | None = None,
) -> list[BudgetScores]:
    """The span scores of what would be packed under each budget, in the order of the budgets.

    `ranked` are the candidates, best first, and `sizes` their tokens as packed. `blank` tells
    where a document has nothing but white space, which is no loss between two chunks.
    """
    found = []
    for budget in budgets:
        count = fitting(sizes, budget)
        ranges = united(chunk_spans(ranked[:count]), blank)
        scores = span_scores(gold, ranges)
        too_large = bool(ranked) and count == 0
        found.append(BudgetScores(budget, scores, count, sum(sizes[:count]), too_large))
    return found
