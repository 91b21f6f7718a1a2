"""Citations: read from typed outputs and marks, and scored apart."""

from prompteval.core.retrieval import Chunk
from prompteval.corpus.answers.parsed_answer import read_answer
from prompteval.rag.score import citations
from prompteval.rag.score.overlap import content_overlap

A = Chunk("a", 0, 30, "At most four cards in one order.", "Gift cards")
B = Chunk("b", 0, 20, "Shops open at nine.", "Hours")
TYPED = {
    "answer": "Four. Shops open at nine.",
    "citations": [{"n": 1, "quote": "four  cards"}, {"n": 3}],
    "abstain": False,
}


def test_marks_in_text_belong_to_their_sentence() -> None:
    """`[n]` and `[n, m]` are stripped, and stand for the sentence they are in or behind."""
    answer = read_answer("Four cards [1]. Shops open at nine. [2, 1]")
    assert answer.text == "Four cards. Shops open at nine."
    assert answer.sentences == (("Four cards.", (1,)), ("Shops open at nine.", (2, 1)))
    assert [item.n for item in answer.citations] == [1, 2]


def test_a_typed_answer_cites_for_every_sentence() -> None:
    answer = read_answer(TYPED)
    assert answer.sentences == (("Four.", (1, 3)), ("Shops open at nine.", (1, 3)))
    assert not answer.abstained and read_answer({**TYPED, "abstain": True}).abstained


def test_exists_and_quote_and_precision_are_apart() -> None:
    """One of two numbers is in the context; its quote is found but for white space; it is right."""
    answer = read_answer(TYPED)
    assert citations.exists(answer, [A, B]) == 0.5
    assert citations.quote_distances(answer, [A, B]) == [0.0]
    assert citations.precision(answer, [A, B], [("a", 5, 9)]) == 0.5
    assert citations.precision(answer, [A, B], [("b", 5, 9)]) == 0.0


def test_alce_an_uncited_sentence_or_one_citing_outside_has_recall_0() -> None:
    """And an answer without citations has precision 0."""
    gold = [("a", 5, 9), ("b", 0, 5)]
    assert citations.recall(read_answer(TYPED), [A, B], gold) == 0.0
    assert citations.recall(read_answer("Four [1]. Nine. [2] Ten."), [A, B], gold) == 2 / 3
    assert citations.precision(read_answer("Four."), [A, B], gold) == 0.0


def test_a_changed_quote_has_its_distance() -> None:
    """A word of the quote that is not there is a distance above the limit, a letter is below."""
    near = citations.quote_distance("At most four cart in one order", A)
    far = citations.quote_distance("nine hundred bicycles", A)
    assert 0 < near <= citations.FUZZY < far <= 1


def test_support_reads_the_cited_passages_alone() -> None:
    """Marks are stripped; what is cited from another passage is not supported by this one."""
    assert citations.support(read_answer("Shops open at nine [2]."), [A, B], content_overlap) == 1.0
    assert citations.support(read_answer("Shops open at nine [1]."), [A, B], content_overlap) == 0.0
