"""A metric of the rows that have feedback, beside that of the reference's labelled rows."""

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prompteval.metrics.classification import averaged, kappa, mcc, one_class
from prompteval.metrics.names import MetricName, parse_metric
from prompteval.monitor.labels import LabelledRows
from prompteval.monitor.signals.words import percent, seed_of
from prompteval.monitor.sketch import NumberSketch
from prompteval.report.monitoring.view import Measure, Signal
from prompteval.stats.drift.estimated import estimated_accuracy
from prompteval.stats.drift.power import detectable_drop, is_predicted
from prompteval.stats.drift.tails import excess_p
from prompteval.stats.drift.unpaired import DropAt, Statistic, mean_drop, proportion_drop, table_drop
from prompteval.stats.interval import LEVEL

# Classes of a label whose share of feedback is reported.
MOST_REPORTED = 5
FEWEST = 2
# Under so many rows of a class a macro average is shown and decides nothing, as in a gate.
FEWEST_OF_A_CLASS = 10


def feedback_signal(
    metric: str, threshold: float, reference: LabelledRows, window: LabelledRows, classes: Counter[str]
) -> Signal:
    """The drop of a metric; `classes` counts all rows of the window by predicted class."""
    name = parse_metric(metric)
    sides = [reference, window]
    counts = [len(side.scores) if name.name == "mean" else sum(side.pairs.values()) for side in sides]
    base = Signal("feedback", "too_few", threshold, "share", n=counts[1], n_reference=counts[0])
    missing = _missing(window, classes)
    if min(counts) < FEWEST:
        what = "scores" if name.name == "mean" else "labels"
        where = "reference" if counts[0] < FEWEST else "window"
        return replace(base, detail=f"the {where} has {min(counts):,} {what}; {missing}")
    at = _drop(name, reference, window)
    if at is None:
        return replace(base, detail=f"{metric} is undefined on these rows; {missing}")
    drop = at(LEVEL)

    def low_at(level: float) -> float:
        return at(level).low if drop.observed > threshold else 0.0

    found = replace(
        base,
        observed=drop.observed,
        low=drop.low,
        high=drop.high,
        p=drop.p,
        excess_p=excess_p(low_at, threshold) if drop.low > threshold else 1.0,
        detail=f"{metric} {drop.before:.3f} to {drop.after:.3f}; {missing}",
    )
    few = _few(name, window)
    if drop.low <= threshold and drop.observed - drop.low >= threshold:
        few = f"{counts[1]:,} rows are too few to show a drop of {2 * threshold:g}"
    if few:
        return replace(found, detail=f"{few}; {found.detail}")
    ability = _ability(name, reference, counts[1], threshold)
    return replace(
        found,
        verdict="alert" if drop.low > threshold else "quiet",
        detail=f"{found.detail}{ability}",
    )


def with_estimate(signal: Signal, reference: LabelledRows, confidence: NumberSketch) -> Signal:
    """The signal with the accuracy that confidences suggest beside it, which never decides."""
    pairs = reference.confident
    found = estimated_accuracy(
        np.asarray([one for one, _ in pairs], np.float64),
        np.asarray([right for _, right in pairs], bool),
        confidence.weighted(),
    )
    if found is None:
        return signal
    measures = {
        "estimated_accuracy": found.value, "estimated_accuracy_low": found.low,
        "estimated_accuracy_high": found.high,
    }  # fmt: skip
    words = (
        f"without labels, from confidence: an accuracy of {found.value:.3f} is estimated ({found.low:.3f} to "
        f"{found.high:.3f}), where the reference's labels say {found.before:.3f}"
    )
    shown = {name: Measure(value) for name, value in measures.items()}
    return replace(signal, detail=f"{signal.detail}; {words}", measures={**signal.measures, **shown})


