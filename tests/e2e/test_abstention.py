"""Abstention is a flag of the output, not an empty text: every figure of it says the same."""

import json

from prompteval.report.advice import reason_of
from tests.small_workspace import Place
from tests.small_workspace import place as place

SUITE = """outputs: ../o.jsonl
cases: ../datasets/c.jsonl
metrics: [generation.em, generation.abstention, generation.false_answers, retrieval.recall@1]
"""


def test_an_empty_text_that_does_not_abstain_is_an_answer(place: Place) -> None:
    """Where there is none to give: exact match counts it as right, as SQuAD does, and abstention as wrong."""
    place.write("evals/s.yaml", SUITE)
    rows = [
        {"id": "c1", "output": "", "abstain": False, "retrieved": [{"doc": "a"}]},
        {"id": "c2", "output": "", "abstain": True, "retrieved": [{"doc": "a"}]},
    ]
    place.write("o.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    cases = [
        {"id": name, "inputs": {"question": "x"}, "answerable": False, "gold": []} for name in ("c1", "c2")
    ]
    place.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    view = place.run()
    (result,) = view.results
    found = {name: estimate.value for name, estimate in result.metrics.items()}
    assert found["generation.em"] == 1.0
    assert (found["generation.abstention"], found["generation.false_answers"]) == (0.0, 0.5)
    assert [reason_of(row) for row in view.rows()] == ["false_answer", None]
