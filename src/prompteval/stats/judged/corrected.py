"""A mean of a judge's scores, corrected by the labels that people gave to some of the cases.

PPI++ (Angelopoulos, Duchi and Zrnic 2023) with the weight of the judge tuned on the same data; Rogan and
Gladen (1978) where the labels are of other cases.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prompteval.core.text import counted
from prompteval.stats.distributions import normal_quantile, t_quantile
from prompteval.stats.interval import LEVEL, Interval, refuse_nan, undefined
from prompteval.stats.resample import Codes

Floats = NDArray[np.float64]
FEW_LABELS = 50
FEW_DISAGREEMENTS = 5
FEWEST_LABELS = 2


@dataclass(frozen=True, slots=True)
class Corrected:
    """A corrected mean. `weight` is that of the judge, from 0 (the labels alone) to 1.

    `labels_alone` is the same formula at weight 0. `worth` is how many labels alone would give as narrow an
    interval. `labelled` and `judged` count the cases with a label and those without; `freedom` are the
    degrees of freedom of the interval's t.
    """

    interval: Interval
    labels_alone: Interval
    weight: float
    labelled: int
    judged: int
    freedom: int = 0

    @property
    def worth(self) -> float:
        """The number of labels without a judge that would give this interval."""
        own, alone = _width(self.interval), _width(self.labels_alone)
        return self.labelled * (alone / own) ** 2 if own else float(self.labelled)


def _width(found: Interval) -> float:
    return 0.0 if found.low is None or found.high is None else found.high - found.low


def corrected_mean(  # noqa: PLR0913 - the parts of one estimate
    labels: Floats,
    judged_labelled: Floats,
    judged: Floats,
    *,
    low: float | None = 0.0,
    high: float | None = 1.0,
    strata: Codes | None = None,
    shares: Floats | None = None,
    clusters: Codes | None = None,
    level: float = LEVEL,
) -> Corrected:
    """The mean of what people would say of all cases.

    `labels` and `judged_labelled` are people's and the judge's scores of the labelled cases, a simple random
    part of all; `judged` the judge's of the rest. With `strata`, codes from 0 of the labelled cases, each is
    a simple random part of its stratum, which has its share of all cases in `shares`; the rest is no random
    part then, so the judge's mean is that over all cases, and the variance that of sampling in two phases
    (Cochran 1977, chapter 12). Never wider than the labels alone. With `clusters`, codes from 0 of the
    labelled cases and then of the rest, variances are over whole clusters (CR1), and t has as many degrees of
    freedom as clusters have a label, less one. Under 50 labels or 5 disagreements the labelled part gets one
    error of each sign, as large as the scale. Undefined for fewer than two labels. Raises ValueError for NaN.
    """
    for values in (labels, judged_labelled, judged):
        refuse_nan(values)
    n, rest = len(labels), len(judged)
    if n < FEWEST_LABELS:
        nothing = undefined("ppi++", f"{counted(n, 'label')}; a correction needs {FEWEST_LABELS} or more")
        return Corrected(nothing, nothing, 0.0, n, rest)
    errors = labels - judged_labelled
    scale = None if low is None or high is None else high - low
    few = scale is not None and (n < FEW_LABELS or np.count_nonzero(errors) < FEW_DISAGREEMENTS)
    of_case = _case_weights(n, strata, shares)
    everything = np.concatenate([judged_labelled, judged])
    parts = _Parts(
        labels, judged_labelled, everything, rest, of_case, strata, scale if few else None, clusters
    )
    if clusters is not None and parts.freedom < 1:
        nothing = undefined("ppi++", "all labels are of one cluster; a correction needs 2 or more")
        return Corrected(nothing, nothing, 0.0, n, rest)
    weight = parts.best_weight()
    own, alone = (_within(parts.interval(one, level), low, high) for one in (weight, 0.0))
    if _width(own) > _width(alone):  # padded, or cut at an end of the scale
        own, weight = alone, 0.0
    return Corrected(own, alone, weight, n, rest, parts.freedom)


def _case_weights(n: int, strata: Codes | None, shares: Floats | None) -> Floats:
    """What each labelled case counts; they add up to 1."""
    if strata is None or shares is None:
        return np.full(n, 1.0 / n)
    sizes = np.bincount(strata, minlength=len(shares)).astype(np.float64)
    return np.asarray(shares[strata] / sizes[strata], np.float64)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the estimate at any weight of the judge is made from."""

    labels: Floats
    judge: Floats
    everything: Floats
    rest: int
    of_case: Floats
    strata: Codes | None
    padding: float | None
    clusters: Codes | None = None

    @property
    def freedom(self) -> int:
        """Labels, or the clusters that have one, less one."""
        if self.clusters is None:
            return len(self.labels) - 1
        return len(np.unique(self.clusters[: len(self.labels)])) - 1

    def best_weight(self) -> float:
        """The weight with the smallest variance, from 0 to 1; 0 where nothing is judged but not labelled."""
        if not self.rest:
            return 0.0
        both = self._variance(self.judge) + (self._of_rest() if self.strata is None else 0.0)
        if both <= 0.0:
            return 0.0
        return min(max(self._covariance(self.labels, self.judge) / both, 0.0), 1.0)

    def interval(self, weight: float, level: float) -> Interval:
        errors = self.labels - weight * self.judge
        mean = float(np.sum(self.of_case * errors)) + weight * self._mean_of_judge()
        variance = self._variance(errors)
        of_cases = weight**2 * self._of_rest() if self.strata is None else self._of_all()
        note, method = "", "ppi++" if weight else "labels"
        if self.padding is not None:
            variance = max(variance, self._padded(errors))
            note = f"rough: under {FEW_LABELS} labels or {FEW_DISAGREEMENTS} disagreements"
        total = variance + of_cases
        if self.clusters is not None:
            total = max(total, self._by_cluster(errors, weight, self.clusters))
        half = t_quantile(0.5 + level / 2.0, self.freedom) * math.sqrt(total)
        return Interval(mean, mean - half, mean + half, method, note=note)

    def _by_cluster(self, errors: Floats, weight: float, clusters: Codes) -> float:
        """The variance from what whole clusters add to the estimate; never under that of free cases."""
        n = len(errors)
        strata = np.zeros(n, np.int32) if self.strata is None else self.strata
        middle = np.bincount(strata, errors) / np.bincount(strata)
        used = self.everything[self._first :]
        added = np.zeros(len(self.everything))
        if len(used):
            added[self._first :] = weight * (used - used.mean()) / len(used)
        added[:n] += self.of_case * (errors - middle[strata])
        sums = np.bincount(clusters, weights=added)
        count = len(np.unique(clusters))
        return float((sums**2).sum()) * count / (count - 1)

    @property
    def _first(self) -> int:
        """From which case on the judge's mean is taken: of the rest, or with strata of all."""
        return len(self.judge) if self.strata is None else 0

    def _mean_of_judge(self) -> float:
        return float(self.everything[self._first :].mean()) if self.rest else 0.0

    def _of_all(self) -> float:
        """The variance of people's mean, had they labelled all cases."""
        n = len(self.labels)
        middle = float(np.sum(self.of_case * self.labels))
        spread = float(np.sum(self.of_case * (self.labels - middle) ** 2)) * n / (n - 1)
        return spread / len(self.everything)

    def _of_rest(self) -> float:
        """The variance of the mean of the judge's scores of the cases without a label."""
        return float(self.everything.var(ddof=1)) / self.rest if self.rest else 0.0

    def _padded(self, errors: Floats) -> float:
        """The variance of the mean of the errors with one more of each sign."""
        middle, size = float(errors.mean()), self.padding or 0.0
        more = np.append(errors, (middle - size, middle + size))
        return float(more.var(ddof=1)) / len(more)

    def _variance(self, values: Floats) -> float:
        return self._covariance(values, values)

    def _covariance(self, left: Floats, right: Floats) -> float:
        """The covariance of the weighted means of two columns, by strata; there, given all cases."""
        strata = np.zeros(len(left), np.int32) if self.strata is None else self.strata
        total = 0.0
        for stratum in range(int(strata.max()) + 1):
            own = strata == stratum
            count = int(own.sum())
            if count > 1:
                centred = (left[own] - left[own].mean()) * (right[own] - right[own].mean())
                share = float(self.of_case[own].sum())
                drawn = 0.0 if self.strata is None else min(count / (share * len(self.everything)), 1.0)
                total += share**2 * (1.0 - drawn) * float(centred.sum()) / (count - 1) / count
        return total


