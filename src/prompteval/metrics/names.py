"""Metric names: what is typed is what is printed. `f1(average=macro)`, `accuracy(scorer=exact)`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prompteval.core.problem import did_you_mean
from prompteval.core.text import refuse_long_name
from prompteval.metrics.plugin import plugin_metrics
from prompteval.metrics.spent import MEAN_METRICS, TIME_METRICS
from prompteval.metrics.stage_names import is_stage_metric, parse_stage_metric

_FORM = re.compile(r"\s*+([a-z_][a-z0-9_.]*(?:[@^][a-z0-9]+)?)\s*+(?:\(\s*+((?:.*\S)?)\s*+\))?\s*+\Z")
_PASS = re.compile(r"(pass[@^])([1-9][0-9]{0,5})\Z")

AVERAGES = ("macro", "micro", "weighted")
# What a case is worth whose repeats were right or wrong.
REDUCERS = ("mean", "majority", "any", "all")
# A parameter without a value: the win rate that equal lengths would give.
LENGTH_CONTROLLED = "length_controlled"
# How a judge's mean is corrected by the labels of people.
PPI, ROGAN_GLADEN = "ppi", "rogan_gladen"
CORRECTIONS = (PPI, ROGAN_GLADEN)
MOST_BINS = 100
# Metric → its own parameters; those that read a scorer also take scorer=.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "accuracy": ("reduce", "corrected"),
    "mean": ("corrected",),
    "win_rate": (LENGTH_CONTROLLED,),
    "all_pass": (),
    "precision": ("average", "label"),
    "recall": ("average", "label"),
    "f1": ("average", "label"),
    "mcc": (),
    "kappa": (),
    "roc_auc": ("label",),
    "pr_auc": ("label",),
    "recall_at_precision": ("precision", "label"),
    "brier": ("label",),
    "ece": ("bins", "label"),
    "mae": (),
    "rmse": (),
    "r2": (),
    "spearman": (),
    "rouge_1": (),
    "rouge_2": (),
    "rouge_l": (),
    "bleu": (),
    "chrf": (),
    "tool_calls.name": (),
    "tool_calls.arguments": (),
    "perplexity": (),
    **dict.fromkeys((*TIME_METRICS, *MEAN_METRICS), ()),
    "per_class": (),
    "confusion": (),
    "reliability": ("bins", "label"),
}
_WITHOUT_SCORER = ("perplexity", "all_pass", *TIME_METRICS, *MEAN_METRICS)
_FAMILIES = ("pass@k", "pass^k")
_APART = (("average", "label"), ("corrected", "reduce"))


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric and its parameters in the order typed; `str()` gives a text that parses back equal.

    Two names with the same parameters in another order are equal.
    """

    name: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.params:
            return self.name
        parts = (f"{key}={value}" if value else key for key, value in self.params.items())
        return f"{self.name}({', '.join(parts)})"


def parse_metric(text: str) -> MetricName:
    """A metric from its text. Raises ValueError, naming the nearest, for what is not known.

    UsageError where an installed package takes a name of ours.

    A metric of a stage (`retrieval.ndcg@10`) is one name, regardless of what is in its brackets.
    """
    refuse_long_name("a metric", text)
    if is_stage_metric(text):
        return MetricName(str(parse_stage_metric(text)))
    match = _FORM.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a metric: write name or name(parameter=value)")
    name, inside = match[1], match[2]
    plugins = plugin_metrics()
    own = () if pass_of(name) is not None or name in plugins else PARAMETERS.get(name)
    if own is None and name.startswith(("pass@", "pass^")):
        raise ValueError(f"{name!r}: k must be a whole number from 1, such as {name[:5]}3")
    if own is None:
        help = did_you_mean(name, (*PARAMETERS, *_FAMILIES, *plugins))
        raise ValueError(f"unknown metric {name!r} ({help})")
    allowed = (*own, "scorer") if takes_scorer(name) else own
    params = _parameters(text, name, inside, allowed)
    for one, other in _APART:
        if one in params and other in params:
            raise ValueError(f"{text!r}: give {one} or {other}, not both")
    if params.get("corrected") == ROGAN_GLADEN and name != "accuracy":
        raise ValueError(f"{text!r}: {ROGAN_GLADEN} corrects accuracy alone; write corrected={PPI}")
    return MetricName(name, params)


def _parameters(text: str, name: str, inside: str | None, allowed: Sequence[str]) -> dict[str, str]:
    """The parameters between the brackets of a metric. Raises ValueError for one that is wrong."""
    params: dict[str, str] = {}
    for part in inside.split(",") if inside else ():
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if part.strip() == LENGTH_CONTROLLED and LENGTH_CONTROLLED in allowed:
            params[LENGTH_CONTROLLED] = ""
            continue
        if not equals or not value:
            raise ValueError(f"{text!r}: write parameter=value, not {part.strip()!r}")
        if key not in allowed:
            help = did_you_mean(key, allowed) or "it takes none"
            raise ValueError(f"{name} has no parameter {key!r} ({help})")
        if key in params:
            raise ValueError(f"{text!r}: duplicate parameter {key!r}")
        if key in _VALUES:
            _VALUES[key](text, value)
        params[key] = value
    return params


def takes_scorer(name: str) -> bool:
    """Whether a metric has the parameter scorer=."""
    return name not in _WITHOUT_SCORER


def pass_of(name: str) -> tuple[str, int] | None:
    """`pass@` or `pass^` with its k, where a metric's name is `pass@k` or `pass^k`; else None."""
    match = _PASS.match(name)
    return None if match is None else (match[1], int(match[2]))


def _check_average(text: str, value: str) -> None:
    if value not in AVERAGES:
        raise ValueError(f"{text!r}: average must be one of {', '.join(AVERAGES)}")


def _check_reduce(text: str, value: str) -> None:
    if value not in REDUCERS:
        raise ValueError(f"{text!r}: reduce must be one of {', '.join(REDUCERS)}")


def _check_corrected(text: str, value: str) -> None:
    if value not in CORRECTIONS:
        raise ValueError(f"{text!r}: corrected must be {' or '.join(CORRECTIONS)}")


def _check_precision(text: str, value: str) -> None:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0.0 < number <= 1.0:
        raise ValueError(f"{text!r}: precision must be above 0 and at most 1, not {value}")


def _check_bins(text: str, value: str) -> None:
    if not (value.isascii() and value.isdecimal() and 2 <= int(value) <= MOST_BINS):
        raise ValueError(f"{text!r}: bins must be a whole number from 2 to {MOST_BINS}, not {value}")


_VALUES: Mapping[str, Callable[[str, str], None]] = {
    "average": _check_average,
    "reduce": _check_reduce,
    "corrected": _check_corrected,
    "precision": _check_precision,
    "bins": _check_bins,
}
