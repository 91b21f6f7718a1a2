"""Names of metrics that carry a stage."""

import re

import pytest

from prompteval.metrics.names import parse_metric
from prompteval.metrics.stage_names import is_stage_metric, parse_stage_metric
from prompteval.stats.gate import parse_gate


@pytest.mark.parametrize(
    "text",
    [
        "retrieval.ndcg@10", "retrieval.ndcg(gain=exp)@10", "rerank.map", "context.recall@2000t", "generation.em",
        "oracle.generation.f1", "closed_book.generation.correct", "generation.abstention(lambda=2)", "citations.quote",
        "grounding.embedding", "oracle_distractors.citations.precision",
    ],
)  # fmt: skip
def test_what_is_typed_is_what_is_printed(text: str) -> None:
    """A name parses, prints back the same, and can be in a gate with an end of its interval."""
    assert is_stage_metric(text) and str(parse_stage_metric(text)) == text == str(parse_metric(text))
    rule = parse_gate(f"{text}.low >= 0.5")
    assert (rule.metric, rule.end) == (text, "low")


def test_mode_retrieved_is_the_bare_name() -> None:
    """Bare `generation.*` is mode retrieved, so writing it out is the same metric."""
    assert str(parse_stage_metric("retrieved.generation.em")) == "generation.em"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("generation.emm", "did you mean 'em'"), ("oracel.generation.em", "did you mean 'oracle'"),
        ("context.recall", "write @2000t"), ("context.recall@0t", "from 1 token"), ("generation.em@5t", "no budget"),
        ("retrieval.recall", "needs a cut-off"), ("generation.f1(lambda=2)", "belongs to generation.abstention"),
        ("oracle.context.recall@9t", "leave oracle out"), ("retrieval.recal@5", "did you mean 'recall'"),
    ],
)  # fmt: skip
def test_a_wrong_name_says_what_was_meant(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        parse_stage_metric(text)
