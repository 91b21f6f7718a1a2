"""Metric names: what is typed is what is printed. `f1(average=macro)`, `accuracy(scorer=exact)`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from prompteval.core.problem import did_you_mean

_FORM = re.compile(r"\s*([a-z_][a-z0-9_.]*)\s*(?:\(\s*(.*?)\s*\))?\s*\Z")

AVERAGES = ("macro", "micro", "weighted")
# Metric → its own parameters; every metric also takes scorer=.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "accuracy": (),
    "mean": (),
    "precision": ("average", "label"),
    "recall": ("average", "label"),
    "f1": ("average", "label"),
    "per_class": (),
    "confusion": (),
}


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric and its parameters; `str()` gives the canonical text, which parses back equal."""

    name: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.params:
            return self.name
        inside = ", ".join(f"{key}={self.params[key]}" for key in sorted(self.params))
        return f"{self.name}({inside})"


def parse_metric(text: str) -> MetricName:
    """A metric from its text. Raises ValueError, naming the nearest, for what is not known."""
    match = _FORM.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a metric: write name or name(parameter=value)")
    name, inside = match[1], match[2]
    if name not in PARAMETERS:
        raise ValueError(f"there is no metric {name!r} ({did_you_mean(name, PARAMETERS)})")
    params: dict[str, str] = {}
    for part in inside.split(",") if inside else ():
        key, equals, value = (piece.strip() for piece in part.partition("="))
        allowed = (*PARAMETERS[name], "scorer")
        if not equals or not value:
            raise ValueError(f"{text!r}: write parameter=value, not {part.strip()!r}")
        if key not in allowed:
            raise ValueError(f"{name} has no parameter {key!r} ({did_you_mean(key, allowed)})")
        if key in params:
            raise ValueError(f"{text!r}: {key} stands twice")
        params[key] = value
    if params.get("average", "macro") not in AVERAGES:
        raise ValueError(f"{text!r}: average is one of {', '.join(AVERAGES)}")
    if "average" in params and "label" in params:
        raise ValueError(f"{text!r}: give average or label, not both")
    return MetricName(name, params)
