"""How far the gold of a question came: the first stage that lost it."""

from collections.abc import Sequence

from prompteval.core.attribution import Reason
from prompteval.metrics.spans import Blank, Gold, Ranges, Span, covers, touches, united

# How far a gold span came; a span that came all the way is in the prompt.
STAGES: tuple[Reason, ...] = ("corpus_miss", "retrieval_miss", "rank_miss", "budget_miss", "chunk_split")


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
    reached = [max(reached_by(span, candidates, top, packed, ranges) for span in group) for group in gold]
    return lost_after(min(reached, default=len(STAGES)))


def lost_after(stages: int) -> Reason | None:
    """The stage that lost what came through so many; None behind the last."""
    return STAGES[stages] if stages < len(STAGES) else None


def reached_by(
    span: Span, candidates: Sequence[Span], top: Sequence[Span], packed: Sequence[Span], ranges: Ranges
) -> int:
    """How many stages a gold span came through. `ranges` are those of `packed`, united."""
    if span[1] >= span[2]:
        return 0
    if covers(ranges, span):
        return len(STAGES)
    for stage, found in ((4, packed), (3, top), (2, candidates)):
        if any(touches(span, other) for other in found):
            return stage
    return 1
