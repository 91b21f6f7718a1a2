"""What was seen of a failed question, and what to try."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.attribution import REASONS, Cited, GoldPiece, GoldPlace, Places, places_from
from prompteval.core.case import Case
from prompteval.core.observation import Failure, Observation, Row, Score
from prompteval.core.retrieval import Ranking
from prompteval.core.trace import Trace
from prompteval.report.advice import advice_on

OURS, THEIRS = Observation("ok", ranking=Ranking(())), Observation("ok", trace=Trace(retrieved=()))


def row(reason: str, places: Places, seen: Observation = OURS) -> Row:
    evidence = {"reason": reason, "places": places.as_json()}
    score = Score("attribution", 0.0, evidence=evidence, passed=False)
    return Row("r", "s", "p", "f", "m", Case("q", {}), 0, seen, (score,))


def gold(lost: Any, **found: Any) -> tuple[GoldPlace, ...]:
    return (GoldPlace("a.md", 5, 9, lost=lost, **found),)


SPLIT = (GoldPiece("a.md", 0, 7, 1, packed=True), GoldPiece("a.md", 7, 20, 9))


@pytest.mark.parametrize(
    ("reason", "places", "ours", "theirs"),
    [
        ("rank_miss", Places(8, 100, 8, gold=gold("rank_miss", rank=14, before=20)),
         "gold of a.md at rank 14 of 100 (20 before reranking), k is 8",
         "gold of a.md at rank 14 of 100 (20 before reranking), the context holds 8"),
        ("retrieval_miss", Places(8, 100, 8, gold=gold("retrieval_miss", doc_rank=2)),
         "gold of a.md in none of the 100 candidates; another chunk of a.md is at rank 2",
         "gold of a.md in none of the 100 candidates; another passage of a.md is at rank 2"),
        ("budget_miss", Places(8, 100, 2, 900, 1000, gold=gold("budget_miss", rank=3, tokens=1234)),
         "gold of a.md at rank 3 of 100; the first 3 take 1,234 tokens, the budget is 1,000", None),
        ("budget_miss", Places(8, 100, 2, 900, gold=gold("budget_miss", rank=3, tokens=1234)),
         None, "gold of a.md at rank 3 of 100; the first 3 take 1,234 tokens, the context takes 900"),
        ("chunk_split", Places(8, 9, 1, gold=gold("chunk_split", rank=1, pieces=SPLIT)),
         "gold of a.md (5-9) is split over a.md:0-7 (in the context), a.md:7-20 (rank 9)", None),
        ("generation_miss", Places(8, 9, 4, gold=gold(None, context=3)), "gold in the context at [3] of 4", None),
        ("grounding_miss", Places(8, 9, 4, holders={"context": (1,)}, cited=(Cited(3, False),)),
         "the answer is right and cites [3]; gold is at [1]", None),
        ("corpus_miss", Places(gold=gold("corpus_miss")), "a.md is not in the corpus", None),
    ],
)  # fmt: skip
def test_what_was_seen_is_said_in_figures(
    reason: str, places: Places, ours: str | None, theirs: str | None
) -> None:
    """Of a pipeline of ours by its settings, of another system by what it reports."""
    for wanted, seen in ((ours, OURS), (theirs, THEIRS)):
        found = advice_on(row(reason, places, seen))
        assert wanted is None or (found is not None and found.seen == wanted)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_something_to_try(reason: str) -> None:
    """Commands name the suite; for another system there is no setting of ours, and no data breaks it."""
    ours, theirs = (advice_on(row(reason, Places(), seen)) for seen in (OURS, THEIRS))
    assert ours is not None and ours.seen and ours.attempt and "{" not in ours.attempt
    assert theirs is not None and theirs.seen and theirs.attempt and "rag sweep" not in theirs.attempt


def test_an_error_says_what_failed() -> None:
    """The stage and the message."""
    seen = Observation("error", failure=Failure("retrieval", "RetrievalError", "no answer"))
    found = advice_on(row("error", Places(), seen))
    assert found is not None and found.seen == "retrieval: no answer"


pieces = st.builds(
    GoldPiece, st.text(max_size=3), st.none() | st.integers(0, 9), st.none(), st.none(), st.booleans()
)
golds = st.builds(
    GoldPlace, st.text(max_size=3), lost=st.none() | st.sampled_from(REASONS), rank=st.none() | st.integers(1, 9),
    pieces=st.lists(pieces, max_size=2).map(tuple),
)  # fmt: skip
placed = st.builds(
    Places, st.integers(0, 9), st.none() | st.integers(0, 9), budget=st.none() | st.integers(0, 9),
    gold=st.lists(golds, max_size=3).map(tuple),
    holders=st.dictionaries(st.sampled_from(["retrieved", "context"]), st.lists(st.integers(1, 9), min_size=1).map(tuple)),
    cited=st.lists(st.builds(Cited, st.integers(0, 9), st.booleans()), max_size=2).map(tuple),
)  # fmt: skip


@given(placed)
def test_what_was_seen_is_stored_whole(places: Places) -> None:
    """JSON and back is the same."""
    assert places_from(places.as_json()) == places


def test_a_run_from_before_gold_was_kept_says_what_the_reason_means() -> None:
    """No rank that nobody knows."""
    score = Score("attribution", 0.0, evidence={"reason": "rank_miss"}, passed=False)
    found = advice_on(Row("r", "s", "p", "f", "m", Case("q", {}), 0, OURS, (score,)))
    assert found is not None and found.seen == "a candidate, but below k"