def _drop(name: MetricName, reference: LabelledRows, window: LabelledRows) -> DropAt | None:
    if name.name == "mean":
        before, after = np.asarray(reference.scores), np.asarray(window.scores)
        bounded = all(side.min() >= 0.0 and side.max() <= 1.0 for side in (before, after))
        return lambda level: mean_drop(before, after, bounds=(0.0, 1.0) if bounded else None, level=level)
    if name.name == "accuracy":
        right = [sum(n for (a, b), n in side.pairs.items() if a == b) for side in (reference, window)]
        totals = [sum(side.pairs.values()) for side in (reference, window)]
        return lambda level: proportion_drop(right[0], totals[0], right[1], totals[1], level=level)
    tables = _tables(reference, window)
    statistic = _statistic(name, _names(reference, window))
    if statistic is None:
        return None
    seed = seed_of("feedback", str(name), tables[0].tolist(), tables[1].tolist())
    return table_drop(tables[0], tables[1], statistic, seed=seed)


def _statistic(name: MetricName, classes: list[str]) -> Statistic | None:
    """The metric of confusion tables of these classes; None of a class that nobody labelled."""
    if name.name in ("accuracy", "mcc", "kappa"):
        return {"accuracy": _accuracy, "mcc": mcc, "kappa": kappa}[name.name]
    label = name.params.get("label")
    if label is None:
        average = name.params.get("average", "macro")
        return lambda counts: averaged(counts, name.name, average)
    if label not in classes:
        return None
    index = classes.index(label)
    return lambda counts: one_class(counts, name.name, index)


def _accuracy(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(averaged(counts, "recall", "micro"), np.float64)


def _ability(name: MetricName, reference: LabelledRows, rows: int, threshold: float) -> str:
    """What so many labels can show; nothing is said of the mean of scores, or of very many classes."""
    statistic = None if name.name == "mean" else _statistic(name, _names(reference))
    table = _tables(reference)[0]
    if statistic is None or not is_predicted(table):
        return ""
    least = detectable_drop(table, rows, threshold, statistic)
    return f"; {'no drop is' if least is None else f'a drop of {least:g} is'} shown with 80 % probability"


def _names(*sides: LabelledRows) -> list[str]:
    """The classes that somebody labelled; a prediction of another is not a class."""
    return sorted({expected for side in sides for expected, _ in side.pairs})


def _tables(*sides: LabelledRows) -> list[NDArray[np.int64]]:
    """Confusion tables over the same classes, predictions of no class in the last column."""
    names = _names(*sides)
    place = {name: number for number, name in enumerate(names)}
    tables = []
    for side in sides:
        table = np.zeros((len(names), len(names) + 1), np.int64)
        for (expected, predicted), count in side.pairs.items():
            table[place[expected], place.get(predicted, len(names))] += count
        tables.append(table)
    return tables


def _few(name: MetricName, window: LabelledRows) -> str:
    """Which class has too few labels for a macro average; empty where none has."""
    if name.name in ("accuracy", "mean", "mcc", "kappa") or name.params.get("average", "macro") != "macro":
        return ""
    if "label" in name.params:
        return ""
    support: Counter[str] = Counter()
    for (expected, _), count in window.pairs.items():
        support[expected] += count
    small = sorted(one for one, count in support.items() if count < FEWEST_OF_A_CLASS)
    if not small:
        return ""
    more = "" if len(small) == 1 else f" and {len(small) - 1:,} more"
    return f"{small[0]!r}{more} has under {FEWEST_OF_A_CLASS} labels"


def _missing(window: LabelledRows, classes: Counter[str]) -> str:
    """How many rows of the window have no feedback, and of which classes most are missing."""
    total, labelled = sum(classes.values()), sum(window.predicted.values())
    if not total:
        return "no row in the window"
    shares = {
        name: 1.0 - min(window.predicted[name] / count, 1.0) for name, count in classes.items() if count
    }
    reported = sorted(shares, key=lambda name: (-shares[name], name))[:MOST_REPORTED]
    by_class = ", ".join(f"{name!r} {percent(shares[name])}" for name in reported)
    sample = "" if window.sampled == 1.0 else f", of a sample of {percent(window.sampled)} of the feedback"
    return (
        f"without feedback {percent(1.0 - min(labelled / total, 1.0))} of rows{sample} (by class {by_class})"
    )
