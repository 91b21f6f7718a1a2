"""Scores at a token budget are those of the packed prefix, and grow with it."""

from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.retrieval import Chunk, Document
from prompteval.metrics.spans import span_scores, united
from prompteval.rag.budget import scores_at_budgets
from prompteval.rag.gold import blank_in, chunk_spans
from prompteval.rag.pack import pack
from prompteval.tokens import counter

COUNTER = counter("gpt-4o")
TEXT = "one two three. four five six.  seven eight nine. ten eleven twelve."
CHUNKS = [Chunk("d", start, end, TEXT[start:end]) for start, end in ((31, 48), (0, 14), (15, 29), (49, 67))]
SIZES = [COUNTER.count(chunk.text) for chunk in CHUNKS]
GOLD = [[("d", 4, 25)]]


@given(st.lists(st.integers(0, 40), min_size=1).map(sorted))
def test_recall_never_falls_with_the_budget(budgets: list[int]) -> None:
    """Nested prefixes: recall is monotone, and each is what `pack` keeps under that budget."""
    found = scores_at_budgets(GOLD, CHUNKS, SIZES, budgets)
    recalls = [item.scores.recall for item in found if item.scores is not None]
    assert recalls == sorted(recalls)
    for item in found:
        context = pack(CHUNKS, COUNTER, item.budget)
        assert (item.chunks, item.tokens) == (len(context.kept), context.tokens)
        assert item.scores == span_scores(GOLD, united(chunk_spans(context.kept)))


def test_a_first_chunk_over_the_budget_scores_nothing() -> None:
    """Recall 0 and a flag; no candidates at all are no such flag."""
    (found,) = scores_at_budgets(GOLD, CHUNKS, SIZES, [3])
    assert found.first_too_large and found.scores is not None and found.scores.recall == 0
    (none,) = scores_at_budgets(GOLD, [], [], [3])
    assert not none.first_too_large and none.chunks == 0
    assert scores_at_budgets([], CHUNKS, SIZES, [9])[0].scores is None


def test_white_space_between_neighbours_is_not_lost() -> None:
    """Two neighbouring chunks hold the span between them, blanks included."""
    blank = blank_in({"d": Document("d", TEXT)})
    (found,) = scores_at_budgets(GOLD, CHUNKS, SIZES, [100], blank)
    assert found.scores is not None and found.scores.recall == 1
    (strict,) = scores_at_budgets(GOLD, CHUNKS, SIZES, [100])
    assert strict.scores is not None and strict.scores.recall == 20 / 21
