"""Extractive answers: what is found in a message, what is cut out of a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.request import Message, Request
from prompteval.providers.local.parsed_message import read_message
from prompteval.providers.local.reader import AnswerCandidate, candidates, reply
from prompteval.providers.local.shorten import shorten

BELOW = 0.62
MESSAGE = """Passages:

[1] Gift cards
At most four cards. See [2] below.
# A heading

[2] Hours
| Day | Hours |
|---|---|
| Monday | 9 to 5 |
[7] is no passage.

Question: How many cards?
"""
SCHEMA = {"properties": {"answer": {}, "citations": {}, "abstain": {}}}


def test_passages_and_question_are_read_from_a_message() -> None:
    """Numbers in order at line starts begin passages; others are text; the last Question: line asks."""
    asked = read_message(MESSAGE)
    assert asked.question == "How many cards?" and list(asked.passages) == [1, 2]
    assert (
        asked.passages[1].endswith("See [2] below.\n# A heading")
        and "[7] is no passage." in asked.passages[2]
    )
    before = read_message("How many cards?\n\n[1] Gift cards\nFour.")
    assert (before.question, before.passages) == ("How many cards?", {1: "Gift cards\nFour."})
    assert read_message("Only a question?").passages == {}


def test_candidates_are_sentences_and_rows_with_their_title() -> None:
    """Headings and rules of tables say nothing."""
    found = candidates(read_message(MESSAGE))
    assert [one.sentence for one in found] == [
        "At most four cards.", "See [2] below.", "| Day | Hours |", "| Monday | 9 to 5 |", "[7] is no passage.",
    ]  # fmt: skip
    assert found[0].read == "Gift cards: At most four cards." and found[-1].n == 2


@pytest.mark.parametrize(
    ("question", "sentence", "short"),
    [
        (
            "How many cards can be bought in one order?",
            "At most four cards can be bought in one order.",
            "four",
        ),
        ("How long is a card valid?", "A card is valid for five years, but no longer.", "five years"),
        (
            "Who leads the works?",
            "The works are led by Dr. Ines Brandt since May.",
            "Dr. Ines Brandt",
        ),
        ("Which colour are pears?", "Pears are green.", "green"),
        ("What are green pears?", "Green pears are.", "Green pears are."),
    ],
)
def test_the_part_that_the_question_does_not_say_is_the_answer(
    question: str, sentence: str, short: str
) -> None:
    """A number where one is asked for, a name where it asks who, else the most words; never nothing."""
    assert shorten(question, sentence) == short


@given(st.text(max_size=40), st.text(min_size=1, max_size=80))
def test_an_answer_is_always_a_part_of_the_sentence(question: str, sentence: str) -> None:
    found = shorten(question, sentence)
    assert found and found in sentence


def test_below_the_threshold_it_abstains() -> None:
    """With a schema by the flag, without citations; the likeness is the confidence."""
    request = Request("local/minilm", (Message("user", MESSAGE),), schema=SCHEMA)
    one = [AnswerCandidate(1, "At most four cards.", "")]
    near = reply(request, "How many cards?", one, [BELOW], 9, BELOW)
    assert (
        near.text
        == '{"answer": "four", "citations": [{"n": 1, "quote": "At most four cards."}], "abstain": false}'
    )
    far = reply(request, "How many cards?", one, [BELOW - 0.01], 9, BELOW)
    assert far.text == '{"answer": "", "citations": [], "abstain": true}' and far.confidence == BELOW - 0.01
    assert '"abstain": true' in reply(request, "How many cards?", [], [], 9, BELOW).text
    plain = Request("local/minilm", (Message("user", MESSAGE),))
    assert reply(plain, "How many cards?", one, [0.9], 9, BELOW).text == "four [1]"
