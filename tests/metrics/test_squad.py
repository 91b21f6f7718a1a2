"""EM and token F1 as the SQuAD 2.0 evaluation computes them."""

import json
from pathlib import Path

import pytest

from prompteval.metrics.squad import exact_match, normalise, token_f1

DATA = Path(__file__).parents[3] / "shared" / "data"


def test_normalisation_drops_case_punctuation_articles_and_spaces() -> None:
    """Lower case, no ASCII punctuation, no a/an/the as words, single spaces."""
    assert normalise("  The quick, brown  fox's an-archy! ") == "quick brown foxs anarchy"


def test_empty_answers_match_only_empty_references() -> None:
    """Both empty is 1; one empty is 0; no reference stands for the empty one."""
    assert (exact_match("", []), token_f1("", [])) == (1.0, 1.0)
    assert (exact_match("the", []), token_f1("x", []), token_f1("", ["x"])) == (1.0, 0.0, 0.0)


def test_the_best_reference_counts() -> None:
    """F1 over shared tokens with repeats: 2 of 3 and 2 of 2 is 0.8."""
    assert token_f1("red red car", ["blue", "red car"]) == pytest.approx(0.8)
    assert exact_match("A car", ["blue", "the car."]) == 1.0


@pytest.mark.parametrize(
    ("name", "title", "em", "f1"), [("first sentence", False, 0.0, 7.6254), ("title", True, 0.5042, 3.9497)]
)
def test_published_figures_come_out_on_xquad(name: str, title: bool, em: float, f1: float) -> None:
    """The figures that the official evaluate-v2.0.py gives for two trivial predictions."""
    path = DATA / "squad1_xquad_en" / "xquad.en.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    ems, f1s = [], []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            guess = article["title"].replace("_", " ") if title else paragraph["context"].split(". ")[0]
            for question in paragraph["qas"]:
                references = [answer["text"] for answer in question["answers"]]
                ems.append(exact_match(guess, references))
                f1s.append(token_f1(guess, references))
    assert (round(100 * sum(ems) / len(ems), 4), round(100 * sum(f1s) / len(f1s), 4)) == (em, f1)
