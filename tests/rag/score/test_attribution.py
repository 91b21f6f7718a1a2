"""The first stage that lost the evidence of a question."""

from hypothesis import given
from hypothesis import strategies as st

from prompteval.rag.score.attribution import STAGES, lost_at

GOLD = ("d", 10, 20)
WHOLE, HALF, OTHER = ("d", 0, 30), ("d", 0, 15), ("d", 40, 50)


def test_each_stage_is_named() -> None:
    """Not in the corpus, not a candidate, below k, cut by the budget, packed in part, all there."""
    assert lost_at([[("d", 0, 0)]], [WHOLE], [WHOLE], [WHOLE]) == "corpus_miss"
    assert lost_at([[GOLD]], [OTHER], [OTHER], [OTHER]) == "retrieval_miss"
    assert lost_at([[GOLD]], [OTHER, WHOLE], [OTHER], [OTHER]) == "rank_miss"
    assert lost_at([[GOLD]], [OTHER, WHOLE], [OTHER, WHOLE], [OTHER]) == "budget_miss"
    assert lost_at([[GOLD]], [HALF], [HALF], [HALF]) == "chunk_split"
    assert lost_at([[GOLD]], [WHOLE], [WHOLE], [WHOLE]) is None


def test_two_halves_cover_a_span_together() -> None:
    """Evidence is in the prompt when the united context covers the span."""
    halves = [("d", 0, 15), ("d", 15, 30)]
    assert lost_at([[GOLD]], halves, halves, halves) is None


def test_the_alternative_that_got_furthest_counts_and_every_group_is_needed() -> None:
    """OR: the better one; AND: the worse one."""
    far = ("e", 0, 5)
    assert lost_at([[far, GOLD]], [WHOLE], [WHOLE], [WHOLE]) is None
    assert lost_at([[GOLD], [far]], [WHOLE], [WHOLE], [WHOLE]) == "retrieval_miss"


spans = st.tuples(st.sampled_from("de"), st.integers(0, 20), st.integers(1, 10)).map(
    lambda s: (s[0], s[1], s[1] + s[2])
)


@given(
    st.lists(spans, max_size=6), st.lists(spans, min_size=1, max_size=3), st.integers(0, 6), st.integers(0, 6)
)
def test_more_kept_never_loses_earlier(chunks: list, gold: list, k: int, kept: int) -> None:  # type: ignore[type-arg]
    """Packing one chunk more moves the reason later or not at all."""
    order = [*STAGES, None]
    groups = [[span] for span in gold]
    top = chunks[:k]
    fewer, more = (lost_at(groups, chunks, top, top[:n]) for n in (kept, kept + 1))
    assert order.index(fewer) <= order.index(more)
