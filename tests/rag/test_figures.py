"""Figures of an answer: what counts as one, and which of them no passage holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.rag.score.figures import figures_of, without_source

PASSAGE = (
    "On 12 March 2024 Acme Corp. reported revenue of $1,250.50 million, 12.5 % more than in 2023. "
    "Refunds take 30 days. Dr. Ada Byron, who lives in New York, signed it on 2024-04-01."
)


@pytest.mark.parametrize(
    "claim",
    [
        "Refunds take 30 days.",
        "Revenue was $1250.5 million.",
        "Revenue grew by 12.5 percent.",
        "It was reported on March 12, 2024.",
        "It was reported in March 2024 by Acme Corp.",
        "It was signed on April 1, 2024 by Ada Byron of New York.",
        "Growth since 2023 was strong.",
    ],
)
def test_what_a_passage_says_is_held(claim: str) -> None:
    """In another form of the same number, date or name too."""
    wanted, lacking = without_source(claim, [PASSAGE])
    assert wanted and lacking == []


@pytest.mark.parametrize(
    ("claim", "lacking"),
    [
        ("Refunds take 999 days.", ["999 days"]),
        ("Refunds take 30 months.", ["30 months"]),
        ("Revenue was $1,250.51 million.", ["1,250.51"]),
        ("It was reported on 13 March 2024.", ["13 March 2024"]),
        ("It was signed on 2024-04-02.", ["2024-04-02"]),
        ("It was signed by Grace Hopper.", ["Grace Hopper"]),
        ("It was signed by Ada Lovelace.", ["Ada Lovelace"]),
    ],
)
def test_a_planted_figure_is_listed(claim: str, lacking: list[str]) -> None:
    """As it is written in the answer."""
    found = without_source(claim, [PASSAGE])[1]
    assert len(found) == 1 and lacking[0] in found[0].text


def test_figures_may_come_from_several_passages_but_a_name_from_one() -> None:
    """Each number from any; the words of a name together."""
    passages = ["It has 4 doors.", "It has 5 seats. Ada wrote it.", "Byron read it."]
    assert without_source("It has 4 doors and 5 seats.", passages)[1] == []
    assert [one.text for one in without_source("Written by Ada Byron.", passages)[1]] == ["Ada Byron"]


def test_the_first_word_of_a_sentence_is_not_a_name() -> None:
    """Nor is a month or a pronoun."""
    assert figures_of("However, this is fine. It is in May.") == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_figures_and_holds_its_own(text: str, other: str) -> None:
    """Whatever it is made of; a passage holds every figure of itself."""
    wanted, lacking = without_source(text, [other, text])
    assert lacking == [] and len(wanted) == len(figures_of(text))
