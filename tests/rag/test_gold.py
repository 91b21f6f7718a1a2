"""Gold spans by place or quote are found exactly, and mistakes are named at the case's line."""

import csv
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prompteval.cases.load import load_cases
from prompteval.core.case import Case
from prompteval.core.retrieval import Chunk, Document, Ranking
from prompteval.corpus.documents import load_corpus
from prompteval.corpus.quote import find_exact, find_normalised, normalised
from prompteval.metrics.judged import GoldGroup
from prompteval.metrics.ranking import of_one
from prompteval.metrics.ranking_names import parse_ranking_metric
from prompteval.rag.gold import GoldChunks, GoldReader, LocatedGold
from prompteval.workspace.tree import WorkingTree

ROOT = Path(__file__).parents[2]
CHROMA = ROOT / ".." / "shared" / "data" / "chroma_chunking"
TEXT = "  The “limit” is 30\u00a0 days —\nnot more. Twice. Twice. Cafe\u0301 ﬁnal."
DOCUMENTS = [Document("a.md", TEXT), Document("b.md", "שלום עולם")]


def read(*spans: dict[str, Any]) -> tuple[tuple[tuple[LocatedGold, ...], ...], list[str]]:
    case = Case("c1", {}, gold=tuple((span,) for span in spans), line=17)
    groups, problems = GoldReader(DOCUMENTS).read(case, "x.jsonl")
    return groups, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Twice. Cafe\u0301", "Twice. Cafe\u0301"),
        ('The "limit" is 30 days - not more.', "The “limit” is 30\u00a0 days —\nnot more."),
        ("Café final.", "Cafe\u0301 ﬁnal."),
        (" is 30\n\ndays ", "is 30\u00a0 days"),
    ],
)
def test_a_quote_is_found_exactly_or_after_normalisation(quote: str, found: str) -> None:
    """Quotation marks, dashes, accents, ligatures and white space differ; offsets are the document's."""
    groups, problems = read({"doc": "a.md", "quote": quote})
    assert problems == []
    assert TEXT[groups[0][0].start : groups[0][0].end] == found


def test_gold_that_names_no_one_span_is_an_error_at_its_line() -> None:
    """Not found, found twice, beyond the end: each at the line of the case; a missing document warns."""
    groups, problems = read(
        {"doc": "a.md", "quote": "nowhere"}, {"doc": "a.md", "quote": "Twice."},
        {"doc": "b.md", "start": 3, "end": 900}, {"doc": "c.md", "quote": "x", "grade": 2},
    )  # fmt: skip
    codes = [problem.split()[:2] for problem in problems]
    assert codes == [["x.jsonl:17:1", code] for code in ("PE350", "PE351", "PE352", "PE353")]
    assert "2 times in a.md" in problems[1] and "did you mean" in problems[3]
    assert groups[3] == (LocatedGold("c.md", 0, 0, 2),) and groups[3][0].missing


def test_a_document_alone_is_all_of_it_without_blanks_at_its_ends() -> None:
    """{doc} is the whole text; start and end are taken as they are, blanks at their ends left out."""
    groups, problems = read({"doc": "a.md"}, {"doc": "b.md", "start": 4, "end": 9})
    assert problems == []
    assert groups == ((LocatedGold("a.md", 2, len(TEXT)),), (LocatedGold("b.md", 5, 9),))


@example("0\x85¸")
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_normalised_places_point_into_the_text(text: str) -> None:
    """Every normalised character maps to a span of the text which normalises to something that has it."""
    known = normalised(text)
    assert len(known.text) == len(known.starts) == len(known.ends)
    assert normalised(known.text).text == known.text or not unicodedata.is_normalized("NFKC", known.text)
    for place, character in enumerate(known.text):
        start, end = known.span(place, place + 1)
        assert 0 <= start < end <= len(text)
        assert character in normalised(text[start:end]).text or character == " "


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.data())
def test_any_part_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    """A quote taken from a text is found where it was taken from."""
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    if quote.strip():
        assert any(
            text[a:b] == quote.strip() and start <= a < b <= start + len(quote)
            for a, b in find_exact(text, quote) or find_normalised(normalised(text), quote)
        )


def test_a_group_that_no_chunk_touches_keeps_its_ideal_grade() -> None:
    """Recall of a chunking that lost a span is under 1, whatever is retrieved."""
    chunks, metric = GoldChunks([Chunk("d", 0, 4, "abcd")]), parse_ranking_metric("recall@5", ())
    gold = ((LocatedGold("d", 1, 2, 2), LocatedGold("d", 8, 9, 3)), (LocatedGold("d", 8, 9),))
    groups = chunks.groups(gold)
    assert groups == [GoldGroup({"d:0-4": 2}, 3), GoldGroup({}, 1)]
    assert of_one(Ranking.of([("d:0-4", 1.0)]), groups, metric) == 0.5


def test_a_chunk_that_shares_one_character_is_relevant() -> None:
    """Half-open: a touching chunk is not; of several alternatives a chunk has the best grade."""
    chunks = [
        Chunk("a", 0, 5, "x" * 5),
        Chunk("a", 3, 9, "x" * 6),
        Chunk("a", 9, 12, "xxx"),
        Chunk("b", 0, 5, "x" * 5),
    ]
    relevant = GoldChunks(chunks)
    gold = ((LocatedGold("a", 4, 9), LocatedGold("a", 8, 9, 3)), (LocatedGold("b", 5, 9),))
    assert relevant.grades(gold) == [{"a:0-5": 1, "a:3-9": 3}, {}]


def test_every_published_excerpt_is_found(tmp_path: Path) -> None:
    """790 of 790 excerpts are their document's text at their offsets, read through the corpus loader."""
    if not CHROMA.is_dir():
        pytest.skip("../shared/data/chroma_chunking is not here")
    texts = {item.id: item.text for item in load_corpus(WorkingTree(CHROMA), "corpora").documents}
    with (CHROMA / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            (row["corpus_id"], item) for row in csv.DictReader(file) for item in json.loads(row["references"])
        ]
    same = [
        texts[f"{corpus}.md"][item["start_index"] : item["end_index"]] == item["content"]
        for corpus, item in rows
    ]
    assert (len(same), sum(same)) == (790, 790)
    assert sum(len(item["content"]) for _, item in rows) == 131_711


def test_the_handbook_s_gold_has_no_problem() -> None:
    """Every quote of the handbook's questions is found once in the corpus."""
    tree = WorkingTree(ROOT)
    reader = GoldReader(load_corpus(tree, "datasets/handbook").documents)
    cases = load_cases(tree, "datasets/handbook_qa.jsonl", validate=None)
    assert [problem for case in cases for problem in reader.read(case, "q")[1]] == []
