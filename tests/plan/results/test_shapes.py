"""Passages of other libraries, by their shape."""

from types import SimpleNamespace
from typing import Any

import pytest

from prompteval.plan.results.result import Result, ResultPassage
from prompteval.plan.results.shapes import as_passage
from prompteval.prompt.answer import Passage


def node(**metadata: Any) -> SimpleNamespace:
    """What LlamaIndex's TextNode shows of itself."""
    return SimpleNamespace(
        get_content=lambda: "words", metadata=metadata, node_id="n1", ref_doc_id="doc-7", start_char_idx=5,
        end_char_idx=10,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "doc", "place"),
    [
        (SimpleNamespace(page_content="words", metadata={"source": "a.md"}, id=None), "a.md", (None, None)),
        (SimpleNamespace(page_content="words", metadata={}, id="x1"), "x1", (None, None)),
        (SimpleNamespace(page_content="words", metadata={"source": "a", "start_index": 3}, id=None), "a", (3, 8)),
        (SimpleNamespace(page_content="words", metadata={"source": "a", "start_index": -1}, id=None), "a", (None, None)),
        ({"page_content": "words", "metadata": {"source": "a.md"}}, "a.md", (None, None)),
        (SimpleNamespace(node=node(), score=0.5), "doc-7", (5, 10)),
        (node(file_name="b.pdf"), "b.pdf", (5, 10)),
        (Passage(n=2, doc="c.md", text="words"), "c.md", (None, None)),
        ("words", "", (None, None)),
    ],
)  # fmt: skip
def test_a_passage_is_told_by_its_shape(given: Any, doc: str, place: tuple[int | None, int | None]) -> None:
    """Text, document and, where the library knows it, the place in the document."""
    found = ResultPassage.model_validate(as_passage(given)).passage()
    assert (found.doc, found.text, (found.start, found.end)) == (doc, "words", place)


def test_scores_of_numpy_are_numbers() -> None:
    """A node's score may be numpy's, which JSON does not know."""
    numpy = pytest.importorskip("numpy")
    found = Result(output="x", retrieved=[SimpleNamespace(node=node(), score=numpy.float32(0.5))])
    trace = found.trace()
    assert trace is not None and trace.retrieved is not None and trace.retrieved[0].score == 0.5


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"retreived": []}, "did you mean 'retrieved'?"),
        ({"retrieved": [{}]}, "a passage must have a document or a text"),
        ({"retrieved": [{"doc": "a", "start": 1}]}, "both start and end"),
        ({"citations": [{"quote": "x"}]}, "must name a place in the context or a document"),
        ({"tool_calls": [{"arguments": {}}]}, "name"),
        ({"confidence": 2}, "a number from 0 to 1, not 2"),
    ],
)
def test_what_is_wrong_with_a_result_is_said(given: Any, told: str) -> None:
    """In Python too the message names the key and the fault."""
    with pytest.raises(ValueError) as caught:
        Result(output="x", **given)
    assert told in str(caught.value)
