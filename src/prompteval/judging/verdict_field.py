"""The field of a judge's output that holds its verdict, and how a verdict becomes a value."""

import math
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean

USUAL_FIELDS = ("verdict", "label", "score", "rating", "grade", "decision", "answer")
USUAL_PASSES = ("yes", "true", "pass", "correct")


class BadVerdict(ValueError):
    """A judge's reply whose verdict is none: it is unscored, never a score of 0."""


@dataclass(frozen=True, slots=True)
class VerdictField:
    """Which field is read, and on what scale.

    `labels` are the words of a judge of labels, of which those in `passes` count 1 and others 0; a scale has
    none, and runs from `low` to `high`.
    """

    name: str
    labels: tuple[str, ...] = ()
    passes: frozenset[str] = frozenset()
    low: float = 0.0
    high: float = 1.0

    @property
    def is_scale(self) -> bool:
        return not self.labels

    def value(self, verdict: object) -> float:
        """The verdict as a number of its scale. Raises BadVerdict for what is not on it."""
        if self.labels:
            return 1.0 if label_text(verdict) in self.passes else 0.0
        if isinstance(verdict, bool) or not isinstance(verdict, int | float) or not math.isfinite(verdict):
            raise BadVerdict(f"{self.name} is not a number")
        if not self.low <= verdict <= self.high:
            raise BadVerdict(f"{self.name} {verdict:g} is outside of the scale {self.low:g} to {self.high:g}")
        return float(verdict)


def label_text(verdict: object) -> str:
    """A label as text: `true` and `false` as in JSON."""
    if isinstance(verdict, bool):
        return "true" if verdict else "false"
    return str(verdict)


def verdict_field(
    output: type[BaseModel],
    wanted: str = "",
    scale: Sequence[float] | None = None,
    passes: Sequence[str] | None = None,
) -> VerdictField:
    """The field that a judge's output decides by.

    Raises UsageError for a field that is not there or cannot be one, for a number without a scale, for labels
    of which none passes, and for reasons that come after the verdict.
    """
    fields = output.model_fields
    name = wanted or next((name for name in USUAL_FIELDS if name in fields), "")
    if name not in fields:
        help = did_you_mean(name, fields) if name else "name it with `field:`"
        raise UsageError(f"the judge's output has no field {name or 'verdict, label or score'}", help)
    _refuse_late_reasons(fields, name)
    labels = labels_of(fields[name].annotation)
    if labels:
        if scale is not None:
            raise UsageError(f"scale is for numbers, and {name} is one of {', '.join(labels)}", "remove it")
        return VerdictField(name, labels, _passing(name, labels, passes))
    if fields[name].annotation not in (int, float):
        raise UsageError(f"{name} must be a Literal, an Enum, a bool or a number", "name it with `field:`")
    if passes is not None:
        raise UsageError(f"passes is for labels, and {name} is a number", "use `threshold:`")
    low, high = _scale(name, fields[name], scale)
    return VerdictField(name, low=low, high=high)


def labels_of(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401 - a type as a field declares it
    """The words that a field may hold; empty where it holds anything else."""
    if annotation is bool:
        return ("true", "false")
    if typing.get_origin(annotation) is Literal:
        return tuple(label_text(value) for value in typing.get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(label_text(member.value) for member in annotation)
    return ()


def _refuse_late_reasons(fields: dict[str, FieldInfo], name: str) -> None:
    """A model writes its fields in order: reasons behind the verdict are made up for it."""
    order = list(fields)
    texts = [one for one in order if fields[one].annotation is str and one != name]
    if texts and order.index(texts[0]) > order.index(name):
        raise UsageError(f"{texts[0]} comes after {name}", f"declare {texts[0]} before {name}")


def _passing(name: str, labels: Sequence[str], passes: Sequence[str] | None) -> frozenset[str]:
    if passes is None:
        found = frozenset(label for label in labels if label.casefold() in USUAL_PASSES)
        if not found:
            raise UsageError(f"{name} is one of {', '.join(labels)}", "say which pass: `passes: [...]`")
        return found
    for label in passes:
        if label not in labels:
            raise UsageError(f"passes: {name} is never {label!r}", did_you_mean(label, labels))
    return frozenset(passes)


def _scale(name: str, field: FieldInfo, scale: Sequence[float] | None) -> tuple[float, float]:
    if scale is None:
        bounds = {
            kind: getattr(item, kind)
            for item in field.metadata
            for kind in ("ge", "le")
            if hasattr(item, kind)
        }
        if set(bounds) != {"ge", "le"}:
            raise UsageError(f"{name} is a number without a scale", "write `scale: [1, 5]`")
        return float(bounds["ge"]), float(bounds["le"])
    numbers = [one for one in scale if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != 2 or len(scale) != 2 or not numbers[0] < numbers[1]:
        raise UsageError(f"scale must be two numbers, the lower one first, not {list(scale)!r:.60}")
    return float(numbers[0]), float(numbers[1])
