"""The metric table: what each name computes and reads, its scale, direction and kind of interval."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

import numpy as np

from prompteval.metrics import classification, curves, ngrams, regression
from prompteval.metrics.classification import Array
from prompteval.metrics.columns import Columns, Floats
from prompteval.metrics.curves import Statistic
from prompteval.metrics.names import LENGTH_CONTROLLED, PARAMETERS, ROGAN_GLADEN, MetricName, pass_of
from prompteval.metrics.plugin import plugin_metric, statistic_of
from prompteval.metrics.preference import equal_length_rate
from prompteval.metrics.repeats import pass_columns, reduce_cases
from prompteval.metrics.spent import MEAN_METRICS, TIME_METRICS, share_of, weighted_percentile
from prompteval.metrics.stage_names import is_stage_metric, parse_stage_metric

Kind = Literal[
    "proportion",
    "mean",
    "confusion",
    "sample",
    "roc",
    "pr",
    "calibration",
    "breakdown",
    "corrected",
    "percentile",
]
SourceKind = Literal["values", "numbers", "evidence", "confidence", "logprobs", "verdict", "spent"]
DEFAULT_PRECISION = 0.9
DEFAULT_BINS = 10


@dataclass(frozen=True, slots=True)
class Source:
    """What a metric reads of each case beside the scorer's value and classes: `Columns.extra`.

    `values`: nothing. `numbers`: expected, given, absolute and squared error. `evidence`: what
    the scorer reports under `key`, of `width` numbers. `confidence`: the confidence in the
    answer, its squared error, and the share given to the expected class; with a `key`, the
    share given to that class and its squared error. `logprobs`: their sum and their number.
    `verdict`: 1 where the case passes by all of its scores, else 0. `spent`: its time, cost or tokens, `key`.
    """

    kind: SourceKind
    key: str = ""
    width: int = 0

    @property
    def of_row(self) -> bool:
        """Whether it is read of the row itself, without a scorer."""
        return self.kind in ("logprobs", "verdict", "spent")


VALUES = Source("values")
NUMBERS = Source("numbers", width=4)
LOGPROBS = Source("logprobs", width=2)
VERDICT = Source("verdict", width=1)
# The judge's value, whether people labelled the output, their value, and the weight of their label or 0.
LABELLED = Source("evidence", "labelled", 4)
LABELLED_PASSES = Source("evidence", "labelled_passes", 4)
# Whether the judge passes it, whether people labelled it, and of the outputs of the judge's calibration:
# people's passes, how many of them it passed, people's fails, how many of them it failed.
CALIBRATED = Source("evidence", "calibrated", 6)
# The preference of a pair, and by how many characters the case's own output is the longer one.
PAIRS = Source("evidence", "longer_by", 2)


def _undefined(_: object) -> NoReturn:
    raise TypeError("a metric of this kind has no such statistic")


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric that can be computed.

    A `proportion` or `mean` is the mean of `per_case`, the score column when that is None. A
    `confusion` metric is `statistic(tables)` over tables of shape (..., K, K + 1). A `sample`
    metric is `sample(columns)(weights)` over weights of shape (..., rows). `roc` and `pr` are
    areas with intervals of their own, `calibration` is a number beside its null. A `breakdown`
    is a table, no number. A `percentile` is one of the times of all rows, repeats too. A
    `corrected` metric is the mean of a judge, corrected by labels. `low` and `high` bound the scale,
    None where it is open. `reduce` makes one value of a case's repeats, None leaves their mean. Where
    `least_turns` is not 0, a case counts that ran as often, and whose every repeat was scored; another is
    missing.
    """

    kind: Kind
    source: Source = VALUES
    statistic: Callable[[Array], Array] = _undefined
    per_case: Callable[[Columns], Floats] | None = None
    sample: Callable[[Columns], Statistic] = _undefined
    low: float | None = 0.0
    high: float | None = 1.0
    higher_is_better: bool = True
    reduce: Callable[[Columns], Columns] | None = None
    least_turns: int = 0

    @property
    def gates(self) -> bool:
        """Whether the metric may decide at all."""
        return self.kind not in ("breakdown", "calibration")


