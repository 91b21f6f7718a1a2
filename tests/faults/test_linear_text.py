"""Text that is not ours is read in time proportional to its length, whatever it holds."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput
from prompteval.core.observation import Observation
from prompteval.core.protocols import Chunker, Scorer
from prompteval.core.retrieval import Chunk, Document
from prompteval.core.secret import find_secrets, hide
from prompteval.core.sentences import split_sentences
from prompteval.core.text import inert, percent_encoded
from prompteval.corpus import quote
from prompteval.corpus.answers.parsed_answer import read_answer
from prompteval.corpus.chunk import Fixed, Markdown, Recursive, Sentence
from prompteval.corpus.documents.html import read_html
from prompteval.corpus.documents.plain import first_heading
from prompteval.corpus.quote import find_normalised, normalised
from prompteval.metrics.names import parse_metric
from prompteval.metrics.ranking_names import parse_ranking_metric
from prompteval.metrics.squad import exact_match, token_f1
from prompteval.metrics.stage_names import parse_stage_metric
from prompteval.plan.leakage import word_list
from prompteval.prompt.parse import Label, parse_label, parse_model
from prompteval.prompt.source_places import find_variable
from prompteval.providers.local.parsed_message import read_message
from prompteval.providers.local.shorten import shorten
from prompteval.rag.index.words import Words
from prompteval.rag.score.citations import quote_distance
from prompteval.rag.score.overlap import content_overlap
from prompteval.report.comparison.diff import word_diff
from prompteval.report.markdown import safe
from prompteval.scoring.number import Number
from prompteval.scoring.text import Contains, Exact, Normalised
from prompteval.scoring.translation import Bleu, Chrf
from prompteval.stats.gate import parse_gate
from prompteval.tokens import counter
from prompteval.workspace.yaml12 import parse
from tests.growth import excess

pytestmark = pytest.mark.slow
LENGTH = 8_000
UNITS = [
    ".", ". ", "...  a", "!?", "…", ".\n", ".)", ".”", "。", "a", "ab ", "A. ", "e.g. ", "the a an ", "a-b", "a_", "é",
    " ", " \n", "\n", "\n \n ", "\t#", "# ", "\r\n", "\u00a0", "\x85", "\u2028", "\x1b[", "\u200b",
    "a\u0301", "\u0301\u0316", "\u0345", "क्", "각", "\u1100", "中。", "กา", "\ufdfa", "\U0001f600",
    "[1]", ".[1]", "[1, ", "[1;", "[", "(", "{", "{{", "{% a", "{a: ", "<", "<a", "<a>", "<b a=1>", "</", "<!--", "&amp;",
    "`", "```\n", "``` ", '"', "“", "’", "0", "1,", "1,234", "0.0e", "-", "--", "*", "|", "|a", "> ", "- ", "1. ", "&a ",
    "sk-", "ghp_", "-----BEGIN ", "question: [1] ", "\n[1] ", "<think>", "::", "##", "@", "://",
]  # fmt: skip


class Output(BaseModel):
    text: str


def scored(scorer: Scorer) -> Callable[[str], object]:
    """Against its own reverse and against a short answer."""

    def score(text: str) -> object:
        observation = Observation(outcome="ok", output=text)
        cases = [Case(id="c", inputs={}, expected=expected) for expected in (text[::-1], "the cat")]
        return [scorer.score(case, observation) for case in cases]

    return score


def cut(chunker: Chunker) -> Callable[[str], object]:
    return lambda text: chunker(Document("d", text, "", ""))


def distance(text: str) -> float:
    return quote_distance(text[: len(text) // 2][::-1] + "x", Chunk("d", 0, len(text), text[:100], ""))


def read_yaml(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        parse(text, "x.yaml")


def refusing(parse: Callable[[str], object]) -> Callable[[str], object]:
    """A parser of names, for whole texts and for what is in brackets."""

    def read(text: str) -> None:
        for whole in (text, f"f1({text}", f"retrieval.ndcg({text}", f"slice({text}"):
            with contextlib.suppress(ValueError):
                parse(whole)

    return read


def square(text: str) -> object:
    return [0 for first in text[::8] for second in text[::8] if first != second]


def half_square(text: str) -> object:
    return [text.find("ab", place) for place in range(len(text))]


TOKENS = counter("")
READERS: dict[str, Callable[[str], Any]] = {
    "sentences": split_sentences, "secrets": lambda text: list(find_secrets(text)), "hide": hide, "inert": inert,
    "percent": percent_encoded, "exact": scored(Exact("s")), "normalised": scored(Normalised("s")),
    "contains": scored(Contains("s", ignore_case=True)), "number": scored(Number("s")),
    "chrf": scored(Chrf("s")), "bleu": scored(Bleu("s")), "exact match": lambda text: exact_match(text, [text[::-1]]),
    "token f1": lambda text: token_f1(text, [text[::-1]]), "quote": normalised, "find quote": lambda text: find_normalised(normalised(text), text[9:99] + "x"),
    "quote distance": distance, "answer": read_answer, "overlap": lambda text: content_overlap(text, [text]),
    "words": Words().of, "leakage": word_list, "heading": first_heading, "html": lambda text: read_html(text.encode(), "x"),
    "by sentence": cut(Sentence(TOKENS, 64, 8)), "recursive": cut(Recursive(TOKENS, 64, 8)),
    "fixed": cut(Fixed(TOKENS, 64, 8)), "markdown": cut(Markdown(TOKENS, 64, 8)), "tokens": TOKENS.count,
    "typed reply": lambda text: parse_model(text, Output), "label": lambda text: parse_label(text, [Label("a", "a", "a"), Label("b", "b", "b")]),
    "variable": lambda text: find_variable(text, "zz"), "passages": read_message,
    "shorten": lambda text: shorten(text[: len(text) // 2], text), "diff": lambda text: list(word_diff(text, text[::-1])),
    "cell": safe, "yaml": read_yaml, "metric": refusing(parse_metric), "gate": refusing(parse_gate),
    "rule": refusing(parse_ranking_metric), "stage": refusing(parse_stage_metric),
}  # fmt: skip


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline of a comparison ends many of these."""
    monkeypatch.setattr(quote, "COMPARE_SECONDS", 0.05)


def repeated(unit: str) -> Callable[[int], str]:
    return lambda length: (unit * (length // len(unit) + 1))[:length]


# Their libraries take seconds for a text that ours read in milliseconds.
SLOW = {"bleu", "chrf", "normalised", "percent"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in READERS]
)
def test_b24_four_times_the_text_takes_four_times_the_time(name: str) -> None:
    """B24: dots, blanks, marks, brackets, fences, quotes, digits, line ends: none takes the square."""
    reader = READERS[name]
    reader("Some words. And [1] more: 1,234.")
    told = {unit: excess(reader, repeated(unit), LENGTH) for unit in UNITS}
    assert not {unit: reason for unit, reason in told.items() if reason}


@pytest.mark.parametrize("reader", [square, half_square], ids=["steps", "searches"])
def test_a_reader_that_takes_the_square_is_found(reader: Callable[[str], object]) -> None:
    """One of Python's own steps for each pair of characters, and one whose inner loop is a quick search."""
    assert excess(reader, repeated("a"), LENGTH)
    assert not excess(lambda text: [text.count("a") for _ in range(9)] + list(text), repeated("a"), LENGTH)
