"""A quote is compared within a deadline, and found a bounded number of times."""

import time

import pytest

from prompteval.core.errors import DeadlineExceeded
from prompteval.corpus import quote
from prompteval.corpus.quote import MOST_PLACES, find_exact, shared_characters


def test_b24_a_comparison_that_would_take_hours_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """B24: two texts of repeats, whose comparison takes the cube; the message says what was compared."""
    monkeypatch.setattr(quote, "COMPARE_SECONDS", 0.3)
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="comparison of a quote of 60,000 characters"):
        shared_characters("ab" * 60_000, "ba" * 30_000)
    assert time.monotonic() - started < 20
    assert shared_characters("a" * 2_000, "b" * 2_000) == 0  # the worker serves the next one


def test_few_pairs_are_compared_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker for a quote of usual length, and the same figure from both."""
    far = shared_characters("the cat sat", "the cat sit")
    monkeypatch.setattr(quote, "FEW_PAIRS", 0)
    assert shared_characters("the cat sat", "the cat sit") == far == 10


def test_a_quote_that_is_everywhere_is_found_so_many_times() -> None:
    """A quote of one letter in a text of that letter."""
    assert len(find_exact("a" * 10_000, "a")) == MOST_PLACES
