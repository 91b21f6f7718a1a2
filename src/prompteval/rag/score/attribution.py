"""Why a question failed: the first stage that lost its evidence, else what the answer did with it."""

from collections.abc import Sequence
from typing import Literal, get_args

from prompteval.metrics.spans import Blank, Gold, Ranges, Span, covers, touches, united

Reason = Literal[
    "error", "corpus_miss", "retrieval_miss", "rank_miss", "budget_miss", "chunk_split", "generation_miss",
    "grounding_miss", "false_abstention", "false_answer", "unattributed",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)
# How far a gold span came; a span that came all the way is in the prompt.
STAGES: tuple[Reason, ...] = ("corpus_miss", "retrieval_miss", "rank_miss", "budget_miss", "chunk_split")
MEANING: dict[Reason, str] = {
    "error": "the call or a stage failed",
    "corpus_miss": "the evidence is in no document",
    "retrieval_miss": "not among the candidates",
    "rank_miss": "a candidate, but below k",
    "budget_miss": "among the first k, but cut by the budget",
    "chunk_split": "packed, but not the whole span",
    "generation_miss": "the evidence was in the prompt, the answer is wrong",
    "grounding_miss": "the answer is right, its citation is not",
    "false_abstention": "the evidence was in the prompt, and it abstained",
    "false_answer": "there is no answer, and it gave one",
    "unattributed": "the question has no gold",
}


def lost_at(
    gold: Gold,
    candidates: Sequence[Span],
    top: Sequence[Span],
    packed: Sequence[Span],
    blank: Blank | None = None,
) -> Reason | None:
    """The first stage that lost a needed span; None where the packed context covers one whole span a group.

    `candidates` are everything that was retrieved, `top` the first k in their last order, `packed` what
    was kept. Of each AND-group the alternative counts that got furthest; of all groups the one that got
    least far. Empty gold is all there.
    """
    ranges = united(packed, blank)
    reached = [max(_reached(span, candidates, top, packed, ranges) for span in group) for group in gold]
    worst = min(reached, default=len(STAGES))
    return STAGES[worst] if worst < len(STAGES) else None


def _reached(
    span: Span, candidates: Sequence[Span], top: Sequence[Span], packed: Sequence[Span], ranges: Ranges
) -> int:
    if span[1] >= span[2]:
        return 0
    if covers(ranges, span):
        return len(STAGES)
    for stage, found in ((4, packed), (3, top), (2, candidates)):
        if any(touches(span, other) for other in found):
            return stage
    return 1
