"""BM25 against the bm25s and rank_bm25 packages, published figures and every shortcut taken apart."""

import random

import bm25s
import numpy as np
import pytest
import rank_bm25
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.core.protocols import Retriever
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index import bm25, bm25_sums
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_postings import Bm25
from prompteval.rag.index.rank_bm25 import RankBm25Index
from prompteval.rag.index.words import Words
from prompteval.testing.conformance import check_retriever

PLAIN = Words("none", "none")
texts_of = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=12).map(" ".join), min_size=1, max_size=40)
queries = st.lists(st.sampled_from("abcdefghz"), min_size=1, max_size=6)
QUERIES = ("", " ", "zebra", "the", "cat dog", "title")
parameters = st.tuples(st.sampled_from([0.0, 0.5, 1.2, 1.5]), st.sampled_from([0.0, 0.75, 1.0]))


def index(texts: list[str], k1: float = 1.5, b: float = 0.75) -> Bm25Index:
    chunks = [Chunk(f"{place:03}", 0, len(text), text) for place, text in enumerate(texts)]
    return Bm25Index.build(chunks, Bm25("bm25s", k1, b, PLAIN))


def of_package(texts: list[str], k1: float = 1.5, b: float = 0.75, words: Words = PLAIN) -> RankBm25Index:
    chunks = [Chunk(f"{place:03}", 0, len(text), text) for place, text in enumerate(texts)]
    return RankBm25Index(chunks, Bm25("rank_bm25", k1, b, words), "rank_bm25")


def by_place(ranking: Ranking) -> dict[int, float]:
    return {int(name.split(":")[0]): score for name, score in ranking.hits}


@settings(deadline=None)
@given(texts_of.filter(any), queries, parameters)
def test_scores_equal_the_bm25s_package(texts: list[str], query: list[str], how: tuple[float, float]) -> None:
    """Its method "lucene", to the precision of 32-bit floats; texts without a word are not found."""
    theirs = bm25s.BM25(method="lucene", k1=how[0], b=how[1])
    theirs.index([text.split() for text in texts], show_progress=False)
    known = [word for word in query if word in theirs.vocab_dict]
    scores = theirs.get_scores(known) if known else np.zeros(len(texts))
    wanted = {place: score for place, score in enumerate(scores.tolist()) if score > 0}
    assert by_place(index(texts, *how).search(" ".join(query), 100)) == pytest.approx(wanted, rel=1e-5)


@settings(deadline=None)
@given(texts_of.filter(any), queries, parameters.filter(lambda how: how[0] > 0 and how[1] < 1))
def test_scores_equal_the_rank_bm25_package(
    texts: list[str], query: list[str], how: tuple[float, float]
) -> None:
    """BM25Okapi with its floor under negative idf; only texts that hold a word of the query are found.

    With k1 = 0, or b = 1 and an empty text, that package divides nothing by nothing.
    """
    theirs = rank_bm25.BM25Okapi([text.split() for text in texts], k1=how[0], b=how[1])
    scores = theirs.get_scores(query).tolist()
    wanted = {place: scores[place] for place, text in enumerate(texts) if set(text.split()) & set(query)}
    assert by_place(of_package(texts, *how).search(" ".join(query), 100)) == wanted


def test_the_two_formulas_rank_alike_until_a_word_is_in_half_of_the_texts() -> None:
    """rank_bm25 gives such a word no weight, so only its formula ties the first two texts here."""
    alike = ["a b", "a a c", "d e", "f g", "h h"]
    assert index(alike).search("a c", 9).ids == of_package(alike).search("a c", 9).ids
    half = ["a b", "a a", "c d", "e f"]
    assert index(half).search("a", 9).ids == ("001:0-3", "000:0-3")
    assert of_package(half).search("a", 9).hits == (("000:0-3", 0.0), ("001:0-3", 0.0))


