"""How far the gold of a question came: the first stage that lost it."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.core.attribution import Reason
from prompteval.metrics.span_index import SpanIndex
from prompteval.metrics.spans import Blank, Gold, Ranges, Span, covers, united

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
    stages = Stages.of(candidates, top, packed, blank)
    reached = [max(map(stages.reached, group)) for group in gold]
    return lost_after(min(reached, default=len(STAGES)))


def lost_after(stages: int) -> Reason | None:
    """The stage that lost what came through so many; None behind the last."""
    return STAGES[stages] if stages < len(STAGES) else None


@dataclass(frozen=True, slots=True)
class Stages:
    """What gold is looked for in: candidates, the first k of them, what was packed, and its united ranges."""

    candidates: SpanIndex
    top: SpanIndex
    packed: SpanIndex
    ranges: Ranges

    @classmethod
    def of(
        cls, candidates: Sequence[Span], top: Sequence[Span], packed: Sequence[Span], blank: Blank | None
    ) -> "Stages":
        """The stages of one question, as spans."""
        return cls(SpanIndex(candidates), SpanIndex(top), SpanIndex(packed), united(packed, blank))

    def reached(self, span: Span) -> int:
        """How many stages a gold span came through."""
        if span[1] >= span[2]:
            return 0
        if covers(self.ranges, span):
            return len(STAGES)
        for stage, found in ((4, self.packed), (3, self.top), (2, self.candidates)):
            if found.touches(span):
                return stage
        return 1