def metric_spec(name: MetricName, classes: tuple[str, ...] = ()) -> MetricSpec:
    """What a parsed name computes. `classes` gives `label=` its index; -1 while unknown."""
    if name.name in ("precision", "recall", "f1"):
        return _per_class_metric(name, classes)
    passed = pass_of(name.name)
    if passed is not None:
        return MetricSpec("proportion", reduce=lambda c: pass_columns(c, *passed), least_turns=passed[1])
    if {"corrected", "reduce"} & name.params.keys() and name.params.get("reduce") != "mean":
        return _of_judge_or_repeats(name)
    if name.name in _FIXED:
        return _FIXED[name.name]
    if is_stage_metric(name.name):
        found = parse_stage_metric(name.name)
        kind: Kind = "proportion" if found.binary else "mean"
        return MetricSpec(kind, low=found.low, higher_is_better=found.higher_is_better)
    if name.name not in PARAMETERS:
        return _of_plugin(name.name)
    return _win_rate(name) if name.name == "win_rate" else _of_confidence(name)


def _of_confidence(name: MetricName) -> MetricSpec:
    """A metric that reads how confident the system says it is."""
    source = Source("confidence", name.params.get("label", ""), 2 if "label" in name.params else 3)
    if name.name == "roc_auc":
        return MetricSpec("roc", source)
    if name.name == "brier":
        return MetricSpec("mean", source, per_case=lambda c: c.numbers()[:, 1], higher_is_better=False)
    if name.name == "ece":
        return MetricSpec("calibration", source, higher_is_better=False)
    if name.name == "reliability":
        return MetricSpec("breakdown", source)
    if name.name == "pr_auc":
        return MetricSpec("pr", source, sample=lambda c: curves.average_precision(*threshold_scores(name, c)))
    precision = float(name.params.get("precision", DEFAULT_PRECISION))
    return MetricSpec(
        "sample",
        source,
        sample=lambda c: curves.recall_at_precision(*threshold_scores(name, c), precision),
    )


def _win_rate(name: MetricName) -> MetricSpec:
    """The mean preference of pairs, a tie as half; or the one that equal lengths would give."""
    if LENGTH_CONTROLLED not in name.params:
        return MetricSpec("mean", PAIRS, per_case=lambda c: c.numbers()[:, 0])
    return MetricSpec("sample", PAIRS, sample=lambda c: equal_length_rate(*c.numbers().T))


def _of_judge_or_repeats(name: MetricName) -> MetricSpec:
    """A mean corrected by labels, or of a case's repeats reduced."""
    how = name.params.get("reduce")
    if how is not None:
        return MetricSpec("proportion", reduce=lambda c: reduce_cases(c, how), least_turns=1)
    if name.params["corrected"] == ROGAN_GLADEN:
        return MetricSpec("corrected", CALIBRATED)
    if name.name == "accuracy":
        return MetricSpec("corrected", LABELLED_PASSES)
    return MetricSpec("corrected", LABELLED, low=None, high=None)


def _of_plugin(name: str) -> MetricSpec:
    metric = plugin_metric(name)
    return MetricSpec(
        "sample",
        sample=lambda columns: statistic_of(metric, columns),
        low=metric.low,
        high=metric.high,
        higher_is_better=metric.higher_is_better,
    )


def _per_class_metric(name: MetricName, classes: tuple[str, ...]) -> MetricSpec:
    label = name.params.get("label")
    if label is not None:
        index = classes.index(label) if label in classes else -1
        return MetricSpec("confusion", statistic=lambda t: classification.one_class(t, name.name, index))
    average = name.params.get("average", "macro")
    return MetricSpec("confusion", statistic=lambda t: classification.averaged(t, name.name, average))


def threshold_scores(name: MetricName, columns: Columns) -> tuple[Floats, Array]:
    """(score of the positive class, mask of the positives) for a metric over thresholds.

    An unusable output has a score below 0 on a positive and above 1 on a negative case. Raises
    ValueError where no class is the positive one.
    """
    label = positive_class(name, columns)
    if label is None:
        raise ValueError(f"{name}: no class is the positive one")
    positive = columns.expected == columns.classes.index(label)
    numbers = columns.numbers()
    if "label" in name.params:
        return numbers[:, 0], positive
    share = numbers[:, 2]
    return np.where(positive, share, 1.0 - share), positive