@settings(deadline=None)
@given(texts_of, queries, st.integers(1, 12), st.sampled_from([1, 10_000]))
def test_what_is_skipped_changes_nothing(texts: list[str], query: list[str], k: int, share: int) -> None:
    """The k best are the first k of all, bit for bit, whichever way the sums are made."""
    ours = index(texts)
    wanted = ours.search(" ".join(query), len(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bm25, "FEWEST_TO_SKIP", 0)
        patch.setattr(bm25, "POSTINGS_A_LOOKUP", 0)
        patch.setattr(bm25_sums, "DENSE_SHARE", share)
        patch.setattr(bm25_sums, "VALUES_A_GROUP", 3)
        assert ours.search(" ".join(query), k).hits == wanted.hits[:k]


@settings(deadline=None)
@given(texts_of, queries, st.randoms())
def test_the_order_of_the_corpus_changes_nothing(
    texts: list[str], query: list[str], random: random.Random
) -> None:
    """Equal hits to the last digit."""
    chunks = [Chunk(f"{place:03}", 0, len(text), text) for place, text in enumerate(texts)]
    wanted = Bm25Index.build(chunks, Bm25(words=PLAIN)).search(" ".join(query), 5)
    random.shuffle(chunks)
    random.shuffle(query)
    assert Bm25Index.build(chunks, Bm25(words=PLAIN)).search(" ".join(query), 5) == wanted


def test_equal_scores_are_ordered_by_chunk_id_and_counted() -> None:
    """Whatever the order of the corpus; a tie at the cut is broken the same way."""
    chunks = [Chunk(name, 0, 1, "x") for name in ("b", "é", "a", "c")]
    found = Bm25Index.build(chunks).search("x", 4)
    assert found.ids == ("a:0-1", "b:0-1", "c:0-1", "é:0-1") and found.tied == 3
    assert Bm25Index.build(chunks).search("x", 2).ids == ("a:0-1", "b:0-1")


def test_a_word_said_twice_counts_twice() -> None:
    """As the definition of the reference figures has it."""
    ours = index(["a b", "b c", "c d"])
    (_, once), (_, twice) = ours.search("a", 1).hits[0], ours.search("a a", 1).hits[0]
    assert twice == pytest.approx(2 * once)


@pytest.mark.parametrize("texts", [[], ["", ""], ["the of"]])
def test_a_corpus_without_words_finds_nothing(texts: list[str]) -> None:
    """No division by nothing, with either engine."""
    chunks = [Chunk(str(place), 0, len(text), text) for place, text in enumerate(texts)]
    assert Bm25Index.build(chunks).search("the cat", 3) == Ranking(())
    assert of_package(texts, words=Words()).search("the cat", 3) == Ranking(())


def test_the_edges_of_a_query() -> None:
    """Empty, unknown, only stop words, k of 0 and k beyond the corpus."""
    ours = Bm25Index.build([Chunk("d", 0, 3, "cat", "Title"), Chunk("e", 0, 3, "dog")])
    assert [len(ours.search(query, 3)) for query in QUERIES] == [0, 0, 0, 0, 2, 1]
    assert len(ours.search("cat", 0)) == 0 and len(ours.search("cat", 99)) == 1
    retriever: Retriever = ours
    assert len(retriever.search("cat", 2)) == 1
    assert [len(ranking) for ranking in ours.search_many(iter(["cat", ""]), 2)] == [1, 0]


def test_it_is_a_retriever_as_extensions_are_checked() -> None:
    """Known ids once each, nested over k, the same twice."""
    ours = index(["a b", "b b c", "c a", "", "d"])
    assert check_retriever(ours, "a c", ours.ids).ids[0] == "002:0-3"
    assert check_retriever(of_package(["a b", "b b c", "c a", "", "d"]), "a c", ours.ids).ids[0] == "002:0-3"


def test_text_of_other_scripts_is_found() -> None:
    """Hebrew, Arabic with its marks, Chinese without spaces, and English beside them."""
    corpus = ["שלום עולם", "مُحَمَّد كتب", "我住在東京都", "the cats of 東京"]
    ours = Bm25Index.build([Chunk(str(place), 0, 1, text) for place, text in enumerate(corpus)])
    found = [[int(name[0]) for name in ours.search(q, 4).ids] for q in ("עולם", "كتب", "東京", "cat")]
    assert found == [[0], [1], [3, 2], [3]]


@pytest.mark.parametrize(
    ("settings", "mend"),
    [
        ({"engine": "bm25"}, "unknown engine 'bm25' .did you mean 'bm25s'"),
        ({"k1": -1.0}, "k1 must be a number from 0"),
        ({"k1": float("nan")}, "k1 must be a number from 0"),
        ({"b": 1.5}, "b must be from 0 to 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object], mend: str) -> None:
    """With the range in the message."""
    with pytest.raises(UsageError, match=mend):
        Bm25(**settings)  # type: ignore[arg-type]


def test_the_identity_names_all_that_can_change_a_ranking() -> None:
    """Engine, parameters, words and content; equal ones are equal."""
    variants = [Bm25(), Bm25("rank_bm25"), Bm25(k1=1.2), Bm25(b=0.5), Bm25(words=PLAIN)]
    chunks = [Chunk("d", 0, 3, "cat")]
    names = {Bm25Index.build(chunks, how).identity for how in variants}
    names.add(Bm25Index.build([Chunk("d", 0, 3, "dog")]).identity)
    assert len(names) == 6 and Bm25Index.build(chunks).identity in names


def test_blocks_of_texts_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    """A corpus larger than a block is indexed as if it were one."""
    texts = [f"w{n % 7} w{n % 3} w{n % 3} same" for n in range(200)]
    whole = index(texts)
    monkeypatch.setattr("prompteval.rag.index.bm25_postings.WORDS_A_BLOCK", 30)
    parts = index(texts)
    assert parts.postings.terms == whole.postings.terms
    for name in ("starts", "places", "impacts"):
        assert np.array_equal(getattr(parts.postings, name), getattr(whole.postings, name))
