"""Labels that a model doubts, by confident learning (Northcutt, Jiang and Chuang, JAIR 2021).

A stored run has the confidence of the label that was answered. A class's threshold is the mean confidence
of the rows of that label that were answered so; a row is doubtful where another label was answered with at
least the threshold of that other label.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a row: its id, the row's label, the label of the answer and its confidence."""

    id: str
    label: str
    answered: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """An answer above the threshold of its label, where the row has another."""

    answer: Answer
    threshold: float


def doubtful(answers: Iterable[Answer], most: int | None = SHOWN) -> list[Doubt]:
    """The most doubtful first: by how far the confidence is above the threshold.

    Confidences must come from a model that was not trained on these rows. A label that no row was rightly
    given has no threshold, and is no reason for a doubt.
    """
    given: Sequence[Answer] = sorted(answers, key=lambda answer: answer.id)
    right: dict[str, list[float]] = defaultdict(list)
    for answer in given:
        if answer.answered == answer.label:
            right[answer.label].append(answer.confidence)
    thresholds = {label: sum(values) / len(values) for label, values in right.items()}
    found = [
        Doubt(answer, thresholds[answer.answered])
        for answer in given
        if answer.answered != answer.label
        and answer.answered in thresholds
        and answer.confidence >= thresholds[answer.answered]
    ]
    found.sort(key=lambda doubt: (doubt.threshold - doubt.answer.confidence, doubt.answer.id))
    return found[:most]
