"""ALCE's recall and precision of citations, by any measure of support."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import InvalidInput
from prompteval.core.retrieval import Chunk
from prompteval.corpus.answers.alce import alce
from prompteval.corpus.answers.parsed_answer import read_answer
from prompteval.metrics.stage_names import parse_stage_metric
from prompteval.rag.score.figures import figures_held
from prompteval.rag.score.overlap import content_overlap
from tests.rag.test_entailment import tiny
from tests.small_workspace import Place

CHUNKS = [
    Chunk("a", 0, 30, "At most four cards in one order."),
    Chunk("b", 0, 20, "Shops open at nine."),
    Chunk("c", 0, 20, "Shops close at 18:00 on 2024-05-01."),
]


def words(claim: str, evidence: Sequence[str]) -> float:
    """Whether the evidence has every word of the claim."""
    return float(
        {*claim.casefold().strip(".").split()} <= {*" ".join(evidence).casefold().replace(".", "").split()}
    )


@pytest.mark.parametrize(
    ("text", "recall", "precision"),
    [
        ("Shops open at nine [2].", 1.0, 1.0),
        ("Shops open at nine [1].", 0.0, 0.0),  # not supported, so its citation is of no use
        ("Shops open at nine [2][1].", 1.0, 0.5),  # the second one adds nothing
        ("Shops open at nine cards [1][2].", 1.0, 1.0),  # each is needed
        ("Shops open at nine [2]. Shops open.", 0.5, 1.0),  # uncited: recall 0, and no citation to count
        ("Shops open at nine [2][9].", 0.0, 0.0),  # outside of the context
        ("Shops open at nine.", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_recall_and_precision_are_those_of_the_paper(text: str, recall: float, precision: float) -> None:
    """Section 3.2 of Gao et al. 2023, sentence by sentence and citation by citation."""
    assert alce(read_answer(text), CHUNKS, words) == (recall, precision)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 4), max_size=3)), max_size=4))
def test_both_are_shares_and_precision_needs_support(parts: list[tuple[str, list[int]]]) -> None:
    """Whatever is cited; where no sentence is supported nothing is needed."""
    text = " ".join(f"Word {word}{''.join(f'[{n}]' for n in cited)}." for word, cited in parts)
    recall, precision = alce(read_answer(text), CHUNKS, lambda claim, evidence: float("a" in claim))
    assert 0.0 <= recall <= 1.0 and 0.0 <= precision <= 1.0
    assert recall > 0 or precision == 0


def test_figures_are_a_measure_of_support() -> None:
    """A wrong number or date is not supported; a sentence without figures is."""
    assert figures_held("They close at 18:00 on 2024-05-01.", [CHUNKS[2].text]) == 1.0
    assert figures_held("They close at 19:00 on 2024-05-01.", [CHUNKS[2].text]) == 0.0
    assert alce(read_answer("It closes at 19:00 [3]."), CHUNKS, figures_held) == (0.0, 0.0)
    assert alce(read_answer("Shops close at 18:00 [3]."), CHUNKS, content_overlap) == (1.0, 1.0)


def test_each_is_a_metric_of_its_own() -> None:
    """By every measure of support; the sequence classifier is asked for its own alone."""
    for by in ("lexical", "figures", "entailment"):
        for measure in ("recall", "precision"):
            metric = parse_stage_metric(f"citations.{measure}_{by}")
            assert metric.asks_entailment is (by == "entailment") and metric.higher_is_better
    with pytest.raises(ValueError, match="recall_lexical"):
        parse_stage_metric("citations.recall_lexcal")


METRICS = "metrics: [citations.recall_lexical, citations.precision_lexical, citations.recall_figures]\n"


def cited(place: Place, more: str = METRICS) -> None:
    """Three recorded answers with marks: right, with a needless citation and a wrong time, and declined."""
    place.write("prompteval.toml", "")
    place.write("datasets/c.jsonl", "".join(f'{{"id": "c{n}", "inputs": {{}}}}\n' for n in range(3)))
    context = [{"doc": chunk.doc_id, "text": chunk.text} for chunk in CHUNKS]
    outputs = ["Shops open at nine [2].", "Shops close at 19:00 [3][1].", "I do not know."]
    rows = [
        {"id": f"c{n}", "output": output, "context": context, **({"abstain": True} if n == 2 else {})}
        for n, output in enumerate(outputs)
    ]
    place.write("datasets/o.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    place.write("evals/s.yaml", f"outputs: ../datasets/o.jsonl\ncases: ../datasets/c.jsonl\n{more}")


def test_a_suite_has_them_by_any_grounding(tmp_path: Path) -> None:
    """Over recorded answers; an answer that abstains is left out."""
    place = Place(tmp_path)
    cited(place)
    metrics = place.run().results[0].metrics
    assert {name: (one.value, one.n) for name, one in metrics.items()} == {
        "citations.recall_lexical": (1.0, 2),
        "citations.precision_lexical": (0.75, 2),
        "citations.recall_figures": (0.5, 2),
    }


@pytest.mark.slow
def test_the_sequence_classifier_is_one_of_them(tmp_path: Path) -> None:
    """The suite names it; without it the metric is refused at its line."""
    place, metric = Place(tmp_path), "metrics: [citations.recall_entailment]\n"
    cited(place, metric)
    with pytest.raises(InvalidInput, match="name the directory of a sequence classifier"):
        place.run()
    (tmp_path / "models").mkdir()
    tiny(tmp_path / "models/m", ["contradiction", "entailment"])
    cited(place, metric + "entailment: ../models/m\n")
    found = place.run().results[0].metrics["citations.recall_entailment"]
    assert found.n == 2 and found.value in (0.0, 0.5, 1.0)
