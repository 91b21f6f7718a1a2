"""What is found for a name as somebody writes it."""

import pytest

from prompteval.cli.completion import explained
from prompteval.core.errors import UsageError
from prompteval.reference.index import find
from prompteval.reference.text import overview, shown


def kinds(text: str) -> list[str]:
    return [entry.kind for entry in find(text).entries]


def test_a_name_of_two_things_shows_both() -> None:
    """`abstain` is a key of a suite and of a result; `f1` a metric, with that of a stage beside it."""
    assert kinds("abstain") == ["key of a suite", "key of a result"]
    assert kinds("f1") == ["metric"] and "generation.f1" in shown(find("f1"))
    assert kinds("endpoint") == ["key of a suite", "retriever"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("k", ["rag.k"]),
        ("timeout_s", ["timeout_s"]),
        ("accuracy >= 0.85", ["metric >= x", "accuracy"]),
        ("accuracy.low", ["metric.low >= x", "accuracy"]),
        ("slice(language).accuracy", ["slice(tag).metric >= x", "accuracy"]),
        ("latency_ms.p95 <= 1500", ["metric >= x", "latency_ms.p95"]),
        ("f1(average=macro)", ["f1"]),
        ("pass^4", ["pass^k"]),
        ("retrieval.recall@8", ["retrieval.recall@k"]),
        ("context.iou@500t", ["context.iou@Nt"]),
        ("closed_book.generation.em", ["generation.em"]),
        ("openai/some-model", ["openai"]),
        ("k1", ["rag.bm25.k1"]),
        ("average", ["precision", "recall", "f1"]),
    ],
)
def test_forms_that_are_no_name_are_found_too(text: str, names: list[str]) -> None:
    """The last part of a key, a rule, a metric with parameters, a model, an option."""
    assert [entry.name for entry in find(text).entries] == names


def test_a_part_of_a_name_lists_what_it_begins_or_ends() -> None:
    """In a line each."""
    assert {entry.name for entry in find("generation").related} >= {"generation.em", "generation.f1"}
    assert {"endpoint.timeout_s", "models.NAME.timeout_s"} <= {e.name for e in find("timeout_s").related}


@pytest.mark.parametrize("word", ["scorer", "scorers", "metric", "gate", "rag.retriever", "results"])
def test_a_topic_lists_its_group(word: str) -> None:
    """Also in the singular."""
    assert len(find(word).groups) == 1


def test_an_unknown_name_names_the_nearest() -> None:
    """As everywhere."""
    with pytest.raises(UsageError, match="unknown name 'abitsain'") as caught:
        find("abitsain")
    assert "did you mean 'abstain'?" in str(caught.value)


def test_the_overview_fits_a_terminal() -> None:
    """With every group, and no line over a hundred columns."""
    lines = overview().splitlines()
    assert max(map(len, lines)) <= 100 and "Scorers (scorers):" in lines


def test_a_shell_is_offered_names_and_codes() -> None:
    """Codes where those begin so, else names that mean nothing to a shell."""
    assert "PE350" in explained("pe35") and {"rag.k", "rag.modes"} <= set(explained("rag."))
    assert not [name for name in explained("metric") if ">" in name]
