"""Recorded judgements of pairs: which of two outputs a judge preferred, in which order they were shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector, Problem
from prompteval.judging.labels import Label, Word
from prompteval.judging.scale import JudgeScale
from prompteval.workspace.field_types import Text
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.validation import FileModel, validate

Preferred = Literal["a", "b", "tie"]
PAIR_LABELS: tuple[Preferred, ...] = ("a", "b", "tie")


def _identifier(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class JudgementLine(FileModel):
    """One judgement of a pair: which output the judge preferred of those that it was shown."""

    code = "PE293"
    mapping = "an object"

    id: Annotated[Text, BeforeValidator(_identifier)] = Field(description="The pair.", examples=['"p1"'])
    judge: Text = Field(description="Who judged it.", examples=['"o1-mini"'])
    prompt: str = Field("", description="The judge's prompt, where a judge has several.")
    order: Literal["ab", "ba"] = Field(description="Which of the two was shown first.")
    output: Literal["first", "second", "tie"] | None = Field(
        description="The one that was preferred, by its place; null for a reply without a verdict."
    )
    score: float | None = Field(None, description="How much it was preferred.")
    tags: dict[str, str] = Field({}, description="What slices the pairs.")


@dataclass(frozen=True, slots=True)
class RecordedPair:
    """What one judge decided of one pair, by order; None is a reply without a verdict."""

    pair_id: str
    decisions: Mapping[str, Preferred | None]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecordedJudge:
    """One judge, with one prompt, and all that it decided."""

    judge: str
    prompt: str
    pairs: tuple[RecordedPair, ...]


def is_judgement(row: object) -> bool:
    """Whether a row of an outputs file is a judgement of a pair."""
    return isinstance(row, Mapping) and "order" in row and "judge" in row


def read_recorded_pairs(data: bytes, path: str) -> tuple[RecordedJudge, ...]:
    """The judges of a file, by name and prompt. Raises InvalidInput with every problem at its line."""
    problems = Collector(path)
    found: dict[tuple[str, str], dict[str, dict[str, Preferred | None]]] = {}
    tags: dict[str, dict[str, str]] = {}
    for number, value in read_jsonl(BytesIO(data), path, problems.add):
        line = validate(JudgementLine, value, problems, lambda *_, number=number: (number, 1))
        if line is None:
            continue
        decisions = found.setdefault((line.judge, line.prompt), {}).setdefault(line.id, {})
        if line.order in decisions:
            message = f"duplicate judgement of {line.id} in order {line.order} by {line.judge}"
            problems.add(number, 1, "PE293", message, "remove one of the lines")
        decisions[line.order] = of_place(line.output, line.order)
        tags.setdefault(line.id, {}).update(line.tags)
    if not found and not problems.found:
        problems.add(
            1, 1, "PE293", "the file has no judgement", '{"id": "...", "judge": "...", "order": "ab", ...}'
        )
    if problems.found:
        raise InvalidInput(problems.found)
    return tuple(
        RecordedJudge(
            judge, prompt, tuple(RecordedPair(pair, by_order, tags[pair]) for pair, by_order in pairs.items())
        )
        for (judge, prompt), pairs in sorted(found.items())
    )


def of_place(output: str | None, order: str) -> Preferred | None:
    """The one of the pair behind a place in an order."""
    if output is None or output == "tie":
        return "tie" if output == "tie" else None
    first = output == "first"
    return "a" if first == (order == "ab") else "b"


def pair_labels(labels: Sequence[Label], path: str) -> dict[str, Preferred]:
    """What most people prefer of each pair; a pair without a majority is left out.

    Raises InvalidInput for each label that is not `a`, `b` or `tie`, at its line.
    """
    scale = JudgeScale(PAIR_LABELS)
    problems = [
        Problem(path, one.line, 1, "PE291", f"label {one.label!r} is not one of a, b and tie")
        for one in labels
        if one.label not in PAIR_LABELS
    ]
    if problems:
        raise InvalidInput(problems)
    by_pair: dict[str, dict[str, Word]] = {}
    for one in labels:
        by_pair.setdefault(one.case_id, {})[one.annotator] = one.label
    found: dict[str, Preferred] = {}
    for pair, given in by_pair.items():
        word = scale.truth(given)
        preferred = next((label for label in PAIR_LABELS if label == word), None)
        if preferred is not None:
            found[pair] = preferred
    return found