def positive_class(name: MetricName, columns: Columns) -> str | None:
    """The class in `label=`, else of two classes the one that says yes; any for a symmetric metric.

    None where that is not clear.
    """
    label = name.params.get("label")
    if label is not None:
        return label if label in columns.classes else None
    if len(columns.classes) != 2:
        return None
    if name.name == "roc_auc":  # the area is the same whichever of two classes is the positive one
        return columns.classes[1]
    return next((c for c in columns.classes if c.lower() in ("true", "yes", "1", "positive")), None)


def calibration_pairs(name: MetricName, columns: Columns) -> tuple[Floats, Floats]:
    """(confidence, whether it came true) for each case; without `label=` of the answer given.

    An unusable output counts as fully confident and wrong.
    """
    stated = np.clip(columns.numbers()[:, 0], 0.0, 1.0)
    label = name.params.get("label")
    if label is None:
        return stated, columns.values
    index = columns.classes.index(label) if label in columns.classes else -2
    return stated, (columns.expected == index).astype(np.float64)


def bins_of(name: MetricName) -> int:
    """How many bins a calibration metric asks for."""
    return int(name.params.get("bins", DEFAULT_BINS))


def _share(key: str) -> MetricSpec:
    return MetricSpec("mean", Source("evidence", key, 1), per_case=lambda c: c.numbers()[:, 0])


def _corpus(key: str, width: int, formula: Callable[[Array], Array]) -> MetricSpec:
    def sample(columns: Columns) -> Statistic:
        return lambda weights: formula(weights @ columns.numbers())

    return MetricSpec("sample", Source("evidence", key, width), sample=sample, high=100.0)


def log_perplexity(columns: Columns) -> Statistic:
    """The mean negative log probability of a token, in nats; perplexity is its exponential."""

    def statistic(weights: Floats) -> Array:
        sums = weights @ columns.numbers()
        return -sums[..., 0] / np.maximum(sums[..., 1], 1.0)

    return statistic


def _time(name: str) -> MetricSpec:
    """A percentile of one of the times, over all rows."""
    source = Source("spent", name.partition(".")[0], 1)
    return MetricSpec(
        "percentile",
        source,
        sample=lambda c: weighted_percentile(c.numbers()[:, 0], share_of(name)),
        high=None,
        higher_is_better=False,
    )


def _mean_spent(name: str) -> MetricSpec:
    source = Source("spent", name.partition(".")[0], 1)
    return MetricSpec("mean", source, per_case=lambda c: c.numbers()[:, 0], high=None, higher_is_better=False)


_FIXED: Mapping[str, MetricSpec] = {
    **{name: _time(name) for name in TIME_METRICS},
    **{name: _mean_spent(name) for name in MEAN_METRICS},
    "accuracy": MetricSpec("proportion"),
    "mean": MetricSpec("mean", low=None, high=None),
    "all_pass": MetricSpec("proportion", VERDICT),
    "mcc": MetricSpec("confusion", statistic=classification.mcc, low=-1.0),
    "kappa": MetricSpec("confusion", statistic=classification.kappa, low=-1.0),
    "mae": MetricSpec(
        "mean", NUMBERS, per_case=lambda c: c.numbers()[:, 2], high=None, higher_is_better=False
    ),
    "rmse": MetricSpec(
        "sample",
        NUMBERS,
        sample=lambda c: regression.rmse(c.numbers()[:, 3]),
        high=None,
        higher_is_better=False,
    ),
    "r2": MetricSpec(
        "sample", NUMBERS, sample=lambda c: regression.r2(c.numbers()[:, 0], c.numbers()[:, 3]), low=None
    ),
    "spearman": MetricSpec(
        "sample", NUMBERS, sample=lambda c: regression.spearman(*c.numbers()[:, :2].T), low=-1.0
    ),
    "rouge_1": _share("rouge_1"),
    "rouge_2": _share("rouge_2"),
    "rouge_l": _share("rouge_l"),
    "tool_calls.name": _share("tool_calls.name"),
    "tool_calls.arguments": _share("tool_calls.arguments"),
    "bleu": _corpus("bleu", ngrams.BLEU_WIDTH, ngrams.bleu),
    "chrf": _corpus("chrf", ngrams.CHRF_WIDTH, ngrams.chrf),
    "perplexity": MetricSpec(
        "sample", LOGPROBS, sample=log_perplexity, low=1.0, high=None, higher_is_better=False
    ),
    "per_class": MetricSpec("breakdown"),
    "confusion": MetricSpec("breakdown"),
}
