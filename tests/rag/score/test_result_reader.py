"""Results as the metrics of stages read them."""

import time

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.trace import RetrievedPassage, Trace
from prompteval.rag.score.failure import Attribution
from prompteval.rag.score.results import ResultReader
from prompteval.tokens import counter


def found(count: int) -> tuple[Case, Observation, ResultReader]:
    passages = tuple(RetrievedPassage("a.md", f"part {n}") for n in range(count))
    case = Case("1", {}, answers=("yes",), gold=(({"doc": "a.md"},),))
    seen = Observation("ok", output="no", trace=Trace(retrieved=passages, context=passages[:5]))
    return case, seen, ResultReader(("retrieved",), "em", counter(""))


def test_a_result_is_read_once_for_all_of_its_metrics() -> None:
    """The same object for the same row, another for another."""
    case, seen, reader = found(3)
    first = reader.read(case, seen)
    assert reader.read(case, seen) is first
    assert reader.read(case, Observation("ok", output="no")) is not first


def test_thousands_of_passages_of_one_document_are_looked_at_once_each() -> None:
    """Each of them is an alternative of gold that names the document: not each is compared with each."""
    case, seen, reader = found(20_000)
    began = time.process_time()
    score = Attribution(reader).score(case, seen)
    assert score.reason.startswith("generation_miss") and time.process_time() - began < 20


@pytest.mark.parametrize(
    ("quote", "held"),
    [
        ("within “30” days", True),
        ('within  "30"\tdays', True),
        ("WITHIN “30” days", False),
        ("within 30 days", False),
    ],
)
def test_a_quote_without_a_document_is_looked_for_in_every_passage(quote: str, held: bool) -> None:
    """White space and the form of marks are free, and case is not: as docs/systems.md says."""
    passages = (RetrievedPassage("", "no"), RetrievedPassage("", "Refunds within “30” days."))
    case = Case("1", {}, gold=(({"quote": quote},),))
    seen = Observation("ok", output="x", trace=Trace(retrieved=passages))
    read = ResultReader(("retrieval",), "em", counter("")).read(case, seen)
    assert [len(group.alternatives) for group in read.groups] == [int(held)]
