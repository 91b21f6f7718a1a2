"""Packing keeps a prefix of the ranking, nested over budgets, and says what it left out and why."""

import hashlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import ContextOverflow
from prompteval.core.retrieval import Chunk
from prompteval.rag.pack import FIRST_TOO_LARGE, fitting, pack, refuse_overflow, room_for_context
from prompteval.tokens import counter

COUNTER = counter("gpt-4o")
DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


def chunk(number: int, words: int) -> Chunk:
    return Chunk("d", number, number + 1, " ".join(["word"] * words))


@given(st.lists(st.integers(1, 20), max_size=12), st.integers(0, 120), st.integers(0, 120))
def test_a_smaller_budget_keeps_a_prefix_of_a_larger_one(sizes: list[int], one: int, other: int) -> None:
    """Nested and monotone; what is kept is within the budget, and nothing vanishes."""
    ranked = [chunk(number, size) for number, size in enumerate(sizes)]
    small, large = (pack(ranked, COUNTER, budget) for budget in sorted((one, other)))
    assert large.kept[: len(small.kept)] == small.kept
    for context in (small, large):
        assert (
            context.tokens == sum(COUNTER.count(item.text) for item in context.kept) <= (context.budget or 0)
        )
        assert [*context.kept, *(item for item, _ in context.dropped)] == ranked
    assert fitting(sizes, one) == len(pack(ranked, COUNTER, one).kept)


def test_dropped_chunks_carry_their_reason() -> None:
    """Twice the same chunk, below k, and over the budget; a smaller one behind is dropped too."""
    ranked = [chunk(0, 5), chunk(0, 5), chunk(1, 50), chunk(2, 1), chunk(3, 1)]
    context = pack(ranked, COUNTER, 20, k=3)
    assert [item.start for item in context.kept] == [0]
    assert [(item.start, why) for item, why in context.dropped] == [
        (0, "duplicate"), (3, "rank"), (1, "budget"), (2, "budget"),
    ]  # fmt: skip
    assert context.flags == {} and context.tokens == 5


def test_a_first_chunk_over_the_budget_is_flagged() -> None:
    """Nothing is packed, and the context says why; without a budget everything fits."""
    context = pack([chunk(0, 50)], COUNTER, 20)
    assert (context.kept, dict(context.flags)) == ((), {FIRST_TOO_LARGE: 1})
    assert len(pack([chunk(0, 50)], COUNTER, None).kept) == 1
    assert pack([], COUNTER, 20).flags == {}


def test_overflow_can_be_an_error() -> None:
    """`error` raises, with tokens, limit and the number of chunks that do not fit."""
    with pytest.raises(ContextOverflow, match=r"55 tokens, 20 allowed \(1 of 2 chunks do not fit") as caught:
        pack([chunk(0, 5), chunk(1, 50)], COUNTER, 20, on_overflow="error")
    assert (caught.value.tokens, caught.value.limit) == (55, 20)
    assert len(pack([chunk(0, 5)], COUNTER, 20, on_overflow="error").kept) == 1


def test_chunks_are_counted_as_the_prompt_writes_them() -> None:
    """A numbered passage with its title costs more than its text."""
    ranked = [chunk(0, 8), chunk(1, 8)]
    assert len(pack(ranked, COUNTER, 16).kept) == 2
    assert len(pack(ranked, COUNTER, 16, written=lambda item: f"[1] Title: {item.text}\n").kept) == 1


def test_a_prompt_that_would_not_fit_is_refused_before_the_call() -> None:
    """The output keeps its room; the message says what is allowed."""
    refuse_overflow(90, 100, 10)
    with pytest.raises(
        ContextOverflow, match=r"91 tokens, 90 allowed \(the window of 100 keeps 10 for the output"
    ):
        refuse_overflow(91, 100, 10)
    assert room_for_context(100, 60, 30) == 10
    assert room_for_context(100, 90, 30) == 0


@pytest.mark.parametrize(
    ("model", "encoding", "published"),
    [
        ("gpt-4", "cl100k_base", [7_727, 166_177, 117_211, 10_444, 26_649]),
        ("gpt-4o", "o200k_base", [7_652, 165_167, 115_646, 10_423, 26_492]),
    ],
)
def test_both_tokenizers_count_the_published_corpora(
    model: str, encoding: str, published: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole corpora by rs-bpe and by tiktoken with the vocabulary in its cache, as published."""
    if not (DATA / "tiktoken").is_dir():
        pytest.skip("../shared/data/tiktoken is not here")
    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted((DATA / "chroma_chunking" / "corpora").glob("*.md"))
    ]
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert [counter(model).count(text) for text in texts] == published
    address = f"https://openaipublic.blob.core.windows.net/encodings/{encoding}.tiktoken"
    shutil.copy(
        DATA / "tiktoken" / f"{encoding}.tiktoken", tmp_path / hashlib.sha1(address.encode()).hexdigest()
    )
    exact = counter(model)
    assert [exact.count(text) for text in texts] == published
    assert [len(exact.starts(text)) for text in texts] == published
