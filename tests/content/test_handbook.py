"""The handbook and its questions keep the promises of datasets/README.md."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from prompteval.cases.load import load_cases
from prompteval.cases.split import split_of
from prompteval.core.case import Case
from prompteval.workspace.tree import WorkingTree

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = ROOT / "datasets" / "handbook"
QUESTIONS = "datasets/handbook_qa.jsonl"
KINDS = {"single", "multi_and", "multi_or", "paraphrase", "table", "version", "region", "unanswerable"}
# Kinds whose answer can be lifted from a quote. A comparison (multi_and) ends in a name
# that only the title holds, and a paraphrased question may be answered by a plain no.
LITERAL = KINDS - {"multi_and", "paraphrase", "unanswerable"}


@cache
def _documents() -> dict[str, str]:
    """Path below the handbook, with slashes, to text."""
    return {
        path.relative_to(HANDBOOK).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(HANDBOOK.rglob("*.md"))
    }


@cache
def _cases() -> tuple[Case, ...]:
    return tuple(load_cases(WorkingTree(ROOT), QUESTIONS, validate=None))


def _spans(case: Case) -> list[tuple[str, str]]:
    """(document, quote) of every gold span of one case."""
    return [(span["doc"], span["quote"]) for group in case.gold for span in group]


def _of_kind(*kinds: str) -> list[Case]:
    return [case for case in _cases() if case.tags["kind"] in kinds]


def _replaced(document: str) -> bool:
    return ". Replaced by " in _documents()[document].splitlines()[2]


def test_every_document_has_a_title_and_says_from_when_it_counts() -> None:
    """The first line is a heading; the third says version, time and whom it is for."""
    wrong = [
        name
        for name, text in _documents().items()
        for title, blank, version in [text.splitlines()[:3]]
        if not title.startswith("# ")
        or blank
        or not version.startswith("Version ")
        or "in force from" not in version
        or "Applies to: " not in version
    ]
    assert wrong == []


def test_every_quote_stands_exactly_once_in_its_document() -> None:
    """A quote that is not there, or there twice, would not name one span."""
    wrong = [
        (case.id, document, quote)
        for case in _cases()
        for document, quote in _spans(case)
        if _documents().get(document, "").count(quote) != 1
    ]
    assert wrong == []


def test_the_handbook_is_as_large_as_promised() -> None:
    """Documents, words as `wc -w` counts them, and questions."""
    words = sum(len(text.split()) for text in _documents().values())
    assert len(_documents()) >= 100
    assert words >= 54_000
    assert len(_cases()) >= 295


def test_old_versions_variants_and_long_pages_are_there() -> None:
    """What makes retrieval hard: at least six replaced pages, six regional ones, five long ones."""
    documents = _documents()
    assert sum(map(_replaced, documents)) >= 6
    assert sum(name.endswith(("_north.md", "_coast.md", "_alpine.md")) for name in documents) >= 6
    assert sum(len(text.split()) >= 1_300 for text in documents.values()) >= 5


def test_every_kind_of_question_is_there() -> None:
    """No kind but the eight of the README, and none of them rare."""
    counts = Counter(case.tags["kind"] for case in _cases())
    assert set(counts) == KINDS
    assert min(counts.values()) >= 8


def test_every_area_is_a_folder_and_every_folder_is_asked_about() -> None:
    """The `area` slice is where the answer stands."""
    assert {case.tags["area"] for case in _cases()} == {name.split("/")[0] for name in _documents()}


def test_ids_are_unique_and_in_order_and_no_question_is_asked_twice() -> None:
    """Equal questions with different gold could not both be answered."""
    ids = [case.id for case in _cases()]
    asked = Counter(case.inputs["question"].casefold() for case in _cases())
    assert ids == sorted(set(ids))
    assert [question for question, times in asked.items() if times > 1] == []


def test_b14_split_is_the_hash_of_the_id() -> None:
    """No question was moved to another split by hand."""
    assert [case.id for case in _cases() if case.split != split_of(case.id)] == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_tested_and_can_be_tuned(kind: str) -> None:
    """Each kind has questions on both sides of the line between train or dev and test."""
    splits = {case.split for case in _of_kind(kind)}
    assert "test" in splits and splits & {"train", "dev"}


def test_answerable_questions_have_gold_and_answers_and_the_others_neither() -> None:
    """Unanswerable is a kind, a flag and two empty lists at once."""
    wrong = [
        case.id
        for case in _cases()
        if not (
            case.answerable == bool(case.gold) == bool(case.answers) == (case.tags["kind"] != "unanswerable")
        )
    ]
    assert wrong == []


def test_an_extractive_model_can_find_the_answer() -> None:
    """One group of evidence holds an accepted answer word for word, whichever of its passages is found."""

    def found(case: Case) -> bool:
        return any(
            all(any(answer in span["quote"] for answer in case.answers) for span in group)
            for group in case.gold
        )

    assert [case.id for case in _of_kind(*LITERAL) if not found(case)] == []


def test_kinds_have_the_gold_that_their_name_says() -> None:
    """AND has several groups of evidence, OR one group of several passages, a table question one row."""
    assert [case.id for case in _of_kind("multi_and") if len(case.gold) < 2] == []
    assert [case.id for case in _of_kind("multi_or") if not any(len(group) > 1 for group in case.gold)] == []
    rows = [quote.strip() for case in _of_kind("table") for _, quote in _spans(case)]
    assert [row for row in rows if "|" not in row] == []


def test_no_evidence_stands_in_a_page_that_was_replaced() -> None:
    """Questions are about today unless they name an old version, and none of these kinds does."""
    wrong = [
        (case.id, document)
        for case in _of_kind(*(KINDS - {"version"}))
        for document, _ in _spans(case)
        if _replaced(document)
    ]
    assert wrong == []


def test_questions_are_canonical_jsonl() -> None:
    """One object a line, keys in one order, text as itself rather than escaped."""
    lines = (ROOT / QUESTIONS).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line != json.dumps(json.loads(line), ensure_ascii=False)] == []
