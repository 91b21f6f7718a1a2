"""Drift of predictions, and of any other categories: the largest change of a share."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from prompteval.monitor.groups import ClusterGroups
from prompteval.monitor.signals.words import percent, points, seed_of
from prompteval.report.monitoring.view import Measure, Signal
from prompteval.stats.drift.divergence import Distances, distances, psi_can_show, psi_interval
from prompteval.stats.drift.power import detectable_psi
from prompteval.stats.drift.shares import (
    DesignEffect,
    ShareChange,
    can_show,
    class_count,
    detectable_shift,
    largest_change,
)
from prompteval.stats.drift.tails import excess_p

# Classes listed as moved.
MOST_MOVED = 5
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Groups = tuple[ClusterGroups, ClusterGroups] | None


def share_signal(
    name: str, reference: Counter[str], window: Counter[str], threshold: float, groups: Groups = None
) -> Signal:
    """The change of shares of classes; `groups` are the clusters of both sides, where rows have some."""
    names = sorted({*reference, *window})
    before = np.asarray([reference[one] for one in names], np.int64)
    after = np.asarray([window[one] for one in names], np.int64)
    n, m = int(before.sum()), int(after.sum())
    effect, design = _design(names, groups)
    base = Signal(name, "too_few", threshold, n=m, n_reference=n)
    if not n or not m:
        return replace(base, detail=f"no row in the {'reference' if not n else 'window'}")
    change = largest_change(before, after, effect=effect)
    beside = distances(before, after, seed=seed_of(name, before.tolist(), after.tolist()), design=design)
    if change is None or beside is None:
        return base

    def low_at(level: float) -> float:
        found = largest_change(before, after, level=level, effect=effect)
        return found.low if found is not None and found.observed > threshold else 0.0

    found = replace(
        base,
        observed=change.observed,
        low=change.low,
        high=change.high,
        p=beside.p,
        excess_p=excess_p(low_at, threshold),
        measures=_measures(beside),
        moved=_moved(names, before / n, after / m),
    )
    words = _sentence(names[change.index], change)
    shares, sizes = (before / n).tolist(), (n / design, m / design)
    classes = class_count(before, after)
    if change.low <= threshold and not can_show(shares, sizes, threshold, classes=classes):
        few = f"{m:,} rows are too few to show a change of {points(2 * threshold)} points; {words}"
        return replace(found, detail=few)
    least = detectable_shift(shares, sizes, threshold, classes=classes)
    return replace(
        found,
        verdict="alert" if change.low > threshold else "quiet",
        detail="; ".join([words, _ability(least), *([_clusters(design)] if design > 1.0 else [])]),
    )


def _design(names: list[str], groups: Groups) -> tuple[DesignEffect | None, float]:
    """(the design effect of each class on either side, the mean of all)."""
    if groups is None:
        return None, 1.0
    sides = [np.asarray([side.design_effect("class", one) for one in names]) for side in groups]
    return DesignEffect(sides[0], sides[1]), float(np.mean(np.concatenate(sides)))


def _measures(beside: Distances) -> dict[str, Measure]:
    return {
        "total_variation": Measure(beside.total_variation, beside.total_variation_null),
        "psi": Measure(beside.psi, beside.psi_null),
        "jensen_shannon": Measure(beside.jensen_shannon, beside.jensen_shannon_null),
        "g": Measure(beside.g),
    }


def _moved(names: list[str], before: Floats, after: Floats) -> list[tuple[str, float, float]]:
    order = np.argsort(-np.abs(after - before), kind="stable")[:MOST_MOVED]
    return [(names[i], float(before[i]), float(after[i])) for i in order if before[i] != after[i]]


def _sentence(name: str, change: ShareChange) -> str:
    if change.observed == 0:
        return "no share changed"
    way = "rose" if change.after > change.before else "fell"
    ends = f"95 % interval {points(change.low)} to {points(change.high)} points"
    return f"the share of {name!r} {way} from {percent(change.before)} to {percent(change.after)} ({ends})"


def _ability(least: float | None) -> str:
    if least is None:
        return "no change is shown with 80 % probability at these counts"
    return f"a change of {points(least)} points is shown with 80 % probability"


def _clusters(design: float) -> str:
    return f"rows of one cluster vary together: {design:.1f} times the variance of independent rows"


@dataclass(frozen=True, slots=True)
class PsiTest:
    """What is shown beside a PSI: the p of a test of no change, a sentence, and further figures.

    `ordered` bins are those of a number.
    """

    p: float
    sentence: str
    measures: Mapping[str, Measure] = field(default_factory=dict)
    ordered: bool = False


def psi_signal(name: str, before: Counts, after: Counts, threshold: float, *, test: PsiTest) -> Signal:
    """The population stability index of counts over the same bins."""
    n, m = int(before.sum()), int(after.sum())
    base = Signal(name, "too_few", threshold, "number", n=m, n_reference=n)
    if not n or not m:
        return replace(base, detail=f"no value in the {'reference' if not n else 'window'}")
    interval = psi_interval(before, after)
    beside = distances(before, after, seed=seed_of(name, before.tolist(), after.tolist()))
    if interval.value is None or interval.low is None or beside is None:
        return base

    def low_at(level: float) -> float:
        return psi_interval(before, after, level=level).low or 0.0

    found = replace(
        base,
        observed=interval.value,
        low=interval.low,
        high=interval.high,
        p=test.p,
        excess_p=excess_p(low_at, threshold),
        measures={"psi": Measure(interval.value, beside.psi_null), **test.measures},
        detail=test.sentence,
    )
    if interval.low <= threshold and not psi_can_show(before, m, threshold):
        few = f"{m:,} values are too few to show a PSI of {2 * threshold:g}; {found.detail}"
        return replace(found, detail=few)
    least = detectable_psi(before, m, threshold, ordered=test.ordered)
    ability = "no PSI is" if least is None else f"a PSI of {least:g} is"
    return replace(
        found,
        verdict="alert" if interval.low > threshold else "quiet",
        detail=f"{found.detail}; {ability} shown with 80 % probability",
    )
