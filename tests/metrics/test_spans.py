"""Span metrics equal a count of characters one by one; a chunking's ceiling is what it leaves whole."""

import csv
import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.metrics.span_index import SpanIndex
from prompteval.metrics.spans import (
    Span,
    ceiling,
    covers,
    length,
    shared,
    span_scores,
    touches,
    united,
)

CHROMA = Path(__file__).parents[2] / ".." / "shared" / "data" / "chroma_chunking"
spans = st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(0, 30))


def characters(given: list[Span]) -> set[tuple[str, int]]:
    return {(doc, place) for doc, start, end in given for place in range(start, end)}


@given(st.lists(spans), st.lists(spans))
def test_united_ranges_are_sets_of_characters(one: list[Span], other: list[Span]) -> None:
    """Length, intersection and touching are what a count of characters says."""
    left, right = united(one), united(other)
    assert length(left) == len(characters(one))
    assert shared(left, right) == len(characters(one) & characters(other))
    assert all(touches(a, b) == bool(characters([a]) & characters([b])) for a in one for b in other)


@given(st.lists(spans), spans)
def test_an_index_finds_the_spans_that_share_a_character(many: list[Span], one: Span) -> None:
    """The same as each compared alone, by their end and then by their start."""
    index = SpanIndex(many)
    order = sorted(range(len(many)), key=lambda place: (many[place][2], many[place][1], place))
    assert list(index.touching(one)) == [place for place in order if touches(many[place], one)]
    assert index.touches(one) == any(touches(span, one) for span in many)
    assert covers(united(many), one) == (bool(characters([one])) and characters([one]) <= characters(many))


@given(st.lists(spans.filter(lambda span: span[1] < span[2]), min_size=1), st.lists(spans))
def test_scores_without_alternatives_are_those_of_sets(gold: list[Span], found: list[Span]) -> None:
    """One alternative a group: |R∩C|/|R|, |R∩C|/|C| and |R∩C|/|R∪C|; nothing retrieved is 0."""
    wanted, retrieved = characters(gold), characters(found)
    scores = span_scores([[span] for span in gold], united(found))
    assert scores is not None
    assert scores.recall == len(wanted & retrieved) / len(wanted)
    assert scores.iou == len(wanted & retrieved) / len(wanted | retrieved)
    assert scores.precision == (len(wanted & retrieved) / len(retrieved) if retrieved else 0)


def test_one_alternative_is_enough() -> None:
    """Of a group the alternative found best counts; found text of another is still no noise."""
    gold = [[("a", 0, 10), ("b", 0, 20)], [("c", 0, 10)]]
    scores = span_scores(gold, united([("a", 0, 10), ("b", 0, 10)]))
    assert scores is not None
    assert (scores.recall, scores.precision) == (0.5, 1.0)
    assert scores.iou == 20 / 30


def test_gold_that_is_not_in_the_corpus_is_missed() -> None:
    """An empty span counts as a group that cannot be found; no gold at all has no score."""
    scores = span_scores([[("a", 0, 10)], [("gone", 0, 0)]], united([("a", 0, 10)]))
    assert scores is not None and scores.recall == 0.5
    assert span_scores([[("gone", 0, 0)]], united([("a", 0, 1)])) is not None
    assert span_scores([], {}) is None


def test_white_space_between_chunks_loses_no_evidence() -> None:
    """A span over two chunks with blanks between them is split, not lost."""
    chunks = [("a", 0, 5), ("a", 7, 9)]
    wanted = [("a", 0, 3), ("a", 3, 9), ("a", 8, 12), ("b", 0, 1)]
    found = ceiling(wanted, chunks, lambda doc, start, end: (doc, start, end) == ("a", 5, 7))
    assert (found.whole, found.split, found.lost, found.total) == (1, 1, 2, 4)
    assert ceiling(wanted, chunks).lost == 3


@cache
def questions() -> list[tuple[str, list[list[Span]]]]:
    """(corpus, gold) of each published question; skips where the data is not at hand."""
    if not CHROMA.is_dir():
        pytest.skip("../shared/data/chroma_chunking is not here")
    with (CHROMA / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for row in rows:
        excerpts = json.loads(row["references"])
        corpus = row["corpus_id"]
        found.append((corpus, [[(corpus, item["start_index"], item["end_index"])] for item in excerpts]))
    return found


@pytest.mark.parametrize(
    ("width", "whole", "questions_whole"),
    [(200, 223, 84), (400, 460, 201), (800, 618, 314), (1600, 705, 390)],
)
def test_the_ceiling_of_fixed_windows_is_as_published(width: int, whole: int, questions_whole: int) -> None:
    """Windows of w characters over five corpora: excerpts whole, questions whole."""
    windows: dict[str, list[Span]] = {}
    for name in {corpus for corpus, _ in questions()}:
        size = len((CHROMA / "corpora" / f"{name}.md").read_text(encoding="utf-8"))
        windows[name] = [(name, at, min(at + width, size)) for at in range(0, size, width)]
    results = [ceiling([g[0] for g in gold], windows[corpus]) for corpus, gold in questions()]
    assert sum(result.total for result in results) == 790
    assert sum(result.whole for result in results) == whole
    assert sum(result.lost for result in results) == 0
    assert sum(result.whole == result.total for result in results) == questions_whole
