"""What a team's own code gives back, as JSON values."""

import itertools
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from prompteval import Passage, Result
from prompteval.plan.results.json_values import json_values


class Answer(BaseModel):
    due: date


@dataclass
class Reply:
    answer: Answer
    parts: list[Any] = field(default_factory=list)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"a": Answer(due=date(2026, 1, 2))}, {"a": {"due": "2026-01-02"}}),
        (Reply(Answer(due=date(2026, 1, 2)), [Decimal("1.5")]), {"answer": {"due": "2026-01-02"}, "parts": ["1.5"]}),
        ({"b", "a"}, ["a", "b"]),
        ([np.float32(0.5), np.int64(3), np.bool_(True), np.array([1, 2])], [0.5, 3, True, [1, 2]]),
        ((1, None), [1, None]),
        ({1: "x"}, {"1": "x"}),
        ("a\ud800", "a\ud800"),
    ],
)  # fmt: skip
def test_objects_of_a_team_become_json(given: object, value: object) -> None:
    """Models, data classes, dates and numbers of numpy, however deep they lie in a list or a mapping."""
    assert json_values(given)[0] == value


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "given", [float("nan"), itertools.count(), [iter([1])], CIRCLE, object(), {(1, 2): 3}, np.float32("nan")]
)
def test_what_json_does_not_have_is_refused(given: object) -> None:
    """An iterator without end is not read either."""
    with pytest.raises((TypeError, ValueError)):
        json_values(given)


def test_a_result_takes_numbers_of_numpy() -> None:
    """A vector store gives its scores as they are; NaN stays refused."""
    found = Result(
        output="x", confidence=np.float32(0.5), abstain=np.bool_(False),
        retrieved=[{"doc": "a", "score": np.float32(0.25), "start": np.int64(1), "end": np.int64(3)}],
    ).trace()  # fmt: skip
    assert found is not None and found.retrieved is not None and found.abstain is False
    assert (found.retrieved[0].score, found.retrieved[0].start) == (0.25, 1)
    with pytest.raises(ValueError, match="score"):
        Result(output="x", retrieved=[Passage(doc="a", score=np.float32("nan"))])