def _within(found: Interval, low: float | None, high: float | None) -> Interval:
    """The interval cut at the ends of the scale, its value too."""

    def cut(end: float | None) -> float | None:
        if end is None:
            return None
        end = end if low is None else max(end, low)
        return end if high is None else min(end, high)

    return replace(found, value=cut(found.value), low=cut(found.low), high=cut(found.high))


@dataclass(frozen=True, slots=True)
class LabelledElsewhere:
    """How a yes-or-no judge did on labelled cases that are not those of the run."""

    positives: int
    found: int
    negatives: int
    rejected: int

    @property
    def sensitivity(self) -> float | None:
        """The share of people's yes to which the judge says yes."""
        return self.found / self.positives if self.positives else None

    @property
    def specificity(self) -> float | None:
        """The share of people's no to which the judge says no."""
        return self.rejected / self.negatives if self.negatives else None


def rogan_gladen(yes: float, n: int, labels: LabelledElsewhere, *, level: float = LEVEL) -> Interval:
    """The true share of yes from a judge's, with the interval of Lang and Reiczigel (2014).

    `yes` is a sum over cases, where each may be a mean over its repeats.
    Undefined where nothing is judged, where one side has no label, and where the judge only guesses.
    """
    if not n or not labels.positives or not labels.negatives:
        return undefined("rogan-gladen", "labels of both classes, and judged cases, are needed")
    z = normal_quantile(0.5 + level / 2.0)
    sensitivity = (labels.found + 1.0) / (labels.positives + 2.0)
    specificity = (labels.rejected + 1.0) / (labels.negatives + 2.0)
    better = sensitivity + specificity - 1.0
    plain = labels.found / labels.positives + labels.rejected / labels.negatives - 1.0
    if better <= 0.0 or plain <= 0.0:
        return undefined("rogan-gladen", "the judge is not better than chance on the labelled cases")
    size = n + z * z
    share = (yes + z * z / 2.0) / size
    true = (share + specificity - 1.0) / better
    of_yes = sensitivity * (1.0 - sensitivity) / (labels.positives + 2.0)
    of_no = specificity * (1.0 - specificity) / (labels.negatives + 2.0)
    spread = math.sqrt(share * (1.0 - share) / size + true**2 * of_yes + (1.0 - true) ** 2 * of_no) / better
    middle = true + 2.0 * z * z * (true * of_yes - (1.0 - true) * of_no)
    value = (yes / n + labels.rejected / labels.negatives - 1.0) / plain
    found = Interval(value, middle - z * spread, middle + z * spread, "rogan-gladen")
    return _within(found, 0.0, 1.0)


def labels_to_halve(found: Corrected) -> int | None:
    """How many more labels halve the interval, the judge and the number of cases unchanged.

    None where it cannot be halved by labelling the cases that are left.
    """
    if _width(found.interval) == 0.0:
        return None
    more = 3 * found.labelled
    return more if more <= found.judged else None
