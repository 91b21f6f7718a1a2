"""Marks of citations as models write them, and brackets that are none."""

import time

import pytest

from prompteval.corpus.answers.parsed_answer import read_answer

MARKS = [
    ("Paris [1].", (1,)),
    ("Paris[1, 3; 4].", (1, 3, 4)),
    ("Paris [1-3].", (1, 2, 3)),
    ("Paris [1]–[3].", (1, 2, 3)),
    ("Paris [1][2] [3].", (1, 2, 3)),
    ("Paris 【1】。", (1,)),
    ("Paris【2†source】.", (2,)),
    ("Paris ［2］.", (2,)),
    ("Paris [^1].", (1,)),
    ("Paris [^2^].", (2,)),
    ("Paris.¹ ²", (1, 2)),
    ("Paris¹².", (12,)),
    ("Paris<sup>1,2</sup>.", (1, 2)),
    ("Paris [1](https://example.org/a).", (1,)),
    ("Paris [[2]](#source-2).", (2,)),
    ("Paris (Source 1).", (1,)),
    ("Paris (sources: 1, 2 and 3).", (1, 2, 3)),
    ("Paris [Source 1, Source 2].", (1, 2)),
    ("Paris [Doc 2].", (2,)),
    ("Paris [citation:3].", (3,)),
    ("Paris [cite: 1, 2].", (1, 2)),
    ("Paris [Quelle 1].", (1,)),
    ("巴黎[来源1]。", (1,)),
    ("Paris [1, p. 12].", (1,)),
    (r"Paris \[1\].", (1,)),
    ("Paris [#2].", (2,)),
]


@pytest.mark.parametrize(("text", "numbers"), MARKS)
def test_every_common_mark_is_a_citation(text: str, numbers: tuple[int, ...]) -> None:
    """It is taken out of the text, and stands for its sentence."""
    answer = read_answer(text)
    assert tuple(item.n for item in answer.citations) == numbers
    assert answer.text.rstrip(".。") in ("Paris", "巴黎")
    assert [cited for _, cited in answer.sentences] == [numbers]


@pytest.mark.parametrize(
    "text",
    [
        "It lies in the range [0, 1].",
        "It lies in the interval [1, 5].",
        "For x ∈ [2, 9] it holds.",
        "Call `items[1]` first.",
        "Use\n```\na[1] = b[2]\n```",
        "Smith [2019] said so.",
        "From [2019-2023] on.",
        "The area is 105 km² or 10⁵ m².",
        "See [here](https://example.org) or [a].",
        "[1, 2]",
        "It is 3 (or 4).",
        "[9-2]!",
    ],
)
def test_other_brackets_are_text(text: str) -> None:
    """Intervals, code, years, units and links that are words."""
    answer = read_answer(text)
    assert (answer.text, answer.citations) == (text, ())


def test_the_brackets_of_a_typed_answer_are_its_own() -> None:
    """Its citations are in a field; marks that name some of them still part them among sentences."""
    answer = read_answer({"answer": "One [1]. Two [2].", "citations": [{"n": 1}, {"n": 2}], "abstain": False})
    assert answer.text == "One [1]. Two [2]." and [item.n for item in answer.citations] == [1, 2]
    assert answer.sentences == (("One.", (1,)), ("Two.", (2,)))
    whole = read_answer({"answer": "[1, 2]", "citations": [{"n": 3}], "abstain": False})
    assert whole.text == "[1, 2]" and [item.n for item in whole.citations] == [3]


def test_footnotes_and_lists_of_sources_are_no_sentences() -> None:
    """What a mark stands for is told there, and nothing is stated."""
    for tail in (
        "\n\n[^1]: a.txt, page 3",
        "\n\n**Sources:**\n[1] a.txt\n[2] b.txt",
        "\n\n## References\n1. a.txt",
    ):
        answer = read_answer("Paris is the capital [^1]." + tail)
        assert answer.sentences == (("Paris is the capital.", (1,)),)
    assert len(read_answer("Sources:\n[1] are many.\nPlain line.").sentences) > 0


def test_marks_of_lists_belong_to_their_item() -> None:
    """Whatever leads into the list belongs to the first item."""
    answer = read_answer(
        "Two reasons:\n1. It is near [1].\n2. It is old. [2]\n\nDas gilt seit dem 5. Mai [3]."
    )
    assert [cited for _, cited in answer.sentences] == [(1,), (2,), (3,)]
    assert [cited for _, cited in read_answer("巴黎是首都。[1]它很大[2]。").sentences] == [(1,), (2,)]


@pytest.mark.parametrize(
    "part", ["[1", "[1,", "[[1]", "¹", "[^1]: a\n", "`", "```\n", "[1](http://", "Sources:\n", "(source 1 "]
)
def test_marks_are_found_in_time_proportional_to_the_text(part: str) -> None:
    """Whatever is repeated."""
    started = time.perf_counter()
    read_answer(part * (100_000 // len(part)))
    assert time.perf_counter() - started < 4
